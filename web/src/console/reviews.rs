//! What waits beside the cases: lifts for a second look, motions for a second signature, dates of
//! listings that have come. What is overdue stands first.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use data::ending::{motion, question, review};

use crate::{
    centre::Centre,
    console::{ending, queue, staff::Staff},
    faults::Fault,
    hostile,
    messages::key,
    names::Shown,
    page::{self, Page},
};

struct Row {
    id: String,
    path: String,
    name: Shown,
    what: String,
    by: String,
    at: String,
    /// A word about it, and its colour.
    note: String,
    tone: &'static str,
}

struct Lane {
    title: String,
    empty: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/reviews.html")]
struct ReviewsPage {
    p: Page,
    overdue: Option<String>,
    lanes: Vec<Lane>,
}

fn path(id: &str) -> String {
    format!("console/listing/{id}")
}

/// `GET /{lang}/console/reviews`.
pub(crate) async fn reviews(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
) -> Result<Response, Fault> {
    let p = staff.page(
        &centre,
        "console/reviews",
        &staff.word(key("reviews-title")),
    );
    let counts = review::counts(&centre.store, centre.now())
        .await
        .map_err(Fault::internal)?;
    let overdue = (counts.overdue > 0).then(|| {
        let count = counts.overdue.to_string();
        p.t1(key("reviews-overdue"), "count", &count)
    });
    let lanes = vec![
        lane(&p, key("reviews-lifts"), lifts(&centre, &p).await?),
        lane(&p, key("reviews-motions"), motions(&centre, &p).await?),
        lane(&p, key("reviews-dates"), dates(&centre, &p).await?),
    ];
    Ok(page::ok(&ReviewsPage { p, overdue, lanes }))
}

fn lane(p: &Page, title: &str, rows: Vec<Row>) -> Lane {
    Lane {
        title: p.t(title),
        empty: p.t(key("reviews-empty")),
        rows,
    }
}

async fn lifts(centre: &Centre, p: &Page) -> Result<Vec<Row>, Fault> {
    let now = centre.now();
    let waiting = review::waiting(&centre.store)
        .await
        .map_err(Fault::internal)?;
    let row = |lift: review::Unreviewed| {
        let (note, tone) = if lift.is_overdue(now) {
            (key("review-overdue"), "bad")
        } else {
            (key("review-due"), "care")
        };
        Row {
            path: path(&lift.listing_id),
            name: Shown::of(&lift.host),
            what: ending::lift_words(p, &lift),
            by: hostile::line(&lift.display_name, 80),
            at: p.date_time(lift.lifted_at),
            note: p.t1(note, "date", &p.date_time(lift.due_at)),
            tone,
            id: lift.listing_id,
        }
    };
    Ok(waiting.into_iter().map(row).collect())
}

async fn motions(centre: &Centre, p: &Page) -> Result<Vec<Row>, Fault> {
    let names = queue::officer_names(centre).await?;
    let waiting = motion::waiting(&centre.store, centre.now())
        .await
        .map_err(Fault::internal)?;
    let row = |motion: motion::Motion| Row {
        path: path(&motion.listing_id),
        name: Shown::of(&motion.host),
        what: ending::action_words(p, motion.action),
        by: names.get(&motion.moved_by).cloned().unwrap_or_default(),
        at: p.date_time(motion.moved_at),
        note: p.t(key("state-waiting")),
        tone: "care",
        id: motion.listing_id,
    };
    Ok(waiting.into_iter().map(row).collect())
}

async fn dates(centre: &Centre, p: &Page) -> Result<Vec<Row>, Fault> {
    let open = question::open(&centre.store)
        .await
        .map_err(Fault::internal)?;
    let mut rows = Vec::with_capacity(open.len());
    for question in open {
        let found = question::finding(&centre.store, &question, centre.now())
            .await
            .map_err(Fault::internal)?;
        let (note, tone) = ending::finding_words(p, &found);
        rows.push(Row {
            path: path(&question.listing_id),
            name: Shown::of(&question.host),
            what: ending::why_words(p, question.why),
            by: String::new(),
            at: p.date_time(question.asked_at),
            note,
            tone,
            id: question.listing_id,
        });
    }
    Ok(rows)
}
