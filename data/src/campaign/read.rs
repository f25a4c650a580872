//! Campaigns as they stand: each figure with whether it counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Kind, Titles};
use crate::{
    error::{Error, Result},
    money::{Decimal, RATE_DIGITS, Unit},
    pool::{Store, on, storable},
};

/// A campaign with all that was ever entered for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Its name in addresses and tables.
    pub code: String,
    /// Its title.
    pub titles: Titles,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Its listings, in order of number.
    pub listings: Vec<String>,
    /// Its figures, in order of number.
    pub figures: Vec<Figure>,
}

/// Where a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody confirmed it yet.
    Waiting,
    /// Confirmed: it counts.
    Standing,
    /// A later row takes its place.
    Replaced,
    /// Confirmed, and says only that the one before it is withdrawn.
    Withdrawal,
}

/// A figure as it was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Its number.
    pub id: i64,
    /// What it is of.
    pub kind: Kind,
    /// What it is counted in.
    pub unit: Unit,
    /// How much; none of a withdrawal.
    pub amount: Option<Decimal>,
    /// Tenge for one unit.
    pub rate: Option<Decimal>,
    /// The day of the rate.
    pub rate_on: Option<String>,
    /// Who gave the rate.
    pub rate_source: Option<String>,
    /// Where the figure comes from.
    pub source: String,
    /// Hash of the paper it stands in.
    pub document: Option<String>,
    /// The listing to whose order it belongs.
    pub listing: Option<String>,
    /// The figure it corrects.
    pub replaces: Option<i64>,
    /// Whether it counts.
    pub state: State,
    /// Who entered it, by login: never for the public.
    pub entered_by: String,
    /// When, in Unix seconds.
    pub entered_at: i64,
    /// Who confirmed it, by login: never for the public.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    campaign: String,
    replaces: Option<i64>,
    kind: String,
    unit: String,
    amount: Option<i64>,
    rate: Option<i64>,
    rate_on: Option<String>,
    rate_source: Option<String>,
    source: String,
    document: Option<String>,
    listing_id: Option<String>,
    entered_by: String,
    entered_at: i64,
    confirmed_by: Option<String>,
    confirmed_at: Option<i64>,
}

/// Every campaign, in order of days and then of code.
///
/// # Errors
/// When the store fails or holds what cannot be read.
pub async fn all(store: &Store) -> Result<Vec<Campaign>> {
    type Head = (String, String, String, String, String, String);
    const HEADS: &str = "SELECT code, title_kk, title_ru, title_en, from_day, to_day
        FROM campaign ORDER BY from_day, code";
    const LISTINGS: &str = "SELECT campaign, listing_id FROM campaign_listing ORDER BY listing_id";
    const FIGURES: &str = "SELECT f.id, f.campaign, f.replaces, f.kind, f.unit, f.amount, f.rate, f.rate_on,
            f.rate_source, f.source, f.document, f.listing_id, o.login AS entered_by, f.at AS entered_at,
            p.login AS confirmed_by, c.at AS confirmed_at
        FROM campaign_figure f JOIN officer o ON o.id = f.officer_id
        LEFT JOIN campaign_confirmation c ON c.figure = f.id
        LEFT JOIN officer p ON p.id = c.officer_id ORDER BY f.id";
    let heads: Vec<Head> = on!(store, |db| sqlx::query_as(HEADS).fetch_all(db).await)?;
    let listings: Vec<(String, String)> =
        on!(store, |db| sqlx::query_as(LISTINGS).fetch_all(db).await)?;
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(FIGURES).fetch_all(db).await)?;
    let states = states(&rows);
    let mut of_campaign: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    for (row, state) in rows.into_iter().zip(states) {
        let campaign = row.campaign.clone();
        let figure = figure(row, state)?;
        of_campaign.entry(campaign).or_default().push(figure);
    }
    let campaign = |(code, kk, ru, en, from, to): Head| {
        let own = listings.iter().filter(|(campaign, _)| *campaign == code);
        Campaign {
            listings: own.map(|(_, listing)| listing.clone()).collect(),
            figures: of_campaign.remove(&code).unwrap_or_default(),
            titles: Titles { kk, ru, en },
            from,
            to,
            code,
        }
    };
    Ok(heads.into_iter().map(campaign).collect())
}

/// One campaign.
///
/// # Errors
/// As [`all`].
pub async fn load(store: &Store, code: &str) -> Result<Option<Campaign>> {
    let code = storable(code);
    Ok(all(store).await?.into_iter().find(|held| held.code == code))
}

/// Where each row stands. A confirmed row takes the place of all it goes back to, over rows between
/// them that nobody confirmed; one that waits takes no place yet.
fn states(rows: &[Row]) -> Vec<State> {
    let before: BTreeMap<i64, i64> = rows
        .iter()
        .filter_map(|row| Some((row.id, row.replaces?)))
        .collect();
    let corrected: BTreeSet<i64> = before.values().copied().collect();
    let mut replaced = BTreeSet::new();
    for row in rows.iter().filter(|row| row.confirmed_at.is_some()) {
        // A row names one that was there before it, so this ends.
        let chain = std::iter::successors(before.get(&row.id), |id| before.get(id));
        replaced.extend(chain.copied());
    }
    let state = |row: &Row| match (row.confirmed_at, row.amount) {
        _ if replaced.contains(&row.id) => State::Replaced,
        (None, _) if corrected.contains(&row.id) => State::Replaced,
        (None, _) => State::Waiting,
        (Some(_), Some(_)) => State::Standing,
        (Some(_), None) => State::Withdrawal,
    };
    rows.iter().map(state).collect()
}

fn figure(row: Row, state: State) -> Result<Figure> {
    let refuse = || Error::stored("campaign_figure", format!("unknown unit {}", row.unit));
    let unit = Unit::parse(&row.unit).ok_or_else(refuse)?;
    let decimal = |parts: i64, digits| Decimal {
        parts: parts.into(),
        digits,
    };
    Ok(Figure {
        id: row.id,
        kind: Kind::stored(&row.kind)?,
        unit,
        amount: row.amount.map(|parts| decimal(parts, unit.digits())),
        rate: row.rate.map(|parts| decimal(parts, RATE_DIGITS)),
        rate_on: row.rate_on,
        rate_source: row.rate_source,
        source: row.source,
        document: row.document,
        listing: row.listing_id,
        replaces: row.replaces,
        state,
        entered_by: row.entered_by,
        entered_at: row.entered_at,
        confirmed_by: row.confirmed_by,
        confirmed_at: row.confirmed_at,
    })
}
