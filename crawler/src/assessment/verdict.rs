//! Parts of the verdict: contradictions, what the register says of the host, and kinds of business.

use blocklist::matching::ClaimKind;

use super::{REVIEW_FROM, Standing};
use crate::signal::{Signal, restricted};

/// What does not fit together between the site's own words.
pub(super) fn contradictions(signals: &[Signal], standing: &Standing) -> Vec<String> {
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
        out.push(format!(
            "the restricted list names Kazakhstan (\"{}\"), yet tenge is offered (\"{}\")",
            shut.quote, open.quote
        ));
    }
    for finding in &standing.claims {
        if finding.kind == ClaimKind::Agrees {
            let licensed = standing
                .host
                .as_ref()
                .is_some_and(|host| host.verdict == blocklist::matching::Verdict::Licensed);
            if !licensed {
                out.push(format!(
                    "licence {} names this host, but the register does not show it as live",
                    finding.claim.licence_no
                ));
            }
        }
    }
    out
}

/// A host that a register row names is never flagged: a live row clears it, any other row sends it to
/// people with the reason.
pub(super) fn register_guard(standing: &Standing) -> Option<(&'static str, Option<String>)> {
    use blocklist::matching::Verdict as Known;
    let host = standing.host.as_ref()?;
    let holds = |verdict: Known| host.verdict == verdict || host.also.contains(&verdict);
    if holds(Known::Licensed) {
        Some(("licensed_host", None))
    } else if holds(Known::LicenceUnconfirmed) {
        Some((
            "register_host",
            Some(
                "a licence is reported for this host but not confirmed in the register".to_owned(),
            ),
        ))
    } else if holds(Known::LicenceEnded) {
        Some((
            "register_host",
            Some("a register row names this host, but its licence has ended".to_owned()),
        ))
    } else {
        None
    }
}

/// Kinds of business, likeliest first: what a guard says, or else the trade by its evidence, each
/// family against the most it can weigh.
pub(super) fn kinds(signals: &[Signal], guards: &[String], exchange: f64) -> Vec<String> {
    let weight = |id: &str| {
        let of_id = signals.iter().filter(|signal| signal.id == id);
        of_id.map(|signal| signal.weight).sum::<f64>()
    };
    let mut kinds: Vec<String> = guards
        .iter()
        .filter(|guard| !matches!(guard.as_str(), "licensed_host" | "register_host"))
        .cloned()
        .collect();
    if exchange >= REVIEW_FROM && kinds.is_empty() {
        let order = weight("order_form")
            + weight("rates_feed")
            + weight("platform")
            + weight("deposit_address");
        let mut found = [
            ("instant_exchanger", order / 3.5),
            ("exchange", weight("spot_trading") / 4.0),
            ("otc", weight("cash_desk") / 3.0),
            ("p2p", weight("p2p_offers") / 4.0),
        ];
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        let likely = found.iter().filter(|(_, share)| *share >= 0.5);
        kinds.extend(likely.map(|(kind, _)| (*kind).to_owned()));
    }
    if kinds.is_empty() {
        kinds.push("other".to_owned());
    }
    kinds
}
