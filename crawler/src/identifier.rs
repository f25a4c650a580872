//! What may link a site to others of the same operator. Only what passes its checksum or its exact
//! shape is kept, normalised so that two spellings of one thing are equal; what every page may show
//! (contracts of coins, test keys) is dropped by `data/network/common.toml`.
//!
//! * [`wallet`]: addresses of a dozen chains
//! * [`tag`]: counters, advertising and chat accounts, captcha keys, proofs of ownership
//! * [`contact`]: Telegram, phones, mail
//! * [`bin`]: Kazakh business numbers
//! * [`certificate`]: the key a site is served under
//! * [`text`]: sketches of what a site says, for resemblance
//!
//! Which of these tie two sites together is decided in `network`.

pub mod bin;
pub mod certificate;
mod common;
pub mod contact;
pub mod tag;
pub mod text;
pub mod wallet;

use std::collections::HashSet;

use serde::Serialize;

use crate::document::{Block, clip};
use crate::signal::{Page, around};
pub use bin::{bins, is_bin};
pub use wallet::{Wallet, wallets};

/// Identifiers kept of one page.
pub const MAX_OF_PAGE: usize = 100;

/// One identifier and where it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// `wallet.tron`, `analytics.google`, `telegram`, `phone`, `bin`, …
    pub kind: String,
    /// The identifier.
    pub value: String,
    /// Where it stands.
    #[serde(rename = "where")]
    pub place: String,
    /// The page.
    pub url: String,
    /// Hex SHA-256 of the captured body.
    #[serde(skip)]
    pub capture: String,
    /// The page's own words around it.
    #[serde(skip)]
    pub quote: String,
}

/// Reads one page; at most [`MAX_OF_PAGE`] identifiers, those of its scripts and links first.
#[must_use]
pub fn read(page: &Page) -> Vec<Identifier> {
    let mut found = Found::of(page);
    tag::read(page, &mut found);
    contact::links(page, &mut found);
    for block in &page.document.blocks {
        wallet::read(block, &mut found);
        contact::read(block, &mut found);
        bin::read(block, &mut found);
    }
    found.list
}

/// Whether `text` has `length` accepted bytes in a row. Most blocks of a page have no run as long as a
/// number or an address: cheaper to see, a whole length at a hop, than to search.
fn has_run(text: &str, length: usize, accept: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(window) = bytes.get(from..from + length) {
        match window.iter().rposition(|b| !accept(*b)) {
            Some(broken) => from += broken + 1,
            None => return true,
        }
    }
    false
}

/// What has been found on one page.
pub(crate) struct Found<'a> {
    page: &'a Page,
    seen: HashSet<(&'static str, String)>,
    list: Vec<Identifier>,
}

impl<'a> Found<'a> {
    fn of(page: &'a Page) -> Self {
        Self {
            page,
            seen: HashSet::new(),
            list: Vec::new(),
        }
    }

    /// Adds what stands in a block of text at `range`.
    pub(crate) fn in_block(
        &mut self,
        kind: &'static str,
        value: String,
        block: &Block,
        range: std::ops::Range<usize>,
    ) {
        if !self.is_new(kind, &value) {
            return;
        }
        let quote = around(&block.text, range.start, range.end);
        self.push(kind, value, &block.place, &quote);
    }

    /// Adds what stands in an attribute or a script.
    pub(crate) fn add(&mut self, kind: &'static str, value: String, place: &str, quote: &str) {
        if self.is_new(kind, &value) {
            self.push(kind, value, place, quote);
        }
    }

    fn is_new(&self, kind: &'static str, value: &str) -> bool {
        self.list.len() < MAX_OF_PAGE
            && !common::is_common(kind, value)
            && !self.seen.contains(&(kind, value.to_owned()))
    }

    fn push(&mut self, kind: &'static str, value: String, place: &str, quote: &str) {
        self.seen.insert((kind, value.clone()));
        self.list.push(Identifier {
            kind: kind.to_owned(),
            value,
            place: clip(place, 160).to_owned(),
            url: self.page.url.to_string(),
            capture: self.page.capture.clone(),
            quote: clip(quote.trim(), 300).to_owned(),
        });
    }
}

#[cfg(test)]
mod tests;
