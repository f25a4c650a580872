//! What people type into the check: an address, a name, a licence number or a BIN.

use super::{names::NameKey, number::number_key};
use crate::{DomainName, register::is_bin};

/// Longest text that is read, in octets.
pub const LONGEST: usize = 2_048;

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// A domain, or the host of a web address.
    Host(DomainName),
    /// A licence number, upper case with plain hyphens.
    LicenceNo(String),
    /// A BIN whose check digit is right.
    Bin(String),
    /// A brand or a firm's name, as typed.
    Name(String),
}

/// Why a text cannot be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nothing was typed.
    #[error("give a domain, a web address, a name, a licence number or a BIN")]
    Empty,
    /// More than an address or a name can be.
    #[error("that is too long for an address or a name")]
    TooLong,
    /// Control characters, or marks that turn the direction of writing.
    #[error("that holds characters that cannot be seen; type it anew instead of pasting it")]
    Unseen,
    /// Written like a web address, but none.
    #[error("that is not a domain or a web address")]
    NotAName,
    /// No letter or digit to look for.
    #[error("that holds no letter or digit to look for")]
    NoLetters,
    /// Twelve digits that are no BIN.
    #[error(
        "that is not a BIN: the check digit, its last, does not fit the others; compare the number digit by digit"
    )]
    BinCheck,
    /// A number of another length.
    #[error("that is not a BIN: a BIN has 12 digits")]
    BinLength,
}

impl QueryError {
    /// Key of the message for people.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::Unseen => "unseen",
            Self::NotAName => "name",
            Self::NoLetters => "no-letters",
            Self::BinCheck => "bin-check",
            Self::BinLength => "bin-length",
        }
    }
}

impl Query {
    /// Reads what was typed.
    ///
    /// # Errors
    /// When it is nothing that can be looked up.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(QueryError::Empty);
        }
        if text.len() > LONGEST {
            return Err(QueryError::TooLong);
        }
        if text.chars().any(is_unseen) {
            return Err(QueryError::Unseen);
        }
        if let Some(number) = licence_no(text) {
            return Ok(Self::LicenceNo(number));
        }
        if let Some(digits) = digits(text) {
            return match digits.len() {
                12 if is_bin(&digits) => Ok(Self::Bin(digits)),
                12 => Err(QueryError::BinCheck),
                _ => Err(QueryError::BinLength),
            };
        }
        if looks_like_address(text) {
            return host(text).map(Self::Host);
        }
        if text.chars().count() > LONGEST_NAME {
            return Err(QueryError::TooLong);
        }
        if NameKey::of(text).is_empty() && !text.chars().any(char::is_alphanumeric) {
            return Err(QueryError::NoLetters);
        }
        Ok(Self::Name(text.to_owned()))
    }

    /// What kind of thing was asked: `host`, `licence_no`, `bin` or `name`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::LicenceNo(_) => "licence_no",
            Self::Bin(_) => "bin",
            Self::Name(_) => "name",
        }
    }

    /// What was asked, in the form in which it is looked up.
    pub fn text(&self) -> &str {
        match self {
            Self::Host(name) => name.as_str(),
            Self::LicenceNo(text) | Self::Bin(text) | Self::Name(text) => text,
        }
    }
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A licence number as AFSA writes it, `AFSA-G-LA-2022-0002`, parted by anything and in either script.
fn licence_no(text: &str) -> Option<String> {
    let number = number_key(text);
    let parts: Vec<&str> = number.split('-').collect();
    let letters =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_uppercase());
    let figures = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
    let [authority, class, kind, year, serial] = parts[..] else {
        return None;
    };
    let fits = authority == "AFSA"
        && letters(class, 1)
        && letters(kind, 2)
        && figures(year)
        && figures(serial);
    fits.then_some(number)
}

/// The digits of what can only be meant as a BIN: digits alone, perhaps with its name before them.
fn digits(text: &str) -> Option<String> {
    /// From here on a row of digits is meant as a number, not as a name such as `1991`.
    const FEWEST: usize = 9;
    let lower = text.to_lowercase();
    let number = ["bin", "бин", "бсн", "iin", "иин", "жсн"]
        .iter()
        .find_map(|name| lower.strip_prefix(name))
        .unwrap_or(&lower);
    let mut digits = String::new();
    for c in number.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '\u{a0}' | '-' | ':' | '№' => {}
            _ => return None,
        }
    }
    (digits.len() >= FEWEST).then_some(digits)
}

fn looks_like_address(text: &str) -> bool {
    let inner = text.strip_suffix('.').unwrap_or(text);
    let dotted = inner.contains(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']);
    text.contains("://")
        || text.starts_with("//")
        || (dotted && !text.contains(char::is_whitespace))
        || text.contains("[::")
}

/// Finds the host in a web address. Scheme, user, port, path, query and fragment are dropped.
fn host(text: &str) -> Result<DomainName, QueryError> {
    let after_scheme = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        Some(_) => return Err(QueryError::NotAName),
        None => text.strip_prefix("//").unwrap_or(text),
    };
    let authority = after_scheme
        .split(['/', '?', '#', '\\'])
        .next()
        .unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = DomainName::parse(host).map_err(|_| QueryError::NotAName)?;
    // A single label is a word, not a site.
    if name.as_str().contains('.') {
        Ok(name)
    } else {
        Err(QueryError::NotAName)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 20
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_host_is_found_in_what_people_type() {
        for (text, name) in [
            ("birja.test", "birja.test"),
            ("  BIRJA.test. ", "birja.test"),
            ("https://user:pw@birja.test:8443/trade?x=1#y", "birja.test"),
            ("//birja.test/x", "birja.test"),
            ("http://birja.test?https://other.test", "birja.test"),
            ("https://good.test@birja.test/", "birja.test"),
            ("https://birja.test\\@good.test/", "birja.test"),
            ("birja。test", "birja.test"),
        ] {
            let found = Query::parse(text).unwrap();
            assert_eq!((found.kind(), found.text()), ("host", name), "{text}");
        }
        let found = Query::parse("биржа.қаз").unwrap();
        assert!(found.text().starts_with("xn--"), "{found:?}");
    }

    #[test]
    fn numbers_are_known_by_their_shape() {
        for (text, kind, number) in [
            ("AFSA-G-LA-2022-0002", "licence_no", "AFSA-G-LA-2022-0002"),
            (
                "№ afsa–g–la–2022–0002 ",
                "licence_no",
                "AFSA-G-LA-2022-0002",
            ),
            ("АFSA-G-LA-2022-0002", "licence_no", "AFSA-G-LA-2022-0002"),
            ("220340900479", "bin", "220340900479"),
            ("БИН: 2203 4090 0479", "bin", "220340900479"),
            ("БСН 220340900479", "bin", "220340900479"),
            ("AFSA-G-LA-2022-2", "name", "AFSA-G-LA-2022-2"),
            ("1991", "name", "1991"),
            ("kaspi", "name", "kaspi"),
            ("Bybit Ltd.", "name", "Bybit Ltd."),
            ("two words.test", "name", "two words.test"),
        ] {
            let found = Query::parse(text).unwrap();
            assert_eq!((found.kind(), found.text()), (kind, number), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, error) in [
            ("  ", QueryError::Empty),
            ("220340900478", QueryError::BinCheck),
            ("22034090047", QueryError::BinLength),
            ("127.0.0.1", QueryError::NotAName),
            ("http://[::1]/", QueryError::NotAName),
            ("1 2://x.test", QueryError::NotAName),
            ("https://", QueryError::NotAName),
            ("a..b", QueryError::NotAName),
            ("..", QueryError::NotAName),
            ("💥", QueryError::NoLetters),
            ("-", QueryError::NoLetters),
            ("\u{1b}[2J", QueryError::Unseen),
            ("by\u{202e}tib", QueryError::Unseen),
        ] {
            assert_eq!(Query::parse(text), Err(error), "{text}");
        }
        assert_eq!(Query::parse(&"a.".repeat(5_000)), Err(QueryError::TooLong));
        assert_eq!(Query::parse(&"a ".repeat(300)), Err(QueryError::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,120}|[0-9 -]{0,20}|(AFSA|afsa)?[-–A-Z0-9]{0,20}") {
            match Query::parse(&text) {
                Ok(Query::Host(name)) => prop_assert!(name.as_str().contains('.')),
                Ok(Query::Bin(bin)) => prop_assert!(is_bin(&bin)),
                Ok(found) => prop_assert!(!found.text().is_empty() && !found.text().chars().any(char::is_control)),
                Err(_) => {}
            }
        }
    }
}
