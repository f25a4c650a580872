//! What is left out for whoever has no reason to see it: phones, handles and mail addresses are
//! people's.

use std::borrow::Cow;

use blocklist::matching::ClaimFinding;
use data::network::{NetworkFile, console::Key, mask};

use crate::hostile;

/// Longest quote shown, in characters.
const LONGEST_QUOTE: usize = 400;

/// What of people is shown.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    /// Everything, because somebody gave a reason.
    pub(crate) open: bool,
    /// Handles that must not stand in quotes either, in lower case.
    handles: Vec<String>,
    /// What is nobody's secret and may look like a phone: numbers of firms and licences, wallets.
    kept: Vec<String>,
}

impl Mask {
    /// For one network.
    pub(crate) fn of(file: &NetworkFile, open: bool) -> Self {
        let shown = file.identifiers.iter();
        Self {
            open,
            handles: handles(shown.map(|one| (one.kind.as_str(), one.value.as_str()))),
            kept: Vec::new(),
        }
    }

    /// For one site: what it shows, by kind and value, and the licences it claims.
    pub(crate) fn of_site(shown: &[Key], claims: &[ClaimFinding], open: bool) -> Self {
        let is_person = |(kind, _): &&Key| mask::is_personal(kind);
        let things = shown.iter().filter(|one| !is_person(one));
        let claimed = claims
            .iter()
            .flat_map(|found| [&found.claim.licence_no, &found.claim.bin]);
        Self {
            open,
            handles: handles(
                shown
                    .iter()
                    .map(|(kind, value)| (kind.as_str(), value.as_str())),
            ),
            kept: things
                .map(|(_, value)| value)
                .chain(claimed)
                .filter(|value| value.chars().count() >= PHONE_DIGITS)
                .cloned()
                .collect(),
        }
    }

    /// A text of the site's, still foreign: whoever shows it makes it harmless.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.open {
            text.into()
        } else {
            self.without(text).into()
        }
    }

    fn without(&self, text: &str) -> String {
        match self.kept.iter().find(|kept| text.contains(kept.as_str())) {
            Some(kept) => {
                let parts: Vec<String> = text.split(kept).map(|part| self.without(part)).collect();
                parts.join(kept)
            }
            None => without_people(text, &self.handles),
        }
    }

    /// An identifier.
    pub(crate) fn value(&self, kind: &str, value: &str) -> String {
        if self.open {
            hostile::line(value, 160)
        } else {
            hostile::line(&mask::value(kind, value), 160)
        }
    }

    /// The page's own words around an identifier, which stays where it may be shown.
    pub(crate) fn quote(&self, kind: &str, value: &str, quote: &str) -> String {
        if self.open {
            return hostile::line(quote, LONGEST_QUOTE);
        }
        let without = |part: &str| without_people(part, &self.handles);
        let masked = if mask::is_personal(kind) || value.is_empty() {
            without(quote)
        } else {
            let parts: Vec<String> = quote.split(value).map(without).collect();
            parts.join(value)
        };
        hostile::line(&masked, LONGEST_QUOTE)
    }

    /// The address of a page; a query may hold a number or a handle.
    pub(crate) fn url(&self, url: &str) -> String {
        if self.open {
            return hostile::line(url, 200);
        }
        let bare = url.split(['?', '#']).next().unwrap_or_default();
        hostile::line(&without_people(bare, &self.handles), 200)
    }
}

fn handles<'a>(shown: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    shown
        .filter(|(kind, value)| mask::is_personal(kind) && value.chars().count() >= 4)
        .map(|(_, value)| value.to_lowercase())
        .collect()
}

/// What stands where something was left out.
const LEFT_OUT: &str = "…";

/// Digits in a row, with what people put between them, from which on they may be a phone's.
const PHONE_DIGITS: usize = 7;

/// A text without what looks like a phone, a handle or a mail address. Rather too much than too
/// little: the whole quote is one reason away.
fn without_people(text: &str, handles: &[String]) -> String {
    let mut kept = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let small = bare.to_lowercase();
        let address = [
            "@",
            "＠",
            "t.me",
            "telegram.me",
            "wa.me",
            "tg:",
            "tel:",
            "mailto:",
        ];
        let personal = address.iter().any(|part| small.contains(part))
            || handles.iter().any(|handle| small.contains(handle.as_str()));
        if personal {
            kept.push_str(LEFT_OUT);
            kept.push_str(word.get(bare.len()..).unwrap_or_default());
        } else {
            kept.push_str(word);
        }
    }
    without_long_numbers(&kept)
}

/// Replaces each stretch of digits and what stands between the digits of a phone.
fn without_long_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut stretch = String::new();
    let flush = |stretch: &mut String, out: &mut String| {
        let digits = stretch.chars().filter(|c| c.is_numeric()).count();
        if digits >= PHONE_DIGITS && !are_figures(stretch) {
            let kept = stretch.chars().rev().take_while(|c| c.is_whitespace());
            out.push_str(&shortened(stretch, digits));
            out.extend(kept.collect::<Vec<_>>());
        } else {
            out.push_str(stretch);
        }
        stretch.clear();
    };
    for c in text.chars() {
        let between = c.is_whitespace() || "+-–—‑.()/·•_*".contains(c);
        if c.is_numeric() || between && !stretch.is_empty() || c == '+' {
            stretch.push(c);
        } else {
            flush(&mut stretch, &mut out);
            out.push(c);
        }
    }
    flush(&mut stretch, &mut out);
    out
}

/// What is shown of a long number: of what has as many digits as a phone its ends, as of phones
/// elsewhere; of anything else nothing.
fn shortened(stretch: &str, digits: usize) -> String {
    if !(10..=13).contains(&digits) {
        return LEFT_OUT.to_owned();
    }
    let is_part = |c: &char| c.is_numeric() || *c == '+';
    let number: String = stretch.chars().filter(is_part).collect();
    mask::value("phone", &number)
}

/// Digits up to which a number grouped by thousands is an amount: phones have more.
const AMOUNT_DIGITS: usize = 9;

/// Whether a stretch is an amount grouped by thousands (`5 000 000`) or a date, or from one to another.
fn are_figures(stretch: &str) -> bool {
    let is_figure = |text: &str| is_amount(text) || is_date(text);
    let trimmed = stretch.trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    ["–", "—", "-"]
        .into_iter()
        .find_map(|dash| trimmed.split_once(&format!(" {dash} ")))
        .map_or_else(
            || is_figure(trimmed),
            |(from, to)| is_figure(from.trim()) && is_figure(to.trim()),
        )
}

fn is_amount(text: &str) -> bool {
    let groups: Vec<&str> = text.split([' ', '\u{a0}', '\u{202f}']).collect();
    let Some((first, rest)) = groups.split_first() else {
        return false;
    };
    let is_apart = !rest.is_empty() && rest.iter().all(|group| group.len() == 3);
    let digits: usize = groups.iter().map(|group| group.len()).sum();
    groups.iter().all(|group| is_digits(group))
        && (1..=3).contains(&first.len())
        && is_apart
        && digits <= AMOUNT_DIGITS
}

/// `31.12.2027`, `31/12/2027` or `2027-12-31`, of a year that terms and news speak of.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', '/', '-']).collect();
    let is_year =
        |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    let is_short = |part: &str| (1..=2).contains(&part.len());
    parts.iter().all(|part| is_digits(part))
        && match parts.as_slice() {
            [a, b, c] => is_short(b) && (is_year(a) && is_short(c) || is_short(a) && is_year(c)),
            _ => false,
        }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_keep_the_words_and_lose_the_people() {
        let handles = ["tez_aiyrbas".to_owned()];
        for (quote, shown) in [
            (
                "Хабарласыңыз: +7 (701) 234-56-78 тәулік бойы",
                "Хабарласыңыз: +7…78 тәулік бойы",
            ),
            ("тел87012345678, Алматы", "тел87…78, Алматы"),
            (
                "пишите @tez_kz или aliya@mail.test сейчас",
                "пишите … или … сейчас",
            ),
            ("Telegram: TEZ_aiyrbas.", "Telegram: …"),
            ("https://t.me/tez_kz", "…"),
            ("от 5 000 до 900 000 ₸", "от 5 000 до 900 000 ₸"),
            (
                "лимит 100 000 – 5 000 000 ₸.",
                "лимит 100 000 – 5 000 000 ₸.",
            ),
            ("лицензия до 31.12.2027 г.", "лицензия до 31.12.2027 г."),
            ("2026-11-20 – 2027-11-20, АО", "2026-11-20 – 2027-11-20, АО"),
            ("тел. 701 234-56-78", "тел. 70…78"),
            ("звоните 7 701 234 567 8", "звоните 77…78"),
            ("карта 4400 4301 1234 5678", "карта …"),
            (
                "TRC-20: TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
                "TRC-20: TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
            ),
        ] {
            assert_eq!(without_people(quote, &handles), shown);
        }
    }

    #[test]
    fn numbers_of_firms_and_wallets_stay_and_a_reason_shows_everything() {
        let shown = [
            ("bin".to_owned(), "220340900012".to_owned()),
            ("telegram".to_owned(), "tez_aiyrbas".to_owned()),
        ];
        let text = "ТОО, БИН 220340900012, тел. +7 701 234 56 78, tez_aiyrbas";
        let mask = |open| Mask::of_site(&shown, &[], open);
        assert_eq!(
            mask(false).text(text),
            "ТОО, БИН 220340900012, тел. +7…78, …"
        );
        assert_eq!(mask(true).text(text), text);
    }

    proptest! {
        #[test]
        fn no_phone_and_no_address_is_left(
            before in "\\PC{0,20}", after in "\\PC{0,20}",
            phone in "\\+?[78][ -]?\\(?[0-9]{3}\\)?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}",
        ) {
            let shown = without_people(&format!("{before}{phone}{after}@x"), &[]);
            prop_assert!(!shown.contains('@'));
            let mut run = 0;
            for c in shown.chars() {
                run = if c.is_numeric() { run + 1 } else { 0 };
                prop_assert!(run < PHONE_DIGITS, "{shown}");
            }
            prop_assert!(!shown.contains(phone.as_str()));
        }
    }
}
