//! What a currency code, option or slug stands for: a crypto asset, tenge, or other money.
//!
//! Codes follow the shape that exchangers' export feeds use: upper-case ASCII, `<system><ISO 4217>`
//! for money (`CARDKZT`, `SBPRUB`) and `<ticker>[<network>]` for crypto assets (`USDTTRC20`).

mod pair;
mod table;

pub use pair::{names_system, of_direction_url, of_pair_url};
pub use table::Table;

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

/// Reads a code such as `USDTTRC20`, `KSPBKZT`, `WMK`, `btc`. `None` when it is none we know.
#[must_use]
pub fn of_code(code: &str) -> Option<Money> {
    let code = code.trim();
    if code.is_empty() || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    Table::shipped().of(&code.to_ascii_uppercase())
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
            f if f.is_ascii() => of_code(f).filter(|_| looks_like_a_code(word, f)),
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

/// A code in running text is written in capitals. In small letters only a name that is nothing else
/// counts, so that no word that is or ends like a code is taken for money.
fn looks_like_a_code(word: &str, folded: &str) -> bool {
    let capitals = !word.chars().any(char::is_lowercase);
    let everyday = Table::shipped().is_word(&folded.to_ascii_uppercase());
    capitals || !everyday && (folded.len() == 3 || of_code(folded) != Some(Money::Fiat))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            ("COUNTRY", None),
            ("CASHILS", Some(Money::Fiat)),
            ("RSHBRUB2", Some(Money::Fiat)),
            ("FRTBKZT3", Some(Money::Tenge)),
            ("HSBKKZKX", Some(Money::Tenge)),
            ("ETHARBTM", Some(Money::Crypto)),
            ("", None),
            ("ТОН", None),
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
            ("Not selected, near a link", None),
            ("Cardholder entry", None),
            ("SOL", Some(Money::Crypto)),
            ("usdt в сети tron", Some(Money::Crypto)),
        ] {
            assert_eq!(of_label(label), money, "{label}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = (of_code(&text), of_label(&text));
        }
    }
}
