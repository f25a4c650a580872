//! How much waits for one person: the numbers beside the console's navigation.

use blocklist::key::Role;

use crate::{
    Officer, Result, Store,
    appeal::desk,
    decide,
    ending::{motion, question, review},
    pool::on,
};

/// How much waits for one person. What they signed themselves waits for somebody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Proposals of others, for the second signature.
    pub proposals: usize,
    /// Appeals against listings that they did not sign.
    pub appeals: usize,
    /// Lifts to be looked at, motions to be seconded, dates that have come.
    pub reviews: usize,
    /// Listings that two officers signed, for a lawyer.
    pub to_sign: usize,
}

/// Counts what waits for `person` at `now`, in Unix seconds.
///
/// # Errors
/// When the store fails.
pub async fn count(store: &Store, person: &Officer, now: i64) -> Result<Waiting> {
    match person.role {
        Role::Officer => of_officer(store, person, now).await,
        Role::Legal => of_lawyer(store).await,
        _ => Ok(Waiting::default()),
    }
}

async fn of_officer(store: &Store, person: &Officer, now: i64) -> Result<Waiting> {
    const PROPOSALS: &str = "SELECT COUNT(*) FROM review_case c JOIN proposal p
            ON p.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = c.id)
        WHERE c.state = 'proposed' AND p.proposed_by <> $1";
    let proposals: i64 = on!(store, |db| sqlx::query_scalar(PROPOSALS)
        .bind(&person.id)
        .fetch_one(db)
        .await)?;
    let mut appeals = desk::desk(store, person).await?.open;
    appeals.retain(|line| !line.took_part);
    let mut lifts = review::waiting(store).await?;
    lifts.retain(|lift| lift.lifted_by != person.id);
    let mut motions = motion::waiting(store, now).await?;
    motions.retain(|motion| motion.moved_by != person.id);
    let questions = question::open(store).await?;
    Ok(Waiting {
        proposals: usize::try_from(proposals).unwrap_or_default(),
        appeals: appeals.len(),
        reviews: lifts.len() + motions.len() + questions.len(),
        to_sign: 0,
    })
}

async fn of_lawyer(store: &Store) -> Result<Waiting> {
    let mut notices = decide::notices(store, 0).await?;
    notices.retain(|notice| !notice.signed);
    Ok(Waiting {
        to_sign: notices.len(),
        ..Waiting::default()
    })
}
