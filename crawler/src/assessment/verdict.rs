//! Parts of the verdict: contradictions, what the register says of the host, and kinds of business.

use std::collections::BTreeMap;

use blocklist::matching::ClaimKind;
use serde::Serialize;

use super::Standing;
use crate::signal::{Signal, guards, restricted};

/// Every contradiction by its code, with the names of its arguments; each has its words in the
/// message files of the console.
pub const CONTRADICTIONS: &[(&str, &[&str])] = &[
    ("claim-not-live", &["licence"]),
    ("guard-with-order", &["guard", "phrases", "quote", "signal"]),
    ("licence-ended", &[]),
    ("licence-unconfirmed", &[]),
    ("restricted-yet-tenge", &["offered", "restricted"]),
];

/// Guards that the register sets rather than the site's words.
pub const REGISTER_GUARDS: &[&str] = &["licensed_host", "register_host"];

/// Kinds of business, beside those of [`guards::KINDS`].
pub const KINDS: &[&str] = &["exchange", "instant_exchanger", "otc", "other", "p2p"];

/// Two things that do not fit together, as a code for message files with its arguments. Arguments
/// called `quote`, `restricted` and `offered` are the site's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// One of [`CONTRADICTIONS`].
    pub code: &'static str,
    /// Its arguments.
    pub args: BTreeMap<&'static str, String>,
}

impl Contradiction {
    pub(super) fn new<const N: usize>(code: &'static str, args: [(&'static str, &str); N]) -> Self {
        let args: BTreeMap<_, _> = args
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        debug_assert!(
            CONTRADICTIONS
                .iter()
                .any(|(known, names)| *known == code && args.keys().eq(names.iter()))
        );
        Self { code, args }
    }
}

/// What does not fit together between the site's own words.
pub(super) fn contradictions(signals: &[Signal], standing: &Standing) -> Vec<Contradiction> {
    let find = |id: &str| signals.iter().find(|signal| signal.id == id);
    let mut out = Vec::new();
    let offered = [
        "tenge_in_order_form",
        "tenge_in_feed",
        "rail_in_order_form",
        "tenge_pair_url",
    ];
    if let (Some(shut), Some(open)) = (find(restricted::ID), offered.iter().find_map(|id| find(id)))
    {
        let args = [
            ("restricted", shut.quote.as_str()),
            ("offered", &open.quote),
        ];
        out.push(Contradiction::new("restricted-yet-tenge", args));
    }
    for finding in &standing.claims {
        if finding.kind == ClaimKind::Agrees {
            let licensed = standing
                .host
                .as_ref()
                .is_some_and(|host| host.verdict == blocklist::matching::Verdict::Licensed);
            if !licensed {
                let licence = finding.claim.licence_no.as_str();
                out.push(Contradiction::new("claim-not-live", [("licence", licence)]));
            }
        }
    }
    out
}

/// A host that a register row names is never flagged: a live row clears it, any other row sends it to
/// people with the reason.
pub(super) fn register_guard(standing: &Standing) -> Option<(&'static str, Option<Contradiction>)> {
    use blocklist::matching::Verdict as Known;
    let host = standing.host.as_ref()?;
    let holds = |verdict: Known| host.verdict == verdict || host.also.contains(&verdict);
    if holds(Known::Licensed) {
        Some(("licensed_host", None))
    } else if holds(Known::LicenceUnconfirmed) {
        Some((
            "register_host",
            Some(Contradiction::new("licence-unconfirmed", [])),
        ))
    } else if holds(Known::LicenceEnded) {
        Some((
            "register_host",
            Some(Contradiction::new("licence-ended", [])),
        ))
    } else {
        None
    }
}

/// Kinds of business, likeliest first: what a guard says, or else, where it is likely an exchange at
/// all, the trade by its evidence.
pub(super) fn kinds(signals: &[Signal], held: &[String], likely: bool) -> Vec<String> {
    let step = |family: &str| {
        let found = signals.iter().find(|signal| signal.family() == family);
        found.map_or(0.0, |signal| signal.step().max(1) as f64)
    };
    let mut kinds: Vec<String> = held
        .iter()
        .filter(|guard| !REGISTER_GUARDS.contains(&guard.as_str()))
        .cloned()
        .collect();
    if likely && kinds.is_empty() {
        let order = 0.7 * step("order_form")
            + 0.3 * step("order_form_whole")
            + step("rates_feed")
            + 0.5 * step("platform")
            + 0.5 * step("deposit_address");
        let mut found = [
            ("instant_exchanger", order),
            ("exchange", step("spot_trading") / 4.0),
            ("otc", step("cash_desk") / 4.0),
            ("p2p", step("p2p_offers") / 4.0),
        ];
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        let likely = found.iter().filter(|(_, share)| *share >= 0.5);
        kinds.extend(likely.map(|(kind, _)| (*kind).to_owned()));
    }
    if kinds.is_empty() {
        kinds.push("other".to_owned());
    }
    debug_assert!(
        kinds
            .iter()
            .all(|kind| KINDS.contains(&kind.as_str()) || guards::KINDS.contains(&kind.as_str()))
    );
    kinds
}
