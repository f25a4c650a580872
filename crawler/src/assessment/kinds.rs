//! What kind of business a site seems to be, and by which signals.

use serde::Serialize;

use super::REGISTER_GUARDS;
use crate::signal::{Signal, guards};

/// Kinds of business, beside those of [`guards::KINDS`].
pub const KINDS: &[&str] = &["exchange", "instant_exchanger", "otc", "other", "p2p"];

/// Why a kind was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindReason {
    /// The kind.
    pub kind: String,
    /// Full ids of the signals that speak for it.
    pub signals: Vec<String>,
}

/// Families that tell a kind of exchange, each with its share of certainty at its highest step.
const TOLD_BY: &[(&str, &[(&str, f64)])] = &[
    (
        "instant_exchanger",
        &[
            ("order_form", 0.7),
            ("order_form_whole", 0.3),
            ("rates_feed", 1.0),
            ("platform", 0.5),
            ("deposit_address", 0.5),
        ],
    ),
    ("exchange", &[("spot_trading", 0.25)]),
    ("otc", &[("cash_desk", 0.25)]),
    ("p2p", &[("p2p_offers", 0.25)]),
];
/// Certainty from which a kind is named.
const NAMED_FROM: f64 = 0.5;

/// Kinds, likeliest first: what a guard says, or else, where it is likely an exchange at all, the
/// trade by its evidence.
pub(super) fn name(
    signals: &[Signal],
    held: &[String],
    likely: bool,
) -> (Vec<String>, Vec<KindReason>) {
    let mut found: Vec<(f64, KindReason)> = Vec::new();
    for guard in held
        .iter()
        .filter(|guard| !REGISTER_GUARDS.contains(&guard.as_str()))
    {
        let family = format!("guard.{guard}");
        let own = signals.iter().filter(|signal| signal.family() == family);
        let signals = own.map(|signal| signal.id.clone()).collect();
        let kind = guard.clone();
        found.push((1.0, KindReason { kind, signals }));
    }
    if likely && found.is_empty() {
        found = TOLD_BY
            .iter()
            .map(|(kind, families)| told(kind, families, signals))
            .filter(|(certainty, _)| *certainty >= NAMED_FROM)
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
    }
    let reasons: Vec<KindReason> = found.into_iter().map(|(_, reason)| reason).collect();
    let mut kinds: Vec<String> = reasons.iter().map(|reason| reason.kind.clone()).collect();
    if kinds.is_empty() {
        kinds.push("other".to_owned());
    }
    debug_assert!(
        kinds
            .iter()
            .all(|kind| KINDS.contains(&kind.as_str()) || guards::KINDS.contains(&kind.as_str()))
    );
    (kinds, reasons)
}

fn told(kind: &str, families: &[(&str, f64)], signals: &[Signal]) -> (f64, KindReason) {
    let mut certainty = 0.0;
    let mut ids = Vec::new();
    for signal in signals {
        let share = families
            .iter()
            .find(|(family, _)| *family == signal.family());
        if let Some((_, share)) = share {
            certainty += share * signal.step().max(1) as f64;
            ids.push(signal.id.clone());
        }
    }
    let kind = kind.to_owned();
    (certainty, KindReason { kind, signals: ids })
}
