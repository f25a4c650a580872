//! What a customer gives and gets, said in words: "вы присылаете USDT, мы переводим тенге", the labels
//! of a form that a script has drawn, the head of a table of directions; and a price for each way,
//! "покупаем по 506, продаём по 517".

use crate::lexicon::{Hit, Lexicon};
use crate::signal::{Groups, Page, Signal};

/// Words after "you give" in which what is given must be named.
const NAMED_WITHIN: usize = 6;
/// Words between "you give" and "you get" at most.
const SIDES_WITHIN: usize = 40;
/// Words after the head of a table in which both sides must be named.
const TABLE_WITHIN: usize = 14;
/// Words around a pair of prices in which the coin must be named.
const COIN_WITHIN: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Coin,
    Tenge,
    Money,
}

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let mut out = sides(page, groups, lexicon);
    out.extend(two_rates(page, groups));
    out
}

/// "You give" with what, near "you get" with what, a coin on one side only.
fn sides(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let gives = both(page, groups.give, groups.side_give, groups);
    let gets = both(page, groups.get, groups.side_get, groups);
    let mut first: Option<(&Hit, &Hit)> = None;
    for give in gives {
        let near = gets.iter().filter(|get| {
            get.words.start.abs_diff(give.words.start) <= SIDES_WITHIN && get.words != give.words
        });
        for get in near {
            let kinds = traded(page, give, get, groups, lexicon);
            if kinds.is_some_and(|(a, b)| a == Kind::Tenge || b == Kind::Tenge) {
                let text = quote(page, give, get);
                let sides = page
                    .note("sides_in_text", &text, &page.place(give))
                    .transaction();
                return vec![
                    sides,
                    page.note("tenge_direction", &text, &page.place(give)),
                ];
            }
            if kinds.is_some() && first.is_none() {
                first = Some((give, get));
            }
        }
    }
    let signal = first.map(|(give, get)| {
        page.note("sides_in_text", &quote(page, give, get), &page.place(give))
            .transaction()
    });
    signal.into_iter().collect()
}

/// Hits of two groups that are neither denied nor asked about: "can I pay with USDT?" offers nothing.
fn both<'a>(page: &'a Page, one: usize, other: usize, groups: &Groups) -> Vec<&'a Hit> {
    let hits = page.of_group(one).chain(page.of_group(other));
    hits.filter(|hit| !page.negated(hit, groups) && !page.asked(hit))
        .take(64)
        .collect()
}

/// What is given and what is got, when that makes a trade in coins.
fn traded(
    page: &Page,
    give: &Hit,
    get: &Hit,
    groups: &Groups,
    lexicon: &Lexicon,
) -> Option<(Kind, Kind)> {
    let kinds_after = |from: usize, within: usize| {
        hits_between(page, from, from + within).filter_map(|hit| kind(hit.group, groups, lexicon))
    };
    let trade = |a: Kind, b: Kind| (a == Kind::Coin) != (b == Kind::Coin);
    // The head of a table, or labels set side by side: both sides stand behind them.
    let (first, last) = if give.words.start < get.words.start {
        (give, get)
    } else {
        (get, give)
    };
    let apart = if first.block == last.block { 0 } else { 2 };
    if last.words.start <= first.words.end + apart {
        let kinds: Vec<Kind> = kinds_after(last.words.end, TABLE_WITHIN).collect();
        let coin = kinds.contains(&Kind::Coin).then_some(Kind::Coin);
        let money = kinds
            .iter()
            .find(|kind| **kind == Kind::Tenge)
            .or_else(|| kinds.iter().find(|kind| **kind == Kind::Money));
        if let (Some(coin), Some(money)) = (coin, money) {
            return Some((coin, *money));
        }
    }
    let within = |hit: &Hit, other: &Hit| {
        // What stands behind the other word belongs to the other side.
        let ahead = other
            .words
            .start
            .checked_sub(hit.words.end)
            .unwrap_or(NAMED_WITHIN);
        ahead.min(NAMED_WITHIN)
    };
    let given = kinds_after(give.words.end, within(give, get)).next()?;
    let got = kinds_after(get.words.end, within(get, give)).next()?;
    trade(given, got).then_some((given, got))
}

fn kind(group: usize, groups: &Groups, lexicon: &Lexicon) -> Option<Kind> {
    if group == groups.crypto {
        Some(Kind::Coin)
    } else if super::directions::is_tenge(group, groups, lexicon) {
        Some(Kind::Tenge)
    } else if group == groups.direction_money {
        Some(Kind::Money)
    } else {
        None
    }
}

/// Hits that begin at word `from` or later and before word `to`.
fn hits_between(page: &Page, from: usize, to: usize) -> impl Iterator<Item = &Hit> {
    let start = page.hits.partition_point(|hit| hit.words.start < from);
    let hits = page.hits.get(start..).unwrap_or_default();
    hits.iter().take_while(move |hit| hit.words.start < to)
}

fn quote(page: &Page, give: &Hit, get: &Hit) -> String {
    let (one, other) = (page.quote(give), page.quote(get));
    if one.contains(page.exact(get)) && give.block == get.block {
        one
    } else {
        format!("{one} … {other}")
    }
}

/// A price to buy at and a price to sell at, with a coin near.
fn two_rates(page: &Page, groups: &Groups) -> Option<Signal> {
    let number = |index: usize| {
        let word = page.words.word(index);
        word.len() >= 2 && word.bytes().all(|b| b.is_ascii_digit())
    };
    page.of_group(groups.rate_buy).find_map(|buy| {
        let near = buy.words.start.saturating_sub(8)..buy.words.end + 8;
        let sell = hits_between(page, near.start, near.end)
            .find(|hit| hit.group == groups.rate_sell && hit.words.start != buy.words.start)?;
        let (from, to) = (
            buy.words.start.min(sell.words.start),
            buy.words.end.max(sell.words.end),
        );
        let prices = (from..to + 8).filter(|index| number(*index)).count();
        let around = from.saturating_sub(COIN_WITHIN)..to + COIN_WITHIN;
        let coin =
            hits_between(page, around.start, around.end).any(|hit| hit.group == groups.crypto);
        (prices >= 2 && coin).then(|| {
            page.note("two_rates", &quote(page, buy, sell), &page.place(buy))
                .transaction()
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    fn has(text: &str, id: &str) -> bool {
        ids_of("https://a.test/", &format!("<p>{text}"))
            .iter()
            .any(|found| found == id)
    }

    #[test]
    fn what_is_given_and_got_is_read_in_words() {
        for text in [
            "Вы присылаете USDT, через десять минут мы переводим тенге.",
            "Отдаёте</p><p>Получаете</p><p>BTC</p><p>Каспи KZT",
            "Сіз USDT жібересіз, біз теңге саламыз. Бересіз: USDT. Аласыз: теңге.",
            "You send BTC and you receive KZT on a card.",
            "Envías USDT, recibes tenge.",
            "Siz beresiz: USDT. Siz alasyz: teńge.",
        ] {
            assert!(
                has(text, "sides_in_text") && has(text, "tenge_direction"),
                "{text}"
            );
        }
        assert!(has(
            "Вы отправляете USDT, вы получаете рубли.",
            "sides_in_text"
        ));
    }

    #[test]
    fn gifts_and_money_for_money_are_no_trade() {
        for text in [
            "Вы отправляете доллары, вы получаете тенге.",
            "Вы отдаёте дом, получаете квартиру. USDT тут ни при чём, как и тенге.",
            "Вы не отправляете USDT и не получаете тенге.",
            "You send BTC and you receive ETH.",
            "Can I send USDT or receive tenge? No, dirhams only.",
        ] {
            assert!(!has(text, "sides_in_text"), "{text}");
        }
    }

    #[test]
    fn two_prices_for_a_coin() {
        for text in [
            "USDT: покупаем по 506, продаём по 517.",
            "1 usdt</p><p>берём</p><p>даём</p><p>Алматы</p><p>506</p><p>515",
            "USDT: сатып алу 505 ₸, сату 516 ₸",
            "usdt alu: 505 satu: 516",
        ] {
            assert!(has(text, "two_rates"), "{text}");
        }
        for text in [
            "Доллар: покупаем по 506, продаём по 517.",
            "USDT покупают и продают на биржах.",
        ] {
            assert!(!has(text, "two_rates"), "{text}");
        }
    }
}
