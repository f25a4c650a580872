//! Words for what networks are made of, and what is left out of them for whoever has no reason to
//! see it: phones, handles and mail addresses are people's.

use data::network::{LINKS_FROM, NetworkFile, console, mask};

use crate::{
    amounts,
    centre::Centre,
    console::case,
    faults::Fault,
    hostile,
    messages::{self, Value, key},
    names::Shown,
    page::Page,
};

/// Longest quote shown, in characters.
const LONGEST_QUOTE: usize = 400;

/// The name of a kind of identifier: `әмиян (tron)`.
pub(crate) fn kind(p: &Page, code: &str) -> String {
    let (family, tail) = code.split_once('.').unwrap_or((code, ""));
    let words = p.t_or(&format!("idkind-{family}"), &hostile::line(family, 40));
    if tail.is_empty() {
        words
    } else {
        format!("{words} ({})", hostile::line(tail, 40))
    }
}

/// What a reason counts and why so much.
pub(crate) fn why(p: &Page, points: i64, sites: i64) -> String {
    let count = usize::try_from(sites).unwrap_or_default();
    let on = p.n(key("net-on-sites"), count);
    let enough = p.t(if points >= LINKS_FROM {
        key("net-why-alone")
    } else {
        key("net-why-together")
    });
    format!("{} · {on}. {enough}", amounts::hundredths(p.lang, points))
}

/// From when to when something was seen, in words; one day once.
pub(crate) fn seen(p: &Page, first: i64, last: i64) -> String {
    let (first, last) = (p.date(first), p.date(last));
    if first == last {
        return first;
    }
    p.t2(key("term-from-to"), ("from", &first), ("to", &last))
}

/// Kinds of business in words, the likeliest first.
pub(crate) fn kinds(p: &Page, kinds: &[String]) -> String {
    let words: Vec<String> = kinds
        .iter()
        .take(3)
        .map(|kind| p.t_or(&format!("kind-{kind}"), &hostile::line(kind, 40)))
        .collect();
    words.join(", ")
}

/// Word and colour for a site's case, and where it leads.
pub(crate) fn case_of(
    p: &Page,
    id: Option<&String>,
    state: Option<&String>,
) -> Option<(String, &'static str, String)> {
    let (word, tone) = case::state(p, state?);
    Some((word, tone, format!("console/case/{}", id?)))
}

/// What a case says of the network its site belongs to.
pub(crate) struct Belongs {
    pub(crate) text: String,
    pub(crate) reason: Option<String>,
    pub(crate) path: String,
}

/// The network of a site, for its case; nothing when it belongs to none.
pub(crate) async fn belongs(
    centre: &Centre,
    p: &Page,
    host: &str,
) -> Result<Option<Belongs>, Fault> {
    let found = console::beside(&centre.store, host).await;
    let Some(found) = found.map_err(Fault::internal)? else {
        return Ok(None);
    };
    let others = p.n(key("case-network-others"), found.others);
    let listed = p.n(key("net-count-listed"), found.listed);
    let values = [
        ("id", Value::Text(&found.id)),
        ("sites", Value::Text(&others)),
        ("listed", Value::Text(&listed)),
    ];
    let reason = found.strongest.as_ref().map(|(other, reason)| {
        let value = hostile::line(&mask::value(&reason.kind, &reason.value), 160);
        let reason = format!("{} {value}", kind(p, &reason.kind));
        let host = Shown::of(other).whole();
        p.t2(
            key("case-network-reason"),
            ("host", &host),
            ("reason", &reason),
        )
    });
    Ok(Some(Belongs {
        text: messages::text(p.lang, key("case-network-text"), &values),
        path: format!("console/network/{}", found.id),
        reason,
    }))
}

/// What of a network is shown.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    /// Everything, because somebody gave a reason.
    pub(crate) open: bool,
    /// Handles that must not stand in quotes either, in lower case.
    handles: Vec<String>,
}

impl Mask {
    /// For one network.
    pub(crate) fn of(file: &NetworkFile, open: bool) -> Self {
        let handles = file
            .identifiers
            .iter()
            .filter(|one| mask::is_personal(&one.kind) && one.value.chars().count() >= 4)
            .map(|one| one.value.to_lowercase())
            .collect();
        Self { open, handles }
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
        if digits >= PHONE_DIGITS {
            let kept = stretch.chars().rev().take_while(|c| c.is_whitespace());
            out.push_str(LEFT_OUT);
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
                "Хабарласыңыз: … тәулік бойы",
            ),
            ("тел87012345678, Алматы", "тел…, Алматы"),
            (
                "пишите @tez_kz или aliya@mail.test сейчас",
                "пишите … или … сейчас",
            ),
            ("Telegram: TEZ_aiyrbas.", "Telegram: …"),
            ("https://t.me/tez_kz", "…"),
            ("от 5 000 до 900 000 ₸", "от 5 000 до 900 000 ₸"),
            (
                "TRC-20: TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
                "TRC-20: TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
            ),
        ] {
            assert_eq!(without_people(quote, &handles), shown);
        }
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
