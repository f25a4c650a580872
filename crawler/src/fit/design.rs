//! From signals to columns and back. A signal with steps has a column for each step and holds all up
//! to its own, so that a weight is what one more phrase adds: with its sign kept, more phrases
//! never weigh less.

use std::collections::{BTreeMap, HashMap};

use super::regression::{Column, Fitted};
use crate::model::{Prior, of_table};
use crate::signal::ids::{Known, Sense};
use crate::signal::{Axis, IDS, Signal};

/// Columns of one axis.
#[derive(Debug)]
pub(super) struct Design {
    pub(super) columns: Vec<Column>,
    pub(super) bias: f64,
    /// Columns that a full id holds.
    holds: HashMap<String, Vec<usize>>,
}

impl Design {
    /// The columns of the axis whose points stand in `name`.
    pub(super) fn of(name: &str, prior: &Prior) -> Self {
        let own = of_table(name);
        Self::build(own, prior, |known| Some(known.sense))
    }

    /// A column for every signal but notes, with either sign: what speaks for a trade speaks for one
    /// kind of it and against another.
    pub(super) fn free(prior: &Prior) -> Self {
        let counted = IDS.iter();
        let counted = counted.filter(|k| k.axis != Axis::Note && k.sense != Sense::Words);
        Self::build(counted, prior, |_| None)
    }

    fn build<'a>(
        known: impl Iterator<Item = &'a Known>,
        prior: &Prior,
        sense: impl Fn(&Known) -> Option<Sense>,
    ) -> Self {
        let mut design = Self {
            columns: Vec::new(),
            bias: prior.bias,
            holds: HashMap::new(),
        };
        for known in known {
            let (mut held, mut before) = (Vec::new(), 0.0);
            for id in known.keys() {
                // What the prior does not name adds nothing to the step below.
                let points = prior.points.get(&id).copied().unwrap_or(before);
                held.push(design.columns.len());
                design.holds.insert(id, held.clone());
                design.columns.push(Column {
                    prior: points - before,
                    sense: sense(known),
                });
                before = points;
            }
        }
        design
    }

    /// The columns that hold for these signals.
    pub(super) fn columns_of(&self, signals: &[Signal]) -> Vec<usize> {
        let held = signals
            .iter()
            .filter_map(|signal| self.holds.get(&signal.id));
        held.flatten().copied().collect()
    }

    /// Points by full id.
    pub(super) fn points(&self, fitted: &Fitted) -> BTreeMap<String, f64> {
        let sum = |columns: &[usize]| {
            columns
                .iter()
                .filter_map(|at| fitted.weights.get(*at))
                .sum()
        };
        let ids = self.holds.iter();
        ids.map(|(id, columns)| (id.clone(), sum(columns)))
            .collect()
    }
}
