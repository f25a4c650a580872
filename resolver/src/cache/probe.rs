//! The cache for programs that measure it or feed it nonsense; nothing else uses this.
#![allow(missing_docs, reason = "not for use")]

use super::{AnswerCache, CacheLimits, Entry};
use crate::query::Query;

/// A query that was read.
#[derive(Debug)]
pub struct Asking(Query);

impl Asking {
    pub fn read(message: &[u8]) -> Option<Self> {
        Query::read(message).map(Self)
    }
}

/// A cache.
pub struct Probe(AnswerCache);

impl Probe {
    pub fn new(octets: usize) -> Self {
        Self(AnswerCache::new(octets))
    }

    /// Whether the message is an answer to the query; it is kept if it lasts.
    pub fn keep(&self, query: &Asking, message: &[u8], now: u32) -> bool {
        let limits = CacheLimits::default();
        let entry = Entry::from_answer(message, &(&query.0).into(), now, &limits, true);
        entry.map(|entry| self.0.put(entry)).is_ok()
    }

    /// The length of the answer that is written over the query in `buffer`.
    pub fn answer(
        &self,
        query: &Asking,
        buffer: &mut [u8],
        limit: usize,
        now: u32,
    ) -> Option<usize> {
        let hit = self.0.get(&self.0.key((&query.0).into()), now)?;
        Some(hit.write(&query.0, buffer, limit, now))
    }
}

/// The length of the answer without keeping it.
pub fn pass_on(query: &Asking, message: &[u8], buffer: &mut [u8], limit: usize) -> Option<usize> {
    let limits = CacheLimits::default();
    let entry = Entry::from_answer(message, &(&query.0).into(), 0, &limits, true).ok()?;
    Some(entry.write(&query.0, buffer, limit, 0))
}
