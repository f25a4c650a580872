//! Sketches of a site's text: how alike two texts are, told from 64 numbers of each (minhash over
//! runs of five words, numbers left out, since rates change). Two sketches agree in about as many
//! places as the texts share runs.
//!
//! For linking, a sketch is cut into eight bands; texts that are alike nine parts in ten share a band
//! almost surely, texts alike by half almost never (0.9^8 = 0.43 a band; 0.5^8 = 0.004).

use std::sync::Arc;

use crate::signal::Page;
use crate::words::letter;

/// Numbers in a sketch.
const SIZE: usize = 64;
/// Words in a run.
const RUN: usize = 5;
/// Numbers in a band.
const BAND: usize = 8;
/// A text of fewer words is too common to say anything.
const MIN_WORDS: usize = 120;
/// Words read of one site.
const MAX_WORDS: usize = 20_000;

/// Parts of addresses that hold terms, in the languages of the trade.
const LEGAL: &[&str] = &[
    "rule",
    "pravila",
    "erezhe",
    "ereje",
    "term",
    "usloviya",
    "legal",
    "oferta",
    "agreement",
    "soglashenie",
    "kelisim",
    "sharttar",
    "policy",
    "aml",
];

/// A sketch of one part of a site's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// `main` or `legal`.
    pub part: &'static str,
    /// The smallest hash of any run, for each of 64 hash functions.
    pub least: Vec<u32>,
    /// Words it was made of.
    pub words: usize,
    /// The page that gave most of them.
    pub url: String,
    /// Hex SHA-256 of that page's captured body.
    pub capture: String,
    /// How that page's text begins.
    pub quote: String,
}

impl Sketch {
    /// In hex, as the store keeps it.
    #[must_use]
    pub fn to_hex(&self) -> String {
        let octets: Vec<u8> = self.least.iter().flat_map(|n| n.to_be_bytes()).collect();
        crate::hex(&octets)
    }

    /// One short value for each band: texts that are alike share some.
    pub fn bands(&self) -> impl Iterator<Item = String> {
        self.least.chunks(BAND).enumerate().map(|(index, band)| {
            let hash = band
                .iter()
                .fold(mix(index as u64), |hash, n| mix(hash ^ u64::from(*n)));
            format!("{index}-{hash:016x}")
        })
    }
}

/// How much two sketches in hex agree, 0 to 1; `None` when one is no sketch.
#[must_use]
pub fn likeness(one: &str, other: &str) -> Option<f64> {
    let whole = |text: &str| text.len() == SIZE * 8 && text.is_ascii();
    if !whole(one) || !whole(other) {
        return None;
    }
    let same = one
        .as_bytes()
        .chunks(8)
        .zip(other.as_bytes().chunks(8))
        .filter(|(a, b)| a == b)
        .count();
    #[expect(clippy::cast_precision_loss, reason = "at most 64")]
    Some(same as f64 / SIZE as f64)
}

/// The sketches of a site's pages: of all that is no terms, and of the terms.
#[must_use]
pub fn of_site(pages: &[Arc<Page>]) -> Vec<Sketch> {
    let (legal, main): (Vec<&Arc<Page>>, Vec<&Arc<Page>>) =
        pages.iter().partition(|page| is_legal(page));
    [sketch("main", &main), sketch("legal", &legal)]
        .into_iter()
        .flatten()
        .collect()
}

fn is_legal(page: &Page) -> bool {
    let path = page.url.path().to_ascii_lowercase();
    LEGAL.iter().any(|part| path.contains(part))
}

fn sketch(part: &'static str, pages: &[&Arc<Page>]) -> Option<Sketch> {
    let mut least = vec![u32::MAX; SIZE];
    let mut words = 0;
    let mut longest: Option<(usize, &Page)> = None;
    for page in pages {
        let before = words;
        for block in &page.document.blocks {
            if words >= MAX_WORDS {
                break;
            }
            words += add(&block.text, &mut least);
        }
        if longest.is_none_or(|(most, _)| words - before > most) {
            longest = Some((words - before, page));
        }
    }
    let (_, page) = longest?;
    let quote = page
        .document
        .blocks
        .iter()
        .map(|block| block.text.as_str())
        .find(|text| text.chars().count() >= 60)
        .unwrap_or(&page.document.title);
    (words >= MIN_WORDS).then(|| Sketch {
        part,
        least,
        words,
        url: page.url.to_string(),
        capture: page.capture.clone(),
        quote: quote.chars().take(200).collect(),
    })
}

/// Adds the runs of one block; gives how many words it has.
fn add(text: &str, least: &mut [u32]) -> usize {
    let hashes: Vec<u64> = text
        .split(|c: char| !letter::is_alphanumeric(c))
        .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()))
        .map(hash)
        .collect();
    for run in hashes.windows(RUN) {
        let run = run.iter().fold(0_u64, |sum, word| mix(sum ^ word));
        for (seed, least) in (1_u64..).zip(least.iter_mut()) {
            let value = (mix(run ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 32) as u32;
            *least = (*least).min(value);
        }
    }
    hashes.len()
}

/// FNV-1a over the word in lower case: the same on every machine and in every version.
fn hash(word: &str) -> u64 {
    word.chars()
        .flat_map(letter::lower)
        .fold(0xcbf2_9ce4_8422_2325, |hash, c| {
            (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3)
        })
}

/// The finaliser of `SplitMix64`.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
