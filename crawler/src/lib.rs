//! Crawler.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod address_guard;
pub mod assessment;
mod cache;
pub mod charset;
pub mod crawl;
pub mod currency;
mod discover;
pub mod document;
pub mod dom;
pub mod feed;
pub mod fetch;
mod judge;
pub mod lexicon;
pub mod politeness;
pub mod resolve;
pub mod robots;
pub mod score;
pub mod seed;
pub mod signal;
pub mod sitemap;
pub mod warc;
pub mod words;
mod worker;

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
