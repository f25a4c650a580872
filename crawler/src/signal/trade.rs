//! Verbs of trade near the name of a coin. No list of phrases holds all the ways in which exchangers
//! offer what they do; that they offer it, in their own voice or in their headings, they all say.

use std::collections::HashSet;

use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal};

/// Words between the verb and the coin at most.
const MAX_BETWEEN: usize = 3;
/// A block up to this many characters is a heading, a button, a link or an item of a list.
const MAX_ITEM: usize = 70;

/// Words a coin that an item has at most.
const ITEM_WORDS: usize = 6;
/// Words between what is given, what is got, and the coin, at most.
const MAX_SIDES: usize = 12;

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    let mut out = Vec::new();
    let own = different(page, groups, |hit, _| hit.group == groups.trade_own);
    let signal = page.stepped("trade_offer", &own);
    out.extend(signal.map(Signal::transaction));
    let named = different(page, groups, |hit, item| {
        item && (hit.group == groups.trade_act || hit.group == groups.trade_own)
    });
    let signal = page.stepped("trade_item", &named);
    out.extend(signal.map(Signal::transaction));
    let title = named.iter().find(|hit| {
        let block = page.document.blocks.get(hit.block);
        block.is_some_and(|block| block.heading || block.place == "title")
    });
    out.extend(title.map(|hit| page.signal("trade_heading", hit)));
    out.extend(two_sides(page, groups));
    out.extend(items(page, groups));
    let none = page.of_group(groups.trade_none).next();
    out.extend(none.map(|hit| page.signal("trade_denied", hit)));
    out
}

/// What is given and what is got, a few words apart, and a coin beside them: an order, whether or not
/// the page has a form for it.
fn two_sides(page: &Page, groups: &Groups) -> Option<Signal> {
    let side = |group| {
        page.of_group(group)
            .filter(|hit| !page.negated(hit, groups))
    };
    let coins: Vec<&Hit> = page.of_group(groups.crypto).collect();
    let near = |hit: &Hit| coins.iter().any(|coin| apart(hit, coin) <= MAX_SIDES);
    let mut gives = side(groups.give);
    let give = gives
        .find(|give| near(give) && side(groups.get).any(|get| apart(give, get) <= MAX_SIDES))?;
    Some(page.signal("two_sides", give).transaction())
}

/// Blocks that say little beside a coin's name: headings, buttons, items, rows of a table. A trader's
/// page is made of them. Counted, not held against the rest of the page, which anybody can make longer.
fn items(page: &Page, groups: &Groups) -> Option<Signal> {
    let mut words = vec![0_usize; page.document.blocks.len()];
    for mark in &page.words.marks {
        words.get_mut(mark.block).map(|count| *count += 1)?;
    }
    let mut dense: Vec<&Hit> = Vec::new();
    for hits in page.hits.chunk_by(|a, b| a.block == b.block) {
        let mut coins = hits.iter().filter(|hit| hit.group == groups.crypto);
        let Some(first) = coins.next() else { continue };
        let share = 1 + coins.count();
        if share * ITEM_WORDS >= words.get(first.block).copied().unwrap_or(usize::MAX) {
            dense.push(first);
        }
    }
    let step = match dense.len() {
        0 => return None,
        1 => 1,
        2..=4 => 2,
        _ => 3,
    };
    let id = super::ids::at_step("coin_items", step)?;
    dense.first().map(|hit| page.signal(&id, hit))
}

/// Verbs that `wanted` takes (told whether the verb stands in an item) with a coin near them in the
/// same block, each pair of words once.
fn different<'a>(
    page: &'a Page,
    groups: &Groups,
    wanted: impl Fn(&Hit, bool) -> bool,
) -> Vec<&'a Hit> {
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    for hits in page.hits.chunk_by(|a, b| a.block == b.block) {
        let block = hits
            .first()
            .and_then(|hit| page.document.blocks.get(hit.block));
        let Some(block) = block else { continue };
        let item = block.heading || block.text.chars().count() <= MAX_ITEM;
        let coins: Vec<&Hit> = hits
            .iter()
            .filter(|hit| hit.group == groups.crypto)
            .collect();
        if coins.is_empty() {
            continue;
        }
        for hit in hits.iter().filter(|hit| wanted(hit, item)) {
            let near = coins.iter().find(|coin| apart(hit, coin) <= MAX_BETWEEN);
            let Some(coin) = near.filter(|_| !page.negated(hit, groups)) else {
                continue;
            };
            let pair = [page.exact(hit), page.exact(coin)].map(str::to_lowercase);
            if seen.insert(pair) {
                out.push(hit);
            }
        }
    }
    out
}

/// Words between two hits.
fn apart(a: &Hit, b: &Hit) -> usize {
    let after = b.words.start.saturating_sub(a.words.end);
    after.max(a.words.start.saturating_sub(b.words.end))
}

#[cfg(test)]
mod tests {
    use crate::signal::tests;

    fn ids_of(html: &str) -> Vec<String> {
        tests::ids_of("https://a.test/", html)
    }

    #[test]
    fn who_trades_says_so_in_any_language() {
        for text in [
            "Меняем ваши USDT на рубли и лиры.",
            "Біз USDT мен BTC қабылдаймыз.",
            "Bring coins: we buy your bitcoin today.",
            "Cambiamos USDT y BTC en el acto.",
        ] {
            let ids = ids_of(&format!("<p>{text}"));
            assert!(
                ids.iter().any(|id| id.starts_with("trade_offer")),
                "{text}: {ids:?}"
            );
        }
    }

    #[test]
    fn a_denial_is_no_offer() {
        for text in [
            "Мы не меняем криптовалюту, только доллары.",
            "We do not sell crypto.",
        ] {
            let ids = ids_of(&format!("<p>{text}"));
            assert!(
                !ids.iter().any(|id| id.starts_with("trade_offer")),
                "{text}: {ids:?}"
            );
        }
        assert!(ids_of("<p>Криптовалюту не меняем.").contains(&"trade_denied".to_owned()));
    }

    #[test]
    fn two_sides_make_an_order_without_a_form() {
        assert!(
            ids_of("<p>Сіз бересіз: USDT<p>Сіз аласыз: карта").contains(&"two_sides".to_owned())
        );
        assert!(
            !ids_of("<p>Вы отдаёте деньги, вы получаете товар.").contains(&"two_sides".to_owned())
        );
    }

    #[test]
    fn verbs_far_from_coins_say_nothing() {
        let far =
            "<p>Обменяйте билеты в кассе не позднее чем за сутки. Про биткоин читайте в журнале.";
        assert!(!ids_of(far).iter().any(|id| id.starts_with("trade_")));
        let article = "<p>Министр рассказал, что обмен криптовалюты в стране будет подчинён новым правилам уже с весны этого года.";
        assert!(!ids_of(article).iter().any(|id| id.starts_with("trade_")));
    }
}
