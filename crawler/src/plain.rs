//! Pages of which only the text is left: extracted by another tool, or pasted. They are read as
//! paragraphs, so that one code reads everything and every quote keeps its place.

use crate::document::Document;

/// A paragraph longer than this is cut at a space: extraction leaves whole pages in one line, and a
/// block of a page has its bound.
const PARAGRAPH: usize = 1_000;

/// True when nothing in `text` looks like markup.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.match_indices('<').any(|(at, _)| {
        let next = text[at + 1..].chars().next();
        next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
    })
}

/// Plain text as markup: a paragraph a line, the first line as the title.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut out = String::with_capacity(text.len() + 256);
    if let Some(title) = lines.next() {
        let short = crate::document::clip(title, 200);
        out.push_str("<title>");
        escape(short, &mut out);
        out.push_str("</title>");
        paragraphs(title, &mut out);
    }
    for line in lines {
        paragraphs(line, &mut out);
    }
    out
}

/// What remains of a page when only its running text is kept: no forms, links, scripts or addresses.
#[must_use]
pub fn of_document(document: &Document) -> String {
    let seen = document.blocks.iter().filter(|block| !block.embedded);
    seen.map(|block| block.text.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

fn paragraphs(line: &str, out: &mut String) {
    let mut rest = line;
    while !rest.is_empty() {
        let mut end = rest.floor_char_boundary(PARAGRAPH.min(rest.len()));
        if end < rest.len()
            && let Some(space) = rest[..end].rfind(char::is_whitespace).filter(|at| *at > 0)
        {
            end = space;
        }
        let (now, later) = rest.split_at(end);
        out.push_str("<p>");
        escape(now, out);
        out.push_str("</p>\n");
        rest = later.trim_start();
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;
    use crate::document;

    #[test]
    fn text_is_told_from_markup() {
        assert!(is_plain("1 < 2 and 5 <6: USDT -> KZT"));
        assert!(!is_plain("text <b>bold</b>"));
        assert!(!is_plain("<!doctype html>"));
    }

    #[test]
    fn every_word_of_a_long_line_is_read() {
        let line = "слово ".repeat(3_000);
        let url = Url::parse("https://a.test/").unwrap();
        let read = document::read(&markup(&line), &url);
        let words = read.blocks.iter().filter(|block| block.place != "title");
        let words: usize = words.map(|block| block.text.split(' ').count()).sum();
        assert_eq!(words, 3_000);
    }

    proptest! {
        #[test]
        fn what_was_text_stays_text(text in "(<p>|&amp;|</title>|[a-zқ ]|\\n|\\PC){0,80}") {
            let url = Url::parse("https://a.test/").unwrap();
            let read = document::read(&markup(&text), &url);
            prop_assert!(read.forms.is_empty() && read.links.is_empty() && read.scripts.is_empty());
        }
    }
}
