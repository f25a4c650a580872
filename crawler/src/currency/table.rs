//! The table of currency codes, read from its data file.

use std::sync::LazyLock;

use foldhash::fast::RandomState;
use serde::Deserialize;

use super::Money;
use crate::lexicon::{LexiconError, line};

/// Codes are ASCII and short; longer words are none.
const MAX_CODE: usize = 16;

type Codes = std::collections::HashSet<String, RandomState>;
type List = Vec<toml::Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    coins: List,
    words: List,
    networks: List,
    tenge: List,
    money: List,
    systems: List,
    not: List,
}

/// Currency codes by what they stand for.
#[derive(Debug, Default)]
pub struct Table {
    /// Tickers that are words too.
    words: Codes,
    networks: Codes,
    /// Every ticker, alone and with each network behind it: one look instead of one a cut.
    on_networks: Codes,
    tenge: Codes,
    money: Codes,
    systems: Codes,
    not: Codes,
}

static SHIPPED: LazyLock<Table> =
    LazyLock::new(|| Table::load(data::lexicon::CURRENCIES).unwrap_or_default());

impl Table {
    /// The table shipped with the program. Were it broken, [`Table::load`] would have said so when
    /// the lexicons were read.
    pub(super) fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a `(file name, TOML text)` pair.
    ///
    /// # Errors
    /// The first code that is none, with file and line.
    pub fn load((file, text): (&str, &str)) -> Result<Self, LexiconError> {
        let parsed: File = toml::from_str(text).map_err(|error| LexiconError::Syntax {
            file: file.to_owned(),
            problem: error.to_string(),
        })?;
        let read = |list: List| -> Result<Codes, LexiconError> {
            let mut codes = Codes::default();
            for spanned in list {
                let line = line(text, spanned.span().start);
                let entry = spanned.into_inner();
                let shape = entry
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
                let problem = if !shape || !(2..=MAX_CODE).contains(&entry.len()) {
                    "a code is 2 to 16 capital ASCII letters and digits"
                } else if codes.contains(&entry) {
                    "the code stands twice in its list"
                } else {
                    codes.insert(entry);
                    continue;
                };
                return Err(LexiconError::Entry {
                    file: file.to_owned(),
                    line,
                    entry,
                    problem,
                });
            }
            Ok(codes)
        };
        let (coins, words) = (read(parsed.coins)?, read(parsed.words)?);
        let networks = read(parsed.networks)?;
        let alone = coins.iter().chain(&words).cloned();
        let on_networks = coins.iter().chain(&words).flat_map(|ticker| {
            let networks = networks.iter();
            networks.map(move |network| format!("{ticker}{network}"))
        });
        Ok(Self {
            on_networks: alone.chain(on_networks).collect(),
            words,
            networks,
            tenge: read(parsed.tenge)?,
            money: read(parsed.money)?,
            systems: read(parsed.systems)?,
            not: read(parsed.not)?,
        })
    }

    /// What an upper-case code stands for.
    pub(super) fn of(&self, code: &str) -> Option<Money> {
        let long_enough = (3..=MAX_CODE).contains(&code.len()) || self.words.contains(code);
        if !long_enough || self.not.contains(code) {
            return None;
        }
        if code.ends_with("KZT") || self.tenge.contains(code) {
            return Some(Money::Tenge);
        }
        if self.on_networks.contains(code) {
            return Some(Money::Crypto);
        }
        // A variant of a code is numbered: RSHBRUB2.
        let plain = code.trim_end_matches(|c: char| c.is_ascii_digit());
        if plain.ends_with("KZT") {
            return Some(Money::Tenge);
        }
        let fiat = plain.len() >= 3
            && plain
                .get(plain.len() - 3..)
                .is_some_and(|iso| self.money.contains(iso));
        (fiat || self.systems.contains(code)).then_some(Money::Fiat)
    }

    /// Whether the code is an everyday word too.
    pub(super) fn is_word(&self, code: &str) -> bool {
        self.words.contains(code)
    }

    /// Whether the code names a payment system without its money: `VISA`.
    pub(super) fn is_system(&self, code: &str) -> bool {
        self.systems.contains(code)
    }

    /// Whether the code names nothing but a network: `TRC20`.
    pub(super) fn is_network(&self, code: &str) -> bool {
        self.networks.contains(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_loads() {
        assert!(
            Table::load(data::lexicon::CURRENCIES)
                .unwrap()
                .on_networks
                .len()
                > 20
        );
    }

    #[test]
    fn a_code_that_is_none_is_named_by_its_line() {
        let (file, text) = data::lexicon::CURRENCIES;
        let broken = text.replacen("\"BTC\"", "\"btc\"", 1);
        let error = Table::load((file, &broken)).unwrap_err().to_string();
        let line = text
            .lines()
            .position(|line| line.contains("\"BTC\""))
            .unwrap()
            + 1;
        assert!(
            error.starts_with(&format!("{file}, line {line}: entry \"btc\"")),
            "{error}"
        );
        let twice = text.replacen("\"BTC\"", "\"BTC\", \"BTC\"", 1);
        assert!(Table::load((file, &twice)).is_err());
    }
}
