//! Identifiers that officers mark as nobody's (a studio's contact, a vendor's key): marking one on the
//! page of a tie, and taking the mark back wherever it is shown.
//!
//! Forms name an identifier by a hash, since pages shorten what is a person's.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use blocklist::Digest;
use data::network::{self, Mark, NetworkError, Rules, mask};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        network as page_of,
        network_ties::{self, Move},
        network_words as words, networks,
        problems::Problem,
        staff::Staff,
    },
    faults::Fault,
    hostile,
    messages::key,
    page::Page,
};

/// Id of the field in which a mark, or its taking back, is reasoned.
pub(crate) const FIELD: &str = "nobodys";

/// Where the form that takes a mark back goes.
pub(crate) const UNDO: &str = "console/networks/marks/undo";

/// A mark that stands.
pub(crate) struct MarkLine {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) who: String,
    pub(crate) at: String,
    pub(crate) why: String,
    pub(crate) reference: String,
    /// What was typed, where taking it back was refused.
    pub(crate) typed: Option<String>,
}

/// How a form names an identifier.
pub(crate) fn reference(kind: &str, value: &str) -> String {
    Digest::of(format!("{kind}\n{value}").as_bytes()).to_string()
}

/// A mark in words; `refused` is the form that was refused, if one was.
pub(crate) fn line(p: &Page, mark: &Mark, refused: Option<&TakeBack>) -> MarkLine {
    let reference = reference(&mark.kind, &mark.value);
    let typed = refused.filter(|form| form.identifier == reference);
    MarkLine {
        kind: words::kind(p, &mark.kind),
        value: hostile::line(&mask::value(&mark.kind, &mark.value), 160),
        who: hostile::line(&mark.officer, 80),
        at: p.date_time(mark.at),
        why: hostile::line(&mark.why, hostile::LONGEST),
        typed: typed.map(|form| hostile::block(&form.why, hostile::LONGEST)),
        reference,
    }
}

/// What the form that takes a mark back sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TakeBack {
    identifier: String,
    why: String,
}

/// Why a form about a mark was refused.
fn refused(staff: &Staff, error: &NetworkError) -> Problem {
    match error {
        NetworkError::Stale => Problem::new(staff.lang, FIELD, key("problem-mark-stale")),
        other => page_of::refused(staff, FIELD, other),
    }
}

/// The crawler's rules of what ties sites; a process without them computes no networks.
fn rules(centre: &Centre) -> Result<&dyn Rules, Fault> {
    let held = centre.network_rules.as_deref();
    held.map(|rules| rules as &dyn Rules)
        .ok_or(Fault::NOT_FOUND)
}

/// `POST /{lang}/console/network/{id}/nobodys`.
pub(crate) async fn mark(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Move>,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    let file = page_of::load(&centre, &id).await?;
    let named =
        |one: &&network::file::Identifier| reference(&one.kind, &one.value) == form.identifier;
    let marked = match file.identifiers.iter().find(named) {
        Some(one) => {
            let of = (one.kind.as_str(), one.value.as_str());
            let (store, why, now) = (&centre.store, form.why.trim(), centre.now());
            network::mark_nobodys(store, &staff.officer, of, why, now, &rules(&centre)?).await
        }
        None => Err(NetworkError::Stale),
    };
    match marked {
        Ok(()) => Ok(staff.go("console/networks?done=marked#marks")),
        Err(error) => {
            let problem = vec![refused(&staff, &error)];
            network_ties::show(&centre, &staff, &id, &form, problem).await
        }
    }
}

/// `POST /{lang}/console/networks/marks/undo`.
pub(crate) async fn take_back(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Form(form): Form<TakeBack>,
) -> Result<Response, Fault> {
    if !page_of::may(&staff) {
        return Ok(page_of::not_for_role(&centre, &staff));
    }
    let marks = network::marks(&centre.store)
        .await
        .map_err(Fault::internal)?;
    let named = |mark: &&Mark| reference(&mark.kind, &mark.value) == form.identifier;
    let undone = match marks.iter().find(named) {
        Some(mark) => {
            let of = (mark.kind.as_str(), mark.value.as_str());
            let (store, why, now) = (&centre.store, form.why.trim(), centre.now());
            network::undo_nobodys(store, &staff.officer, of, why, now, &rules(&centre)?).await
        }
        None => Err(NetworkError::Stale),
    };
    match undone {
        Ok(()) => Ok(staff.go("console/networks?done=unmarked#marks")),
        Err(error) => {
            let problem = vec![refused(&staff, &error)];
            networks::show(&centre, &staff, None, problem, Some(&form)).await
        }
    }
}
