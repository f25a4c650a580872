//! The second look at every lift: another officer confirms it or reverses it, within one working day.
//!
//! The name has been off the list since the lift, whatever comes of this: unblocking is faster than
//! blocking. A reversal opens the case again, and nothing more; to list the name anew takes a new
//! proposal with two signatures. A lift that two officers signed has been looked at by both.

use super::subject;
use crate::{
    audit::append_audit,
    case::live,
    decide::{DecideError, enter_move, may_decide, moves::Move, required},
    error::Result,
    officer::Officer,
    pool::{Store, locks, on, random_id, storable, transaction},
};

/// What the second look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The lift was right.
    Confirmed,
    /// It was not: the case is open again.
    Reversed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Reversed => "reversed",
        }
    }
}

/// A lift that nobody but its officer has looked at.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Unreviewed {
    /// The listing.
    pub listing_id: String,
    /// The site.
    pub host: String,
    /// Who lifted: an officer's id.
    pub lifted_by: String,
    /// Their display name: for the console only.
    pub display_name: String,
    /// When, in Unix seconds.
    pub lifted_at: i64,
    /// By when another should have looked.
    pub due_at: i64,
    /// Code of the lift's reason.
    pub reason_code: String,
    /// The lift's reason in words.
    pub reason: String,
}

impl Unreviewed {
    /// Whether another should have looked by `now`.
    #[must_use]
    pub fn is_overdue(&self, now: i64) -> bool {
        self.due_at <= now
    }
}

/// The condition under which a lift `l` of a case `c` waits for another officer.
macro_rules! unreviewed {
    () => {
        "l.second_by IS NULL AND c.state = 'lifted'
            AND NOT EXISTS (SELECT 1 FROM lift_review r WHERE r.listing_id = l.listing_id)"
    };
}

/// Lifts that wait for another officer, the one due first at the top: what is overdue stands first.
///
/// # Errors
/// When the store fails.
pub async fn waiting(store: &Store) -> Result<Vec<Unreviewed>> {
    const SQL: &str = concat!(
        "SELECT l.listing_id, c.host, l.lifted_by, o.display_name, l.lifted_at, l.due_at,
            COALESCE(d.reason_code, '') AS reason_code, COALESCE(d.reason, '') AS reason
        FROM lift l JOIN proposal p ON p.listing_id = l.listing_id
        JOIN review_case c ON c.id = p.case_id JOIN officer o ON o.id = l.lifted_by
        LEFT JOIN decision d ON d.case_id = c.id AND d.kind = 'lift' AND d.officer_id = l.lifted_by
            AND d.decided_at = l.lifted_at
        WHERE ",
        unreviewed!(),
        " ORDER BY l.due_at, l.listing_id"
    );
    Ok(on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?)
}

/// How many lifts wait for another officer, and how many of them longer than one working day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that wait.
    pub waiting: i64,
    /// Those that are overdue.
    pub overdue: i64,
}

/// Counts the lifts that wait, at `now` in Unix seconds.
///
/// # Errors
/// When the store fails.
pub async fn counts(store: &Store, now: i64) -> Result<Counts> {
    const SQL: &str = concat!(
        "SELECT COUNT(*), COUNT(CASE WHEN l.due_at <= $1 THEN 1 END)
        FROM lift l JOIN proposal p ON p.listing_id = l.listing_id
        JOIN review_case c ON c.id = p.case_id WHERE ",
        unreviewed!()
    );
    let (waiting, overdue) = on!(store, |db| sqlx::query_as(SQL)
        .bind(now)
        .fetch_one(db)
        .await)?;
    Ok(Counts { waiting, overdue })
}

/// Confirms or reverses a lift that another officer made.
///
/// Where the site has another live case already, a reversal leaves the old case as it is: the name is
/// before people, and a host has one live case.
///
/// # Errors
/// [`DecideError::OwnLift`] to whoever lifted; [`DecideError::Stale`] when it was reviewed, or the
/// listing was annulled meanwhile.
pub async fn review(
    store: &Store,
    officer: &Officer,
    listing_id: &str,
    outcome: Outcome,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    const LIFT: &str = "SELECT lifted_by FROM lift WHERE listing_id = $1 AND second_by IS NULL";
    const REVIEWED: &str = "SELECT COUNT(*) FROM lift_review WHERE listing_id = $1";
    const REVIEW: &str = "INSERT INTO lift_review
        (listing_id, lifted_by, reviewed_by, outcome, reason, reviewed_at) VALUES ($1, $2, $3, $4, $5, $6)";
    const OTHER: &str = concat!(
        "SELECT COUNT(*) FROM review_case WHERE host = (SELECT host FROM review_case WHERE id = $1)
            AND reason <> 'cancel' AND ",
        live!()
    );
    may_decide(officer)?;
    required("reason", reason)?;
    let subject = subject(store, listing_id).await?;
    let listing_id = subject.list.listing_id.as_str();
    let lifted_by: Option<String> = on!(store, |db| sqlx::query_scalar(LIFT)
        .bind(listing_id)
        .fetch_optional(db)
        .await)?;
    let lifted_by = lifted_by.ok_or(DecideError::Stale)?;
    if lifted_by == officer.id {
        return Err(DecideError::OwnLift);
    }
    let (to, kind) = match outcome {
        Outcome::Confirmed => ("lifted", "confirm-lift"),
        Outcome::Reversed => ("open", "reverse-lift"),
    };
    let step = Move {
        id: random_id()?,
        case_id: &subject.case_id,
        from: "lifted",
        to,
        officer,
        kind,
        reason_code: outcome.as_str(),
        reason,
        at: now,
        review_at: None,
    };
    transaction!(store, locks::OFFICE, |tx| {
        let reviewed: i64 = sqlx::query_scalar(REVIEWED)
            .bind(listing_id)
            .fetch_one(&mut *tx)
            .await?;
        if reviewed > 0 || subject.state != "lifted" {
            return Err(DecideError::Stale);
        }
        let others: i64 = sqlx::query_scalar(OTHER)
            .bind(&subject.case_id)
            .fetch_one(&mut *tx)
            .await?;
        if outcome == Outcome::Reversed && others > 0 {
            let detail =
                serde_json::json!({ "key_id": officer.key_id.as_str(), "listing": listing_id });
            append_audit!(tx, now, &officer.id, kind, &subject.case_id, &detail);
        } else {
            enter_move!(tx, step);
        }
        sqlx::query(REVIEW)
            .bind(listing_id)
            .bind(&lifted_by)
            .bind(&officer.id)
            .bind(outcome.as_str())
            .bind(&*storable(reason))
            .bind(now)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}
