//! Kazakh business numbers (BIN, БСН, БИН): twelve digits with a date, a kind and a check digit.

use std::sync::LazyLock;

use regex::Regex;

use super::Found;
use crate::document::Block;

static BIN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)[0-9]{12}(?-u:\b)").ok());

pub(super) fn read(block: &Block, found: &mut Found<'_>) {
    for number in located(&block.text) {
        found.in_block("bin", number.as_str().to_owned(), block, number.range());
    }
}

fn located(text: &str) -> impl Iterator<Item = regex::Match<'_>> {
    let pattern = BIN.as_ref();
    let pattern = pattern.filter(|_| super::has_run(text, 12, |b| b.is_ascii_digit()));
    pattern
        .into_iter()
        .flat_map(move |pattern| pattern.find_iter(text))
        .filter(|number| is_bin(number.as_str()))
}

/// Business numbers in `text` whose date and check digit are right.
#[must_use]
pub fn bins(text: &str) -> Vec<String> {
    located(text)
        .map(|found| found.as_str().to_owned())
        .collect()
}

/// The check of a BIN: month 01 to 12, fifth digit 4 to 6, and the mod 11 check digit.
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
