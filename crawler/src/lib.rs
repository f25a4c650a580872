//! Crawler.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod charset;
pub mod document;
pub mod dom;
pub mod lexicon;
pub mod words;
