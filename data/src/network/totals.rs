//! Figures over all networks, each with what it is made of and what it leaves out.

use serde::Serialize;

use super::{file::Volume, read};
use crate::{
    error::Result,
    money::{self, Decimal, Unit},
    pool::Store,
};

/// What can be reported over all networks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Networks with at least one site judged `flag` or `review`, or listed.
    pub groups: usize,
    /// Networks in which nothing was judged so: sites of one owner, and no concern of ours.
    pub other_groups: usize,
    /// Sites in `groups`.
    pub sites: usize,
    /// Of these, judged `flag`.
    pub flagged: usize,
    /// Of these, listed.
    pub listed: usize,
    /// Different wallets that these show as their own.
    pub wallets: usize,
    /// Volumes that stand, of whatever network.
    pub volumes: usize,
    /// Groups with at least one volume.
    pub groups_with_volume: usize,
    /// Tenge as officers stated it.
    pub kzt: i64,
    /// USDT as officers stated it, in millionths.
    pub usdt: i64,
    /// Tenge of the amounts stated in USDT alone, by the rate stated beside each.
    pub kzt_of_usdt: i64,
    /// Amounts stated in USDT alone and without a rate: part of `usdt`, not of any sum in tenge.
    pub without_rate: usize,
    /// Volumes of one network whose periods overlap: they may count the same money twice.
    pub overlapping: usize,
    /// The first day that a volume speaks of.
    pub from: Option<String>,
    /// The last.
    pub to: Option<String>,
    /// The statements the sums are made of.
    pub sources: Vec<Volume>,
}

/// Adds everything up.
///
/// # Errors
/// When the store fails or holds what cannot be read.
pub async fn totals(store: &Store) -> Result<Totals> {
    let mut totals = Totals::default();
    let mut groups = Vec::new();
    for line in read::list(store).await? {
        if line.flagged + line.review + line.listed == 0 {
            totals.other_groups += 1;
            continue;
        }
        totals.groups += 1;
        totals.sites += line.sites;
        totals.flagged += line.flagged;
        totals.listed += line.listed;
        totals.wallets += line.wallets;
        groups.push(line.id);
    }
    for (id, volumes) in read::volumes(store).await? {
        let standing: Vec<Volume> = volumes.into_iter().filter(|row| !row.replaced).collect();
        if !standing.is_empty() && groups.contains(&id) {
            totals.groups_with_volume += 1;
        }
        totals.overlapping += overlapping(&standing);
        for row in standing {
            totals.add(row);
        }
    }
    Ok(totals)
}

impl Totals {
    fn add(&mut self, row: Volume) {
        self.volumes += 1;
        self.kzt = self.kzt.saturating_add(row.kzt.unwrap_or(0));
        self.usdt = self.usdt.saturating_add(row.usdt.unwrap_or(0));
        if let (None, Some(usdt)) = (row.kzt, row.usdt) {
            match row.rate {
                Some(rate) => {
                    self.kzt_of_usdt = self.kzt_of_usdt.saturating_add(in_tenge(usdt, rate));
                }
                None => self.without_rate += 1,
            }
        }
        let earlier = |kept: &Option<String>| kept.is_none() || row.period_from < *kept;
        if earlier(&self.from) {
            self.from.clone_from(&row.period_from);
        }
        if row.period_to > self.to {
            self.to.clone_from(&row.period_to);
        }
        self.sources.push(row);
    }
}

/// Whole tenge of millionths of a USDT at ten-thousandths of a tenge each, cut off.
fn in_tenge(usdt: i64, rate: i64) -> i64 {
    let amount = Decimal {
        parts: usdt.into(),
        digits: Unit::Usdt.digits(),
    };
    let tenge = money::in_tenge(amount, rate, 0).parts;
    i64::try_from(tenge).unwrap_or(i64::MAX)
}

/// How many rows share a day with an earlier one of the same network.
fn overlapping(rows: &[Volume]) -> usize {
    let mut periods: Vec<(&Option<String>, &Option<String>)> = rows
        .iter()
        .map(|row| (&row.period_from, &row.period_to))
        .collect();
    periods.sort();
    let mut until: Option<&Option<String>> = None;
    let mut count = 0;
    for (from, to) in periods {
        if until.is_some_and(|until| from <= until) {
            count += 1;
        }
        until = until.max(Some(to));
    }
    count
}
