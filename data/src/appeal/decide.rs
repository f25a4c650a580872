//! What officers do with an appeal: take it, uphold it, reject it. Whoever proposed, approved or
//! signed the listing does none of these; that is checked here and again by the database.

use super::{
    AppealError, LONGEST_NOTE, Outcome, REJECTED_FOR, State, UPHELD_FOR, bounded, keep,
    trail::{Actor, Step},
};
use crate::{
    decide::{self, DECISION},
    ending::annul,
    officer::Officer,
    pool::{Store, locks, on, random_id, storable, transaction},
};

/// The reason for which the listing of an upheld appeal is lifted, in the public log.
pub const LIFTED_FOR: &str = "appeal-upheld";

/// What an officer decides.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The reason shown to the public: one of [`UPHELD_FOR`] or [`REJECTED_FOR`].
    pub reason_code: &'a str,
    /// What the sender reads, 1 to [`LONGEST_NOTE`] letters.
    pub answer: &'a str,
    /// For colleagues, up to [`LONGEST_NOTE`] letters.
    pub note: &'a str,
}

impl Decision<'_> {
    fn check(&self, codes: &[&str]) -> Result<(), AppealError> {
        if !codes.contains(&self.reason_code) {
            return Err(AppealError::Field("reason_code"));
        }
        bounded("answer", self.answer, 1..=LONGEST_NOTE)?;
        bounded("note", self.note, 0..=LONGEST_NOTE)
    }
}

/// Whether an officer signed a listing of the case behind an appeal, in any place.
///
/// # Errors
/// When the store fails.
pub async fn took_part(store: &Store, officer_id: &str, id: &str) -> crate::Result<bool> {
    const SQL: &str = "SELECT COUNT(*) FROM appeal a
        JOIN proposal l ON l.listing_id = a.listing_id JOIN proposal p ON p.case_id = l.case_id
        LEFT JOIN signature s ON s.listing_id = p.listing_id
        WHERE a.id = $1 AND (p.proposed_by = $2 OR s.officer_id = $2)";
    let parts: i64 = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(&*storable(id))
        .bind(officer_id)
        .fetch_one(db)
        .await)?;
    Ok(parts > 0)
}

async fn may_decide(store: &Store, officer: &Officer, id: &str) -> Result<(), AppealError> {
    if officer.role != blocklist::key::Role::Officer {
        return Err(AppealError::NotAnOfficer);
    }
    if took_part(store, &officer.id, id).await? {
        return Err(AppealError::TookPart);
    }
    Ok(())
}

/// Takes an appeal, or takes it over from another officer: from then on this one decides it.
///
/// # Errors
/// [`AppealError::TookPart`], and [`AppealError::Stale`] when it waits for no officer.
pub async fn take(store: &Store, officer: &Officer, id: &str, now: i64) -> Result<(), AppealError> {
    may_decide(store, officer, id).await?;
    transaction!(store, locks::OFFICE, |tx| {
        let (state, holder) = last_state!(tx, id);
        let mine = holder.as_deref() == Some(officer.id.as_str());
        if !matches!(state, State::Received | State::Proved | State::Taken) || mine {
            return Err(AppealError::Stale);
        }
        enter_step!(
            tx,
            Step::new(id, "take", State::Taken, Actor::Officer(officer), now)
        );
    });
    Ok(())
}

/// That an officer has taken the appeal and nobody else since.
pub(super) async fn holds(store: &Store, officer: &Officer, id: &str) -> Result<(), AppealError> {
    may_decide(store, officer, id).await?;
    let last: Option<(String, Option<String>)> =
        on!(store, |db| sqlx::query_as(super::trail::LAST)
            .bind(&*storable(id))
            .fetch_optional(db)
            .await)?;
    match last {
        Some((state, holder)) if State::stored(&state)? == State::Taken => {
            if holder.as_deref() == Some(officer.id.as_str()) {
                Ok(())
            } else {
                Err(AppealError::NotTaken)
            }
        }
        _ => Err(AppealError::Stale),
    }
}

/// Rejects an appeal: the listing stands.
///
/// # Errors
/// [`AppealError::NotTaken`] for whoever has not taken it, and as [`take`].
pub async fn reject(
    store: &Store,
    officer: &Officer,
    id: &str,
    decision: Decision<'_>,
    now: i64,
) -> Result<(), AppealError> {
    decision.check(&REJECTED_FOR)?;
    holds(store, officer, id).await?;
    close(store, officer, id, State::Rejected, None, decision, now).await
}

/// Upholds an appeal: the listing is lifted by this officer's signature, if nobody has ended it
/// before, and with [`Outcome::Annul`] this officer moves to annul it besides, which another seconds.
///
/// Lift, motion and decision are transactions of their own, in this order: what breaks between them
/// leaves a lifted listing and an appeal that is upheld by asking again.
///
/// # Errors
/// [`AppealError::LiftWaits`] when the lift needs a second signature: the appeal stays taken until it
/// is there. As [`reject`] and [`decide::lift`] otherwise.
pub async fn uphold(
    store: &Store,
    officer: &Officer,
    password: &str,
    id: &str,
    outcome: Outcome,
    decision: Decision<'_>,
    now: i64,
) -> Result<(), AppealError> {
    decision.check(&UPHELD_FOR)?;
    holds(store, officer, id).await?;
    let (listing_id, ended) = listing(store, id).await?;
    let note = format!("{id}: {}", decision.note.trim());
    if !ended {
        decide::lift(
            store,
            officer,
            password,
            &listing_id,
            LIFTED_FOR,
            &note,
            now,
        )
        .await?;
        // One officer may lift a few a day; what is more waits for a second signature.
        if !listing(store, id).await?.1 {
            return Err(AppealError::LiftWaits);
        }
    }
    if outcome == Outcome::Annul {
        annul::propose(
            store,
            officer,
            password,
            &listing_id,
            LIFTED_FOR,
            &note,
            now,
        )
        .await?;
    }
    close(
        store,
        officer,
        id,
        State::Upheld,
        Some(outcome),
        decision,
        now,
    )
    .await
}

/// The listing behind an appeal, and whether a signed statement has ended it.
async fn listing(store: &Store, id: &str) -> crate::Result<(String, bool)> {
    const SQL: &str = "SELECT a.listing_id, (SELECT COUNT(*) FROM signed_statement q
            WHERE q.listing_id = a.listing_id AND q.kind IN ('lift', 'annul'))
        FROM appeal a WHERE a.id = $1";
    let (listing_id, ended): (String, i64) =
        on!(store, |db| sqlx::query_as(SQL).bind(id).fetch_one(db).await)?;
    Ok((listing_id, ended > 0))
}

async fn close(
    store: &Store,
    officer: &Officer,
    id: &str,
    to: State,
    outcome: Option<Outcome>,
    decision: Decision<'_>,
    now: i64,
) -> Result<(), AppealError> {
    // A case that went on to another question since has no place for this decision; the trail has it.
    const CASE: &str = "SELECT p.case_id FROM appeal a JOIN proposal p ON p.listing_id = a.listing_id
        JOIN review_case c ON c.id = p.case_id JOIN case_step s ON s.from_state = c.state AND s.kind = $2
        WHERE a.id = $1";
    let (kind, in_case) = match to {
        State::Upheld => ("uphold", "appeal-uphold"),
        _ => ("reject", "appeal-reject"),
    };
    let decision_id = random_id()?;
    transaction!(store, locks::OFFICE, |tx| {
        let case_id: Option<String> = sqlx::query_scalar(CASE)
            .bind(id)
            .bind(in_case)
            .fetch_optional(&mut *tx)
            .await?;
        let (state, holder) = last_state!(tx, id);
        if state != State::Taken {
            return Err(AppealError::Stale);
        }
        if holder.as_deref() != Some(officer.id.as_str()) {
            return Err(AppealError::NotTaken);
        }
        let mut step = Step::new(id, kind, to, Actor::Officer(officer), now);
        (step.outcome, step.reason_code, step.note) =
            (outcome, decision.reason_code, decision.note.trim());
        enter_step!(tx, step);
        if let Some(case_id) = &case_id {
            sqlx::query(DECISION)
                .bind(decision_id)
                .bind(case_id)
                .bind(&officer.id)
                .bind(in_case)
                .bind(decision.reason_code)
                .bind(&*storable(&format!("{id}: {}", decision.note.trim())))
                .bind(now)
                .bind(None::<i64>)
                .bind(officer.role.as_str())
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(keep::WORDS)
            .bind(id)
            .bind(keep::ANSWER_PART)
            .bind(&*storable(decision.answer.trim()))
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}
