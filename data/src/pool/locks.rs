//! What a transaction on PostgreSQL holds alone while it runs.
//!
//! The isolation is READ COMMITTED, where each statement sees what was committed before it began.
//! A rule that reads first and writes then ("the number after the last one", "if there are fewer
//! than eight") holds only if nobody else writes between the two. Such transactions take a lock as
//! their first statement; every later statement of theirs then sees all that earlier holders did.
//! REPEATABLE READ or SERIALIZABLE would take their one snapshot before the lock is there.
//!
//! The locks are advisory: numbers that mean something only to this program, in this database.
//! PostgreSQL gives them back when the transaction ends, however it ends, and only after what it
//! wrote can be seen. Several are always taken in ascending order, so nobody waits in a circle.
//!
//! On SQLite the one write lock stands for all of them.

use blocklist::Digest;
use sqlx::{PgPool, Postgres, Transaction};

/// The office: whoever appends to the audit chain, numbers cases and listings, or queues a statement
/// for the log. All of these continue one sequence, and one person's move touches several of them.
/// Because the lock is held until commit, numbers become visible in their own order: a publisher
/// that sees statement 7 has seen 6.
pub(crate) const OFFICE: &[i64] = &[0x71616c71616e]; // "qalqan"

/// The operators' networks: what sites show, the ties found in it, and the numbers given to them
/// are read and written as one.
pub(crate) const NETWORKS: &[i64] = &[0x71616c71616f];

/// A person's move on networks: it is audited, too.
pub(crate) const OFFICE_AND_NETWORKS: &[i64] = &[0x71616c71616e, 0x71616c71616f];

/// The attempts to sign in of one person.
pub(crate) fn login(login: &str) -> [i64; 1] {
    [number("login", login)]
}

/// The addresses of these hosts: how many each has is counted before one more is added.
pub(crate) fn hosts<'a>(hosts: impl Iterator<Item = &'a str>) -> Vec<i64> {
    let mut numbers: Vec<i64> = hosts.map(|host| number("host", host)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The same number on every machine; two names with one number only wait for each other.
fn number(kind: &str, name: &str) -> i64 {
    let Digest(hash) = Digest::of(format!("{kind}\n{name}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}

/// Begins a transaction that holds `locks`, which ascend.
///
/// The locks are a statement of their own and not part of `BEGIN`: a connection whose begin failed
/// halfway goes back to the pool with an open transaction.
pub(crate) async fn begin(
    db: &PgPool,
    locks: &[i64],
) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = db.begin().await?;
    if !locks.is_empty() {
        sqlx::query("SELECT pg_advisory_xact_lock(lock) FROM unnest($1) AS lock")
            .bind(locks)
            .execute(&mut *tx)
            .await?;
    }
    Ok(tx)
}
