//! What a currency code, option or slug stands for: a crypto asset, tenge, or other money.
//!
//! Codes follow the shape that exchangers' export feeds use: upper-case ASCII, `<system><ISO 4217>`
//! for money (`CARDKZT`, `SBPRUB`) and `<ticker>[<network>]` for crypto assets (`USDTTRC20`).

/// One side of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Money {
    /// A crypto asset.
    Crypto,
    /// Tenge, in whatever form.
    Tenge,
    /// Any other state money.
    Fiat,
}

/// Tickers that are not also everyday words, so that they count in a slug.
const PLAIN: &[&str] = &[
    "BTC", "ETH", "USDT", "USDC", "LTC", "XMR", "TRX", "BCH", "DOGE", "XRP", "DAI", "TUSD", "BNB",
    "ZEC", "XLM", "MATIC", "BUSD", "FDUSD", "XBT", "TETHER", "BITCOIN", "ETHEREUM", "LITECOIN",
    "MONERO", "TONCOIN", "DOGECOIN",
];
/// Tickers that are also words; they count only where a currency is expected.
const AMBIGUOUS: &[&str] = &[
    "SOL", "TON", "ADA", "DASH", "ETC", "POL", "ATOM", "DOT", "AVAX", "TRON", "SOLANA", "RIPPLE",
];
const NETWORKS: &[&str] = &[
    "", "TRC", "TRC20", "ERC", "ERC20", "BEP2", "BEP20", "BSC", "TON", "SOL", "POLYGON", "ARB",
    "ARBTM", "OMNI", "OP", "OPTM", "LN", "AVAX", "AVAXC", "NEAR", "POL",
];
const ISO: &[&str] = &[
    "RUB", "RUR", "USD", "EUR", "UAH", "BYN", "UZS", "KGS", "AMD", "MDL", "GEL", "CNY", "AED",
    "TRY", "GBP", "PLN", "AZN", "TJS", "THB", "IDR", "VND", "INR",
];

/// Reads a code such as `USDTTRC20`, `KSPBKZT`, `WMK`, `BTC`. `None` when it is none we know.
#[must_use]
pub fn of_code(code: &str) -> Option<Money> {
    let code = code.trim().to_ascii_uppercase();
    if !(3..=16).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    if code.ends_with("KZT") || code == "WMK" || code.contains("KZK") && code.len() >= 7 {
        return Some(Money::Tenge);
    }
    let crypto = PLAIN.iter().chain(AMBIGUOUS).any(|ticker| {
        code.strip_prefix(ticker)
            .is_some_and(|network| NETWORKS.contains(&network))
    });
    if crypto {
        return Some(Money::Crypto);
    }
    ISO.iter()
        .any(|iso| code.ends_with(iso))
        .then_some(Money::Fiat)
}

/// Reads what a visitor sees in a choice: `Tether USDT (TRC20)`, `Kaspi Gold, ₸`, `Наличные рубли`.
#[must_use]
pub fn of_label(label: &str) -> Option<Money> {
    let mut found = None;
    for word in label
        .split(|c: char| !c.is_alphanumeric() && c != '₸')
        .filter(|w| !w.is_empty())
    {
        let folded = crate::words::fold(word);
        let money = match folded.as_str() {
            "₸" | "тенге" | "тңг" | "tenge" => Some(Money::Tenge),
            f if f.starts_with("теңге") => Some(Money::Tenge),
            f if f.starts_with("биткоин")
                || f.starts_with("биткойн")
                || f.starts_with("эфириум") =>
            {
                Some(Money::Crypto)
            }
            f if f.starts_with("рубл") || f.starts_with("доллар") || f == "евро" => {
                Some(Money::Fiat)
            }
            f if f.is_ascii() => of_code(f),
            _ => None,
        };
        match (found, money) {
            // "USDT TRC20 to KZT" is not one currency; the first word decides, except that tenge
            // is named after its rail ("Kaspi USD/KZT").
            (_, Some(Money::Tenge)) => return Some(Money::Tenge),
            (None, Some(money)) => found = Some(money),
            _ => {}
        }
    }
    found
}

/// The currencies in a URL's path and query, when it looks like a direction of exchange:
/// `/exchange-usdt-to-kzt`, `/exchange/BTC/CARDKZT`, `?cur_from=USDTTRC20&cur_to=KSPBKZT`.
#[must_use]
pub fn of_pair_url(url: &url::Url) -> Option<(Money, Money)> {
    let text = format!("{} {}", url.path(), url.query().unwrap_or_default());
    let words: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let verb = words.iter().any(|word| {
        let word = word.to_ascii_lowercase();
        matches!(
            word.as_str(),
            "to" | "na"
                | "cur"
                | "exchange"
                | "xchange"
                | "obmen"
                | "swap"
                | "buy"
                | "sell"
                | "from"
                | "airbastau"
                | "kupit"
                | "prodat"
                | "calculator"
                | "trade"
                | "spot"
                | "p2p"
                | "cambiar"
        )
    });
    if !verb || words.len() > 14 {
        return None;
    }
    let mut sides = words.iter().filter_map(|word| {
        let money = of_code(word)?;
        let ambiguous = AMBIGUOUS
            .iter()
            .any(|ticker| word.eq_ignore_ascii_case(ticker));
        (!ambiguous).then_some(money)
    });
    let (first, second) = (sides.next()?, sides.next()?);
    (first == Money::Crypto || second == Money::Crypto).then_some((first, second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    #[test]
    fn codes() {
        for (code, money) in [
            ("USDTTRC20", Some(Money::Crypto)),
            ("BTC", Some(Money::Crypto)),
            ("usdcerc20", Some(Money::Crypto)),
            ("KSPBKZT", Some(Money::Tenge)),
            ("WMK", Some(Money::Tenge)),
            ("KZT", Some(Money::Tenge)),
            ("CARDRUB", Some(Money::Fiat)),
            ("CASHUSD", Some(Money::Fiat)),
            ("SOLID", None),
            ("ARTICLE", None),
        ] {
            assert_eq!(of_code(code), money, "{code}");
        }
    }

    #[test]
    fn labels() {
        for (label, money) in [
            ("Tether (TRC20) USDT", Some(Money::Crypto)),
            ("Kaspi Gold, ₸", Some(Money::Tenge)),
            ("Қолма-қол теңге", Some(Money::Tenge)),
            ("Наличные рубли", Some(Money::Fiat)),
            ("Выберите валюту", None),
            ("Биткоин", Some(Money::Crypto)),
        ] {
            assert_eq!(of_label(label), money, "{label}");
        }
    }

    #[test]
    fn pair_urls() {
        let of =
            |path: &str| of_pair_url(&Url::parse("https://a.test/").unwrap().join(path).unwrap());
        assert_eq!(
            of("/exchange-USDT-to-KZT"),
            Some((Money::Crypto, Money::Tenge))
        );
        assert_eq!(
            of("/?cur_from=USDTTRC20&cur_to=KSPBKZT"),
            Some((Money::Crypto, Money::Tenge))
        );
        assert_eq!(
            of("/exchange/?from=BTC&to=CARDKZT"),
            Some((Money::Crypto, Money::Tenge))
        );
        assert_eq!(of("/news/usd-to-kzt"), None);
        assert_eq!(of("/how-to-buy"), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = (of_code(&text), of_label(&text));
        }
    }
}
