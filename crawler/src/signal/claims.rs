//! What the site says about its licence. A claim is recorded and later held against the register;
//! it clears nothing, whatever the page says.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::identifier::bins;
use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal};

/// A licence number with whatever dash or space a page puts into it.
static LICENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let dash = r"\s?[-_/\u{2010}-\u{2015}\u{2212}\u{ad}]\s?";
    Regex::new(&format!(
        r"(?i)\bAFSA{dash}([A-Z]){dash}([A-Z]{{2}}){dash}(20\d\d){dash}(\d{{4}})\b"
    ))
    .ok()
});
/// A row of the public register, which names the firm by its business number.
static REGISTER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"publicreg\.myafsa\.com/\w+/(\d{12})\b").ok());
/// A firm's name by its legal form, one pattern for each way of writing it, with words of which a text
/// must hold one for the pattern to be worth trying. No two can match at the same place.
static LEGAL_NAMES: LazyLock<Vec<(&[&str], Regex)>> = LazyLock::new(|| {
    let patterns: [(&[&str], &str); 3] = [
        (
            &["ТОО", "ЖШС", "АО", "АҚ", "ИП", "ЖК"],
            r#"(?:ТОО|ЖШС|АО|АҚ|ИП|ЖК)\s*[«"“„][^»"”“]{2,60}[»"”“]"#,
        ),
        (&["ЖШС", "АҚ"], r#"[«"“][^»"”“]{2,60}[»"”“]\s*(?:ЖШС|АҚ)"#),
        (
            &["Ltd", "Limited", "LLP", "LLC", "PLC"],
            r"\b[A-Z][A-Za-z0-9&.'\-]*(?:\s+[A-Z(][A-Za-z0-9&.'()\-]*){0,5},?\s+(?:Ltd\b\.?|Limited\b|LLP\b|LLC\b|PLC\b)",
        ),
    ];
    let compiled = patterns.map(|(forms, pattern)| Some((forms, Regex::new(pattern).ok()?)));
    compiled.into_iter().flatten().collect()
});

/// Claims kept of one page.
const MAX_CLAIMS: usize = 20;

/// One claim of a licence, as the page makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceClaim {
    /// Licence number in upper case, when one is stated.
    pub licence_no: Option<String>,
    /// Legal name standing in the same text, as written.
    pub legal_name: Option<String>,
    /// Business number with a right check digit, in the same text.
    pub bin: Option<String>,
    /// The page's own words.
    pub quote: String,
    /// The page.
    pub url: String,
}

/// Reads one page: claims, and a note for each.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> (Vec<LicenceClaim>, Vec<Signal>) {
    let mut claims: Vec<LicenceClaim> = Vec::new();
    let mut signals = Vec::new();
    let said = page.of_group(groups.licence);
    let said: HashMap<usize, &Hit> = said
        .filter(|hit| !page.negated(hit, groups))
        .map(|hit| (hit.block, hit))
        .collect();
    for (index, block) in page.document.blocks.iter().enumerate() {
        let number = licence_number(&block.text);
        let said = said.get(&index);
        let bin = bins(&block.text).into_iter().next();
        if number.is_none() && bin.is_none() && said.is_none() {
            continue;
        }
        let quote = crate::document::clip(&block.text, 400).to_owned();
        if claims.len() < MAX_CLAIMS {
            // Costly, and of use only beside one of the others.
            let legal_name = legal_name(&block.text).map(str::to_owned);
            if number.is_some() || bin.is_some() || legal_name.is_some() {
                claims.push(LicenceClaim {
                    licence_no: number.clone(),
                    legal_name,
                    bin,
                    quote: quote.clone(),
                    url: page.url.to_string(),
                });
            }
        }
        if number.is_some() || said.is_some() {
            signals.push(page.note("licence_claim", &quote, &block.place));
        }
    }
    claims.extend(register_link(page).filter(|_| claims.len() < MAX_CLAIMS));
    (claims, signals)
}

/// The first licence number in the text, in the register's own way of writing.
fn licence_number(text: &str) -> Option<String> {
    // Nearly every text has no such number; a plain search is far cheaper than the pattern.
    let bytes = text.as_bytes();
    let named = bytes
        .windows(4)
        .any(|four| matches!(four, [_, b'f' | b'F', ..]) && four.eq_ignore_ascii_case(b"afsa"));
    named.then_some(())?;
    let found = LICENCE.as_ref()?.captures(text)?;
    let parts: Vec<&str> = found
        .iter()
        .skip(1)
        .flatten()
        .map(|part| part.as_str())
        .collect();
    Some(format!("AFSA-{}", parts.join("-")).to_uppercase())
}

/// The first firm in the text that is named with its legal form.
fn legal_name(text: &str) -> Option<&str> {
    LEGAL_NAMES
        .iter()
        .filter(|(forms, _)| forms.iter().any(|form| text.contains(form)))
        .filter_map(|(_, pattern)| pattern.find(text))
        .min_by_key(regex::Match::start)
        .map(|found| found.as_str().trim())
}

/// A link to a row of the public register: a claim to be the firm of that row.
fn register_link(page: &Page) -> Option<LicenceClaim> {
    let pattern = REGISTER.as_ref()?;
    page.document.links.iter().find_map(|link| {
        let found = pattern.captures(link.url.as_str())?;
        Some(LicenceClaim {
            licence_no: None,
            legal_name: None,
            bin: Some(found.get(1)?.as_str().to_owned()),
            quote: format!("{} {}", link.text, link.url),
            url: page.url.to_string(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_in_three_languages() {
        assert_eq!(LEGAL_NAMES.len(), 3);
        for (text, name) in [
            (
                "Услуги оказывает ТОО «Пример Обмен» с 2024 года",
                "ТОО «Пример Обмен»",
            ),
            ("«Мысал Айырбас» ЖШС көрсетеді", "«Мысал Айырбас» ЖШС"),
            (
                "operated by Example Digital Markets Ltd. in the AIFC",
                "Example Digital Markets Ltd.",
            ),
            ("Example Limited и ТОО «Пример Обмен»", "Example Limited"),
        ] {
            assert_eq!(legal_name(text), Some(name));
        }
        assert_eq!(legal_name("no company here, only limited offers"), None);
    }

    #[test]
    fn licence_numbers_with_any_dash() {
        for text in [
            "Licence AFSA-A-LA-2099-0001 of",
            "№ AFSA–A–LA–2099–0001",
            "afsa‑a‑la‑2099‑0001",
            "AFSA - A - LA - 2099 - 0001",
            "AFSA_A_LA_2099_0001",
        ] {
            assert_eq!(
                licence_number(text).as_deref(),
                Some("AFSA-A-LA-2099-0001"),
                "{text}"
            );
        }
        for text in [
            "AFSA-2099-0001",
            "AFSA-A-LA-1999-0001",
            "AFSA-A-LA-2099-00012",
        ] {
            assert_eq!(licence_number(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_into_the_register_claims_its_firm() {
        let lexicon = crate::lexicon::Lexicon::shipped().unwrap();
        let url = url::Url::parse("https://a.test/").unwrap();
        let html = "<p><a href=https://publicreg.myafsa.com/details/990140000001/>Register</a>";
        let document = crate::document::read(html, &url);
        let page = Page::new(url, String::new(), document, &lexicon);
        let (claims, _) = read(&page, &Groups::of(&lexicon));
        assert_eq!(claims[0].bin.as_deref(), Some("990140000001"));
    }
}
