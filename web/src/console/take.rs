//! Taking a case for review, and giving it back.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use data::{
    case::CaseRow,
    decide::{self, DecideError},
};

use crate::{
    centre::Centre,
    console::{case, problems, staff::Staff, stage},
    faults::Fault,
    messages::key,
    page::Page,
};

/// What a case page says of its review, and offers.
pub(crate) struct Review {
    /// Who reviews the case, if somebody does.
    pub(crate) by: Option<String>,
    /// The button that takes it, or takes it over.
    pub(crate) take: Option<String>,
    /// Whether the reader may give it back.
    pub(crate) release: bool,
    /// Whether the reader may decide: nobody reviews it, or they do.
    pub(crate) mine: bool,
    pub(crate) take_path: String,
    pub(crate) release_path: String,
}

impl Review {
    pub(crate) fn of(p: &Page, staff: &Staff, case: &CaseRow) -> Self {
        let open = case.state == "open";
        let mine = case.taken_by.as_ref() == Some(&staff.officer.id);
        let held = case.taken_by.is_some();
        let take = match (open, held && !mine) {
            (true, _) => Some(p.t(key("case-take"))),
            (_, true) => Some(p.t(key("case-take-over"))),
            _ => None,
        };
        Self {
            by: stage::reviewed_by(p, case),
            take,
            release: held,
            mine: open || mine,
            take_path: format!("console/case/{}/take", case.id),
            release_path: format!("console/case/{}/release", case.id),
        }
    }
}

/// `POST /{lang}/console/case/{id}/take`.
pub(crate) async fn take(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let taken = decide::take(&centre.store, &staff.officer, &id, centre.now()).await;
    answer(&centre, &staff, &id, taken).await
}

/// `POST /{lang}/console/case/{id}/release`.
pub(crate) async fn release(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let released = decide::release(&centre.store, &staff.officer, &id, centre.now()).await;
    answer(&centre, &staff, &id, released).await
}

async fn answer(
    centre: &Centre,
    staff: &Staff,
    id: &str,
    moved: Result<(), DecideError>,
) -> Result<Response, Fault> {
    match moved {
        Ok(()) => Ok(staff.go(&format!("console/case/{id}"))),
        Err(error) => {
            let problem = problems::of_decision(staff.lang, &error);
            case::refused(centre, staff, id, problem).await
        }
    }
}
