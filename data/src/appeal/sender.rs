//! What a sender sees and does by the receipt: where the appeal stands, a look at the proof again,
//! taking it back.

use super::{
    AppealError, Kind, Outcome, State,
    code::Receipt,
    keep,
    proof::{self, LOOK_AGAIN, Look},
    trail::{Actor, Step},
};
use crate::{
    calendar,
    error::{Error, Result},
    pool::{Store, locks, on, transaction},
};

/// Working days until an officer has taken an appeal.
pub const ANSWER_DAYS: u32 = 1;

/// Working days until it is decided.
pub const DECISION_DAYS: u32 = 5;

/// An appeal as its sender sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// `A-2026-000001`.
    pub id: String,
    /// The listing.
    pub listing_id: String,
    /// The name it is about.
    pub host: String,
    /// Who appeals.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// When it came.
    pub received_at: i64,
    /// By when an officer has taken it, and by when it is decided; `None` until control is proved.
    pub due: Option<Due>,
    /// What is still to be proved.
    pub proof: Option<Proof>,
    /// What an officer answered, until it is erased.
    pub answer: Option<String>,
    /// What an upheld appeal led to.
    pub outcome: Option<Outcome>,
    /// The reason of the decision; empty before it.
    pub reason_code: String,
    /// When the last step was taken.
    pub moved_at: i64,
}

/// What is promised, in working days of the [`calendar`], when an appeal reaches people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The first answer.
    pub answer_by: i64,
    /// The decision.
    pub decision_by: i64,
}

impl Due {
    /// For an appeal that reached people at `at`.
    ///
    /// # Errors
    /// When the calendar cannot be used.
    pub fn from(at: i64) -> Result<Self> {
        let calendar = calendar::shipped()?;
        Ok(Self {
            answer_by: calendar.working_days(at, ANSWER_DAYS),
            decision_by: calendar.working_days(at, DECISION_DAYS),
        })
    }
}

/// What an owner is to publish, and what was seen when it was last looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The token.
    pub token: String,
    /// When it was last looked for.
    pub checked_at: Option<i64>,
    /// Where, and what was seen.
    pub looks: Vec<Look>,
    /// When the appeal lapses without it.
    pub lapses_at: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    listing_id: String,
    host: String,
    kind: String,
    received_at: i64,
    token: Option<String>,
    state: String,
    outcome: Option<String>,
    reason_code: String,
    at: i64,
    reached_at: Option<i64>,
    checked_at: Option<i64>,
    seen: Option<String>,
    answer: Option<String>,
}

/// The appeal behind a receipt.
///
/// # Errors
/// When the store fails.
pub async fn status(store: &Store, receipt: &Receipt) -> Result<Option<Status>> {
    // An erasure is no answer to the sender: the step before it is.
    const SQL: &str = "SELECT a.id, a.listing_id, a.host, a.kind, a.received_at, a.token,
            e.state, e.outcome, e.reason_code, e.at,
            (SELECT MIN(r.at) FROM appeal_event r WHERE r.appeal_id = a.id AND r.state IN ('received', 'proved')) AS reached_at,
            c.checked_at, c.seen, w.words AS answer
        FROM appeal a JOIN appeal_event e ON e.appeal_id = a.id AND e.seq = (
            SELECT MAX(l.seq) FROM appeal_event l WHERE l.appeal_id = a.id AND l.kind <> 'erase')
        LEFT JOIN appeal_check c ON c.appeal_id = a.id
        LEFT JOIN appeal_words w ON w.appeal_id = a.id AND w.part = 'answer'
        WHERE a.receipt_sha256 = $1";
    let row: Option<Row> = on!(store, |db| sqlx::query_as(SQL)
        .bind(receipt.sha256())
        .fetch_optional(db)
        .await)?;
    row.map(Status::try_from).transpose()
}

impl TryFrom<Row> for Status {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let unreadable = |what: &str| Error::stored("appeal", format!("unknown {what}"));
        let state = State::stored(&row.state)?;
        let proof = match (row.token, row.seen) {
            (Some(token), Some(seen)) => Some(Proof {
                token,
                checked_at: row.checked_at,
                looks: proof::looks(&seen)?,
                lapses_at: proof::lapses_at(row.received_at),
            }),
            _ => None,
        };
        Ok(Self {
            kind: Kind::parse(&row.kind).ok_or_else(|| unreadable("kind"))?,
            due: row.reached_at.map(Due::from).transpose()?,
            outcome: row
                .outcome
                .map(|word| Outcome::parse(&word).ok_or_else(|| unreadable("outcome")))
                .transpose()?,
            id: row.id,
            listing_id: row.listing_id,
            host: row.host,
            state,
            received_at: row.received_at,
            proof,
            answer: row.answer,
            reason_code: row.reason_code,
            moved_at: row.at,
        })
    }
}

/// Has the proof looked for at once; at most once in [`LOOK_AGAIN`] seconds, `false` before that.
///
/// # Errors
/// When the store fails.
pub async fn look_again(store: &Store, receipt: &Receipt, now: i64) -> Result<bool> {
    const SQL: &str = "UPDATE appeal_check SET next_at = $1
        WHERE appeal_id = (SELECT id FROM appeal WHERE receipt_sha256 = $2)
            AND COALESCE(checked_at, 0) <= $3";
    let asked = on!(store, |db| sqlx::query(SQL)
        .bind(now)
        .bind(receipt.sha256())
        .bind(now - LOOK_AGAIN)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(asked > 0)
}

/// Takes an appeal back.
///
/// # Errors
/// [`AppealError::Stale`] when there is none, or it is closed already.
pub async fn withdraw(store: &Store, receipt: &Receipt, now: i64) -> Result<(), AppealError> {
    let status = status(store, receipt).await?.ok_or(AppealError::Stale)?;
    let id = status.id.as_str();
    transaction!(store, locks::OFFICE, |tx| {
        let (state, _) = last_state!(tx, id);
        if state.is_closed() {
            return Err(AppealError::Stale);
        }
        enter_step!(
            tx,
            Step::new(id, "withdraw", State::Withdrawn, Actor::Sender, now)
        );
        sqlx::query(keep::NO_CHECK)
            .bind(id)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}
