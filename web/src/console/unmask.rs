//! Seeing a page whole: an officer gives a reason, which goes into the audit chain before anything is
//! shown. The form is answered with the page itself, so that it is seen once; seeing it again asks again.

use data::audit;
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{problems::Problem, staff::Staff},
    faults::Fault,
    messages::key,
};

/// Id of the field in which the reason is written.
pub(crate) const FIELD: &str = "unmask";

/// Longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// Why somebody wants to see everything.
#[derive(Debug, Deserialize)]
pub(crate) struct Unmask {
    #[serde(default)]
    pub(crate) reason: String,
}

impl Unmask {
    /// Writes down who sees `subject` whole and why; gives what is wrong with the reason instead, if
    /// something is.
    pub(crate) async fn write_down(
        &self,
        centre: &Centre,
        staff: &Staff,
        action: &str,
        subject: &str,
    ) -> Result<Option<Problem>, Fault> {
        let reason = self.reason.trim();
        if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
            let words = key("problem-network-why");
            return Ok(Some(Problem::new(staff.lang, FIELD, words)));
        }
        let detail = serde_json::json!({ "reason": reason });
        let (store, officer, now) = (&centre.store, &staff.officer.id, centre.now());
        audit::record(store, now, officer, action, subject, &detail)
            .await
            .map_err(Fault::internal)?;
        Ok(None)
    }
}
