//! Where a case stands, in words.

use blocklist::lifecycle::{CaseState, Stage};
use data::case::CaseRow;

use crate::{hostile, messages::key, page::Page};

/// Word and colour of a stage.
pub(crate) fn word(p: &Page, stage: Stage) -> (String, &'static str) {
    let (key, tone) = match stage {
        Stage::Candidate => (key("stage-candidate"), "info"),
        Stage::InReview => (key("stage-in-review"), "info"),
        Stage::Proposed => (key("stage-proposed"), "care"),
        Stage::Approved => (key("stage-approved"), "care"),
        Stage::Ordered => (key("stage-ordered"), "info"),
        Stage::Scheduled => (key("stage-scheduled"), "info"),
        Stage::Listed => (key("stage-listed"), "bad"),
        Stage::Suspended => (key("stage-suspended"), "care"),
        Stage::Guarded => (key("stage-guarded"), "care"),
        Stage::Lifted => (key("stage-lifted"), "good"),
        Stage::Expired => (key("stage-expired"), ""),
        Stage::Annulled => (key("stage-annulled"), ""),
        Stage::Dismissed => (key("stage-dismissed"), ""),
    };
    (p.t(key), tone)
}

/// Word and colour of what people did with a case, where the log was not asked what became of it.
pub(crate) fn of_state(p: &Page, code: &str) -> (String, &'static str) {
    match CaseState::parse(code) {
        Some(CaseState::Open) => word(p, Stage::Candidate),
        Some(CaseState::InReview) => word(p, Stage::InReview),
        Some(CaseState::Proposed) => word(p, Stage::Proposed),
        Some(CaseState::Listed) => word(p, Stage::Listed),
        Some(CaseState::Lifted) => word(p, Stage::Lifted),
        Some(CaseState::Expired) => word(p, Stage::Expired),
        Some(CaseState::Annulled) => word(p, Stage::Annulled),
        Some(CaseState::Dismissed) => word(p, Stage::Dismissed),
        None => (hostile::line(code, 20), ""),
    }
}

/// Who reviews a case.
pub(crate) fn reviewed_by(p: &Page, case: &CaseRow) -> Option<String> {
    let name = case.taken_name.as_deref()?;
    Some(p.t1(key("case-taken-by"), "name", &hostile::line(name, 80)))
}
