//! What the site says about its licence. A claim is recorded and later held against the register;
//! it clears nothing, whatever the page says.
//!
//! * `number`: which numbers are numbers of licences, by the words around them
//! * `shape`: what such a number looks like
//! * `firm`: whose name stands beside it

mod firm;
mod number;
mod shape;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use blocklist::matching::number_key;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::document::clip;
use crate::identifier::bins;
use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal, around};
pub(crate) use number::check_shipped;
use number::{Number, numbers, spoken_of};

/// A row of the public register, which names the firm by its business number.
static REGISTER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"publicreg\.myafsa\.com/\w+/(\d{12})\b").ok());

/// Claims kept of one page.
const MAX_CLAIMS: usize = 20;
/// Bytes of a quote.
const MAX_QUOTE: usize = 400;

/// One claim of a licence, as the page makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceClaim {
    /// Licence number exactly as the page writes it, when one is stated.
    pub licence_no: Option<String>,
    /// The same as it is matched, by [`number_key`].
    #[serde(default)]
    pub licence_key: Option<String>,
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
    let spoken_of: HashSet<usize> = spoken_of(&page.words).into_iter().collect();
    for (index, block) in page.document.blocks.iter().enumerate() {
        let numbers = if spoken_of.contains(&index) {
            let next = page.document.blocks.get(index + 1);
            numbers(&block.text, next.map_or("", |next| &next.text))
        } else {
            Vec::new()
        };
        let bins = bins(&block.text);
        let is_said = said.contains_key(&index);
        if numbers.is_empty() && bins.is_empty() && !is_said {
            continue;
        }
        if claims.len() < MAX_CLAIMS {
            claims.extend(of_block(&block.text, &numbers, &bins, page.url.as_str()));
        }
        if !numbers.is_empty() || is_said {
            let quote = quote(&block.text, numbers.first());
            signals.push(page.note("licence_claim", &quote, &block.place));
        }
    }
    claims.extend(register_link(page));
    claims.truncate(MAX_CLAIMS);
    (claims, signals)
}

/// The claims of one text: one for each number, or one for a name or business number alone.
fn of_block(text: &str, numbers: &[Number], bins: &[String], url: &str) -> Vec<LicenceClaim> {
    let names = firm::legal_names(text);
    let claim = |number: Option<&Number>| {
        let legal_name = match number {
            // Which name is whose, a text of several numbers and several names does not say.
            Some(_) if numbers.len() > 1 => only(names.iter().map(|(_, name)| *name)),
            Some(number) => nearest(&names, number.start),
            None => names.first().map(|(_, name)| *name),
        };
        let bin = match number {
            Some(_) if numbers.len() > 1 => only(bins.iter().map(String::as_str)),
            _ => bins.first().map(String::as_str),
        };
        LicenceClaim {
            licence_no: number.map(|number| number.text.clone()),
            licence_key: number.map(|number| number_key(&number.text)),
            legal_name: legal_name.map(str::to_owned),
            bin: bin.map(str::to_owned),
            quote: quote(text, number),
            url: url.to_owned(),
        }
    };
    if !numbers.is_empty() {
        return numbers.iter().map(|number| claim(Some(number))).collect();
    }
    let alone = !names.is_empty() || !bins.is_empty();
    alone.then(|| claim(None)).into_iter().collect()
}

/// The one thing that all of these are.
fn only<'a>(mut all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The name that stands nearest to a place, before it or after it.
fn nearest<'a>(names: &[(usize, &'a str)], place: usize) -> Option<&'a str> {
    let far = |(at, name): &&(usize, &str)| {
        if *at < place {
            place.saturating_sub(at + name.len())
        } else {
            at - place
        }
    };
    names.iter().min_by_key(far).map(|(_, name)| *name)
}

/// The text, or what of a long one stands around the number.
fn quote(text: &str, number: Option<&Number>) -> String {
    let within = number.filter(|number| number.start < text.len());
    match within.map(|number| (number.start, number.start + number.text.len())) {
        Some((start, end)) if end > MAX_QUOTE => around(text, start, end.min(text.len())),
        _ => {
            let whole = clip(text, MAX_QUOTE);
            // What stands in the next block alone is quoted with its heading.
            let below = number.filter(|number| number.start >= text.len());
            below.map_or_else(
                || whole.to_owned(),
                |number| format!("{whole} {}", number.text),
            )
        }
    }
}

/// A link to a row of the public register: a claim to be the firm of that row.
fn register_link(page: &Page) -> Option<LicenceClaim> {
    let pattern = REGISTER.as_ref()?;
    page.document.links.iter().find_map(|link| {
        let found = pattern.captures(link.url.as_str())?;
        Some(LicenceClaim {
            licence_no: None,
            licence_key: None,
            legal_name: None,
            bin: Some(found.get(1)?.as_str().to_owned()),
            quote: format!("{} {}", link.text, link.url),
            url: page.url.to_string(),
        })
    })
}

#[cfg(test)]
mod tests;
