//! Fully signed statements on their way into the log.

use crate::{
    error::Result,
    pool::{Store, on},
};

/// A signed statement that is not in the log yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Pending {
    /// Its place in the order of arrival.
    pub id: i64,
    /// The leaf.
    pub leaf: Vec<u8>,
}

/// The statement that puts a leaf with all its signatures into the queue. It always runs inside the
/// transaction that stores what the leaf is about, and that holds the lock `OFFICE`: ids
/// are given and become visible in one order, so that nothing is sequenced before what came first.
pub(crate) const INSERT: &str =
    "INSERT INTO signed_statement (id, kind, listing_id, leaf, leaf_sha256, signed_at)
     SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4, $5 FROM signed_statement";

/// Whether a leaf of this hash is in the queue or the log already.
pub(crate) const COUNT: &str = "SELECT COUNT(*) FROM signed_statement WHERE leaf_sha256 = $1";

/// Statements not yet sequenced, in order of arrival, which is the order in which they are sequenced:
/// whatever came after the last one that is in the log. Each id is one more than the one before, given
/// under the lock `OFFICE`, so none becomes visible after a later one was sequenced.
pub async fn pending(store: &Store) -> Result<Vec<Pending>> {
    const SQL: &str = "SELECT id, leaf FROM signed_statement
        WHERE id > (SELECT COALESCE(MAX(statement_id), 0) FROM log_leaf) ORDER BY id";
    Ok(on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?)
}
