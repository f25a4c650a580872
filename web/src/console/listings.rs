//! All listings as the console sees them: waiting, live, ended.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use blocklist::{
    fold::Listing,
    statement::{List, Statement, from_canonical},
};
use data::{
    case::{self, CaseRow},
    decide,
};

use crate::{
    centre::Centre,
    console::{
        queue::{self, Done},
        staff::Staff,
    },
    faults::Fault,
    hostile,
    language::Lang,
    messages::key,
    names::Shown,
    page::{self, Page},
    public::register,
};

struct Row {
    id: String,
    path: String,
    name: Shown,
    state: String,
    tone: &'static str,
    order: String,
    by: String,
    at: String,
}

struct Lane {
    title: String,
    empty: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/approvals.html")]
struct ListingsPage {
    p: Page,
    done: Option<String>,
    lanes: Vec<Lane>,
}

/// Where a listing stands for the console: as the log says, or as the case says before it is there.
pub(crate) fn state(
    p: &Page,
    case_state: &str,
    logged: Option<&Listing>,
) -> (String, &'static str) {
    match (logged, case_state) {
        (Some(listing), _) => {
            let words = register::state_words(&listing.state);
            (p.t(words.word), words.tone)
        }
        (None, "proposed") => (p.t(key("state-waiting")), "care"),
        (None, "listed") => (p.t(key("state-being-written")), "info"),
        (None, "lifted") => (p.t(key("state-lifted")), "good"),
        (None, "expired") => (p.t(key("state-expired")), ""),
        (None, "annulled") => (p.t(key("state-annulled")), "care"),
        (None, _) => (p.t(key("state-returned")), ""),
    }
}

/// Whether a listing can still be lifted.
pub(crate) fn is_live(case_state: &str, logged: Option<&Listing>) -> bool {
    case_state == "listed" && logged.is_none_or(|listing| listing.state.stands())
}

/// The number of its order as far as the log has it, or what stands in its place.
pub(crate) fn order_number(
    lang: Lang,
    proposed: &List,
    case_state: &str,
    logged: Option<&Listing>,
) -> String {
    let list = logged.map_or(proposed, |listing| &listing.statement);
    let stands = case_state == "proposed" || is_live(case_state, logged);
    register::order_number(lang, list, stands)
}

/// `GET /{lang}/console/listings`.
pub(crate) async fn listings(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let p = staff.page(
        &centre,
        "console/listings",
        &staff.word(key("listings-title")),
    );
    let known = centre.known().await?;
    let names = queue::officer_names(&centre).await?;
    let cases = case::queue(&centre.store).await.map_err(Fault::internal)?;
    let (mut waiting, mut live, mut ended) = (vec![], vec![], vec![]);
    for case in &cases {
        let Some(id) = &case.listing_id else { continue };
        let logged = known
            .listings
            .iter()
            .find(|listing| listing.statement.listing_id.as_str() == id);
        let awaits_lawyer = case.state == "listed"
            && logged.is_none()
            && decide::awaits_lawyer(&centre.store, id)
                .await
                .map_err(Fault::internal)?;
        let row = row(&centre, &p, &names, case, id, logged, awaits_lawyer).await?;
        match case.state.as_str() {
            "proposed" => waiting.push(row),
            _ if awaits_lawyer => waiting.push(row),
            _ if is_live(&case.state, logged) => live.push(row),
            _ => ended.push(row),
        }
    }
    let lane = |title, empty, rows| Lane {
        title: p.t(title),
        empty: p.t(empty),
        rows,
    };
    let lanes = vec![
        lane(
            key("listings-lane-waiting"),
            key("listings-empty-waiting"),
            waiting,
        ),
        lane(key("listings-lane-live"), key("listings-empty-live"), live),
        lane(
            key("listings-lane-ended"),
            key("listings-empty-ended"),
            ended,
        ),
    ];
    let done = done.text(&p);
    Ok(page::ok(&ListingsPage { p, done, lanes }))
}

async fn row(
    centre: &Centre,
    p: &Page,
    names: &std::collections::BTreeMap<String, String>,
    case: &CaseRow,
    id: &str,
    logged: Option<&Listing>,
    awaits_lawyer: bool,
) -> Result<Row, Fault> {
    let proposal = case::proposal(&centre.store, id)
        .await
        .map_err(Fault::internal)?;
    let order = proposal
        .as_ref()
        .and_then(|proposal| match from_canonical(&proposal.statement) {
            Ok(Statement::List(list)) => {
                let number = order_number(p.lang, &list, &case.state, logged);
                Some(format!("{}, {number}", list.order.authority))
            }
            _ => None,
        });
    let (mut state, mut tone) = state(p, &case.state, logged);
    if awaits_lawyer {
        (state, tone) = (p.t(key("state-awaits-lawyer")), "care");
    }
    Ok(Row {
        id: id.to_owned(),
        path: format!("console/listing/{id}"),
        name: Shown::of(&case.host),
        state,
        tone,
        order: hostile::line(&order.unwrap_or_default(), 200),
        by: case
            .proposed_by
            .as_ref()
            .and_then(|id| names.get(id))
            .cloned()
            .unwrap_or_default(),
        at: proposal
            .map(|proposal| p.date_time(proposal.proposed_at))
            .unwrap_or_default(),
    })
}
