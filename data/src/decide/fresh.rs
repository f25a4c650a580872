//! Whether what people sign on is still what the site shows.

use blocklist::DomainName;

use super::{DecideError, EVIDENCE_HOURS};
use crate::{
    assessment::{self, AssessmentRow},
    case::CaseFile,
    error::Error,
    evidence, frontier,
    pool::Store,
};

/// Refuses to propose on evidence that is too old, and has the site captured again at once: the crawl
/// then renews the evidence of the open case.
pub(super) async fn for_proposal(
    store: &Store,
    file: &CaseFile,
    host: &DomainName,
    now: i64,
) -> Result<(), DecideError> {
    still_flagged(store, file, host).await?;
    check(store, host, &file.evidence_root, now).await
}

/// Refuses to approve what nobody has looked at of late. The statement names the evidence the proposer
/// had, and stays as it is; the newest capture of the site must be young, and must still show an exchange.
pub(super) async fn for_approval(
    store: &Store,
    file: &CaseFile,
    host: &DomainName,
    now: i64,
) -> Result<(), DecideError> {
    let newest = still_flagged(store, file, host).await?;
    let root = newest.map_or_else(|| file.evidence_root.clone(), |found| found.evidence_root);
    check(store, host, &root, now).await
}

/// The newest assessment of the site, unless it says that this is no exchange for people to look at.
async fn still_flagged(
    store: &Store,
    file: &CaseFile,
    host: &DomainName,
) -> Result<Option<AssessmentRow>, DecideError> {
    let newest = assessment::latest(store, host.as_str()).await?;
    match newest {
        Some(found) if found.verdict == "clear" && found.evidence_root != file.evidence_root => {
            Err(DecideError::EvidenceTurned)
        }
        found => Ok(found),
    }
}

async fn check(store: &Store, host: &DomainName, root: &str, now: i64) -> Result<(), DecideError> {
    let items = evidence::load(store, root)
        .await?
        .ok_or_else(|| Error::stored("evidence", format!("there is no manifest {root}")))?;
    let age = now.saturating_sub(captured_at(&items, host));
    if age <= EVIDENCE_HOURS * 3_600 {
        return Ok(());
    }
    frontier::hurry(store, host).await?;
    Err(DecideError::EvidenceOld { hours: age / 3_600 })
}

/// When the site was captured: its front page where that is among the captures, for it is the first to
/// tell of a site that changed hands; else whatever was fetched last.
fn captured_at(items: &[evidence::Item], host: &DomainName) -> i64 {
    let front = |item: &&evidence::Item| {
        ["https", "http"]
            .iter()
            .any(|scheme| item.url == format!("{scheme}://{host}/"))
    };
    let at = |item: &evidence::Item| item.fetched_at;
    let of_front = items.iter().filter(front).map(at).max();
    of_front
        .or_else(|| items.iter().map(at).max())
        .unwrap_or_default()
}
