//! Sums of confirmed figures: by kind, in each unit, and what of it can be said in tenge.

use serde::Serialize;

use super::{Figure, Kind, State};
use crate::money::{Decimal, Unit, in_tenge};

/// All standing figures of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// What they are of.
    pub kind: Kind,
    /// What they come to in each unit they were stated in.
    pub sums: Vec<Sum>,
    /// The same in tenge; none of counts.
    pub in_tenge: Option<InTenge>,
}

/// A sum in one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// The unit.
    pub unit: Unit,
    /// How much.
    pub amount: Decimal,
    /// Of how many figures.
    pub figures: usize,
}

/// Amounts of money in tenge: those stated so, and others by the rate stated beside each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InTenge {
    /// How much.
    pub amount: Decimal,
    /// Of how many figures.
    pub figures: usize,
    /// What has no rate and is no part of it.
    pub left_out: Vec<Sum>,
}

/// Adds up the figures that stand; others are passed over. Kinds without one are left out.
pub fn totals<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Vec<Total> {
    let standing = |figure: &&Figure| figure.state == State::Standing;
    let standing: Vec<&Figure> = figures.into_iter().filter(standing).collect();
    let total = |kind: Kind| {
        let own: Vec<&Figure> = standing
            .iter()
            .copied()
            .filter(|figure| figure.kind == kind)
            .collect();
        (!own.is_empty()).then(|| Total {
            kind,
            sums: sums(&own),
            in_tenge: kind.is_money().then(|| tenge(&own)),
        })
    };
    Kind::ALL.into_iter().filter_map(total).collect()
}

fn sums(figures: &[&Figure]) -> Vec<Sum> {
    let sum = |unit: Unit| {
        let amounts: Vec<Decimal> = figures
            .iter()
            .filter(|figure| figure.unit == unit)
            .filter_map(|figure| figure.amount)
            .collect();
        let parts = amounts.iter().map(|amount| amount.parts).sum();
        let digits = unit.digits();
        (!amounts.is_empty()).then_some(Sum {
            unit,
            amount: Decimal { parts, digits },
            figures: amounts.len(),
        })
    };
    Unit::ALL.into_iter().filter_map(sum).collect()
}

/// Each figure is converted by itself, for each has a rate of its own.
fn tenge(figures: &[&Figure]) -> InTenge {
    let digits = Unit::Kzt.digits();
    let of = |figure: &Figure| match (figure.amount?, figure.rate) {
        (amount, _) if figure.unit == Unit::Kzt => Some(amount),
        (amount, Some(rate)) => {
            let rate = i64::try_from(rate.parts).ok()?;
            Some(in_tenge(amount, rate, digits))
        }
        _ => None,
    };
    let (converted, without): (Vec<&Figure>, Vec<&Figure>) =
        figures.iter().partition(|figure| of(figure).is_some());
    let amounts = converted.iter().filter_map(|figure| of(figure));
    InTenge {
        amount: Decimal {
            parts: amounts.map(|amount| amount.parts).sum(),
            digits,
        },
        figures: converted.len(),
        left_out: sums(&without),
    }
}
