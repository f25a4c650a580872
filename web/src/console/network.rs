//! One network: its sites, what ties them, what happened to it, what officers added.
//!
//! Phones, handles and mail addresses are shortened. An officer may have one answer without that, by
//! a form with a reason, which goes into the audit chain before anything is shown.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use blocklist::key::Role;
use data::network::{self, NetworkError, NetworkFile, console, file::Volume};

use crate::{
    centre::Centre,
    console::{
        network_drawing as drawn,
        network_identifiers::{self as identifiers, Evidence, Identified, Loose, Tying},
        network_view::{self as view, EventLine, PastRow, SiteRow, TieRow},
        network_volume::{self, VolumeLine},
        networks,
        people::Mask,
        problems::Problem,
        queue::Done,
        staff::Staff,
        unmask::Unmask,
    },
    drawing::Ground,
    faults::{self, Fault},
    headers, hostile,
    messages::{self, Value, key},
    page::{self, Page},
};

/// A cut or its undoing, in words.
struct CutLine {
    at: String,
    what: String,
    pair: String,
    who: String,
    why: String,
    path: String,
}

/// What happened in one month.
struct MonthRow {
    month: String,
    counts: [i64; 5],
}

struct View {
    id: String,
    formed: String,
    sites_in_words: String,
    listed_in_words: String,
    cases_in_words: String,
    unmasked: bool,
    may: bool,
    drawing: Option<String>,
    undrawn: bool,
    sites: Vec<SiteRow>,
    past: Vec<PastRow>,
    tying: Vec<Tying>,
    ties: Vec<TieRow>,
    more_ties: Option<String>,
    loose: Vec<Loose>,
    wallets: Vec<Identified>,
    contacts: Vec<Identified>,
    months: Vec<MonthRow>,
    events: Vec<EventLine>,
    cuts: Vec<CutLine>,
    volumes: Vec<VolumeLine>,
    volume_path: String,
    unmask_path: String,
    unmask_typed: String,
}

#[derive(Template)]
#[template(path = "console/network.html")]
struct NetworkPage {
    p: Page,
    v: View,
    done: Option<String>,
    errors: Vec<Problem>,
}

/// Most ties in the table of pairs; the drawing and the identifiers say the same more shortly.
const MOST_TIES: usize = 200;

/// Loads a network or answers that there is none.
pub(crate) async fn load(centre: &Centre, id: &str) -> Result<NetworkFile, Fault> {
    if id.len() > 32 {
        return Err(Fault::NOT_FOUND);
    }
    network::load(&centre.store, id)
        .await
        .map_err(Fault::internal)?
        .ok_or(Fault::NOT_FOUND)
}

/// Whether the reader may add to networks and see them whole.
pub(crate) fn may(staff: &Staff) -> bool {
    staff.officer.role == Role::Officer
}

/// The answer to a form that the reader's role does not have.
pub(crate) fn not_for_role(centre: &Centre, staff: &Staff) -> Response {
    let words = (key("error-role-title"), key("error-role-text"));
    let path = format!("/{}/console", staff.lang);
    debug_assert!(headers::is_console(&path), "an error page of the console");
    faults::error_page(centre, staff.lang, &path, StatusCode::FORBIDDEN, words)
}

/// Words for what the store refused.
pub(crate) fn refused(staff: &Staff, field: &'static str, error: &NetworkError) -> Problem {
    let words = match error {
        NetworkError::NotAnOfficer => key("error-role-text"),
        NetworkError::Field("why") => key("problem-network-why"),
        NetworkError::Stale | NetworkError::Unknown(_) => key("problem-network-stale"),
        NetworkError::Known => key("problem-volume-known"),
        NetworkError::Volume(_, error) => return refused(staff, field, error),
        NetworkError::Field(_) => key("problem-invalid"),
        NetworkError::Store(error) => {
            tracing::error!(%error, "an officer's move on a network could not be stored");
            key("problem-internal")
        }
    };
    Problem::new(staff.lang, field, words)
}

fn done_text(p: &Page, done: &Done) -> Option<String> {
    Some(p.t(match done.done.as_deref()? {
        "cut" => key("net-done-cut"),
        "undone" => key("net-done-undone"),
        "volume" => key("net-done-volume"),
        "withdrawn" => key("net-done-withdrawn"),
        _ => return None,
    }))
}

/// How a page is asked for.
struct Asked<'a> {
    id: &'a str,
    open: bool,
    done: Option<&'a Done>,
    errors: Vec<Problem>,
    typed: &'a str,
}

async fn show(centre: &Centre, staff: &Staff, asked: Asked<'_>) -> Result<Response, Fault> {
    let file = load(centre, asked.id).await?;
    let id = file.line.id.clone();
    if id != asked.id && asked.done.is_some() {
        // Taken into another one: that is where its sites are now.
        return Ok(staff.go(&format!("console/network/{id}")));
    }
    let title = messages::text(
        staff.lang,
        key("network-title"),
        &[("id", Value::Text(&id))],
    );
    let p = staff.page(centre, &format!("console/network/{id}"), &title);
    let store = &centre.store;
    let times = console::times(store, &id).await.map_err(Fault::internal)?;
    let evidence = Evidence {
        captures: console::captures(store, &id)
            .await
            .map_err(Fault::internal)?,
        reserved: console::reserved(store, &id)
            .await
            .map_err(Fault::internal)?,
        mask: Mask::of(&file, asked.open),
    };
    let cuts = console::cuts(store, Some(&id))
        .await
        .map_err(Fault::internal)?;
    let tying = drawn::tying_keys(&file);
    let drawing = drawn::drawing(&p, &file, &tying, &evidence.mask);
    let may = may(staff);
    let volume = |row: &Volume| network_volume::line(&p, row, may);
    let v = View {
        formed: p.date(file.line.formed_at),
        sites_in_words: p.n(key("net-count-sites"), file.line.sites),
        listed_in_words: p.n(key("net-count-listed"), file.line.listed),
        cases_in_words: p.n(key("net-count-cases"), file.line.cases),
        unmasked: asked.open,
        may,
        undrawn: drawn::is_cut_short(&drawing),
        drawing: (!drawing.sites.is_empty()).then(|| drawing.svg(Ground::Page)),
        sites: view::sites(&p, &file, &times),
        past: view::past(&p, &file),
        tying: identifiers::tying(&p, &file, &tying, &evidence),
        ties: view::ties(&p, &file, &evidence.mask, MOST_TIES),
        more_ties: (file.edges.len() > MOST_TIES)
            .then(|| p.n(key("net-more"), file.edges.len() - MOST_TIES)),
        loose: identifiers::loose(&p, &file, &tying, &evidence),
        wallets: identifiers::identified(&p, &file, &evidence.mask, |kind| {
            kind.starts_with("wallet.")
        }),
        contacts: identifiers::identified(&p, &file, &evidence.mask, network::mask::is_personal),
        months: file
            .activity
            .iter()
            .map(|month| MonthRow {
                month: hostile::line(&month.month, 10),
                counts: [
                    month.discovered,
                    month.joined,
                    month.captures,
                    month.identifiers,
                    month.cases,
                ],
            })
            .collect(),
        events: view::events(&p, &file),
        cuts: cuts
            .iter()
            .map(|cut| CutLine {
                at: p.date_time(cut.at),
                what: p.t(if cut.kind == "cut" {
                    key("net-cut-made")
                } else {
                    key("net-cut-taken-back")
                }),
                pair: networks::pair(&cut.a, &cut.b),
                who: hostile::line(&cut.officer, 80),
                why: hostile::line(&cut.why, hostile::LONGEST),
                path: super::network_ties::path(&id, &cut.a, &cut.b),
            })
            .collect(),
        volumes: file.volumes.iter().map(volume).collect(),
        volume_path: format!("console/network/{id}/volume"),
        unmask_path: format!("console/network/{id}/unmasked"),
        unmask_typed: hostile::block(asked.typed, hostile::LONGEST),
        id,
    };
    let status = if asked.errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let done = asked.done.and_then(|done| done_text(&p, done));
    let errors = asked.errors;
    Ok(page::show(status, &NetworkPage { p, v, done, errors }))
}

/// `GET /{lang}/console/network/{id}`.
pub(crate) async fn network(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let asked = Asked {
        id: &id,
        open: false,
        done: Some(&done),
        errors: vec![],
        typed: "",
    };
    show(&centre, &staff, asked).await
}

/// `POST /{lang}/console/network/{id}/unmasked`.
pub(crate) async fn unmasked(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Unmask>,
) -> Result<Response, Fault> {
    if !may(&staff) {
        return Ok(not_for_role(&centre, &staff));
    }
    let file = load(&centre, &id).await?;
    let wrong = form
        .write_down(&centre, &staff, "network.unmask", &file.line.id)
        .await?;
    let asked = Asked {
        id: &id,
        open: wrong.is_none(),
        done: None,
        errors: wrong.into_iter().collect(),
        typed: &form.reason,
    };
    show(&centre, &staff, asked).await
}
