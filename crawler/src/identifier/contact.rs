//! How people reach the operator: Telegram, phones and WhatsApp, mail. These are people's, so they
//! are masked wherever they leave the console.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::Found;
use crate::document::Block;
use crate::signal::Page;

type Pattern = LazyLock<Option<Regex>>;

static HANDLE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?:^|[^A-Za-z0-9_.@/])@([A-Za-z][A-Za-z0-9_]{4,31})(?-u:\b)").ok()
});
static ADDRESS: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)(?:t|telegram)\.(?:me|dog)/((?:s/|joinchat/|\+)?[A-Za-z0-9_-]{5,40})").ok()
});
static MAIL: Pattern = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,190}\.[A-Za-z]{2,24}(?-u:\b)")
        .ok()
});
static PHONE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?:\+[0-9]|(?-u:\b)8[ \u{a0}(\-]{1,2}7)(?:[ \u{a0}()\-\u{2011}.]{0,2}[0-9]){8,14}(?-u:\b)").ok()
});

/// Digits of the shortest text that [`PHONE`] takes for a number.
const PHONE_DIGITS: usize = 9;

/// Words before a handle that make it one of Telegram. "тг" is short for tenge, too: an amount ends
/// with it, and no handle follows an amount.
const NEAR: &[&str] = &[
    "telegram",
    "телеграм",
    "телеграмм",
    "телега",
    "тг",
    "tg",
    "оператор",
    "operator",
    "канал",
    "арна",
    "channel",
    "бот",
    "bot",
    "поддержка",
    "support",
    "қолдау",
    "жазыңыз",
    "пишите",
    "write",
];
/// Endings of file names that look like mail (`logo@2x.png`), and domains of examples (RFC 2606).
const NO_MAIL: &[&str] = &[
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".webp",
    ".js",
    ".css",
    "@example.com",
    "@example.org",
    "@example.net",
    "@domain.com",
    "@email.com",
    "@mail.com",
    "@sentry.io",
];

/// What the links of a page say.
pub(super) fn links(page: &Page, found: &mut Found<'_>) {
    for link in &page.document.links {
        let quote = || format!("{} {}", link.text, link.url);
        of_url(&link.url, quote, found);
    }
    for address in &page.document.contacts {
        if let Ok(url) = Url::parse(address) {
            of_url(&url, || address.clone(), found);
        }
    }
}

/// What a block of text says.
pub(super) fn read(block: &Block, found: &mut Found<'_>) {
    let text = &block.text;
    if text.contains('@') {
        if let Some(pattern) = MAIL.as_ref() {
            for mail in pattern.find_iter(text) {
                if let Some(value) = mail_address(mail.as_str()) {
                    found.in_block("email", value, block, mail.range());
                }
            }
        }
        if let Some(pattern) = HANDLE.as_ref() {
            for captures in pattern.captures_iter(text) {
                if let Some(handle) = captures.get(1)
                    && is_near(text, handle.start())
                {
                    let value = handle.as_str().to_ascii_lowercase();
                    found.in_block("telegram", value, block, handle.range());
                }
            }
        }
    }
    if text.contains('/')
        && let Some(pattern) = ADDRESS.as_ref()
    {
        for captures in pattern.captures_iter(text) {
            if let Some(path) = captures.get(1)
                && let Some(value) = telegram_name(path.as_str())
            {
                found.in_block("telegram", value, block, path.range());
            }
        }
    }
    if text.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS
        && let Some(pattern) = PHONE.as_ref()
    {
        for number in pattern.find_iter(text) {
            if let Some(value) = phone(number.as_str()) {
                found.in_block("phone", value, block, number.range());
            }
        }
    }
}

fn of_url(url: &Url, quote: impl Fn() -> String, found: &mut Found<'_>) {
    let asked = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let first = url.path().trim_start_matches('/');
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_start_matches("www.");
    match (url.scheme(), host) {
        ("http" | "https", "t.me" | "telegram.me" | "telegram.dog") => {
            if let Some(name) = telegram_name(first) {
                found.add("telegram", name, "a[href]", &quote());
            }
        }
        ("tg", "resolve") => {
            if let Some(name) = asked("domain").and_then(|name| telegram_name(&name)) {
                found.add("telegram", name, "a[href]", &quote());
            }
        }
        ("http" | "https", "wa.me") => {
            if let Some(number) = phone(&format!("+{first}")) {
                found.add("phone", number, "a[href]", &quote());
            }
        }
        ("http" | "https", "api.whatsapp.com" | "web.whatsapp.com") | ("whatsapp", "send") => {
            let number =
                asked("phone").map(|number| format!("+{}", number.trim_start_matches('+')));
            if let Some(number) = number.and_then(|number| phone(&number)) {
                found.add("phone", number, "a[href]", &quote());
            }
        }
        ("tel", _) => {
            if let Some(number) = phone(url.path()) {
                found.add("phone", number, "a[href]", &quote());
            }
        }
        ("mailto", _) => {
            if let Some(mail) = mail_address(url.path()) {
                found.add("email", mail, "a[href]", &quote());
            }
        }
        _ => {}
    }
}

/// The name in an address of Telegram: a handle in lower case, or `+` and the code of an invitation,
/// whose case counts.
fn telegram_name(path: &str) -> Option<String> {
    let path = path.strip_prefix("s/").unwrap_or(path);
    let code = path.strip_prefix("joinchat/").or(path.strip_prefix('+'));
    let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if let Some(code) = code {
        let code: String = code.chars().take_while(|c| is_code(*c)).collect();
        return (code.len() >= 10).then(|| format!("+{code}"));
    }
    let name: String = path
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    (begins && (5..=32).contains(&name.len())).then(|| name.to_ascii_lowercase())
}

/// Whether a word of [`NEAR`] stands shortly before.
fn is_near(text: &str, at: usize) -> bool {
    let begin = text.floor_char_boundary(at.saturating_sub(80));
    let before = text.get(begin..at).unwrap_or_default().to_lowercase();
    let words: Vec<&str> = before
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let last = words.len().saturating_sub(5);
    words.iter().enumerate().skip(last).any(|(index, word)| {
        let amount = index > 0
            && words
                .get(index - 1)
                .is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit()));
        NEAR.iter().any(|near| word.starts_with(near)) && !(*word == "тг" && amount)
    })
}

fn mail_address(text: &str) -> Option<String> {
    let mail = text.trim().trim_matches('.').to_ascii_lowercase();
    let (name, domain) = mail.split_once('@')?;
    let fits =
        !name.is_empty() && domain.contains('.') && !domain.contains("..") && mail.len() <= 254;
    (fits && !NO_MAIL.iter().any(|ending| mail.ends_with(ending))).then_some(mail)
}

/// A number as E.164. A number without a country is Kazakh or Russian when it begins with 8; numbers
/// that nobody has (seven same digits on end, 123-45-67) are examples.
pub(crate) fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = match (text.trim_start().starts_with('+'), digits.as_bytes()) {
        (true, _) => digits,
        (false, [b'8', ..]) if digits.len() == 11 => format!("7{}", digits.get(1..)?),
        (false, [b'7', ..]) if digits.len() == 11 => digits,
        _ => return None,
    };
    let length = match digits.as_bytes() {
        [b'7', ..] => 11..=11,
        [b'0', ..] => return None,
        _ => 10..=15,
    };
    let last = digits.get(digits.len().saturating_sub(7)..)?;
    let same = last.bytes().all(|b| Some(&b) == last.as_bytes().first());
    let example = same || matches!(last, "1234567" | "0123456" | "2345678");
    (length.contains(&digits.len()) && !example).then(|| format!("+{digits}"))
}
