//! Every signal there is: its id, the question it speaks to, the way it speaks, and its steps.
//!
//! A new signal is a line here, an extractor that yields the id, a line for each step in
//! `data/model/weights.toml` (`qalqan evaluate --fit` writes them), and its words in `web/locales`.
//! Points for kinds of sites stand in `data/model/kinds.toml`; a signal without a line there has none.

use super::Axis;

/// Which way a signal moves its axis. The fit keeps to it, so that no observation ever counts
/// against its own sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// Never negative points.
    For,
    /// Never positive points.
    Against,
    /// No points at all.
    Note,
    /// Points of its own for every word, either way: see [`crate::wording`].
    Words,
}

/// What is known of a signal before any page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Stable identifier, without a step.
    pub id: &'static str,
    /// The question it speaks to.
    pub axis: Axis,
    /// Which way it speaks.
    pub sense: Sense,
    /// The lowest and the highest step, for a signal that grows with the number of different
    /// phrases met; the highest stands for "this many or more".
    pub steps: Option<(usize, usize)>,
}

impl Known {
    /// Every full id this signal can have: `order_terms.2`, `order_terms.3`, …
    pub fn keys(&self) -> impl Iterator<Item = String> + use<> {
        let Self { id, steps, .. } = *self;
        let (from, to) = steps.unwrap_or((0, 0));
        (from..=to).map(move |step| match steps {
            Some(_) => format!("{id}.{step}"),
            None => id.to_owned(),
        })
    }

    /// Whether its points stand in the table of its axis, a line for each key.
    #[must_use]
    pub fn has_points(&self) -> bool {
        matches!(self.sense, Sense::For | Sense::Against)
    }

    const fn steps(self, from: usize, to: usize) -> Self {
        Self {
            steps: Some((from, to)),
            ..self
        }
    }
}

const fn known(id: &'static str, axis: Axis, sense: Sense) -> Known {
    Known {
        id,
        axis,
        sense,
        steps: None,
    }
}

const fn exchange(id: &'static str) -> Known {
    known(id, Axis::Exchange, Sense::For)
}

const fn serves(id: &'static str) -> Known {
    known(id, Axis::ServesKz, Sense::For)
}

const fn serves_not(id: &'static str) -> Known {
    known(id, Axis::ServesKz, Sense::Against)
}

/// What a page is about beside the trade, by the number of different words.
const fn talks(id: &'static str) -> Known {
    known(id, Axis::Exchange, Sense::Against).steps(2, 5)
}

/// What a look-alike says of itself, by the number of different phrases.
const fn guard(id: &'static str) -> Known {
    known(id, Axis::Guard, Sense::Against).steps(2, 5)
}

/// What a site says that one kind of business says, by the number of different phrases.
const fn says(id: &'static str) -> Known {
    known(id, Axis::Kind, Sense::Note).steps(1, 6)
}

const fn note(id: &'static str) -> Known {
    known(id, Axis::Note, Sense::Note)
}

/// Every signal. Each has its words in the message files of the console: `signal-ID`, and
/// `guard-KIND` for `guard.KIND`.
pub const IDS: &[Known] = &[
    // Orders can be placed here.
    exchange("order_form"),
    exchange("order_form_whole"),
    exchange("direction_picker"),
    exchange("rates_feed"),
    exchange("pair_url").steps(1, 3),
    exchange("pair_page"),
    exchange("directions").steps(1, 3),
    exchange("sides_in_text"),
    exchange("two_rates"),
    exchange("order_terms").steps(2, 4),
    exchange("spot_trading").steps(2, 4),
    exchange("p2p_offers").steps(2, 4),
    exchange("cash_desk").steps(2, 4),
    exchange("own_offer"),
    exchange("rate_fixing"),
    exchange("rate_source"),
    exchange("operator_mode"),
    exchange("refused_sources"),
    exchange("card_check"),
    exchange("aml_check"),
    exchange("reserve_terms"),
    exchange("card_purchase"),
    exchange("manager_door"),
    exchange("bot_door"),
    exchange("deposit_address"),
    exchange("platform"),
    exchange("mixed_script"),
    exchange("trade_offer").steps(1, 4),
    exchange("trade_item").steps(1, 4),
    exchange("trade_heading"),
    exchange("two_sides"),
    exchange("coin_items").steps(1, 3),
    exchange("own_name").steps(1, 3),
    exchange("host_exchanges"),
    exchange("host_coins"),
    known("wording", Axis::Exchange, Sense::Words),
    known("trade_denied", Axis::Exchange, Sense::Against),
    // What else the page is about.
    talks("talks_of_law"),
    talks("talks_of_news"),
    talks("talks_of_learning"),
    talks("talks_of_goods"),
    talks("talks_of_banking"),
    talks("talks_of_monitoring"),
    talks("talks_of_others"),
    // Words of the trade.
    exchange("word_account"),
    exchange("word_anonymous"),
    exchange("word_crypto").steps(1, 3),
    exchange("word_exchanger").steps(1, 3),
    // Look-alikes.
    guard("guard.affiliate"),
    guard("guard.aggregator"),
    guard("guard.bank"),
    guard("guard.casino"),
    guard("guard.consultant"),
    guard("guard.fiat_exchange"),
    guard("guard.mining"),
    guard("guard.news"),
    guard("guard.payments"),
    guard("guard.reference"),
    guard("guard.regulator"),
    guard("guard.remittance"),
    guard("guard.shop"),
    guard("guard.tracker"),
    guard("guard.training"),
    guard("guard.wallet"),
    // Whom it serves.
    serves("tenge_in_order_form"),
    serves("tenge_in_feed"),
    serves("tenge_in_picker"),
    serves("tenge_pair"),
    serves("tenge_pair_url"),
    serves("tenge_pair_page"),
    serves("tenge_direction"),
    serves("tenge_amount"),
    serves("tenge_amounts").steps(2, 4),
    serves("rail_in_order_form"),
    serves("rail_named"),
    serves("rails_named").steps(2, 4),
    serves("rail_beside_coin"),
    serves("offer_for_kazakhstan"),
    serves("country_named"),
    serves("country_picker"),
    serves("central_asia_named"),
    serves("city_with_office"),
    serves("cities_named").steps(2, 4),
    serves("hreflang_kz"),
    serves("kazakh_language"),
    serves("kz_address"),
    serves("kz_domain"),
    serves("kz_host"),
    serves("kz_locale"),
    serves("kz_phone"),
    serves("telegram_kz"),
    serves_not("kazakhstan_restricted"),
    // What kind of business it is.
    says("says_affiliate"),
    says("says_aggregator"),
    says("says_bank"),
    says("says_broker"),
    says("says_casino"),
    says("says_consultant"),
    says("says_exchange"),
    says("says_fiat_exchange"),
    says("says_instant_exchanger"),
    says("says_mining"),
    says("says_news"),
    says("says_other"),
    says("says_otc"),
    says("says_p2p"),
    says("says_payments"),
    says("says_reference"),
    says("says_regulator"),
    says("says_remittance"),
    says("says_shop"),
    says("says_telegram_bot"),
    says("says_tracker"),
    says("says_training"),
    says("says_wallet"),
    // Recorded, never counted.
    note("fiat_only"),
    note("geo_block"),
    note("kazakhstan_in_exception"),
    note("licence_claim"),
    note("needs_scripts"),
];

/// A full id as its family and its step: `order_terms.3` is `order_terms`, 3.
#[must_use]
pub fn parts(id: &str) -> (&str, Option<usize>) {
    let step = id
        .rsplit_once('.')
        .and_then(|(family, step)| Some((family, step.parse().ok()?)));
    step.map_or((id, None), |(family, step)| (family, Some(step)))
}

/// What is known of a signal's id, given with or without its step.
#[must_use]
pub fn of(id: &str) -> Option<&'static Known> {
    let (family, _) = parts(id);
    IDS.iter().find(|known| known.id == family)
}

/// The full id of a family for `count` different phrases; `None` when they are too few.
#[must_use]
pub fn at_step(family: &str, count: usize) -> Option<String> {
    let (from, to) = of(family)?.steps?;
    (count >= from).then(|| format!("{family}.{}", count.min(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_different_and_read_back() {
        let mut keys: Vec<String> = IDS.iter().flat_map(Known::keys).collect();
        for key in &keys {
            assert!(of(key).is_some_and(|known| known.keys().any(|own| own == *key)));
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }

    #[test]
    fn steps_are_bounded() {
        assert_eq!(at_step("order_terms", 1), None);
        assert_eq!(at_step("order_terms", 2).as_deref(), Some("order_terms.2"));
        assert_eq!(at_step("order_terms", 9).as_deref(), Some("order_terms.4"));
        assert_eq!(at_step("order_form", 9), None, "it has no steps");
        assert_eq!(at_step("guard.bank", 1), None);
        assert_eq!(parts("guard.bank.3"), ("guard.bank", Some(3)));
        assert_eq!(parts("guard.bank"), ("guard.bank", None));
    }

    #[test]
    fn every_kind_of_look_alike_is_a_signal() {
        let guards = IDS.iter().filter(|known| known.axis == Axis::Guard);
        let kinds: Vec<&str> = guards
            .filter_map(|known| known.id.strip_prefix("guard."))
            .collect();
        assert_eq!(kinds, super::super::guards::KINDS);
    }
}
