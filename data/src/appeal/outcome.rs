//! What the public sees of appeals: that there was one, of which kind, and how it ended. Never what
//! was written, and never who.

use serde::Serialize;

use crate::{
    error::Result,
    pool::{Store, on},
};

/// A decided appeal. Its form in JSON is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Decided {
    /// `A-2026-000001`.
    pub id: String,
    /// The listing.
    #[serde(skip)]
    pub listing_id: String,
    /// `owner` or `report`.
    pub kind: String,
    /// When it came.
    #[serde(serialize_with = "moment")]
    pub received_at: i64,
    /// When it was decided.
    #[serde(serialize_with = "moment")]
    pub decided_at: i64,
    /// `upheld` or `rejected`.
    pub decision: String,
    /// Of an upheld one: `lift`, or `annul` where the listing should never have stood.
    pub outcome: Option<String>,
    /// One of [`super::UPHELD_FOR`] or [`super::REJECTED_FOR`].
    pub reason: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn moment<S: serde::Serializer>(seconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&blocklist::Timestamp(*seconds))
}

const SQL: &str = "SELECT a.id, a.listing_id, a.kind, a.received_at, e.at AS decided_at,
        e.state AS decision, e.outcome, e.reason_code AS reason
    FROM appeal a JOIN appeal_event e ON e.appeal_id = a.id AND e.kind IN ('uphold', 'reject')";

/// The decided appeals against one listing, the first first.
///
/// # Errors
/// When the store fails.
pub async fn of_listing(store: &Store, listing_id: &str) -> Result<Vec<Decided>> {
    let sql = format!("{SQL} WHERE a.listing_id = $1 ORDER BY e.at, a.id");
    Ok(on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(listing_id)
        .fetch_all(db)
        .await)?)
}

/// The decided appeals against all listings, the first first.
///
/// # Errors
/// When the store fails.
pub async fn all(store: &Store) -> Result<Vec<Decided>> {
    let sql = format!("{SQL} ORDER BY e.at, a.id");
    Ok(on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_all(db)
        .await)?)
}
