//! What of a register a case follows from, in one line of text: the same fact, the same line.

use blocklist::{
    DomainName, ListingId, Timestamp,
    matching::{Match, Verdict},
    register::{HostKind, LicenceState},
};

/// A fact about a licence that no longer holds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The line.
    pub(super) fact: String,
    /// The host that the row names; several sites may stand at or below it.
    pub(super) named: DomainName,
}

/// The regulator or the calendar has ended the licence of this host.
pub(super) fn ended(found: &Match, now: Timestamp) -> Option<Ended> {
    let matched = found.matched.as_ref()?;
    let row = &matched.row;
    let says_so = says(found, Verdict::LicenceEnded)
        && matched.kind == HostKind::Trading
        && row.has_ended(now);
    let how = match (row.state, row.valid_to) {
        (LicenceState::Suspended, _) => "suspended".to_owned(),
        (LicenceState::Withdrawn, _) => "withdrawn".to_owned(),
        (LicenceState::Active, Some(day)) => day.to_string(),
        (LicenceState::Active, None) => String::new(),
    };
    says_so.then(|| Ended {
        fact: format!(
            "ended:{}:{}:{}:{how}",
            matched.register, row.record_id, matched.host
        ),
        named: matched.host.clone(),
    })
}

/// The register called this host licensed, and now no row names it.
pub(super) fn gone(before: &Match, found: &Match, host: &DomainName) -> Option<Ended> {
    let matched = before.matched.as_ref()?;
    let named_still = [
        Verdict::Licensed,
        Verdict::LicenceUnconfirmed,
        Verdict::LicenceEnded,
    ]
    .into_iter()
    .any(|verdict| says(found, verdict));
    let is_gone =
        says(before, Verdict::Licensed) && host.is_at_or_below(&matched.host) && !named_still;
    // The day it was last there tells this leaving from a later one.
    is_gone.then(|| Ended {
        fact: format!(
            "gone:{}:{}:{}:{}",
            matched.register, matched.row.record_id, matched.host, matched.taken_on
        ),
        named: matched.host.clone(),
    })
}

/// A live licence suspends this listing.
pub(super) fn cancel(listing: &ListingId) -> String {
    format!("cancel:{listing}")
}

/// Whether a fact is of the kind that [`cancel`] makes.
pub(super) fn is_cancel(fact: &str) -> bool {
    fact.starts_with("cancel:")
}

/// Whether a match says this, alone or beside others.
pub(super) fn says(found: &Match, verdict: Verdict) -> bool {
    found.verdict == verdict || found.also.contains(&verdict)
}
