//! Bytes to text: which character encoding a page is in, and how we know.
//!
//! Order of trust follows the WHATWG HTML standard's encoding sniffing: byte order mark, the
//! `Content-Type` header, a `<meta>` or XML declaration in the first 1,024 bytes, and only then a
//! guess. One departure, for pages that lie: bytes which are valid UTF-8 and contain a multi-byte
//! sequence are read as UTF-8 whatever a single-byte label claims, because the opposite accident
//! (windows-1251 text that happens to be valid multi-byte UTF-8) does not occur in practice, while
//! exchangers' templates with a forgotten `charset=windows-1251` do.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// How the encoding of a page became known; stored beside the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A byte order mark.
    Bom,
    /// The `charset` parameter of `Content-Type`.
    Header,
    /// `<meta charset>`, `<meta http-equiv>` or an XML declaration.
    Markup,
    /// The label said something else, but the bytes are UTF-8.
    Corrected,
    /// Guessed from the bytes.
    Guess,
}

impl Source {
    /// The word stored with a capture.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bom => "bom",
            Self::Header => "header",
            Self::Markup => "markup",
            Self::Corrected => "corrected",
            Self::Guess => "guess",
        }
    }
}

/// Decoded text and how it was decoded.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The text; undecodable bytes have become U+FFFD.
    pub text: String,
    /// WHATWG name of the encoding, for example `windows-1251`.
    pub encoding: &'static str,
    /// How the encoding was chosen.
    pub source: Source,
}

impl Decoded {
    /// `windows-1251 (markup)`: the form in which the store keeps it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} ({})", self.encoding, self.source.as_str())
    }
}

/// Decodes `bytes` of a response that came with this `Content-Type` (empty when there was none).
/// Never fails: hostile bytes become replacement characters.
#[must_use]
pub fn decode(bytes: &[u8], content_type: &str) -> Decoded {
    let (encoding, source) = choose(bytes, content_type);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    Decoded {
        text: text.into_owned(),
        encoding: encoding.name(),
        source,
    }
}

fn choose(bytes: &[u8], content_type: &str) -> (&'static Encoding, Source) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, Source::Bom);
    }
    let labelled = header_label(content_type)
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .map(|encoding| (encoding, Source::Header))
        .or_else(|| prescan(bytes).map(|encoding| (encoding, Source::Markup)));
    let multi_byte_utf8 = !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok();
    match labelled {
        Some((encoding, source)) if encoding == UTF_8 || !encoding.is_single_byte() => {
            (encoding, source)
        }
        Some(_) if multi_byte_utf8 => (UTF_8, Source::Corrected),
        Some(found) => found,
        None if multi_byte_utf8 => (UTF_8, Source::Guess),
        None => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            (detector.guess(None, Utf8Detection::Allow), Source::Guess)
        }
    }
}

/// The `charset` parameter of a `Content-Type` value.
fn header_label(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// Looks for a declaration in the first 1,024 bytes (HTML standard, "prescan a byte stream").
fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(1024))?;
    let head: String = head
        .iter()
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    let label = xml_declaration(&head).or_else(|| meta_charset(&head))?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // A document that could be scanned as ASCII cannot be UTF-16, whatever it says.
    let wide = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
    Some(if wide { UTF_8 } else { encoding })
}

fn xml_declaration(head: &str) -> Option<&str> {
    let declaration = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    after_equals(declaration.split_once("encoding")?.1)
}

fn meta_charset(head: &str) -> Option<&str> {
    let mut rest = head;
    while let Some(found) = rest.find("<meta") {
        let tag = rest.get(found + 5..)?;
        let end = tag.find('>').unwrap_or(tag.len());
        if let Some((_, value)) = tag.get(..end)?.split_once("charset")
            && let Some(label) = after_equals(value)
        {
            return Some(label);
        }
        rest = tag;
    }
    None
}

/// The token after `=`, quoted or bare.
fn after_equals(text: &str) -> Option<&str> {
    let value = text.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let end = value
        .find(|c: char| c == '"' || c == '\'' || c == ';' || c == '/' || c.is_whitespace())
        .unwrap_or(value.len());
    value.get(..end).filter(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cp1251(text: &str) -> Vec<u8> {
        encoding_rs::WINDOWS_1251.encode(text).0.into_owned()
    }

    #[test]
    fn header_wins_over_markup() {
        let page = cp1251("<meta charset=koi8-r><p>Обмен валюты");
        let decoded = decode(&page, "text/html; charset=windows-1251");
        assert_eq!(
            (decoded.encoding, decoded.source),
            ("windows-1251", Source::Header)
        );
        assert!(decoded.text.contains("Обмен валюты"));
    }

    #[test]
    fn markup_is_found_in_each_form() {
        for head in [
            "<meta charset=windows-1251>",
            "<META CHARSET='windows-1251' />",
            "<meta http-equiv=content-type content=\"text/html; charset=windows-1251\">",
            "<?xml version=\"1.0\" encoding=\"windows-1251\"?>",
        ] {
            let decoded = decode(&cp1251(&format!("{head}<p>курс")), "text/html");
            assert_eq!(
                (decoded.encoding, decoded.source),
                ("windows-1251", Source::Markup),
                "{head}"
            );
        }
    }

    #[test]
    fn a_lying_label_is_corrected_when_the_bytes_are_utf8() {
        let decoded = decode(
            "<p>Теңге бағамы".as_bytes(),
            "text/html; charset=windows-1251",
        );
        assert_eq!(
            (decoded.encoding, decoded.source),
            ("UTF-8", Source::Corrected)
        );
        assert!(decoded.text.contains("Теңге"));
    }

    #[test]
    fn an_unlabelled_page_is_guessed() {
        let page = cp1251("<p>Заявка на обмен создаётся сразу, оператор отвечает быстро");
        let decoded = decode(&page, "");
        assert_eq!(
            (decoded.encoding, decoded.source),
            ("windows-1251", Source::Guess)
        );
    }

    #[test]
    fn a_byte_order_mark_is_removed() {
        let decoded = decode(b"\xEF\xBB\xBFabc", "text/html; charset=windows-1251");
        assert_eq!(
            (decoded.text.as_str(), decoded.source),
            ("abc", Source::Bom)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_decode(bytes in proptest::collection::vec(any::<u8>(), 0..2048), header in ".{0,60}") {
            let decoded = decode(&bytes, &header);
            prop_assert!(decoded.text.len() <= bytes.len() * 3 + 3);
        }
    }
}
