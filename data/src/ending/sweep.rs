//! What time brings to listings, looked for after each release and at least once an hour.

use std::collections::{HashMap, HashSet};

use blocklist::{Timestamp, fold::ListingState, statement::List, time::DAY_SECONDS};
use serde_json::json;

use super::{EXPIRY_NOTICE_DAYS, close, question::Why};
use crate::{
    audit::append_audit,
    case::CALENDAR,
    error::Result,
    frontier,
    pool::{Store, locks, on, transaction},
};

/// What a sweep came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Listings that officers are asked about from now on.
    pub asked: Vec<String>,
    /// Sites of these that are to be visited again.
    pub revisits: u64,
    /// Listings that are over, whose cases are closed.
    pub expired: Vec<String>,
}

/// Asks about every listing whose date for a review has come or that is about to end, each question
/// once, and has its site visited again for the answer; closes the cases of those that are over.
/// Running it twice, or on two machines at once, does nothing twice.
///
/// A site that was visited again tells the officers something, and lifts nothing: whatever the crawler
/// meets there, an answer is a person's.
///
/// # Errors
/// When the store fails. What was written stands, and the next sweep goes on from there.
pub async fn sweep(store: &Store, now: i64) -> Result<Swept> {
    const CASES: &str =
        "SELECT p.listing_id, c.id FROM review_case c JOIN proposal p ON p.case_id = c.id
        WHERE c.state = 'listed'
            AND p.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = c.id)";
    const ASKED: &str = "SELECT listing_id, why FROM question";
    let known = store.known(Timestamp(now)).await?;
    let cases: Vec<(String, String)> = on!(store, |db| sqlx::query_as(CASES).fetch_all(db).await)?;
    let cases: HashMap<String, String> = cases.into_iter().collect();
    let asked: Vec<(String, String)> = on!(store, |db| sqlx::query_as(ASKED).fetch_all(db).await)?;
    let asked: HashSet<(String, String)> = asked.into_iter().collect();
    let mut swept = Swept::default();
    for listing in &known.listings {
        let id = listing.statement.listing_id.as_str();
        let Some(case_id) = cases.get(id) else {
            continue;
        };
        match listing.state {
            ListingState::Expired { .. } => {
                if expire(store, case_id, id, now).await? {
                    swept.expired.push(id.to_owned());
                }
            }
            ListingState::Scheduled { .. }
            | ListingState::Listed { .. }
            | ListingState::Suspended { .. }
            | ListingState::Guarded { .. } => {
                let due = due(&listing.statement, now);
                let due = due.filter(|why| !asked.contains(&(id.into(), why.as_str().into())));
                if let Some(why) = due {
                    // The visit first: a question that nobody looks into would wait for ever.
                    let revisited = frontier::revisit(store, &listing.statement.name).await?;
                    if ask(store, case_id, id, why, now).await? {
                        swept.revisits += u64::from(revisited > 0);
                        swept.asked.push(id.to_owned());
                    }
                }
            }
            // A person ended these; their cases say so.
            ListingState::Lifted { .. } | ListingState::Annulled { .. } => {}
        }
    }
    Ok(swept)
}

/// What a listing is to be asked about at `now`. Its end outweighs its review.
pub(super) fn due(list: &List, now: i64) -> Option<Why> {
    let review = list.review_at.0;
    let notice = list.expires_at.plus(-EXPIRY_NOTICE_DAYS * DAY_SECONDS).0;
    if now >= notice.max(review) {
        Some(Why::Expiry)
    } else if now >= review {
        Some(Why::Review)
    } else {
        None
    }
}

async fn ask(store: &Store, case_id: &str, listing_id: &str, why: Why, now: i64) -> Result<bool> {
    const SQL: &str = "INSERT INTO question (listing_id, why, asked_at) VALUES ($1, $2, $3)
        ON CONFLICT (listing_id, why) DO NOTHING";
    let detail = json!({ "listing": listing_id, "why": why.as_str() });
    let asked = transaction!(store, locks::OFFICE, |tx| {
        let asked = sqlx::query(SQL)
            .bind(listing_id)
            .bind(why.as_str())
            .bind(now)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if asked == 0 {
            return Ok(false);
        }
        append_audit!(tx, now, CALENDAR, "asked", case_id, &detail);
        true
    });
    Ok(asked)
}

async fn expire(store: &Store, case_id: &str, listing_id: &str, now: i64) -> Result<bool> {
    const SQL: &str = "UPDATE review_case SET state = 'expired' WHERE id = $1 AND state = 'listed'";
    let detail = json!({ "listing": listing_id });
    let expired = transaction!(store, locks::OFFICE, |tx| {
        let moved = sqlx::query(SQL)
            .bind(case_id)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if moved == 0 {
            return Ok(false);
        }
        sqlx::query(close::ANSWER)
            .bind("expired")
            .bind(now)
            .bind(listing_id)
            .execute(&mut *tx)
            .await?;
        append_audit!(tx, now, CALENDAR, "expired", case_id, &detail);
        true
    });
    Ok(expired)
}
