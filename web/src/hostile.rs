//! Text that somebody else wrote: crawled pages, host names, file names.
//!
//! Templates escape markup; this module deals with what escaping leaves: marks that reorder or
//! hide text, control characters, and sheer length.

use blocklist::text::deceives;

/// Longest piece of foreign text on a page, in characters.
pub(crate) const LONGEST: usize = 2_000;

/// Makes invisible and reordering characters visible as `[U+202E]` and cuts after `longest`
/// characters with an ellipsis. Line breaks and tabs become spaces.
pub(crate) fn line(text: &str, longest: usize) -> String {
    show(text, longest, false)
}

/// Like [`line()`], but keeps line breaks and tabs: for source text in `<pre>`.
pub(crate) fn block(text: &str, longest: usize) -> String {
    show(text, longest, true)
}

fn show(text: &str, longest: usize, keep_lines: bool) -> String {
    let mut shown = String::with_capacity(text.len().min(longest * 4));
    for (count, c) in text.chars().enumerate() {
        if count == longest {
            shown.push('…');
            break;
        }
        match c {
            '\n' | '\t' if keep_lines => shown.push(c),
            '\r' if keep_lines => {}
            '\n' | '\r' | '\t' => shown.push(' '),
            _ if deceives(c) => shown.push_str(&format!("[U+{:04X}]", u32::from(c))),
            _ => shown.push(c),
        }
    }
    shown
}

/// A piece of a quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The text, safe to show once escaped.
    pub(crate) text: String,
    /// Whether these are the words that matched.
    pub(crate) marked: bool,
}

/// Splits a quote around the first occurrences of the words that matched, case-insensitively.
/// Words that do not occur are ignored; at most 50 marks are made.
pub(crate) fn marked(quote: &str, words: &[String]) -> Vec<Part> {
    let quote: String = quote.chars().take(LONGEST).collect();
    // Lower-casing can change lengths, so matching walks characters, not bytes.
    let folded: Vec<(usize, char)> = quote
        .char_indices()
        .flat_map(|(at, c)| c.to_lowercase().map(move |lower| (at, lower)))
        .collect();
    let needles: Vec<Vec<char>> = words
        .iter()
        .take(50)
        .map(|word| {
            word.trim()
                .chars()
                .flat_map(char::to_lowercase)
                .collect::<Vec<_>>()
        })
        .filter(|needle| !needle.is_empty())
        .collect();
    let mut parts = Vec::new();
    let (mut plain_from, mut at, mut marks) = (0, 0, 0);
    while at < folded.len() && marks < 50 {
        let longest = needles
            .iter()
            .filter(|needle| {
                folded.len() - at >= needle.len()
                    && needle.iter().zip(&folded[at..]).all(|(a, (_, b))| a == b)
            })
            .map(Vec::len)
            .max();
        match longest {
            Some(length) => {
                // A stem marks its whole word: half a word marked would look like a slip.
                let mut end = at + length;
                while folded.get(end).is_some_and(|(_, c)| c.is_alphanumeric()) {
                    end += 1;
                }
                let from = folded[at].0;
                let to = folded.get(end).map_or(quote.len(), |(byte, _)| *byte);
                if let Some(plain) = quote.get(plain_from..from).filter(|text| !text.is_empty()) {
                    parts.push(Part {
                        text: line(plain, LONGEST),
                        marked: false,
                    });
                }
                if let Some(hit) = quote.get(from..to).filter(|text| !text.is_empty()) {
                    parts.push(Part {
                        text: line(hit, LONGEST),
                        marked: true,
                    });
                    marks += 1;
                }
                plain_from = plain_from.max(to);
                at = end;
            }
            None => at += 1,
        }
    }
    if let Some(rest) = quote.get(plain_from..).filter(|text| !text.is_empty()) {
        parts.push(Part {
            text: line(rest, LONGEST),
            marked: false,
        });
    }
    parts
}

/// Percent-encodes a text for use in a query (RFC 3986 §2.3: only unreserved characters stay).
pub(crate) fn query_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A link that may stand on a page: only absolute `https` and `http` addresses do.
pub(crate) fn link(url: &str) -> Option<String> {
    let fine = (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= 2048
        && !url.chars().any(|c| c.is_whitespace() || deceives(c));
    fine.then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_become_visible() {
        assert_eq!(
            line("a\u{202e}b\u{200b}\0\n", 100),
            "a[U+202E]b[U+200B][U+0000] "
        );
        assert_eq!(block("a\r\n\tb\u{7}", 100), "a\n\tb[U+0007]");
        assert_eq!(line("әғқңөұүһі ёЪ", 100), "әғқңөұүһі ёЪ");
        assert_eq!(line("abcdef", 3), "abc…");
    }

    #[test]
    fn matched_words_are_marked_in_any_case() {
        let parts = marked(
            "Обмен USDT на тенге. ТЕНГЕ!",
            &["тенге".into(), "usdt".into(), "".into()],
        );
        let hits: Vec<_> = parts
            .iter()
            .filter(|p| p.marked)
            .map(|p| p.text.as_str())
            .collect();
        assert_eq!(hits, ["USDT", "тенге", "ТЕНГЕ"]);
        let whole: String = parts.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(whole, "Обмен USDT на тенге. ТЕНГЕ!");
        let parts = marked("5 минутта теңгеге", &["теңге".into()]);
        assert_eq!(
            parts[1],
            Part {
                text: "теңгеге".into(),
                marked: true
            }
        );
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(link("https://publicreg.myafsa.com/details/1/").is_some());
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//x",
            "https://a b",
            "https://a\u{202e}",
        ] {
            assert!(link(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn marking_keeps_every_character(text in "[a-zA-ZİıßА-я ]{0,80}", word in "[a-zA-ZİıßА-я]{1,4}") {
            let whole: String = marked(&text, &[word]).into_iter().map(|p| p.text).collect();
            prop_assert_eq!(whole, text);
        }

        #[test]
        fn nothing_deceptive_is_left(text in "\\PC{0,80}|.{0,80}") {
            prop_assert!(!line(&text, 200).chars().any(deceives));
        }

        #[test]
        fn encoding_uses_only_unreserved_characters(text in ".{0,40}") {
            prop_assert!(query_encode(&text).bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        }
    }
}
