//! Directions of exchange in addresses: `/exchange-usdt-to-kzt`, `/exchange/BTC/CARDKZT`,
//! `?cur_from=USDTTRC20&cur_to=KSPBKZT`.

use url::Url;

use super::table::Table;
use super::{Money, of_code};

/// Words of an address that speak of trade.
const VERBS: &[&str] = &[
    "to",
    "na",
    "cur",
    "exchange",
    "xchange",
    "obmen",
    "obmin",
    "swap",
    "buy",
    "sell",
    "from",
    "airbastau",
    "aiyrbastau",
    "kupit",
    "prodat",
    "calculator",
    "trade",
    "spot",
    "p2p",
    "cambiar",
    "intercambio",
];
/// Words that exchangers' programs put before a direction.
const SHAPES: &[&str] = &[
    "exchange",
    "xchange",
    "obmen",
    "obmin",
    "swap",
    "calculator",
    "aiyrbastau",
];

/// Words of an address of a direction at most.
const MAX_WORDS: usize = 14;

/// The currencies in a URL's path and query, when it looks like a direction of exchange.
#[must_use]
pub fn of_pair_url(url: &Url) -> Option<(Money, Money)> {
    let words = || parts(url.path()).chain(parts(url.query().unwrap_or_default()));
    if !words().any(|word| is_one_of(word, VERBS)) {
        return None;
    }
    let words: Vec<&str> = words().take(MAX_WORDS + 1).collect();
    if words.len() > MAX_WORDS {
        return None;
    }
    let turn = words.iter().position(|word| is_one_of(word, &["to", "na"]));
    // A ticker that is a word too counts right before or behind the turn (`sol-to-kzt`).
    let beside = |at: usize| turn.is_some_and(|turn| at.abs_diff(turn) == 1);
    let mut sides = words.iter().enumerate().filter_map(|(at, word)| {
        let money = of_code(word)?;
        let everyday = Table::shipped().is_word(&word.to_ascii_uppercase());
        (!everyday || beside(at)).then_some(money)
    });
    let found = (sides.next()).zip(sides.next());
    found
        .filter(|sides| is_trade(*sides))
        .or_else(|| of_direction_url(url))
}

/// The two sides of an address in the shape that exchangers' programs give each direction:
/// `/exchange-<code>-to-<code>`, `/exchange_<code>_to_<code>`, `/exchange/<code>-to-<code>`,
/// `/calculator/<code>-to-<code>-to-<city>`. A coin may be one that nobody has listed, as long as the
/// other side is the code of a payment system (`sui-to-cardkzt`).
#[must_use]
pub fn of_direction_url(url: &Url) -> Option<(Money, Money)> {
    let words: Vec<&str> = parts(url.path()).collect();
    let shape = words.iter().position(|word| is_one_of(word, SHAPES))?;
    let direction = words.get(shape + 1..)?;
    let turn = direction
        .iter()
        .position(|word| is_one_of(word, &["to", "na"]))?;
    let give = direction.get(..turn)?;
    let get = direction.get(turn + 1..)?;
    if !(1..=3).contains(&give.len()) || get.is_empty() {
        return None;
    }
    let get = get.get(..get.len().min(2))?;
    let sides = match (side(give), side(get)) {
        (Some(give), Some(get)) => (give, get),
        (None, Some(money)) if is_ticker(give) && is_system_code(get) => (Money::Crypto, money),
        (Some(money), None) if is_ticker(get) && is_system_code(give) => (money, Money::Crypto),
        _ => return None,
    };
    is_trade(sides).then_some(sides)
}

/// Whether an address names a payment system, as `/btc-to-kzt-visa` does.
#[must_use]
pub fn names_system(url: &Url) -> bool {
    parts(url.path()).any(|word| Table::shipped().is_system(&word.to_ascii_uppercase()))
}

/// Letters and digits between marks.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|listed| listed.eq_ignore_ascii_case(word))
}

/// A coin on one side: money against money is a bank's business.
fn is_trade((give, get): (Money, Money)) -> bool {
    give == Money::Crypto || get == Money::Crypto
}

/// What one side of a direction is: the first code in it, where networks alone count for nothing.
fn side(words: &[&str]) -> Option<Money> {
    let network = |word: &str| Table::shipped().is_network(&word.to_ascii_uppercase());
    let alone = words.len() == 1;
    words
        .iter()
        .filter(|word| alone || !network(word))
        .find_map(|word| of_code(word))
}

/// One word of a ticker's length.
fn is_ticker(words: &[&str]) -> bool {
    words.len() == 1 && words.iter().all(|word| (2..=10).contains(&word.len()))
}

/// The code of a payment system with its money, not the bare money: `CARDKZT`, not `KZT`.
fn is_system_code(words: &[&str]) -> bool {
    words.first().is_some_and(|word| {
        word.len() > 4 && matches!(of_code(word), Some(Money::Tenge | Money::Fiat))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(path: &str) -> Url {
        Url::parse("https://a.test/").unwrap().join(path).unwrap()
    }

    #[test]
    fn pairs_in_addresses() {
        for (path, pair) in [
            ("/exchange-USDT-to-KZT", Some((Money::Crypto, Money::Tenge))),
            (
                "/?cur_from=USDTTRC20&cur_to=KSPBKZT",
                Some((Money::Crypto, Money::Tenge)),
            ),
            (
                "/exchange/?from=BTC&to=CARDKZT",
                Some((Money::Crypto, Money::Tenge)),
            ),
            (
                "/usdt-bep20-to-kzt-forte",
                Some((Money::Crypto, Money::Tenge)),
            ),
            (
                "/en/exchange-ton-to-jsnbkzt",
                Some((Money::Crypto, Money::Tenge)),
            ),
            ("/en/sol-to-kzt-forte", Some((Money::Crypto, Money::Tenge))),
            ("/news/link-to-registry", None),
            ("/news/usd-to-kzt", None),
            ("/how-to-buy", None),
            ("/buy-bitcoin-in-any-country", None),
            ("/exchange-of-experience-to-industry", None),
        ] {
            assert_eq!(of_pair_url(&url(path)), pair, "{path}");
        }
    }

    #[test]
    fn the_shape_of_exchangers_programs() {
        for (path, pair) in [
            (
                "/exchange-xmr-to-rshbrub2",
                Some((Money::Crypto, Money::Fiat)),
            ),
            (
                "/kk/exchange/dot-to-wiregel",
                Some((Money::Crypto, Money::Fiat)),
            ),
            (
                "/exchange_usdtavaxc_to_pnreur",
                Some((Money::Crypto, Money::Fiat)),
            ),
            (
                "/exchange-newcoin-to-cardkzt",
                Some((Money::Crypto, Money::Tenge)),
            ),
            (
                "/exchange-kspbkzt-to-newcoin",
                Some((Money::Tenge, Money::Crypto)),
            ),
            (
                "/ru/calculator/USDTTRC-to-CASHKZT-to-alm",
                Some((Money::Crypto, Money::Tenge)),
            ),
            (
                "/exchange-usdt-trc20-to-kzt",
                Some((Money::Crypto, Money::Tenge)),
            ),
            ("/convert/btc-to-kzt", None),
            ("/exchange-letters-to-friends", None),
            ("/exchange-cardusd-to-cardkzt", None),
            ("/exchange", None),
        ] {
            assert_eq!(of_direction_url(&url(path)), pair, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_address(path in "(/|-|_|exchange|to|usdt|cardkzt|[a-z0-9?=&]){0,20}") {
            let url = url(&format!("/{}", path.trim_start_matches('/')));
            if of_direction_url(&url).is_some() {
                prop_assert!(of_pair_url(&url).is_some());
            }
        }
    }
}
