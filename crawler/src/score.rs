//! Additive scores: the model's points for each signal, added to a bias, read as a probability.
//!
//! The ledger is honest: the points shown with the signals of an axis plus its bias are the logit,
//! digit for digit. This is the one place where points are given.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Model, WORDING, Weights};
use crate::signal::{Axis, Signal};

/// How one probability came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ledger {
    /// Points before any signal.
    pub bias: f64,
    /// Sum of the weights shown with the signals of this axis.
    pub points: f64,
    /// `bias + points`.
    pub logit: f64,
    /// `1 / (1 + e^-logit)`.
    pub probability: f64,
}

/// Keeps one signal of each family, the first of its highest step, in order of family.
#[must_use]
pub fn settle(signals: Vec<Signal>) -> Vec<Signal> {
    let mut best: BTreeMap<String, Signal> = BTreeMap::new();
    for signal in signals {
        match best.get_mut(signal.family()) {
            Some(held) => {
                let decisive = held.decisive || signal.decisive;
                let transaction = held.transaction || signal.transaction;
                if signal.step() > held.step() {
                    *held = signal;
                }
                held.decisive = decisive;
                held.transaction = transaction;
            }
            None => {
                best.insert(signal.family().to_owned(), signal);
            }
        }
    }
    best.into_values().collect()
}

/// Gives each signal its points and puts the heaviest first. The words of a site bring theirs.
pub fn weigh(signals: &mut [Signal], model: &Model) {
    for signal in signals.iter_mut().filter(|signal| signal.id != WORDING) {
        signal.weight = cents(model.points(signal));
    }
    signals.sort_by(|a, b| {
        b.weight
            .abs()
            .total_cmp(&a.weight.abs())
            .then_with(|| a.id.cmp(&b.id))
    });
}

/// Adds up one axis of weighed signals; look-alikes count with `exchange`.
#[must_use]
pub fn ledger(signals: &[Signal], axis: Axis, weights: &Weights) -> Ledger {
    let of_axis = |signal: &&Signal| {
        signal.axis == axis || axis == Axis::Exchange && signal.axis == Axis::Guard
    };
    let points = signals.iter().filter(of_axis).map(|signal| signal.weight);
    let points = cents(points.sum());
    let logit = cents(weights.bias + points);
    Ledger {
        bias: weights.bias,
        points,
        logit,
        probability: cents4(1.0 / (1.0 + (-logit).exp())),
    }
}

fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn cents4(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{IDS, ids::Known};
    use proptest::prelude::*;

    fn signal(id: &str) -> Signal {
        Signal::new(id, id, "p", "https://a.test/", "00")
    }

    #[test]
    fn the_highest_step_of_a_family_counts_once() {
        let mut settled = settle(vec![
            signal("order_terms.2"),
            signal("order_terms.4"),
            signal("order_terms.3"),
            signal("order_form"),
            signal("order_form"),
        ]);
        let model = Model::shipped().unwrap();
        weigh(&mut settled, &model);
        assert_eq!(settled.len(), 2);
        let ledger = ledger(&settled, Axis::Exchange, &model.exchange);
        let expected = model.exchange.points["order_terms.4"] + model.exchange.points["order_form"];
        assert!((ledger.points - expected).abs() < 1e-9);
    }

    #[test]
    fn words_alone_stay_below_even_odds() {
        let model = Model::shipped().unwrap();
        let words = IDS.iter().filter(|known| known.id.starts_with("word_"));
        let mut words: Vec<Signal> = words
            .filter_map(|known| known.keys().last())
            .map(|id| signal(&id))
            .collect();
        weigh(&mut words, &model);
        assert!(ledger(&words, Axis::Exchange, &model.exchange).probability < 0.5);
    }

    proptest! {
        #[test]
        fn what_is_shown_adds_up(picked in proptest::collection::vec(any::<prop::sample::Index>(), 0..30)) {
            let keys: Vec<String> = IDS.iter().flat_map(Known::keys).collect();
            let model = Model::shipped().unwrap();
            let mut settled = settle(picked.iter().map(|index| signal(index.get::<String>(&keys))).collect());
            weigh(&mut settled, &model);
            for (axis, weights) in [(Axis::Exchange, &model.exchange), (Axis::ServesKz, &model.serves_kz)] {
                let ledger = ledger(&settled, axis, weights);
                let own = |s: &&Signal| s.axis == axis || axis == Axis::Exchange && s.axis == Axis::Guard;
                let shown: f64 = settled.iter().filter(own).map(|s| s.weight).sum();
                prop_assert!((shown - ledger.points).abs() < 1e-6);
                prop_assert!((ledger.bias + ledger.points - ledger.logit).abs() < 1e-6);
                prop_assert!((0.0..=1.0).contains(&ledger.probability));
            }
        }
    }
}
