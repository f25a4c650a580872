//! From what was observed to the verdict: points, guards, what the register says, contradictions.

use super::contradiction::{WITH_FORM, contradictions};
use super::kinds::{self, Open};
use super::{Assessment, Contradiction, Ledgers, Observed, Standing, Verdict};
use crate::model::{Model, OWN_VOICE, WORDING};
use crate::score;
use crate::signal::{Axis, Signal};

/// Guards that the register sets rather than the site's words.
pub const REGISTER_GUARDS: &[&str] = &["licensed_host", "register_host"];

/// Points against an exchange from which a site is not flagged, however much speaks for it.
const MUCH_AGAINST: f64 = -1.0;

/// Evidence of an order, and what in the same place shows that it is one for Kazakhstan.
const SETTLED_BY: &[(&str, &str)] = &[
    ("order_form", "rail_in_order_form"),
    ("order_form", "tenge_in_order_form"),
    ("rates_feed", "tenge_in_feed"),
];

/// Even odds: enough on both axes for an order of [`SETTLED_BY`] to be flagged, and of both together
/// for a look without one.
const EVEN: f64 = 0.5;

/// Weighs what was observed with `model` and says what it comes to.
#[must_use]
pub fn judge(observed: &Observed, standing: &Standing, model: &Model) -> Assessment {
    let mut signals = observed.signals.clone();
    signals.extend(model.words.signal(&observed.wording));
    score::weigh(&mut signals, model);
    let signals = signals;
    let Model {
        exchange: by_trade,
        serves_kz: by_market,
        words,
        kinds: by_kind,
        ..
    } = model;
    let exchange = score::ledger(&signals, Axis::Exchange, by_trade);
    let serves_kz = score::ledger(&signals, Axis::ServesKz, by_market);
    let transaction = signals.iter().any(|signal| signal.transaction);
    let decisive = signals.iter().find(|signal| signal.decisive);
    let trade = observed.trade;
    let mut contradictions = contradictions(&signals, observed, standing);
    let with_form = contradictions.iter().any(|found| found.code == WITH_FORM);
    let mut held: Vec<String> = Vec::new();
    let mut directory = false;
    let mut protected = false;
    for guard in observed.guards.iter().filter(|guard| guard.holds) {
        let is_directory = matches!(guard.kind.as_str(), "aggregator" | "affiliate");
        match decisive {
            // An exchange that also talks like a bank or links out: the form outweighs it,
            // unless the other words are at least as many. Then people look.
            Some(evidence) if guard.strength > trade => {
                // A monitor with a form has words of its own.
                if !(with_form && guard.kind == "aggregator") {
                    contradictions.push(Contradiction::new(
                        "guard-with-order",
                        [
                            ("guard", guard.kind.as_str()),
                            ("phrases", &guard.strength.to_string()),
                            ("signal", &evidence.id),
                            ("quote", &evidence.quote),
                        ],
                    ));
                }
                held.push(guard.kind.clone());
            }
            Some(_) => {}
            None => {
                held.push(guard.kind.clone());
                directory |= is_directory;
                protected |= !is_directory;
            }
        }
    }
    let licence = register_guard(standing);
    if let Some((guard, note)) = &licence {
        held.insert(0, (*guard).to_owned());
        contradictions.extend(note.clone());
    }
    let crypto = signals
        .iter()
        .any(|signal| signal.id.starts_with("word_crypto"));
    // Much for and much against: the sum may be high, but what the site is, people should say.
    let against: f64 = signals
        .iter()
        .filter(|signal| matches!(signal.axis, Axis::Exchange | Axis::Guard))
        .map(|signal| signal.weight.min(0.0))
        .sum();
    // An order for tenge that can be placed here leaves nothing open but a contradiction.
    let has = |id: &str| signals.iter().any(|signal| signal.id == id);
    let settled = SETTLED_BY
        .iter()
        .any(|(order, market)| has(order) && has(market));
    // Unless it speaks as those do who trade.
    let voice = signals.iter().find(|signal| signal.id == WORDING);
    let voice = voice.map_or(0.0, |signal| signal.weight);
    if against <= MUCH_AGAINST
        && !settled
        && voice < OWN_VOICE
        && exchange.probability >= by_trade.review
        && let Some(most) = signals.iter().find(|signal| signal.weight < 0.0)
    {
        contradictions.push(Contradiction::new(
            "much-against",
            [("quote", most.quote.as_str()), ("signal", &most.id)],
        ));
    }
    let likely =
        exchange.probability >= by_trade.review && serves_kz.probability >= by_market.review;
    let both = exchange.probability * serves_kz.probability;
    let active = transaction && exchange.probability >= by_trade.review;
    let verdict = match &licence {
        Some((_, None)) => Verdict::Clear,
        Some((_, Some(_))) if active => Verdict::Review,
        _ if protected => Verdict::Clear,
        _ if !contradictions.is_empty() && active => Verdict::Review,
        // A list of exchangers for Kazakhstan is no exchange; people decide what it is.
        _ if (directory || with_form) && serves_kz.probability >= by_market.review && crypto => {
            Verdict::Review
        }
        _ if directory => Verdict::Clear,
        _ if settled && exchange.probability >= EVEN && serves_kz.probability >= EVEN => {
            Verdict::Flag
        }
        _ if transaction && both >= model.flag => Verdict::Flag,
        _ if likely && (transaction || both >= EVEN) => Verdict::Review,
        _ => Verdict::Clear,
    };
    let open = match verdict {
        Verdict::Flag => Open::Exchanging,
        _ if protected || directory || exchange.probability < by_trade.review => Open::Others,
        _ => Open::All,
    };
    let (kinds, kind_reasons) = kinds::name(&signals, open, by_kind);
    // Words that carried no kind tell nothing.
    let mut signals = signals;
    let carried = |signal: &Signal| {
        let mut carried = kind_reasons.iter().flat_map(|reason| &reason.signals);
        carried.any(|held| held.id == signal.id)
    };
    signals.retain(|signal| signal.axis != Axis::Kind || carried(signal));
    Assessment {
        url: observed.url.clone(),
        exchange: exchange.probability,
        serves_kz: serves_kz.probability,
        kinds,
        kind_reasons,
        verdict,
        signals,
        wording: words.told(&observed.wording),
        guards: held,
        identifiers: observed.identifiers.clone(),
        contradictions,
        claims: observed.claims.clone(),
        ledger: Ledgers {
            exchange,
            serves_kz,
        },
        pages: observed.pages,
    }
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
