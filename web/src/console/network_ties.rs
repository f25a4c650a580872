//! What ties two sites, in full; cutting that tie, and taking a cut back.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use data::network::{self, NetworkError, console, console::Cut, file::Edge};
use serde::Deserialize;

use crate::{
    amounts,
    centre::Centre,
    console::{
        network as page_of,
        network_identifiers::{self as identifiers, Evidence, Sighting},
        network_marks::{self, MarkLine},
        network_words as words, networks,
        people::Mask,
        problems::Problem,
        staff::Staff,
    },
    faults::Fault,
    hostile,
    messages::key,
    page::{self, Page},
};

/// Where a tie is shown.
pub(crate) fn path(id: &str, a: &str, b: &str) -> String {
    let (a, b) = (hostile::query_encode(a), hostile::query_encode(b));
    format!("console/network/{id}/tie?a={a}&b={b}")
}

/// The two sites.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Pair {
    a: String,
    b: String,
}

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Move {
    a: String,
    b: String,
    pub(crate) why: String,
    /// The identifier that is to be marked, by [`network_marks::reference`].
    pub(crate) identifier: String,
}

struct ReasonView {
    reference: String,
    /// Whether marking it was refused just now.
    refused: bool,
    kind: String,
    value: String,
    why: String,
    ends: [Sighting; 2],
}

struct CutView {
    at: String,
    what: String,
    who: String,
    why: String,
}

struct View {
    id: String,
    back: String,
    pair: String,
    a: String,
    b: String,
    strength: Option<String>,
    reasons: Vec<ReasonView>,
    history: Vec<CutView>,
    may_cut: bool,
    may_undo: bool,
    action: String,
    /// What was typed, and whether it was about a mark.
    typed: String,
    /// What both show and officers marked as nobody's.
    marks: Vec<MarkLine>,
    may_mark: bool,
    mark_path: String,
}

#[derive(Template)]
#[template(path = "console/network_tie.html")]
struct TiePage {
    p: Page,
    v: View,
    errors: Vec<Problem>,
}

pub(crate) async fn show(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    asked: &Move,
    errors: Vec<Problem>,
) -> Result<Response, Fault> {
    let file = page_of::load(centre, id).await?;
    let id = file.line.id.clone();
    let store = &centre.store;
    let is_pair = |a: &str, b: &str| {
        (a, b) == (asked.a.as_str(), asked.b.as_str())
            || (b, a) == (asked.a.as_str(), asked.b.as_str())
    };
    let edge = file.edges.iter().find(|edge| is_pair(&edge.a, &edge.b));
    let cuts = console::cuts(store, Some(&id))
        .await
        .map_err(Fault::internal)?;
    let cuts: Vec<&Cut> = cuts.iter().filter(|cut| is_pair(&cut.a, &cut.b)).collect();
    let on_both = |one: &&network::file::Identifier| {
        let on = |host: &String| one.sites.iter().any(|seen| seen.host == *host);
        on(&asked.a) && on(&asked.b)
    };
    let shared = file.identifiers.iter().filter(on_both);
    let marks: Vec<&network::Mark> = shared.filter_map(|one| one.nobodys.as_ref()).collect();
    let (a, b) = match (edge, cuts.first()) {
        (Some(edge), _) => (edge.a.as_str(), edge.b.as_str()),
        (None, Some(cut)) => (cut.a.as_str(), cut.b.as_str()),
        (None, None) if !marks.is_empty() => (asked.a.as_str(), asked.b.as_str()),
        (None, None) => return Err(Fault::NOT_FOUND),
    };
    let is_cut = cuts.last().is_some_and(|cut| cut.kind == "cut");
    let p = staff.page(centre, &path(&id, a, b), &staff.word(key("tie-title")));
    let evidence = Evidence {
        captures: console::captures(store, &id)
            .await
            .map_err(Fault::internal)?,
        reserved: Default::default(),
        mask: Mask::of(&file, false),
    };
    let cases = identifiers::cases(&file);
    let reasons = |edge: &Edge| {
        let reason = |reason: &network::Reason| ReasonView {
            refused: asked.identifier == network_marks::reference(&reason.kind, &reason.value),
            reference: network_marks::reference(&reason.kind, &reason.value),
            kind: words::kind(&p, &reason.kind),
            value: evidence.mask.value(&reason.kind, &reason.value),
            why: words::why(&p, reason.points, reason.sites),
            ends: [
                identifiers::end(&p, &edge.a, (reason, &reason.a), &evidence, &cases),
                identifiers::end(&p, &edge.b, (reason, &reason.b), &evidence, &cases),
            ],
        };
        edge.reasons.iter().map(reason).collect::<Vec<_>>()
    };
    let may = page_of::may(staff);
    let v = View {
        back: format!("console/network/{id}"),
        pair: networks::pair(a, b),
        a: a.to_owned(),
        b: b.to_owned(),
        strength: edge.map(|edge| amounts::hundredths(p.lang, edge.strength)),
        reasons: edge.map(reasons).unwrap_or_default(),
        history: cuts.iter().map(|cut| history(&p, cut)).collect(),
        may_cut: may && !is_cut && edge.is_some(),
        may_undo: may && is_cut,
        action: format!(
            "console/network/{id}/{}",
            if is_cut { "undo" } else { "cut" }
        ),
        typed: hostile::block(&asked.why, hostile::LONGEST),
        marks: marks
            .into_iter()
            .map(|mark| network_marks::line(&p, mark, None))
            .collect(),
        may_mark: may && centre.network_rules.is_some(),
        mark_path: format!("console/network/{id}/nobodys"),
        id,
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page::show(status, &TiePage { p, v, errors }))
}

fn history(p: &Page, cut: &Cut) -> CutView {
    CutView {
        at: p.date_time(cut.at),
        what: p.t(if cut.kind == "cut" {
            key("net-cut-made")
        } else {
            key("net-cut-taken-back")
        }),
        who: hostile::line(&cut.officer, 80),
        why: hostile::line(&cut.why, hostile::LONGEST),
    }
}

/// `GET /{lang}/console/network/{id}/tie?a=…&b=…`.
pub(crate) async fn tie(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Query(Pair { a, b }): Query<Pair>,
) -> Result<Response, Fault> {
    let asked = Move {
        a,
        b,
        ..Move::default()
    };
    show(&centre, &staff, &id, &asked, vec![]).await
}

/// `POST /{lang}/console/network/{id}/cut`.
pub(crate) async fn cut(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Move>,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    let (pair, why) = ((form.a.as_str(), form.b.as_str()), form.why.trim());
    let (store, now) = (&centre.store, centre.now());
    let done = network::cut(store, &staff.officer, pair, why, now).await;
    answer(&centre, &staff, &id, &form, done, "cut").await
}

/// `POST /{lang}/console/network/{id}/undo`.
pub(crate) async fn undo(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Move>,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    let (pair, why) = ((form.a.as_str(), form.b.as_str()), form.why.trim());
    let (store, now) = (&centre.store, centre.now());
    let done = network::undo_cut(store, &staff.officer, pair, why, now).await;
    answer(&centre, &staff, &id, &form, done, "undone").await
}

async fn answer(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    form: &Move,
    done: Result<(), NetworkError>,
    word: &str,
) -> Result<Response, Fault> {
    match done {
        Ok(()) => Ok(staff.go(&format!(
            "console/network/{}?done={word}#cuts",
            hostile::query_encode(id)
        ))),
        Err(error) => {
            let problem = vec![page_of::refused(staff, "why", &error)];
            show(centre, staff, id, form, problem).await
        }
    }
}
