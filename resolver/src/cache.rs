//! Answers of upstreams in wire form, shared by all workers and read without lock and without
//! allocation.
//!
//! 1. `read` walks an upstream's message to its last octet and keeps of it only where things are.
//! 2. [`Entry`] is what is kept: the octets behind the question, how long they live (RFC 2308,
//!    RFC 9520), and how they are written for a client, each TTL less its age.
//! 3. [`AnswerCache`] holds entries within a bound in octets and finds them by their whole
//!    question.
//!
//! Whether an answer may be given at all is not decided here: an entry knows which names it leads
//! to, and for which policy somebody found them clean.

mod entry;
pub mod probe;
mod read;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use entry::{Entry, Freshness};
#[cfg(test)]
use read::Malformed;
pub(crate) use table::AnswerCache;

use crate::query::{HEADER, Query};

/// How long answers are kept, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheLimits {
    /// No TTL is kept or told longer than this.
    pub(crate) longest: u32,
    /// Nor that of an answer that says there is nothing (RFC 2308 §5).
    pub(crate) negative: u32,
    /// A failure is remembered for this long; kept within 1 to 5 seconds, which is less than
    /// RFC 9520 §3.2 would allow, because a listing of failures helps nobody whose zone was mended.
    pub(crate) failure: u32,
    /// How long beyond its life an answer may be given when upstreams fail (RFC 8767 §5).
    pub(crate) stale: u32,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            longest: 86_400,
            negative: 3_600,
            failure: 5,
            stale: 86_400,
        }
    }
}

/// What an answer is kept under: a question, and what of its header and OPT record changes the
/// answer (RFC 3225, RFC 4035 §3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked<'n> {
    /// In lower case, uncompressed.
    pub(crate) name: &'n [u8],
    pub(crate) kind: u16,
    pub(crate) dnssec_ok: bool,
    pub(crate) checking_disabled: bool,
}

impl Asked<'_> {
    /// Where the question ends in a message, in octets from its start.
    fn question_end(&self) -> usize {
        HEADER + self.name.len() + 4
    }
}

impl<'n> From<&'n Query> for Asked<'n> {
    fn from(query: &'n Query) -> Self {
        Self {
            name: query.name.as_wire(),
            kind: query.kind,
            dnssec_ok: query.dnssec_ok(),
            checking_disabled: query.checking_disabled,
        }
    }
}
