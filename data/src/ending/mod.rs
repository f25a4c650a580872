//! How listings end, and what an emergency listing still lacks.
//!
//! * [`number`]: the number of an emergency listing's order, which two officers must bring within a day.
//! * [`mod@lift`] takes a name off by one signature; [`review`] is where another officer looks at each
//!   lift, within one working day of the [`calendar`](crate::calendar).
//! * [`annul`]: two officers say that a listing should never have been.
//! * [`motion`]: what one officer has signed of these and another has to sign as well. A lift waits
//!   as one, too, once its officer has made [`LIFTS_A_DAY`] that day.
//! * [`mod@sweep`]: what time alone brings: listings whose date for a review has come, or that are about
//!   to end, are visited again and asked about ([`question`]); those that are over close their case.

pub mod annul;
mod close;
pub mod lift;
pub mod motion;
pub mod number;
pub mod question;
pub mod review;
pub mod sweep;

use blocklist::statement::{List, Statement, from_canonical};

use crate::{
    case,
    decide::DecideError,
    error::Error,
    pool::{Store, on},
};
pub(crate) use close::{close_matters, enter_lift};

/// Lifts one officer may make in a day by the [`calendar`](crate::calendar) with their own signature alone. One more
/// takes the signature of another officer before it has effect: nobody empties the list alone.
pub const LIFTS_A_DAY: i64 = 3;

/// A motion waits this long for its second signature, in days.
pub const MOTION_DAYS: i64 = 7;

/// How long before its end a listing is asked about, in days; for a short listing not before the date
/// of its review.
pub const EXPIRY_NOTICE_DAYS: i64 = 14;

/// A listing that both officers have signed, and the case that stands for it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) case_id: String,
    pub(crate) state: String,
    pub(crate) list: List,
}

/// The listing, if its statement is in the log or on its way there and its case has not gone on to
/// another listing.
pub(crate) async fn subject(store: &Store, listing_id: &str) -> Result<Subject, DecideError> {
    const SIGNED: &str =
        "SELECT COUNT(*) FROM signed_statement WHERE kind = 'list' AND listing_id = $1";
    const CASE: &str = "SELECT c.id, c.state FROM review_case c
        JOIN proposal p ON p.case_id = c.id WHERE p.listing_id = $1
            AND p.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = c.id)";
    let proposal = case::proposal(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let id = proposal.listing_id.as_str();
    let signed: i64 = on!(store, |db| sqlx::query_scalar(SIGNED)
        .bind(id)
        .fetch_one(db)
        .await)?;
    let case: Option<(String, String)> = on!(store, |db| sqlx::query_as(CASE)
        .bind(id)
        .fetch_optional(db)
        .await)?;
    let (case_id, state) = case.filter(|_| signed > 0).ok_or(DecideError::Stale)?;
    match from_canonical(&proposal.statement) {
        Ok(Statement::List(list)) => Ok(Subject {
            case_id,
            state,
            list,
        }),
        _ => Err(Error::stored("proposal", "not a listing").into()),
    }
}
