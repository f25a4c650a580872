//! What may link this site to others of the same operator: wallets, analytics ids, handles, phones.
//! Only what passes its checksum or its exact shape is kept; contracts of coins are dropped.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::signal::Page;

/// One identifier and where it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// `wallet.tron`, `wallet.bitcoin`, `wallet.evm`, `analytics.google`, `telegram`, `phone`, `bin`, …
    pub kind: String,
    /// The identifier.
    pub value: String,
    /// Where it stands.
    #[serde(rename = "where")]
    pub place: String,
    /// The page.
    pub url: String,
}

/// A wallet address whose checksum (or, for one-case EVM addresses, shape) is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// `wallet.tron`, `wallet.bitcoin` or `wallet.evm`.
    pub kind: &'static str,
    /// The address.
    pub value: String,
}

/// Contracts of coins: addresses that every page may show.
const CONTRACTS: &[&str] = &[
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    "0xdac17f958d2ee523a2206206994597c13d831ec7",
];

type Pattern = LazyLock<Option<Regex>>;
static BASE58: Pattern =
    LazyLock::new(|| Regex::new(r"(?-u:\b)[T13][1-9A-HJ-NP-Za-km-z]{25,33}(?-u:\b)").ok());
static EVM: Pattern = LazyLock::new(|| Regex::new(r"(?-u:\b)0x[0-9a-fA-F]{40}(?-u:\b)").ok());
static GOOGLE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)(?:UA-[0-9]{4,10}-[0-9]{1,4}|G-[A-Z0-9]{8,12}|GTM-[A-Z0-9]{4,9}|AW-[0-9]{9,11})(?-u:\b)").ok()
});
static METRIKA: Pattern = LazyLock::new(|| {
    Regex::new(r"(?:(?-u:\b)ym\([ \t\u{a0}]*|mc\.yandex\.ru/watch/)([0-9]{6,9})").ok()
});
static TELEGRAM: Pattern = LazyLock::new(|| {
    Regex::new(r"(?:t\.me|telegram\.me)/(?:s/)?([A-Za-z][A-Za-z0-9_]{4,31})(?-u:\b)").ok()
});
static EMAIL: Pattern = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,190}\.[A-Za-z]{2,24}(?-u:\b)")
        .ok()
});
static PHONE: Pattern = LazyLock::new(|| {
    Regex::new(r"\+7[ \u{a0}(\-]*[0-9]{3}[ \u{a0})\-]*[0-9]{3}[ \u{a0}\-]?[0-9]{2}[ \u{a0}\-]?[0-9]{2}(?-u:\b)").ok()
});
static BIN: Pattern = LazyLock::new(|| Regex::new(r"(?-u:\b)[0-9]{12}(?-u:\b)").ok());

/// Reads one page; at most 100 identifiers.
#[must_use]
pub fn read(page: &Page) -> Vec<Identifier> {
    let mut found = Found {
        page,
        seen: HashSet::new(),
        list: Vec::new(),
    };
    for script in &page.document.scripts {
        found.all("analytics.google", &GOOGLE, script, 0, "script");
        found.all("analytics.metrika", &METRIKA, script, 1, "script");
    }
    for asset in &page.document.assets {
        found.all("analytics.google", &GOOGLE, asset, 0, "script[src]");
        found.all("analytics.metrika", &METRIKA, asset, 1, "script[src]");
    }
    for link in &page.document.links {
        found.all("telegram", &TELEGRAM, link.url.as_str(), 1, "a[href]");
    }
    for block in &page.document.blocks {
        for wallet in wallets(&block.text) {
            found.add(wallet.kind, wallet.value, &block.place);
        }
        found.all("telegram", &TELEGRAM, &block.text, 1, &block.place);
        found.all("email", &EMAIL, &block.text, 0, &block.place);
        if let Some(pattern) = PHONE.as_ref() {
            for phone in pattern.find_iter(&block.text) {
                let digits: String = phone
                    .as_str()
                    .chars()
                    .filter(|c| c.is_ascii_digit() || *c == '+')
                    .collect();
                found.add("phone", digits, &block.place);
            }
        }
        for bin in bins(&block.text) {
            found.add("bin", bin, &block.place);
        }
    }
    for (name, content) in &page.document.meta {
        if matches!(
            name.as_str(),
            "google-site-verification" | "yandex-verification"
        ) && content.len() >= 8
        {
            found.add(&format!("verification.{name}"), content.clone(), "meta");
        }
    }
    found.list
}

struct Found<'a> {
    page: &'a Page,
    seen: HashSet<(String, String)>,
    list: Vec<Identifier>,
}

impl Found<'_> {
    fn all(&mut self, kind: &str, pattern: &Pattern, text: &str, group: usize, place: &str) {
        let Some(pattern) = pattern.as_ref() else {
            return;
        };
        for captures in pattern.captures_iter(text) {
            if let Some(value) = captures.get(group) {
                self.add(kind, value.as_str().to_owned(), place);
            }
        }
    }

    fn add(&mut self, kind: &str, value: String, place: &str) {
        if self.list.len() < 100 && self.seen.insert((kind.to_owned(), value.clone())) {
            self.list.push(Identifier {
                kind: kind.to_owned(),
                value,
                place: place.to_owned(),
                url: self.page.url.to_string(),
            });
        }
    }
}

/// Wallet addresses in `text`.
#[must_use]
pub fn wallets(text: &str) -> Vec<Wallet> {
    let mut out = Vec::new();
    if let Some(pattern) = BASE58.as_ref() {
        for found in pattern.find_iter(text) {
            let kind = match base58check(found.as_str()) {
                Some(0x41) => "wallet.tron",
                Some(0x00 | 0x05) => "wallet.bitcoin",
                _ => continue,
            };
            out.push(Wallet {
                kind,
                value: found.as_str().to_owned(),
            });
        }
    }
    if let Some(pattern) = EVM.as_ref() {
        for found in pattern.find_iter(text) {
            out.push(Wallet {
                kind: "wallet.evm",
                value: found.as_str().to_lowercase(),
            });
        }
    }
    out.retain(|wallet| !CONTRACTS.contains(&wallet.value.as_str()));
    out
}

/// The version byte of a base58check string of 25 bytes whose checksum is right.
fn base58check(text: &str) -> Option<u8> {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0_u8; 25];
    for c in text.bytes() {
        let mut carry = ALPHABET.iter().position(|a| *a == c)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry & 0xFF).ok()?;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    let (payload, check) = bytes.split_at(21);
    let sum = Sha256::digest(Sha256::digest(payload));
    (sum.get(..4)? == check).then_some(bytes[0])
}

/// Business and personal numbers of 12 digits whose date and check digit are right.
#[must_use]
pub fn bins(text: &str) -> Vec<String> {
    let Some(pattern) = BIN.as_ref() else {
        return Vec::new();
    };
    pattern
        .find_iter(text)
        .map(|found| found.as_str())
        .filter(|bin| is_bin(bin))
        .map(str::to_owned)
        .collect()
}

/// The check of a Kazakh BIN: month 01 to 12, fifth digit 4 to 6, and the mod 11 check digit.
#[must_use]
pub fn is_bin(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let &[_, _, m1, m2, kind, _, _, _, _, _, _, check] = digits.as_slice() else {
        return false;
    };
    let month = m1 * 10 + m2;
    if digits.len() != text.len() || !(1..=12).contains(&month) || !(4..=6).contains(&kind) {
        return false;
    }
    let sum = |weights: &[u32]| digits.iter().zip(weights).map(|(d, w)| d * w).sum::<u32>() % 11;
    let first = sum(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let control = if first == 10 {
        sum(&[3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2])
    } else {
        first
    };
    control < 10 && control == check
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn checksums_decide() {
        // The genesis block's address, and the same with one letter changed.
        assert_eq!(
            wallets("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")[0].kind,
            "wallet.bitcoin"
        );
        assert!(wallets("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb").is_empty());
        assert!(
            wallets("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t").is_empty(),
            "a coin's contract is nobody's wallet"
        );
    }

    #[test]
    fn bin_check_digit() {
        assert!(is_bin("220340900479"));
        assert!(is_bin("230740900475"));
        assert!(!is_bin("220340900478"));
        assert!(!is_bin("221340900479"), "month 13");
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = (wallets(&text), bins(&text), is_bin(&text));
        }
    }
}
