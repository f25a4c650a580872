//! The site's own name: words of the trade in its host, and sentences in which it names itself beside
//! the trade ("Tezalmas обменивает USDT"). A newspaper names others there; a business names itself.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal, ids};
use crate::words::letter;

/// Words of exchanging in hosts, in the languages and the spellings that hosts use.
const EXCHANGES: &[&str] = &[
    "exchang", "xchange", "changer", "obmen", "obmin", "swap", "aiyrbas", "ayirbas", "airbas",
    "birzha", "birja", "otc", "p2p", "cashout", "cambio", "trade", "broker", "market",
];
/// Words of coins in hosts.
const COINS: &[&str] = &[
    "coin", "crypto", "kripto", "kripta", "usdt", "tether", "btc", "bitc", "satoshi", "token",
];

/// A name shorter than this is an everyday word too often.
const MIN_NAME: usize = 4;
/// Words that a name is written in at most.
const MAX_WORDS: usize = 3;

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    let mut out = host(page);
    if page.speaks_of_crypto(groups) {
        out.extend(named(page, groups));
    }
    out
}

/// What the host is made of.
fn host(page: &Page) -> Vec<Signal> {
    let Some(host) = page.url.domain() else {
        return Vec::new();
    };
    let names = host.rsplit_once('.').map_or(host, |(names, _)| names);
    [("host_exchanges", EXCHANGES), ("host_coins", COINS)]
        .into_iter()
        .filter(|(_, words)| words.iter().any(|word| names.contains(word)))
        .map(|(id, _)| page.note(id, host, "url"))
        .collect()
}

/// Sentences of the text, not of its head, in which the site's name stands beside a word of trade.
fn named(page: &Page, groups: &Groups) -> Option<Signal> {
    let names = names(page);
    let mut sentences = 0;
    let mut first: Option<&Hit> = None;
    // A sentence that says no name, or is counted, has nothing more to tell by its other hits.
    let mut done: Option<Range<usize>> = None;
    for hit in &page.hits {
        let Some(sentence) = is_trade(hit, groups).then(|| sentence(page, hit)).flatten() else {
            continue;
        };
        if done.as_ref() == Some(&sentence) || page.negated(hit, groups) {
            continue;
        }
        if says(page, &names, &sentence) {
            sentences += 1;
            first = first.or(Some(hit));
        }
        done = Some(sentence);
    }
    let id = ids::at_step("own_name", sentences)?;
    first.map(|hit| page.signal(&id, hit))
}

fn is_trade(hit: &Hit, groups: &Groups) -> bool {
    [
        groups.trade_own,
        groups.trade_act,
        groups.exchanger,
        groups.direction_verb,
        groups.life,
        groups.spot,
        groups.p2p,
        groups.offer,
    ]
    .contains(&hit.group)
}

/// The label that the site's owner registered, when it is long enough to be told from other words.
#[must_use]
pub fn label(page: &Page) -> Option<&str> {
    let mut labels = page.url.domain()?.rsplit('.').skip(1);
    let label = labels.find(|label| !matches!(*label, "com" | "co" | "org" | "net"))?;
    (label.chars().count() >= MIN_NAME).then_some(label)
}

/// What the site is called: its label, and the name it gives itself in its head, as [`letters`] has it.
fn names(page: &Page) -> BTreeSet<String> {
    let meta = page.document.meta.iter();
    let said = meta.filter(|(name, _)| name == "og:site_name" || name == "application-name");
    let said = said.map(|(_, content)| content.as_str());
    label(page)
        .into_iter()
        .chain(said)
        .map(bare)
        .filter(|name| name.chars().count() >= MIN_NAME)
        .collect()
}

fn bare(name: &str) -> String {
    letters(name).collect()
}

/// Letters and digits only, in small letters.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let letters = text.chars().filter(|c| letter::is_alphanumeric(*c));
    letters.flat_map(letter::lower)
}

/// The words of the sentence of a hit; none in the head of the page, which joins the name to whatever
/// a page is about.
fn sentence(page: &Page, hit: &Hit) -> Option<Range<usize>> {
    let block = page.document.blocks.get(hit.block)?;
    let head = block.place == "title" || block.place.starts_with("meta[");
    (!head).then(|| page.sentence(hit))
}

/// Whether one of `names` stands between two words, in up to [`MAX_WORDS`] words.
fn says(page: &Page, names: &BTreeSet<String>, sentence: &Range<usize>) -> bool {
    let text = |index: usize| {
        let mark = page.words.marks.get(index)?;
        let block = page.document.blocks.get(mark.block)?;
        block.text.get(mark.start..mark.end)
    };
    // Letter by letter: nearly every word differs from every name in the first.
    let is_written = |name: &str, start: usize| {
        let mut rest = name.chars();
        for index in start..sentence.end.min(start + MAX_WORDS) {
            if letters(text(index).unwrap_or_default()).any(|c| rest.next() != Some(c)) {
                return false;
            }
            if rest.as_str().is_empty() {
                return true;
            }
        }
        false
    };
    let starts = |name: &String| sentence.clone().any(|start| is_written(name, start));
    names.iter().any(starts)
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    fn has(url: &str, html: &str, id: &str) -> bool {
        ids_of(url, html).iter().any(|found| found == id)
    }

    #[test]
    fn a_host_says_what_it_is_called_for() {
        for (host, id) in [
            ("https://super-obmen.test/", "host_exchanges"),
            ("https://www.swaply.test/a", "host_exchanges"),
            ("https://bitcoinik.kz/", "host_coins"),
        ] {
            assert!(has(host, "<p>x", id), "{host}");
        }
        assert!(!has("https://shop.test/obmen", "<p>x", "host_exchanges"));
    }

    #[test]
    fn who_names_himself_beside_the_trade_trades() {
        for text in [
            "Жылдам Тез: KZ007.org онлайн USDT айырбастау қызметін көрсетеді.",
            "Обмен USDT в kz-007 идёт круглосуточно.",
            "Open the KZ 007 calculator and exchange BTC.",
        ] {
            assert!(
                has("https://kz007.org/", &format!("<p>{text}"), "own_name.1"),
                "{text}"
            );
        }
        let head = "<meta property=og:site_name content='Алтын Своп'><p>Покупка биткоина в Алтын Своп идёт час.";
        assert!(has("https://a.test/", head, "own_name.1"));
    }

    #[test]
    fn a_name_elsewhere_says_nothing() {
        for text in [
            "<title>Обмен USDT запрещён — KZ007</title><p>Полиция закрыла обменник BTC.",
            "<p>Читайте KZ007. Обмен USDT подорожал.",
            "<p>KZ007 об обмене школьников.",
        ] {
            assert!(!has("https://kz007.org/", text, "own_name.1"), "{text}");
        }
    }
}
