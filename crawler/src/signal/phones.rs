//! Telephone numbers of Kazakhstan. Russia shares +7, so the code behind it decides; the codes are
//! data. A general library of the world's numbers would bring a megabyte of metadata for this one plan.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::lexicon::{LexiconError, line};
use crate::signal::{Page, Signal};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mobile: Vec<toml::Spanned<String>>,
    city: Vec<toml::Spanned<String>>,
}

static CODES: LazyLock<HashSet<String>> =
    LazyLock::new(|| load(data::lexicon::PHONES).unwrap_or_default());

/// Whether the shipped file of codes can be read; asked when the lexicons are.
///
/// # Errors
/// The first code that is none, with file and line.
pub(crate) fn check_shipped() -> Result<(), LexiconError> {
    load(data::lexicon::PHONES).map(drop)
}

fn load((file, text): (&str, &str)) -> Result<HashSet<String>, LexiconError> {
    let parsed: File = toml::from_str(text).map_err(|error| LexiconError::Syntax {
        file: file.to_owned(),
        problem: error.to_string(),
    })?;
    let mut codes = HashSet::new();
    for spanned in parsed.mobile.into_iter().chain(parsed.city) {
        let line = line(text, spanned.span().start);
        let entry = spanned.into_inner();
        if entry.len() != 3 || !entry.starts_with('7') || !entry.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(LexiconError::Entry {
                file: file.to_owned(),
                line,
                entry,
                problem: "a code of Kazakhstan is three digits, the first a 7",
            });
        }
        codes.insert(entry);
    }
    Ok(codes)
}

/// Reads one page: the first number in its text, or behind a WhatsApp link.
#[must_use]
pub fn read(page: &Page) -> Option<Signal> {
    let written = page.document.blocks.iter().find_map(|block| {
        let number = block.text.get(find(&block.text)?)?;
        Some(page.note("kz_phone", number, &block.place))
    });
    written.or_else(|| {
        let link = page.document.links.iter().find(|link| {
            let number = match link.url.domain() {
                Some("wa.me") => link.url.path().trim_matches('/').to_owned(),
                Some("api.whatsapp.com" | "whatsapp.com" | "web.whatsapp.com") => {
                    let phone = link.url.query_pairs().find(|(key, _)| key == "phone");
                    phone
                        .map(|(_, value)| value.into_owned())
                        .unwrap_or_default()
                }
                _ => return false,
            };
            is_kazakh(number.trim_start_matches('+'))
        })?;
        Some(page.note("kz_phone", link.url.as_str(), "a[href]"))
    })
}

/// Eleven digits, the first a 7 or an 8, with a code of Kazakhstan behind it.
fn is_kazakh(digits: &str) -> bool {
    digits.len() == 11
        && digits.bytes().all(|b| b.is_ascii_digit())
        && digits.starts_with(['7', '8'])
        && digits.get(1..4).is_some_and(|code| CODES.contains(code))
}

/// Byte range of the first number written as people write them: `+7 (701) 123-45-67`, `8 727 …`.
fn find(text: &str) -> Option<Range<usize>> {
    let mut rest = 0;
    while let Some(at) = text.get(rest..)?.find(['+', '8']) {
        let start = rest + at;
        rest = start + 1;
        let before = text.get(..start)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '+' | '.' | ',' | '-' | '/')) {
            continue;
        }
        if let Some(end) = number_end(text, start) {
            return Some(start..end);
        }
    }
    None
}

/// One past the number that begins at `start`, if it is one of ours.
fn number_end(text: &str, start: usize) -> Option<usize> {
    let mut digits = String::with_capacity(11);
    let mut gap = 0;
    let mut end = start;
    for (at, c) in text.get(start..)?.char_indices() {
        match c {
            '+' if at == 0 => {}
            '0'..='9' => {
                digits.push(c);
                gap = 0;
                end = start + at + 1;
            }
            ' ' | '\u{a0}' | '\u{2009}' | '(' | ')' | '-' | '‑' | '–' | '.' if gap < 3 => {
                gap += 1;
            }
            _ => break,
        }
        if digits.len() > 11 {
            return None;
        }
    }
    let country = if text.get(start..)?.starts_with('+') {
        '7'
    } else {
        '8'
    };
    (digits.starts_with(country) && is_kazakh(&digits)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Option<&str> {
        find(text).and_then(|range| text.get(range))
    }

    #[test]
    fn numbers_as_people_write_them() {
        for (text, number) in [
            ("тел. +7 (701) 123-45-67, доб. 2", "+7 (701) 123-45-67"),
            ("8 (727) 250 00 11", "8 (727) 250 00 11"),
            ("Звоните: +77771234567.", "+77771234567"),
            ("87051234567", "87051234567"),
            (
                "+7\u{a0}7172\u{a0}55\u{a0}44\u{a0}33",
                "+7\u{a0}7172\u{a0}55\u{a0}44\u{a0}33",
            ),
            ("курс 8.1, +7 747 000 00 00", "+7 747 000 00 00"),
        ] {
            assert_eq!(found(text), Some(number), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not_ours() {
        for text in [
            "+7 (495) 123-45-67",
            "8 800 555 35 35",
            "+7 916 123 45 67",
            "8 7 0 1",
            "сумма 18701123456789",
            "+7 701 123 45 67 89",
            "+996 701 123 456",
            "4870112345670",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_that_is_none_is_named_by_its_line() {
        let (file, text) = data::lexicon::PHONES;
        assert!(load((file, text)).unwrap().contains("727"));
        let error = load((file, &text.replacen("\"700\"", "\"495\"", 1)))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("entry \"495\"") && error.starts_with(file),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn any_text(text in "(\\+|7|8|70[0-9]|[0-9]|[ ()-]|\\PC){0,40}") {
            if let Some(range) = find(&text) {
                let digits = text[range].chars().filter(char::is_ascii_digit).count();
                prop_assert_eq!(digits, 11);
            }
        }
    }
}
