//! What the site says about its licence. A claim is recorded and later held against the register;
//! it clears nothing, whatever the page says.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::signal::identifiers::bins;
use crate::signal::{Groups, Page, Signal};

static LICENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bAFSA-[A-Z]-[A-Z]{2}-20\d\d-\d{4}\b").ok());
static LEGAL_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?:(?:ТОО|ЖШС|АО|АҚ|ИП|ЖК)\s*[«"“„][^»"”“]{2,60}[»"”“])|(?:[«"“][^»"”“]{2,60}[»"”“]\s*(?:ЖШС|АҚ))|(?:\b[A-Z][A-Za-z0-9&.'\-]*(?:\s+[A-Z(][A-Za-z0-9&.'()\-]*){0,5},?\s+(?:Ltd\b\.?|Limited\b|LLP\b|LLC\b|PLC\b))"#,
    )
    .ok()
});

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
    for (index, block) in page.document.blocks.iter().enumerate() {
        let number = LICENCE
            .as_ref()
            .and_then(|pattern| pattern.find(&block.text))
            .map(|m| m.as_str().to_uppercase());
        let said = page
            .of_group(groups.licence)
            .find(|hit| hit.block == index && !page.negated(hit, groups));
        let bin = bins(&block.text).into_iter().next();
        if number.is_none() && bin.is_none() && said.is_none() {
            continue;
        }
        // Costly, and of use only beside one of the others.
        let legal_name = LEGAL_NAME
            .as_ref()
            .and_then(|pattern| pattern.find(&block.text))
            .map(|found| found.as_str().trim().to_owned());
        let worth = number.is_some() || bin.is_some() || legal_name.is_some();
        let quote = crate::document::clip(&block.text, 400).to_owned();
        if claims.len() < 20 && worth {
            claims.push(LicenceClaim {
                licence_no: number.clone(),
                legal_name,
                bin,
                quote: quote.clone(),
                url: page.url.to_string(),
            });
        }
        if number.is_some() || said.is_some() {
            signals.push(page.note("licence_claim", &quote, &block.place));
        }
    }
    (claims, signals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_in_three_languages() {
        let pattern = LEGAL_NAME.as_ref().unwrap();
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
        ] {
            assert_eq!(pattern.find(text).unwrap().as_str(), name);
        }
        assert!(
            pattern
                .find("no company here, only limited offers")
                .is_none()
        );
    }

    #[test]
    fn licence_numbers() {
        let pattern = LICENCE.as_ref().unwrap();
        assert!(pattern.is_match("Licence AFSA-A-LA-2023-0001 of"));
        assert!(!pattern.is_match("AFSA-2023-0001"));
    }
}
