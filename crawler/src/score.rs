//! Additive scores: points of signals, capped by family, added to a bias, read as a probability.
//!
//! The ledger is honest: the weight shown with each signal is what was counted after caps, and the
//! weights of an axis plus its bias are the logit, digit for digit.

use std::collections::HashMap;

use serde::Serialize;

use crate::signal::{Axis, Signal};

/// Points before any signal: a page on the web is not an exchange.
pub const EXCHANGE_BIAS: f64 = -4.0;
/// Points before any signal: a page on the web does not serve Kazakhstan.
pub const SERVES_KZ_BIAS: f64 = -2.5;

/// `(family prefix, most points the family may count)`. Families without a line count once a
/// signal id.
const CAPS: &[(&str, f64)] = &[
    ("word_", 2.5),
    ("country_named", 0.5),
    ("rail_", 3.5),
    ("tenge_", 6.0),
    ("city_", 2.0),
];

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

/// Keeps the strongest signal of each id, applies the caps, and orders by weight. Signals that a cap
/// leaves without points stay, with weight 0, because their quotes are still evidence.
#[must_use]
pub fn settle(signals: Vec<Signal>) -> Vec<Signal> {
    let mut best: HashMap<String, Signal> = HashMap::new();
    for signal in signals {
        match best.get_mut(&signal.id) {
            Some(held) => {
                let decisive = held.decisive || signal.decisive;
                let transaction = held.transaction || signal.transaction;
                if signal.weight.abs() > held.weight.abs() {
                    *held = signal;
                }
                held.decisive = decisive;
                held.transaction = transaction;
            }
            None => {
                best.insert(signal.id.clone(), signal);
            }
        }
    }
    let mut signals: Vec<Signal> = best.into_values().collect();
    signals.sort_by(|a, b| {
        b.weight
            .abs()
            .total_cmp(&a.weight.abs())
            .then_with(|| a.id.cmp(&b.id))
    });
    let mut used: HashMap<(&str, Axis), f64> = HashMap::new();
    for signal in &mut signals {
        let Some((family, cap)) = CAPS
            .iter()
            .find(|(family, _)| signal.id.starts_with(family))
        else {
            continue;
        };
        let used = used.entry((*family, signal.axis)).or_insert(0.0);
        signal.weight = cents(signal.weight.min(cap - *used).max(0.0));
        *used += signal.weight;
    }
    signals
}

/// Adds up one axis.
#[must_use]
pub fn ledger(signals: &[Signal], axis: Axis, bias: f64) -> Ledger {
    let points = cents(
        signals
            .iter()
            .filter(|signal| signal.axis == axis)
            .map(|signal| signal.weight)
            .sum(),
    );
    let logit = cents(bias + points);
    Ledger {
        bias,
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
    use proptest::prelude::*;

    fn signal(id: &str, axis: Axis, weight: f64) -> Signal {
        Signal {
            id: id.to_owned(),
            axis,
            weight,
            quote: String::new(),
            place: String::new(),
            url: String::new(),
            capture: String::new(),
            matched: Vec::new(),
            transaction: false,
            decisive: false,
        }
    }

    #[test]
    fn the_strongest_of_an_id_counts_once() {
        let settled = settle(vec![
            signal("order_form", Axis::Exchange, 3.5),
            signal("order_form", Axis::Exchange, 3.5),
            signal("pair_url", Axis::Exchange, 1.0),
        ]);
        assert!((ledger(&settled, Axis::Exchange, -4.0).points - 4.5).abs() < 1e-9);
    }

    #[test]
    fn words_alone_stay_below_even_odds() {
        let words = (0..20)
            .map(|i| signal(&format!("word_x.{i}"), Axis::Exchange, 0.5))
            .collect();
        assert!(ledger(&settle(words), Axis::Exchange, EXCHANGE_BIAS).probability < 0.2);
    }

    proptest! {
        #[test]
        fn what_is_shown_adds_up(weights in proptest::collection::vec((0_usize..8, 0_u32..500), 0..30)) {
            let ids = ["word_a", "word_b", "tenge_x", "tenge_y", "rail_z", "order_form", "feed", "p2p"];
            let signals = weights.into_iter().map(|(id, w)| signal(ids[id], Axis::Exchange, f64::from(w) / 100.0)).collect();
            let settled = settle(signals);
            let ledger = ledger(&settled, Axis::Exchange, -4.0);
            let shown: f64 = settled.iter().map(|s| s.weight).sum();
            prop_assert!((shown - ledger.points).abs() < 1e-6);
            prop_assert!((ledger.bias + ledger.points - ledger.logit).abs() < 1e-6);
            prop_assert!((0.0..=1.0).contains(&ledger.probability));
        }
    }
}
