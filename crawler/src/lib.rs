//! The crawler: from an address to a case that officers can decide.
//!
//! A guided tour, in the order in which an address travels:
//!
//! 1. **Where to go.** [`seed`] reads lists given by people; `discover` picks links worth a visit;
//!    [`sitemap`] reads sitemaps. The frontier itself lies in the store (`data::frontier`).
//! 2. **Whether we may.** [`robots`] (RFC 9309), [`politeness`] (one governor a host), and
//!    [`address_guard`], which keeps us off every address that is not public: before the first request,
//!    at each redirect, and in [`resolve`], the resolver that the HTTP client itself uses.
//! 3. **Fetching.** [`fetch`] counts every bound while reading; [`warc`] keeps what came, so that it can
//!    be shown and checked years later.
//! 4. **Reading.** [`charset`] makes text of bytes, [`dom`] parses within bounds, [`document`] takes out
//!    what a page says, [`words`] and [`lexicon`] find phrases in it, [`currency`] and [`feed`] read
//!    codes and rates feeds.
//! 5. **Judging.** [`signal`]s are single observations with their quotes; [`score`] adds up the points
//!    that the fitted [`model`] gives them, in a ledger that is shown; [`kind`] says what business it is;
//!    [`assessment`] judges the whole site. A flag needs activity AND targeting AND no guard;
//!    contradictions go to people.
//!    [`identifier`] reads what a site shares with others, [`network`] says how much that counts.
//! 6. **All together.** [`crawl`] runs workers over the frontier; when a site's last address is done it
//!    is judged, its evidence frozen, and a case opened if people should look. Nothing here can list or
//!    block anything.
//! 7. **Besides.** [`control`] looks for what the owner of a name published to prove that it is theirs.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![forbid(unsafe_code)]

pub mod address_guard;
pub mod assessment;
mod cache;
pub mod charset;
pub mod control;
pub mod corpus;
pub mod crawl;
pub mod currency;
mod discover;
pub mod document;
pub mod dom;
pub mod evaluate;
pub mod feed;
pub mod fetch;
pub mod fit;
pub mod identifier;
mod judge;
pub mod kind;
pub mod lexicon;
pub mod model;
pub mod network;
pub mod plain;
pub mod politeness;
pub mod resolve;
pub mod robots;
pub mod score;
pub mod seed;
pub mod signal;
pub mod sitemap;
pub mod warc;
pub mod wording;
pub mod words;
mod worker;

pub use crawl::{Crawl, CrawlConfig, CrawlError, Event};

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}
