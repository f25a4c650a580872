//! Proposals that waited too long for their second signature.

use blocklist::time::DAY_SECONDS;
use serde_json::json;

use super::PROPOSAL_DAYS;
use crate::{
    audit::append_audit,
    case::CALENDAR,
    error::Result,
    pool::{Store, locks, on, transaction},
};

/// The last moment at which a proposal made at `proposed_at` may be approved.
pub(super) fn last_moment(proposed_at: i64) -> i64 {
    proposed_at.saturating_add(PROPOSAL_DAYS * DAY_SECONDS)
}

/// Returns the cases of proposals that are older than [`PROPOSAL_DAYS`] to the queue, and gives their
/// numbers. Their statements are never signed again: the database refuses that.
///
/// Running it twice, or on two machines at once, does nothing twice.
///
/// # Errors
/// When the store fails; what was returned stays so.
pub async fn expire_proposals(store: &Store, now: i64) -> Result<Vec<String>> {
    const WAITING: &str = "SELECT c.id, p.listing_id, p.proposed_at FROM review_case c
        JOIN proposal p ON p.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = c.id)
        WHERE c.state = 'proposed' ORDER BY c.id";
    // A case may have been sent back and proposed anew since it was looked at.
    const LAPSE: &str = "UPDATE review_case SET state = 'open' WHERE id = $1 AND state = 'proposed'
        AND $2 = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = $1)";
    let waiting: Vec<(String, String, i64)> =
        on!(store, |db| sqlx::query_as(WAITING).fetch_all(db).await)?;
    let mut lapsed = Vec::new();
    for (case_id, listing_id, proposed_at) in waiting {
        if now <= last_moment(proposed_at) {
            continue;
        }
        let detail = json!({ "listing": listing_id });
        let moved = transaction!(store, locks::OFFICE, |tx| {
            let moved = sqlx::query(LAPSE)
                .bind(&case_id)
                .bind(&listing_id)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if moved == 1 {
                append_audit!(tx, now, CALENDAR, "lapsed", &case_id, &detail);
            }
            moved
        });
        if moved == 1 {
            lapsed.push(case_id);
        }
    }
    Ok(lapsed)
}
