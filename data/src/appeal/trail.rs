//! One step of an appeal: a row of its trail and a row of the audit chain, in the transaction of
//! whatever else the step does.

use super::{Outcome, State};
use crate::officer::Officer;

/// Who the audit chain says it was.
#[derive(Clone, Copy)]
pub(super) enum Actor<'a> {
    /// Whoever holds the receipt; nobody knows who that is.
    Sender,
    /// The program.
    Machine,
    /// An officer.
    Officer(&'a Officer),
}

impl Actor<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Sender => "public",
            Self::Machine => "appeals",
            Self::Officer(officer) => &officer.id,
        }
    }

    pub(super) fn officer_id(&self) -> Option<&str> {
        match self {
            Self::Officer(officer) => Some(&officer.id),
            Self::Sender | Self::Machine => None,
        }
    }
}

/// One step.
pub(super) struct Step<'a> {
    /// The appeal.
    pub(super) id: &'a str,
    /// What is done.
    pub(super) kind: &'static str,
    /// Where it leads.
    pub(super) to: State,
    /// Who does it.
    pub(super) actor: Actor<'a>,
    /// What an upheld appeal leads to.
    pub(super) outcome: Option<Outcome>,
    /// The reason shown to the public; empty where there is none.
    pub(super) reason_code: &'a str,
    /// For colleagues.
    pub(super) note: &'a str,
    /// When.
    pub(super) at: i64,
}

impl<'a> Step<'a> {
    pub(super) fn new(
        id: &'a str,
        kind: &'static str,
        to: State,
        actor: Actor<'a>,
        at: i64,
    ) -> Self {
        Self {
            id,
            kind,
            to,
            actor,
            outcome: None,
            reason_code: "",
            note: "",
            at,
        }
    }
}

/// State and officer of the last step.
pub(super) const LAST: &str = "SELECT state, officer_id FROM appeal_event
    WHERE appeal_id = $1 ORDER BY seq DESC LIMIT 1";

pub(super) const EVENT: &str = "INSERT INTO appeal_event
    (appeal_id, seq, at, kind, state, officer_id, outcome, reason_code, note)
    SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8
    FROM appeal_event WHERE appeal_id = $1";

/// The last state of an appeal in the open transaction `tx`, with the officer of the last step; an
/// appeal that is not there is [`super::AppealError::Stale`].
macro_rules! last_state {
    ($tx:ident, $id:expr) => {{
        let last: Option<(String, Option<String>)> = sqlx::query_as($crate::appeal::trail::LAST)
            .bind($id)
            .fetch_optional(&mut *$tx)
            .await?;
        let (state, officer) = last.ok_or($crate::appeal::AppealError::Stale)?;
        ($crate::appeal::State::stored(&state)?, officer)
    }};
}

/// Enters a [`Step`] in the open transaction `tx`, which holds [`crate::pool::locks::OFFICE`]. The
/// database refuses what is no step from where the appeal stands. A macro, because the two engines'
/// transactions are two types.
macro_rules! enter_step {
    ($tx:ident, $step:expr) => {{
        let step = &$step;
        sqlx::query($crate::appeal::trail::EVENT)
            .bind(step.id)
            .bind(step.at)
            .bind(step.kind)
            .bind(step.to.as_str())
            .bind(step.actor.officer_id())
            .bind(step.outcome.map($crate::appeal::Outcome::as_str))
            .bind(step.reason_code)
            .bind(&*$crate::pool::storable(step.note))
            .execute(&mut *$tx)
            .await?;
        let action = format!("appeal.{}", step.kind);
        let detail = serde_json::json!({
            "state": step.to.as_str(), "reason": step.reason_code,
            "outcome": step.outcome.map($crate::appeal::Outcome::as_str),
        });
        $crate::audit::append_audit!(
            $tx,
            step.at,
            step.actor.name(),
            &action,
            step.id,
            &detail
        );
    }};
}
