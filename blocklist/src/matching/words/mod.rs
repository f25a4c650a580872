//! Word lists as data: what names share, what is added to them, and what is too ordinary to be a
//! name at all. One entry a line, lower case, any script; `#` begins a comment.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

/// Which form a firm has, in three languages; several words a line where the form is a phrase.
pub(super) const LEGAL_FORMS: &str = include_str!("legal_forms.txt");
/// Words that many firms share: they tell none of them apart.
pub(super) const SHARED: &str = include_str!("shared.txt");
/// Words that are added to a brand to make another address.
const ADDED: &str = include_str!("added.txt");
/// Endings of addresses that are glued to a brand.
const ENDINGS: &str = include_str!("endings.txt");
/// Words of everyday speech: near a brand only by chance.
const ORDINARY: &str = include_str!("ordinary.txt");

/// The entries of a list.
pub(super) fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|entry| !entry.is_empty())
}

/// A set of our own words, asked for parts of every name that is looked up: nobody can choose what is
/// in it, so that a plain fast hash (FNV-1a) serves.
type Words = HashSet<&'static str, BuildHasherDefault<Fnv>>;

struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

static IS_ADDED: LazyLock<Words> =
    LazyLock::new(|| entries(ADDED).chain(entries(ENDINGS)).collect());
static IS_ENDING: LazyLock<Words> = LazyLock::new(|| entries(ENDINGS).collect());
static IS_ORDINARY: LazyLock<Words> =
    LazyLock::new(|| entries(ORDINARY).chain(entries(ADDED)).collect());

/// Octets of the longest word or ending that can be added.
pub(super) static LONGEST_ADDED: LazyLock<usize> =
    LazyLock::new(|| IS_ADDED.iter().map(|word| word.len()).max().unwrap_or(0));

/// Whether a word is one that is added to brands, or an ending that is glued to them.
pub(super) fn is_added(word: &str) -> bool {
    IS_ADDED.contains(word)
}

/// Whether a word is the ending of addresses.
pub(super) fn is_ending(word: &str) -> bool {
    IS_ENDING.contains(word)
}

/// Whether a label is an everyday word, or made of such words and of those added to brands.
pub(super) fn is_ordinary(label: &str) -> bool {
    let parts = label.split('-').filter(|part| !part.is_empty());
    let mut parts = parts.peekable();
    parts.peek().is_some() && parts.all(is_ordinary_part)
}

fn is_ordinary_part(part: &str) -> bool {
    let known = |word: &str| IS_ORDINARY.contains(word) || is_ending(word);
    known(part) || {
        let cuts = part.char_indices().map(|(at, _)| part.split_at(at));
        cuts.skip(1).any(|(head, tail)| known(head) && known(tail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_lower_case_without_doubles() {
        for list in [LEGAL_FORMS, SHARED, ADDED, ENDINGS, ORDINARY] {
            let mut seen = HashSet::new();
            for entry in entries(list) {
                assert_eq!(entry, entry.to_lowercase());
                assert!(
                    entry.chars().all(|c| c.is_alphanumeric() || c == ' '),
                    "{entry}"
                );
                assert!(seen.insert(entry), "{entry} stands twice");
            }
            assert!(seen.len() > 20);
        }
    }

    #[test]
    fn ordinary_words_are_known_alone_and_together() {
        for label in ["finance", "signal", "crypto-exchange", "cryptobank", "p2p"] {
            assert!(is_ordinary(label), "{label}");
        }
        for label in ["bybit", "altynarqa", "bybit-kz", "-", ""] {
            assert!(!is_ordinary(label), "{label}");
        }
    }
}
