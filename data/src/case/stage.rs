//! Where cases stand: what people did, and what the log made of it since.

use std::collections::HashMap;

use blocklist::{
    Timestamp,
    fold::Listing,
    lifecycle::{CaseState, Stage, Standing},
    statement::{Statement, from_canonical},
};

use super::CaseRow;
use crate::{
    error::{Error, Result},
    pool::{Store, on},
};

/// The stage of each of `cases` at `now`, in their order.
///
/// # Errors
/// When the store fails, holds no log, or holds a state this program does not know.
pub async fn stages(store: &Store, cases: &[CaseRow], now: Timestamp) -> Result<Vec<Stage>> {
    let known = store.known(now).await?;
    let signed = cases
        .iter()
        .any(|case| case.state == CaseState::Listed.as_str());
    let listings: HashMap<&str, &Listing> = if signed {
        let listings = known.listings.iter();
        listings
            .map(|listing| (listing.statement.listing_id.as_str(), listing))
            .collect()
    } else {
        HashMap::new()
    };
    let mut stages = Vec::with_capacity(cases.len());
    for case in cases {
        let state = CaseState::parse(&case.state).ok_or_else(|| {
            Error::stored("review_case", format!("unknown state `{}`", case.state))
        })?;
        let mut standing = Standing {
            case: state,
            listing: None,
            in_log: false,
            numbered: false,
        };
        if let (CaseState::Listed, Some(id)) = (state, &case.listing_id) {
            if let Some(listing) = listings.get(id.as_str()) {
                standing.listing = Some(&listing.state);
                standing.in_log = true;
                standing.numbered = listing.statement.order.number.is_some();
            } else {
                (standing.in_log, standing.numbered) = on_its_way(store, id).await?;
            }
        }
        stages.push(Stage::of(standing));
    }
    Ok(stages)
}

/// Of a signed listing that the fold does not hold: whether its statement is in the log all the same,
/// and whether its order has a number.
async fn on_its_way(store: &Store, listing_id: &str) -> Result<(bool, bool)> {
    const SQL: &str = "SELECT p.statement, (SELECT COUNT(*) FROM signed_statement s
            JOIN log_leaf l ON l.statement_id = s.id WHERE s.listing_id = p.listing_id AND s.kind = 'list')
        FROM proposal p WHERE p.listing_id = $1";
    let (statement, leaves): (Vec<u8>, i64) = on!(store, |db| sqlx::query_as(SQL)
        .bind(listing_id)
        .fetch_one(db)
        .await)?;
    match from_canonical(&statement) {
        Ok(Statement::List(list)) => Ok((leaves > 0, list.order.number.is_some())),
        _ => Err(Error::stored("proposal", "not a listing")),
    }
}
