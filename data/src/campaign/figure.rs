//! Figures: one officer enters, another confirms.

use blocklist::{Digest, time::Day};
use serde::Serialize;

use super::{CampaignError, EXISTS, may, words};
use crate::{
    audit::append_audit,
    error::Error,
    money::Unit,
    officer::Officer,
    pool::{Store, locks, storable, transaction},
};

/// The largest amount, in the unit's smallest part: a thousand million million tenge, a hundred
/// thousand million USDT.
pub const MOST: i64 = 100_000_000_000_000_000;

/// The largest rate: a hundred thousand tenge for one, in ten-thousandths.
pub const MOST_RATE: i64 = 1_000_000_000;

/// Most figures that are entered at once.
pub const MOST_TABLED: usize = 2_000;

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Money that went through.
    Turnover,
    /// Assets seized or frozen.
    Seized,
    /// Sites.
    Sites,
    /// Operators' networks.
    Networks,
    /// People.
    People,
}

impl Kind {
    /// All of them, in the order in which totals are shown.
    pub const ALL: [Self; 5] = [
        Self::Turnover,
        Self::Seized,
        Self::Sites,
        Self::Networks,
        Self::People,
    ];

    /// The word in the store, in tables and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turnover => "turnover",
            Self::Seized => "seized",
            Self::Sites => "sites",
            Self::Networks => "networks",
            Self::People => "people",
        }
    }

    /// Reads that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is an amount of money; the others are counts.
    pub fn is_money(self) -> bool {
        matches!(self, Self::Turnover | Self::Seized)
    }
}

/// What an amount is converted to tenge by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tenge for one unit, in ten-thousandths.
    pub parts: i64,
    /// The day it held.
    pub on: Day,
    /// Who gave it, in words.
    pub source: String,
}

/// A figure to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFigure {
    /// What it is of.
    pub kind: Kind,
    /// What it is counted in: money for [`Kind::is_money`], else [`Unit::Count`].
    pub unit: Unit,
    /// How much, in the unit's smallest part: at most [`MOST`].
    pub amount: i64,
    /// How it becomes tenge; none for tenge themselves and for counts.
    pub rate: Option<Rate>,
    /// Where it comes from, in words shown to the public.
    pub source: String,
    /// Hash of the paper it stands in.
    pub document: Option<Digest>,
    /// The listing of the campaign to whose order it belongs.
    pub listing: Option<String>,
    /// The figure that this one corrects.
    pub replaces: Option<i64>,
    /// Its line, where it comes from a table.
    pub line: Option<usize>,
}

impl NewFigure {
    fn check(&self) -> Result<(), CampaignError> {
        if self.kind.is_money() == (self.unit == Unit::Count) {
            return Err(CampaignError::Field("unit"));
        }
        if !(0..=MOST).contains(&self.amount) {
            return Err(CampaignError::Field("amount"));
        }
        if let Some(rate) = &self.rate {
            if !matches!(self.unit, Unit::Usdt | Unit::Usd)
                || !(1..=MOST_RATE).contains(&rate.parts)
            {
                return Err(CampaignError::Field("rate"));
            }
            words("rate_source", &rate.source, 500)?;
        }
        words("source", &self.source, 2_000)
    }

    /// An error of this figure, with its line where it has one.
    fn refuse(&self, error: CampaignError) -> CampaignError {
        match self.line {
            Some(line) => CampaignError::Line(line, Box::new(error)),
            None => error,
        }
    }
}

const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM campaign_figure";
const REPLACED_BY: &str = "SELECT r.id FROM campaign_figure v
    LEFT JOIN campaign_figure r ON r.replaces = v.id WHERE v.id = $1 AND v.campaign = $2";

/// Enters figures, all of them or none; gives their numbers. They wait for another officer.
///
/// # Errors
/// [`CampaignError`] of the first that cannot be entered, with its line where it has one: bounds, a
/// figure that is not the campaign's or was replaced, a listing that is not the campaign's, or the same
/// statement a second time.
pub async fn enter(
    store: &Store,
    officer: &Officer,
    code: &str,
    figures: &[NewFigure],
    at: i64,
) -> Result<Vec<i64>, CampaignError> {
    const OF_CAMPAIGN: &str =
        "SELECT COUNT(*) FROM campaign_listing WHERE campaign = $1 AND listing_id = $2";
    const STANDS: &str = "SELECT MAX(id) FROM campaign_figure v
        WHERE campaign = $1 AND kind = $2 AND unit = $3 AND amount = $4 AND source = $5
            AND COALESCE(listing_id, '') = $6
            AND NOT EXISTS (SELECT 1 FROM campaign_figure r WHERE r.replaces = v.id)";
    const SQL: &str =
        "INSERT INTO campaign_figure (id, campaign, officer_id, at, replaces, kind, unit,
            amount, rate, rate_on, rate_source, source, document, listing_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    may(officer)?;
    if figures.is_empty() || figures.len() > MOST_TABLED {
        return Err(CampaignError::Field("figures"));
    }
    for figure in figures {
        figure.check().map_err(|error| figure.refuse(error))?;
    }
    let code = &*storable(code);
    let ids = transaction!(store, locks::OFFICE, |tx| {
        let there: i64 = sqlx::query_scalar(EXISTS)
            .bind(code)
            .fetch_one(&mut *tx)
            .await?;
        if there == 0 {
            return Err(CampaignError::Unknown(code.to_owned()));
        }
        let mut last: i64 = sqlx::query_scalar(LAST).fetch_one(&mut *tx).await?;
        let mut ids = Vec::with_capacity(figures.len());
        for figure in figures {
            let source = &*storable(figure.source.trim());
            let listing = figure.listing.as_deref().map(storable);
            if let Some(replaced) = figure.replaces {
                let later: Option<Option<i64>> = sqlx::query_scalar(REPLACED_BY)
                    .bind(replaced)
                    .bind(code)
                    .fetch_optional(&mut *tx)
                    .await?;
                match later {
                    None => return Err(figure.refuse(CampaignError::NoFigure(replaced))),
                    Some(Some(by)) => {
                        return Err(figure.refuse(CampaignError::Replaced(replaced, by)));
                    }
                    Some(None) => {}
                }
            }
            if let Some(listing) = listing.as_deref() {
                let attached: i64 = sqlx::query_scalar(OF_CAMPAIGN)
                    .bind(code)
                    .bind(listing)
                    .fetch_one(&mut *tx)
                    .await?;
                if attached == 0 {
                    return Err(figure.refuse(CampaignError::Listing(listing.to_owned())));
                }
            }
            let stands: Option<i64> = sqlx::query_scalar(STANDS)
                .bind(code)
                .bind(figure.kind.as_str())
                .bind(figure.unit.as_str())
                .bind(figure.amount)
                .bind(source)
                .bind(listing.as_deref().unwrap_or(""))
                .fetch_one(&mut *tx)
                .await?;
            if let Some(stands) = stands.filter(|stands| figure.replaces != Some(*stands)) {
                return Err(figure.refuse(CampaignError::Known(stands)));
            }
            last += 1;
            let rate = figure.rate.as_ref();
            let document = figure.document.map(|hash| hash.to_string());
            sqlx::query(SQL)
                .bind(last)
                .bind(code)
                .bind(&officer.id)
                .bind(at)
                .bind(figure.replaces)
                .bind(figure.kind.as_str())
                .bind(figure.unit.as_str())
                .bind(figure.amount)
                .bind(rate.map(|rate| rate.parts))
                .bind(rate.map(|rate| rate.on.to_string()))
                .bind(rate.map(|rate| storable(rate.source.trim()).into_owned()))
                .bind(source)
                .bind(&document)
                .bind(listing.as_deref())
                .execute(&mut *tx)
                .await?;
            let detail = serde_json::json!({
                "figure": last, "replaces": figure.replaces, "kind": figure.kind, "unit": figure.unit,
                "amount": figure.amount, "document": document,
            });
            append_audit!(tx, at, &officer.id, "campaign.figure", code, &detail);
            ids.push(last);
        }
        ids
    });
    Ok(ids)
}

/// Enters that a figure is withdrawn; once another officer confirms that, it counts no more. Gives the
/// number of the new row.
///
/// # Errors
/// [`CampaignError::NoFigure`] and [`CampaignError::Replaced`] where there is nothing to withdraw.
pub async fn withdraw(
    store: &Store,
    officer: &Officer,
    code: &str,
    figure: i64,
    why: &str,
    at: i64,
) -> Result<i64, CampaignError> {
    const SQL: &str = "INSERT INTO campaign_figure
            (id, campaign, officer_id, at, replaces, kind, unit, source, listing_id)
        SELECT $1, campaign, $2, $3, id, kind, unit, $4, listing_id FROM campaign_figure WHERE id = $5";
    may(officer)?;
    words("source", why, 2_000)?;
    let code = &*storable(code);
    let id = transaction!(store, locks::OFFICE, |tx| {
        let later: Option<Option<i64>> = sqlx::query_scalar(REPLACED_BY)
            .bind(figure)
            .bind(code)
            .fetch_optional(&mut *tx)
            .await?;
        match later {
            None => return Err(CampaignError::NoFigure(figure)),
            Some(Some(by)) => return Err(CampaignError::Replaced(figure, by)),
            Some(None) => {}
        }
        let last: i64 = sqlx::query_scalar(LAST).fetch_one(&mut *tx).await?;
        sqlx::query(SQL)
            .bind(last + 1)
            .bind(&officer.id)
            .bind(at)
            .bind(&*storable(why.trim()))
            .bind(figure)
            .execute(&mut *tx)
            .await?;
        let detail = serde_json::json!({ "figure": last + 1, "withdraws": figure });
        append_audit!(tx, at, &officer.id, "campaign.withdraw", code, &detail);
        last + 1
    });
    Ok(id)
}

/// Confirms figures as another officer, all of them or none; from then on they count and are public.
///
/// # Errors
/// [`CampaignError::SameOfficer`] for a figure one entered oneself, and where there is nothing to
/// confirm any more.
pub async fn confirm(
    store: &Store,
    officer: &Officer,
    code: &str,
    figures: &[i64],
    at: i64,
) -> Result<(), CampaignError> {
    const FOUND: &str = "SELECT v.officer_id, r.id, c.at FROM campaign_figure v
        LEFT JOIN campaign_figure r ON r.replaces = v.id
        LEFT JOIN campaign_confirmation c ON c.figure = v.id WHERE v.id = $1 AND v.campaign = $2";
    const SQL: &str =
        "INSERT INTO campaign_confirmation (figure, officer_id, at) VALUES ($1, $2, $3)";
    may(officer)?;
    if figures.is_empty() {
        return Err(CampaignError::Field("figures"));
    }
    let code = &*storable(code);
    transaction!(store, locks::OFFICE, |tx| {
        for figure in figures.iter().copied() {
            let found: Option<(String, Option<i64>, Option<i64>)> = sqlx::query_as(FOUND)
                .bind(figure)
                .bind(code)
                .fetch_optional(&mut *tx)
                .await?;
            let (entered_by, replaced_by, confirmed) =
                found.ok_or(CampaignError::NoFigure(figure))?;
            if confirmed.is_some() {
                return Err(CampaignError::Confirmed(figure));
            }
            if let Some(by) = replaced_by {
                return Err(CampaignError::Replaced(figure, by));
            }
            if entered_by == officer.id {
                return Err(CampaignError::SameOfficer(figure));
            }
            sqlx::query(SQL)
                .bind(figure)
                .bind(&officer.id)
                .bind(at)
                .execute(&mut *tx)
                .await?;
            let detail = serde_json::json!({ "figure": figure });
            append_audit!(tx, at, &officer.id, "campaign.confirm", code, &detail);
        }
    });
    Ok(())
}

impl Kind {
    pub(super) fn stored(text: &str) -> Result<Self, Error> {
        let refuse = || Error::stored("campaign_figure", format!("unknown kind {text}"));
        Self::parse(text).ok_or_else(refuse)
    }
}
