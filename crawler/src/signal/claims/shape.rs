//! What a number of a licence may look like, and what is a date, a year, a telephone or a business
//! number instead. Nothing here looks at the words around it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What may part a number, within a pattern's brackets.
const DASHES: &str = r"\-\u{2010}-\u{2015}\u{2212}";
/// Longest number, in bytes.
const LONGEST: usize = 60;

/// The number as AFSA writes it, in either script, parted by whatever a page puts between its parts.
static OF_AFSA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let gap = format!(r"(?:\s?[{DASHES}_/.\u{{ad}}]\s?|\s)");
    let letter = "[A-ZАВЕКМНОРСТУХІ]";
    Regex::new(&format!(
        r"(?i)\b(?:[AА]F[SЅ][AА]|АФСА){gap}{letter}{gap}{letter}{{2}}{gap}20\d\d{gap}\d{{4}}\b"
    ))
    .ok()
});
/// Parts of capitals and figures; a line may end behind a dash or a slash. In small letters only as
/// `ab-cd-000123`.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let part = r"[\p{Lu}0-9]+";
    let capitals =
        format!(r"\b{part}(?:(?:[{DASHES}_/.\\]{part})|(?:[{DASHES}_/]\s[0-9][\p{{Lu}}0-9]*))*\b");
    let small = format!(
        r"\b[a-z]{{2,5}}(?:[{DASHES}_/][a-z]{{1,4}}){{0,3}}[{DASHES}_/][0-9]{{2,}}(?:[{DASHES}_/.][0-9a-z]+)*\b"
    );
    Regex::new(&format!("{capitals}|{small}")).ok()
});
static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})$",
    )
    .ok()
});
static YEARS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"^(?:19|20)\d\d(?:[{DASHES}/]\s?(?:(?:19|20)\d\d|\d\d))?$"
    ))
    .ok()
});
/// Groups of a telephone: `8-701-123-45-67`, `355-01-22`.
static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"^(?:[78][{DASHES}.]?)?(?:\d{{3,4}}[{DASHES}.])?\d{{2,3}}[{DASHES}.]\d\d[{DASHES}.]\d\d$"
    ))
    .ok()
});

/// What could be a number.
pub(super) struct Shape {
    /// Where it stands.
    pub(super) at: Range<usize>,
    /// How much its looks say.
    pub(super) looks: Looks,
}

/// How much the looks of a number say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Looks {
    /// A few figures: a number where the text says that one follows.
    Plain,
    /// Long, or of several parts: a number beside its word, too.
    Long,
    /// AFSA's: a number of a licence wherever it stands.
    Telling,
}

/// Everything in the text that could be a number of a licence, in order.
pub(super) fn shapes(text: &str) -> Vec<Shape> {
    let pattern = OF_AFSA.as_ref();
    let mut found: Vec<Shape> = pattern
        .into_iter()
        .flat_map(|pattern| pattern.find_iter(text))
        .map(|number| Shape {
            at: number.range(),
            looks: Looks::Telling,
        })
        .collect();
    let telling = found.len();
    let pattern = WRITTEN.as_ref();
    for number in pattern
        .into_iter()
        .flat_map(|pattern| pattern.find_iter(text))
    {
        let at = number.range();
        let within = |known: &Shape| at.start < known.at.end && known.at.start < at.end;
        if found.iter().take(telling).any(within) || is_torn(text, &at) {
            continue;
        }
        if let Some(looks) = looks(number.as_str()) {
            found.push(Shape { at, looks });
        }
    }
    found.sort_by_key(|shape| shape.at.start);
    found
}

/// Whether it is a piece of something else: an amount, a share, a mail address, a telephone.
fn is_torn(text: &str, at: &Range<usize>) -> bool {
    let before = text.get(..at.start).unwrap_or_default();
    let after = text.get(at.end..).unwrap_or_default();
    let money = ['$', '€', '£', '₸', '%', '₽'];
    before.ends_with(['+', '@', '=', ','])
        || before.trim_end().ends_with(money)
        || after.starts_with(['@', '='])
        || after.trim_start().starts_with(money)
}

fn looks(number: &str) -> Option<Looks> {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_whole = digits == number.len();
    let is = |pattern: &LazyLock<Option<Regex>>| {
        let pattern = pattern.as_ref();
        pattern.is_none_or(|pattern| pattern.is_match(number))
    };
    let is_phone = is_whole && digits == 11 && number.starts_with(['7', '8']) || is(&PHONE);
    // A BIN or IIN, whether its check digit is right or not.
    let is_business = is_whole && digits == 12;
    if digits < 2 || number.len() > LONGEST || is_phone || is_business || is(&DATE) {
        return None;
    }
    let long = digits >= 6 || digits >= 4 && !is_whole;
    Some(if long && !is(&YEARS) {
        Looks::Long
    } else {
        Looks::Plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(&str, Looks)> {
        let found = shapes(text).into_iter();
        found.map(|shape| (&text[shape.at], shape.looks)).collect()
    }

    #[test]
    fn numbers_by_their_looks() {
        for (text, number, looks) in [
            (
                "Licence AFSA-A-LA-2099-0001 of",
                "AFSA-A-LA-2099-0001",
                Looks::Telling,
            ),
            (
                "№ AFSA–A–LA–2099–0001",
                "AFSA–A–LA–2099–0001",
                Looks::Telling,
            ),
            ("afsa‑a‑la‑2099‑0001", "afsa‑a‑la‑2099‑0001", Looks::Telling),
            (
                "AFSA - A - LA - 2099 - 0001",
                "AFSA - A - LA - 2099 - 0001",
                Looks::Telling,
            ),
            ("AFSA A LA 2099 0001", "AFSA A LA 2099 0001", Looks::Telling),
            ("AFSA/A/LA/2099/0001", "AFSA/A/LA/2099/0001", Looks::Telling),
            ("АFSА-А-LА-2099-0001", "АFSА-А-LА-2099-0001", Looks::Telling),
            ("АФСА-А-LA-2099-0001", "АФСА-А-LA-2099-0001", Looks::Telling),
            ("4.2.123/456 от", "4.2.123/456", Looks::Long),
            ("4.2.123/ 456", "4.2.123/ 456", Looks::Long),
            ("8048/JAZ.", "8048/JAZ", Looks::Long),
            ("0507-КР от", "0507-КР", Looks::Long),
            ("58-ШҚ,", "58-ШҚ", Looks::Plain),
            ("000", "000", Looks::Plain),
            ("ub-op-000123", "ub-op-000123", Looks::Long),
            ("2024", "2024", Looks::Plain),
            ("2024-2026", "2024-2026", Looks::Plain),
        ] {
            assert_eq!(all(text), [(number, looks)], "{text}");
        }
    }

    #[test]
    fn dates_telephones_amounts_and_business_numbers_are_none() {
        for text in [
            "01.02.2025",
            "2025-02-01",
            "1/2/25",
            "220340900479",
            "220340900478",
            "87011234567",
            "+77011234567",
            "8-701-123-45-67",
            "355-01-22",
            "1490000 ₸",
            "$ 1490000",
            "15 %",
            "1",
            "x@12345.test",
            "12345@x.test",
            "AFSA",
            "Тел",
            "",
        ] {
            assert_eq!(all(text), [], "{text}");
        }
    }
}
