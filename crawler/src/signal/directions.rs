//! Directions of exchange written out: "USDT TRC20 → Kaspi KZT", "обмен Tether TRC20 на Kaspi Bank",
//! "USDT-ті теңгеге айырбастау". A page that has no form, or hides it behind a script, still says
//! what it exchanges for what.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::document::Block;
use crate::lexicon::{Hit, Lexicon};
use crate::signal::{Groups, Page, Signal, around};

/// Words between the two sides at most.
const MAX_BETWEEN: usize = 3;
/// A block up to this many characters is a heading or an item of a list, where a direction needs no
/// verb; in a longer one "from coins to cards" may be anybody's sentence.
const MAX_ITEM: usize = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Coin,
    Tenge,
    Money,
}

/// One side: hits of one kind next to each other.
#[derive(Debug, Clone)]
struct Side {
    kind: Kind,
    words: Range<usize>,
    range: Range<usize>,
    rail: bool,
}

/// A direction met.
struct Met {
    block: usize,
    range: Range<usize>,
    tenge: bool,
    /// A bank or payment rail of Kazakhstan is named.
    rail: bool,
    verb: bool,
    key: String,
}

/// Reads one page: what it exchanges for what, and whether tenge is in it.
#[must_use]
pub fn read(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let met = directions(page, groups, lexicon);
    let mut out = Vec::new();
    let different: BTreeSet<&str> = met.iter().map(|direction| direction.key.as_str()).collect();
    if let Some(first) = met.first()
        && let Some(id) = super::ids::at_step("directions", different.len())
    {
        let signal = quoting(page, &id, first);
        // A price page sets coins against money too, but tells nobody to exchange them and names no bank.
        let offered = met.iter().any(|direction| direction.verb || direction.rail);
        out.push(if offered || different.len() >= 3 {
            signal.transaction()
        } else {
            signal
        });
    }
    let tenge = met.iter().find(|direction| direction.tenge);
    out.extend(tenge.map(|direction| quoting(page, "tenge_direction", direction)));
    out
}

fn quoting(page: &Page, id: &str, direction: &Met) -> Signal {
    let block = page.document.blocks.get(direction.block);
    let (text, place) = block.map_or(("", ""), |block| {
        (block.text.as_str(), block.place.as_str())
    });
    let Range { start, end } = direction.range.clone();
    let signal = page.note(id, &around(text, start, end), place);
    Signal {
        matched: text
            .get(start..end)
            .map(str::to_owned)
            .into_iter()
            .collect(),
        ..signal
    }
}

fn directions(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Met> {
    let mut met = Vec::new();
    for hits in page.hits.chunk_by(|a, b| a.block == b.block) {
        let Some((number, block)) = hits
            .first()
            .and_then(|hit| Some((hit.block, page.document.blocks.get(hit.block)?)))
        else {
            continue;
        };
        let sides = sides(hits, groups, lexicon);
        for pair in sides.windows(2) {
            let [from, to] = pair else { continue };
            let coin = from.kind == Kind::Coin || to.kind == Kind::Coin;
            if !coin || from.kind == to.kind {
                continue;
            }
            if let Some(verb) = joined(page, block, hits, (from, to), groups) {
                let range = from.range.start..to.range.end;
                met.push(Met {
                    block: number,
                    tenge: from.kind == Kind::Tenge || to.kind == Kind::Tenge,
                    rail: from.rail || to.rail,
                    verb,
                    key: text_of(page, from) + " " + &text_of(page, to),
                    range,
                });
            }
        }
    }
    met
}

fn text_of(page: &Page, side: &Side) -> String {
    let words: Vec<&str> = side
        .words
        .clone()
        .map(|word| page.words.word(word))
        .collect();
    words.join(" ")
}

/// The sides standing in one block, in order. Names next to each other are one side: "Kaspi Gold, KZT".
fn sides(hits: &[Hit], groups: &Groups, lexicon: &Lexicon) -> Vec<Side> {
    let mut sides: Vec<Side> = Vec::new();
    for hit in hits {
        let kind = match hit.group {
            group if group == groups.crypto => Kind::Coin,
            group if is_tenge(group, groups, lexicon) => Kind::Tenge,
            group if group == groups.direction_money => Kind::Money,
            _ => continue,
        };
        match sides.last_mut() {
            Some(last) if joins(last, kind, hit) => {
                last.words.end = last.words.end.max(hit.words.end);
                last.range.end = last.range.end.max(hit.range.end);
                last.rail |= is_bank(hit.group, groups, lexicon);
                if kind == Kind::Tenge {
                    last.kind = kind;
                }
            }
            _ => sides.push(Side {
                kind,
                words: hit.words.clone(),
                range: hit.range.clone(),
                rail: is_bank(hit.group, groups, lexicon),
            }),
        }
    }
    sides
}

fn is_bank(group: usize, groups: &Groups, lexicon: &Lexicon) -> bool {
    group == groups.direction_rail || lexicon.is_rail(group)
}

/// Tenge by any of its names, or a bank that pays it out.
pub(super) fn is_tenge(group: usize, groups: &Groups, lexicon: &Lexicon) -> bool {
    [groups.tenge, groups.tenge_short, groups.direction_rail].contains(&group)
        || lexicon.is_rail(group)
}

/// Coins join coins, money joins money; two names of coins apart are two sides.
fn joins(last: &Side, kind: Kind, hit: &Hit) -> bool {
    let same = (last.kind == Kind::Coin) == (kind == Kind::Coin);
    same && hit.words.start <= last.words.end
}

/// Whether what stands between and around two sides makes a direction of them, and with a verb or not.
fn joined(
    page: &Page,
    block: &Block,
    hits: &[Hit],
    (from, to): (&Side, &Side),
    groups: &Groups,
) -> Option<bool> {
    let between = from.words.end..to.words.start;
    if between.len() > MAX_BETWEEN {
        return None;
    }
    let stands = |group: usize, words: &Range<usize>| {
        hits.iter().any(|hit| {
            hit.group == group && hit.words.start < words.end && hit.words.end > words.start
        })
    };
    let denied = hits.iter().any(|hit| {
        hit.group == groups.crypto
            && hit.words.start >= from.words.start
            && hit.words.end <= to.words.end
            && page.negated(hit, groups)
    });
    if denied {
        return None;
    }
    let before = from.words.start.saturating_sub(4)..from.words.start;
    let after = to.words.end..to.words.end + 3;
    let verb = stands(groups.direction_verb, &before) || stands(groups.direction_verb, &after);
    let gap = block
        .text
        .get(from.range.end..to.range.start)
        .unwrap_or_default();
    let arrow = [
        "→", "⇒", "➡", "➜", "➔", "⟶", "⇄", "↔", "⇆", "->", "=>", ">", "»",
    ]
    .iter()
    .any(|arrow| gap.contains(arrow));
    // A sentence that ends between them joins nothing.
    if gap.contains(['.', '!', '?', ';']) {
        return None;
    }
    let item = block.heading || block.text.chars().count() <= MAX_ITEM;
    let to_word = stands(groups.direction_to, &between);
    let by_word = stands(groups.direction_by, &between);
    // Kazakh puts the verb last and the sense into the endings.
    let kazakh = between.len() <= 2 && stands(groups.direction_verb, &after) && !arrow;
    let joined = arrow || to_word && (item || verb) || by_word && verb || kazakh;
    joined.then_some(verb)
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    fn ids(text: &str) -> Vec<String> {
        ids_of("https://a.test/", text)
    }

    #[test]
    fn directions_in_several_languages() {
        for text in [
            "<h1>Обмен Tether TRC20 на Kaspi Bank KZT</h1>",
            "<li>USDT TRC20 → Kaspi KZT</li>",
            "<li>Halyk Bank KZT -> BTC</li>",
            "<h2>USDT-ті теңгеге айырбастау</h2>",
            "<p>Купить USDT за тенге можно за пару минут.</p>",
            "<h2>Sell USDT to Kaspi Gold</h2>",
            "<h2>Cambiar USDT a tenge</h2>",
            "<h2>Вывод USDT TRC20 на карту Halyk Bank</h2>",
            "<td>USDT→Халык 500,1</td>",
        ] {
            let found = ids(text);
            assert!(
                found.contains(&"directions.1".to_owned()),
                "{text}: {found:?}"
            );
            assert!(
                found.contains(&"tenge_direction".to_owned()),
                "{text}: {found:?}"
            );
        }
        let found = ids("<h1>Обмен BTC на Сбербанк RUB</h1>");
        assert!(
            found.contains(&"directions.1".to_owned())
                && !found.contains(&"tenge_direction".to_owned())
        );
    }

    #[test]
    fn a_list_of_directions_is_counted() {
        let list = "<ul><li>BTC → Kaspi KZT<li>ETH → Kaspi KZT<li>USDT → Halyk KZT<li>BTC → Kaspi KZT</ul>";
        assert!(
            ids(list).contains(&"directions.3".to_owned()),
            "{:?}",
            ids(list)
        );
    }

    #[test]
    fn coins_and_money_side_by_side_are_no_direction() {
        for text in [
            "<p>За месяц BTC подорожал. Курс тенге снизился.</p>",
            "<p>Мы не меняем USDT на Kaspi.</p>",
            "<p>Kaspi и USDT обсуждают на конференции.</p>",
            "<li>Перевод с Kaspi на Halyk</li>",
            "<li>Обмен долларов на тенге</li>",
            "<p>Как сообщает ведомство, задержанные переводили средства потерпевших через цепочку кошельков USDT на счета подставных лиц и на карту получателя.</p>",
        ] {
            let found = ids(text);
            assert!(
                found.iter().all(|id| !id.starts_with("directions")),
                "{text}: {found:?}"
            );
        }
    }
}
