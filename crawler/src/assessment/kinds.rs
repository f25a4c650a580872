//! What kind of business a site seems to be, and by which signals.

use serde::Serialize;

use crate::kind::{EXCHANGING, Kinds, OTHER};
use crate::signal::Signal;

/// Kinds of business, beside those of [`crate::signal::guards::KINDS`].
pub const KINDS: &[&str] = &[
    "broker",
    "exchange",
    "instant_exchanger",
    "otc",
    "other",
    "p2p",
    "telegram_bot",
];

/// Signals shown for a kind at most.
const SHOWN: usize = 3;

/// Why a kind was named, or, below the floor, which came nearest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindReason {
    /// The kind.
    pub kind: String,
    /// Its share among the kinds that the verdict leaves open.
    pub probability: f64,
    /// What speaks for it most, heaviest first.
    pub signals: Vec<KindPoints>,
}

/// A signal that speaks for a kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindPoints {
    /// Full id of the signal.
    pub id: String,
    /// Its points for the kind.
    pub points: f64,
}

/// Which kinds a verdict leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// A flagged site exchanges, whatever else it resembles; its kind says how.
    Exchanging,
    /// What is no exchange by its points, or is taken for a look-alike, is no kind of exchange.
    Others,
    /// Any kind.
    All,
}

/// Kinds, likeliest first: those that reach the floor, or else `other`, with what came nearest as the
/// reason. Where only exchanging kinds are open the likeliest is named in any case.
pub(super) fn name(
    signals: &[Signal],
    open: Open,
    kinds: &Kinds,
) -> (Vec<String>, Vec<KindReason>) {
    let shares = kinds.shares(signals, |kind| match open {
        Open::Exchanging => EXCHANGING.contains(&kind),
        Open::Others => !EXCHANGING.contains(&kind),
        Open::All => true,
    });
    let mut named: Vec<String> = Vec::new();
    let mut reasons = Vec::new();
    for (place, found) in shares.iter().enumerate() {
        let first = place == 0;
        let sure = found.share >= kinds.floor || first && open == Open::Exchanging;
        if sure {
            named.push(found.kind.to_owned());
        }
        if sure || first {
            reasons.push(KindReason {
                kind: found.kind.to_owned(),
                probability: (found.share * 1e4).round() / 1e4,
                signals: carried(signals, found.kind, kinds),
            });
        }
    }
    if named.is_empty() {
        named.push(OTHER.to_owned());
    }
    (named, reasons)
}

/// The signals with most points for a kind.
fn carried(signals: &[Signal], kind: &str, kinds: &Kinds) -> Vec<KindPoints> {
    let mut found: Vec<KindPoints> = signals
        .iter()
        .map(|signal| KindPoints {
            id: signal.id.clone(),
            points: kinds.points(kind, &signal.id),
        })
        .filter(|signal| signal.points > 0.0)
        .collect();
    found.sort_by(|a, b| b.points.total_cmp(&a.points).then_with(|| a.id.cmp(&b.id)));
    found.truncate(SHOWN);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(ids: &[&str], open: Open) -> (Vec<String>, Vec<KindReason>) {
        let text = "floor = 0.4\n[bias]\nbank = 0.0\nnews = 0.0\notc = 0.0\np2p = -0.5\n[points]\n\
                    order_form = { otc = 3.0 }\ntwo_rates = { otc = 0.5, bank = -1.0 }\n\
                    rates_feed = { otc = 1.0 }\nplatform = { otc = 2.0 }\n\
                    \"guard.bank.2\" = { bank = 5.0 }\n";
        let kinds = Kinds::load("k.toml", text).unwrap();
        let signal = |id: &&str| Signal::new(id, id, "p", "https://a.test/", "00");
        let signals: Vec<Signal> = ids.iter().map(signal).collect();
        name(&signals, open, &kinds)
    }

    #[test]
    fn a_kind_is_named_with_the_signals_that_carried_it() {
        let all = ["two_rates", "order_form", "rates_feed", "platform"];
        let (kinds, reasons) = named(&all, Open::All);
        assert_eq!(kinds, ["otc"]);
        let ids: Vec<&str> = reasons[0].signals.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["order_form", "platform", "rates_feed"]);
        assert_eq!(reasons[0].signals[0].points, 3.0);
    }

    #[test]
    fn below_the_floor_it_is_other_and_what_came_nearest_is_told() {
        let (kinds, reasons) = named(&[], Open::All);
        assert_eq!(kinds, ["other"]);
        assert_eq!((reasons.len(), reasons[0].kind.as_str()), (1, "bank"));
        assert!(reasons[0].probability < 0.4 && reasons[0].signals.is_empty());
    }

    #[test]
    fn the_verdict_says_which_kinds_are_open() {
        assert_eq!(named(&["guard.bank.2"], Open::All).0, ["bank"]);
        assert_eq!(named(&["guard.bank.2"], Open::Exchanging).0, ["otc"]);
        assert_eq!(named(&["order_form"], Open::Others).0, ["bank", "news"]);
    }
}
