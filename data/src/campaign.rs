//! Campaigns and their figures: what public totals of turnover, seized assets and counts are made of.
//!
//! A campaign groups listings, and through them orders, over some days. One officer enters a figure,
//! another confirms it, and only then does it count: [`figure`] holds both, and the database refuses
//! one person in both places. Nothing is ever changed or taken away; a correction is a new row that
//! names the one it replaces, and replaces it once it is confirmed itself. [`read`] says where each row
//! stands, [`mod@totals`] adds up what is confirmed, [`table`] reads figures from a table.

pub mod figure;
pub mod read;
pub mod table;
pub mod totals;

use blocklist::{key::Role, register::table::TableError, time::Day};
use serde::Serialize;

pub use figure::{Kind, MOST, NewFigure, Rate, confirm, enter, withdraw};
pub use read::{Campaign, Figure, State, all, load};
pub use totals::{InTenge, Sum, Total, totals};

use crate::{
    audit::append_audit,
    error::Error,
    officer::Officer,
    pool::{Store, locks, storable, transaction},
};

/// The title in each language, all of them needed: the pages have three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Titles {
    /// In Kazakh.
    pub kk: String,
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
}

/// A campaign to begin.
#[derive(Clone, Debug)]
pub struct NewCampaign<'a> {
    /// Its name in addresses and tables: 1 to 40 lower-case letters, digits and `-`.
    pub code: &'a str,
    /// Its title.
    pub titles: Titles,
    /// The first and the last day.
    pub days: (Day, Day),
}

/// Why a campaign or a figure was not entered.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// Only officers do this.
    #[error("only an officer does this")]
    NotAnOfficer,
    /// A field is missing or out of bounds; the field's name is given.
    #[error("the field `{0}` is missing or not acceptable")]
    Field(&'static str),
    /// No campaign of that code.
    #[error("there is no campaign `{0}`; `qalqan campaign show` names those there are")]
    Unknown(String),
    /// Another campaign has that code.
    #[error("the code `{0}` is taken; choose another")]
    Taken(String),
    /// A listing that two officers have not signed, or that is not the campaign's.
    #[error(
        "{0} is no listing that this may name: first it must be signed by two officers and attached to the campaign"
    )]
    Listing(String),
    /// No figure of that number in the campaign.
    #[error("the campaign has no figure {0}")]
    NoFigure(i64),
    /// The figure was replaced already.
    #[error("figure {0} was replaced by figure {1}; name that one")]
    Replaced(i64, i64),
    /// The same statement stands already.
    #[error("the same figure, with the same source, stands already as figure {0}")]
    Known(i64),
    /// One person in both places.
    #[error("you entered figure {0}; another officer must confirm it")]
    SameOfficer(i64),
    /// Somebody confirmed it already.
    #[error("figure {0} is confirmed already")]
    Confirmed(i64),
    /// A table that cannot be read.
    #[error("{0}; nothing was entered")]
    Table(#[from] TableError),
    /// One line of a table: none of it was entered.
    #[error("line {0}: {1}; nothing was entered")]
    Line(usize, Box<Self>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for CampaignError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

fn may(officer: &Officer) -> Result<(), CampaignError> {
    if officer.role == Role::Officer {
        Ok(())
    } else {
        Err(CampaignError::NotAnOfficer)
    }
}

fn words(field: &'static str, text: &str, most: usize) -> Result<(), CampaignError> {
    if (1..=most).contains(&text.trim().chars().count()) {
        Ok(())
    } else {
        Err(CampaignError::Field(field))
    }
}

const EXISTS: &str = "SELECT COUNT(*) FROM campaign WHERE code = $1";

/// Begins a campaign.
///
/// # Errors
/// [`CampaignError::Taken`] for a code that is in use, [`CampaignError::Field`] for one that is no code,
/// a title that is missing, or days in the wrong order.
pub async fn add(
    store: &Store,
    officer: &Officer,
    new: NewCampaign<'_>,
    at: i64,
) -> Result<(), CampaignError> {
    const SQL: &str = "INSERT INTO campaign
        (code, title_kk, title_ru, title_en, from_day, to_day, officer_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    may(officer)?;
    let slug = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if !(1..=40).contains(&new.code.len()) || !new.code.bytes().all(slug) {
        return Err(CampaignError::Field("code"));
    }
    let Titles { kk, ru, en } = &new.titles;
    words("title-kk", kk, 200)?;
    words("title-ru", ru, 200)?;
    words("title-en", en, 200)?;
    let (from, to) = new.days;
    if from > to {
        return Err(CampaignError::Field("to"));
    }
    transaction!(store, locks::OFFICE, |tx| {
        let there: i64 = sqlx::query_scalar(EXISTS)
            .bind(new.code)
            .fetch_one(&mut *tx)
            .await?;
        if there > 0 {
            return Err(CampaignError::Taken(new.code.to_owned()));
        }
        sqlx::query(SQL)
            .bind(new.code)
            .bind(&*storable(kk.trim()))
            .bind(&*storable(ru.trim()))
            .bind(&*storable(en.trim()))
            .bind(from.to_string())
            .bind(to.to_string())
            .bind(&officer.id)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        let detail = serde_json::json!({ "title": new.titles, "from": from, "to": to });
        append_audit!(tx, at, &officer.id, "campaign.add", new.code, &detail);
    });
    Ok(())
}

/// Adds listings to a campaign, all of them or none; those it has are passed over. Gives how many are
/// new.
///
/// # Errors
/// [`CampaignError::Listing`] with the first that two officers have not signed.
pub async fn attach(
    store: &Store,
    officer: &Officer,
    code: &str,
    listings: &[String],
    at: i64,
) -> Result<usize, CampaignError> {
    const SIGNED: &str =
        "SELECT COUNT(*) FROM signed_statement WHERE kind = 'list' AND listing_id = $1";
    const SQL: &str = "INSERT INTO campaign_listing (campaign, listing_id, officer_id, at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (campaign, listing_id) DO NOTHING";
    may(officer)?;
    let code = &*storable(code);
    let new = transaction!(store, locks::OFFICE, |tx| {
        let there: i64 = sqlx::query_scalar(EXISTS)
            .bind(code)
            .fetch_one(&mut *tx)
            .await?;
        if there == 0 {
            return Err(CampaignError::Unknown(code.to_owned()));
        }
        let mut new = Vec::new();
        for listing in listings {
            let listing = &*storable(listing);
            let signed: i64 = sqlx::query_scalar(SIGNED)
                .bind(listing)
                .fetch_one(&mut *tx)
                .await?;
            if signed == 0 {
                return Err(CampaignError::Listing(listing.to_owned()));
            }
            let added = sqlx::query(SQL)
                .bind(code)
                .bind(listing)
                .bind(&officer.id)
                .bind(at)
                .execute(&mut *tx)
                .await?;
            if added.rows_affected() > 0 {
                new.push(listing.to_owned());
            }
        }
        if !new.is_empty() {
            let detail = serde_json::json!({ "listings": new });
            append_audit!(tx, at, &officer.id, "campaign.attach", code, &detail);
        }
        new.len()
    });
    Ok(new)
}

#[cfg(test)]
mod tests;
