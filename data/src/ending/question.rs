//! What officers are asked when a date of a listing has come, and what visiting the site again found.

use blocklist::{Timestamp, fold::ListingState, matching::Verdict};

use super::subject;
use crate::{
    assessment,
    decide::{DecideError, enter_move, may_decide, moves::Move, required},
    error::{Error, Result},
    frontier,
    known::check_host,
    officer::Officer,
    pool::{Store, locks, on, random_id, transaction},
};

/// Why a listing is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The date for its review has come.
    Review,
    /// It is about to end by its own date.
    Expiry,
}

impl Why {
    /// As the store names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Expiry => "expiry",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Review, Self::Expiry]
            .into_iter()
            .find(|why| why.as_str() == text)
            .ok_or_else(|| Error::stored("question", format!("unknown `{text}`")))
    }
}

/// A question that nobody has answered. Keeping, lifting and annulling the listing answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The listing.
    pub listing_id: String,
    /// The site.
    pub host: String,
    /// Why it is asked.
    pub why: Why,
    /// Since when, in Unix seconds.
    pub asked_at: i64,
}

/// What visiting the site again found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It was not visited since the question was asked.
    Waiting,
    /// A live licence covers it.
    Licensed,
    /// It is still an exchange that serves Kazakhstan, or may be.
    Exchange {
        /// When it was assessed.
        at: i64,
    },
    /// It answers, and is not such an exchange any more.
    Gone {
        /// When it was assessed.
        at: i64,
    },
    /// It did not answer us. That is one place to look from, on one day: a site that hides from the
    /// crawler looks the same as one that is gone (DESIGN §6).
    Silent {
        /// What happened, in words.
        failure: String,
    },
}

impl Finding {
    /// Whether what was found speaks for ending the listing. Silence never does.
    #[must_use]
    pub fn speaks_for_ending(&self) -> bool {
        matches!(self, Self::Licensed | Self::Gone { .. })
    }
}

/// Questions without an answer, the oldest first.
///
/// # Errors
/// When the store fails.
pub async fn open(store: &Store) -> Result<Vec<Question>> {
    const SQL: &str = "SELECT q.listing_id, c.host, q.why, q.asked_at
        FROM question q JOIN proposal p ON p.listing_id = q.listing_id
        JOIN review_case c ON c.id = p.case_id
        WHERE q.answer IS NULL ORDER BY q.asked_at, q.listing_id, q.why";
    let rows: Vec<(String, String, String, i64)> =
        on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    rows.into_iter()
        .map(|(listing_id, host, why, asked_at)| {
            Ok(Question {
                listing_id,
                host,
                why: Why::parse(&why)?,
                asked_at,
            })
        })
        .collect()
}

/// The last question about a listing that has no answer.
///
/// # Errors
/// When the store fails.
pub async fn of(store: &Store, listing_id: &str) -> Result<Option<Question>> {
    let mut open = open(store).await?;
    open.retain(|question| question.listing_id == listing_id);
    Ok(open.pop())
}

/// What visiting the site again has found by `now`, in Unix seconds.
///
/// # Errors
/// When the store fails.
pub async fn finding(store: &Store, question: &Question, now: i64) -> Result<Finding> {
    const ANSWERED: &str = "SELECT COUNT(*) FROM capture
        WHERE host = $1 AND fetched_at >= $2 AND status BETWEEN 200 AND 299";
    const OUTCOME: &str = "SELECT outcome FROM frontier
        WHERE host = $1 AND outcome IS NOT NULL ORDER BY priority DESC, url LIMIT 1";
    let at = Timestamp(now);
    let known = store.known(at).await?;
    let suspended = known.listings.iter().any(|listing| {
        listing.statement.listing_id.as_str() == question.listing_id
            && matches!(listing.state, ListingState::Suspended { .. })
    });
    let name = blocklist::DomainName::parse(&question.host)
        .map_err(|error| Error::stored("review_case", error))?;
    if suspended || check_host(&name, &known, at).verdict == Verdict::Licensed {
        return Ok(Finding::Licensed);
    }
    if frontier::pending(store, &question.host).await? > 0 {
        return Ok(Finding::Waiting);
    }
    // A site that is silent now is judged all the same, from what was captured of it before: only a
    // page that answered since says anything of today.
    let answered: i64 = on!(store, |db| sqlx::query_scalar(ANSWERED)
        .bind(&question.host)
        .bind(question.asked_at)
        .fetch_one(db)
        .await)?;
    if answered == 0 {
        let outcome: Option<String> = on!(store, |db| sqlx::query_scalar(OUTCOME)
            .bind(&question.host)
            .fetch_optional(db)
            .await)?;
        return Ok(Finding::Silent {
            failure: outcome.unwrap_or_default(),
        });
    }
    let seen = assessment::latest(store, &question.host)
        .await?
        .filter(|seen| seen.assessed_at >= question.asked_at);
    Ok(match seen {
        None => Finding::Waiting,
        Some(seen) if seen.verdict == "clear" => Finding::Gone {
            at: seen.assessed_at,
        },
        Some(seen) => Finding::Exchange {
            at: seen.assessed_at,
        },
    })
}

/// Keeps a listing about which a question is open: it stands until its own end.
///
/// # Errors
/// [`DecideError::Stale`] when nothing is asked about it; see [`DecideError`].
pub async fn keep(
    store: &Store,
    officer: &Officer,
    listing_id: &str,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    required("reason", reason)?;
    let subject = subject(store, listing_id).await?;
    let step = Move {
        id: random_id()?,
        case_id: &subject.case_id,
        from: "listed",
        to: "listed",
        officer,
        kind: "keep",
        reason_code: "keep",
        reason,
        at: now,
        review_at: None,
    };
    transaction!(store, locks::OFFICE, |tx| {
        let answered = sqlx::query(super::close::ANSWER)
            .bind("keep")
            .bind(now)
            .bind(listing_id)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if answered == 0 {
            return Err(DecideError::Stale);
        }
        enter_move!(tx, step);
    });
    Ok(())
}
