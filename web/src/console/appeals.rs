//! The appeals desk: what is due first stands first.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{extract::State, response::Response};
use data::appeal::desk::{self, Line};

use crate::{
    centre::Centre,
    console::{queue, staff::Staff},
    dates,
    faults::Fault,
    messages::key,
    names::Shown,
    page::{self, Page},
    public::appeal::{kind_words, state_words},
};

struct Row {
    path: String,
    id: String,
    name: Shown,
    listing: String,
    kind: String,
    state: String,
    tone: &'static str,
    by: Option<String>,
    took_part: bool,
    due: String,
    due_iso: String,
    overdue: bool,
}

struct Lane {
    title: String,
    empty: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/appeals.html")]
struct DeskPage {
    p: Page,
    lanes: Vec<Lane>,
    unproved: Option<String>,
}

fn row(p: &Page, names: &BTreeMap<String, String>, line: Line, now: i64) -> Row {
    let words = state_words(line.state);
    let by = line.officer_id.as_ref().and_then(|id| names.get(id));
    Row {
        path: format!("console/appeal/{}", line.id),
        name: Shown::of(&line.host),
        kind: kind_words(p, line.kind.as_str()),
        state: p.t(words.word),
        tone: words.tone,
        by: by.map(|name| p.t1(key("appeals-by"), "name", name)),
        took_part: line.took_part,
        due: p.date_time(line.due_at()),
        due_iso: dates::rfc3339(line.due_at()),
        overdue: line.is_overdue(now),
        listing: line.listing_id,
        id: line.id,
    }
}

/// `GET /{lang}/console/appeals`.
pub(crate) async fn appeals(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
) -> Result<Response, Fault> {
    let p = staff.page(
        &centre,
        "console/appeals",
        &staff.word(key("appeals-title")),
    );
    let desk = desk::desk(&centre.store, &staff.officer)
        .await
        .map_err(Fault::internal)?;
    let names = queue::officer_names(&centre).await?;
    let now = centre.now();
    let lane = |title, empty, lines: Vec<Line>| Lane {
        title: p.t(title),
        empty: p.t(empty),
        rows: lines
            .into_iter()
            .map(|line| row(&p, &names, line, now))
            .collect(),
    };
    let lanes = vec![
        lane(key("appeals-open"), key("appeals-empty-open"), desk.open),
        lane(
            key("appeals-to-annul"),
            key("appeals-empty-to-annul"),
            desk.to_annul,
        ),
        lane(
            key("appeals-decided"),
            key("appeals-empty-decided"),
            desk.decided,
        ),
    ];
    let unproved = (desk.unproved > 0)
        .then(|| p.t1(key("appeals-unproved"), "count", &desk.unproved.to_string()));
    Ok(page::ok(&DeskPage { p, lanes, unproved }))
}
