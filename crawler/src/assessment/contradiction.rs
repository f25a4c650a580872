//! What does not fit together on a site. The machine settles none of it; people do.

use std::collections::BTreeMap;

use blocklist::matching::ClaimKind;
use serde::Serialize;

use super::{Observed, Standing};
use crate::signal::{Signal, kind_words, restricted};

/// A list of other people's exchangers that has an order form of its own.
pub(super) const WITH_FORM: &str = "aggregator-with-form";

/// Every contradiction by its code, with the names of its arguments; each has its words in the
/// message files of the console.
pub const CONTRADICTIONS: &[(&str, &[&str])] = &[
    (WITH_FORM, &["form", "list"]),
    ("claim-not-live", &["licence"]),
    ("fiat-only-yet-coins", &["offered", "said"]),
    ("guard-with-order", &["guard", "phrases", "quote", "signal"]),
    ("licence-ended", &[]),
    ("licence-unconfirmed", &[]),
    ("much-against", &["quote", "signal"]),
    ("restricted-yet-tenge", &["offered", "restricted"]),
];

/// Two things that do not fit together, as a code for message files with its arguments. Arguments
/// called `quote`, `restricted`, `offered`, `said`, `list` and `form` are the site's own words.
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
pub(super) fn contradictions(
    signals: &[Signal],
    observed: &Observed,
    standing: &Standing,
) -> Vec<Contradiction> {
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
    if let (Some(said), Some(offer)) = (notes_only(signals), coins_offered(signals)) {
        let args = [("said", said.quote.as_str()), ("offered", &offer.quote)];
        out.push(Contradiction::new("fiat-only-yet-coins", args));
    }
    // An exchanger names the monitors it stands in, too; then most of its words are of its trade.
    let list = observed.guards.iter().find(|guard| {
        guard.kind == "aggregator" && guard.holds && guard.strength * 2 >= observed.trade
    });
    if let (Some(list), Some(form)) = (list, find("order_form")) {
        let args = [("list", list.signal.quote.as_str()), ("form", &form.quote)];
        out.push(Contradiction::new(WITH_FORM, args));
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

/// Words of an exchange of notes from which a denial of coins says that it deals in nothing else.
const NOTES_WORDS: usize = 2;
/// Offers of coins in the site's own voice from which they are no slip.
const OWN_OFFERS: usize = 2;

/// Where the site says that it deals in notes of states only.
fn notes_only(signals: &[Signal]) -> Option<&Signal> {
    let find = |id: &str| signals.iter().find(|signal| signal.id == id);
    let notes = signals
        .iter()
        .any(|signal| signal.family() == "says_fiat_exchange" && signal.step() >= NOTES_WORDS);
    find(kind_words::FIAT_ONLY).or_else(|| find("trade_denied").filter(|_| notes))
}

/// Where it offers coins all the same: an order that can be placed, or its own offer.
fn coins_offered(signals: &[Signal]) -> Option<&Signal> {
    let order = signals.iter().find(|signal| signal.decisive);
    order.or_else(|| {
        signals.iter().find(|signal| {
            signal.id == "own_offer"
                || signal.family() == "trade_offer" && signal.step() >= OWN_OFFERS
        })
    })
}
