//! What workers count: each worker its own numbers, so that counting costs a store and nobody waits
//! for anybody. A scrape adds them up.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Kind, answered::Answered};

/// A number that one thread writes and any thread reads.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds; only the thread that owns the counter may.
    pub(crate) fn add(&self, more: u64) {
        let now = self.0.load(Ordering::Relaxed);
        self.0.store(now.wrapping_add(more), Ordering::Relaxed);
    }

    /// As [`Self::add`], for counters that many threads add to.
    pub(crate) fn add_shared(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one worker did.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) refused: Count,
    pub(crate) blocked: Count,
    /// Decided by a rule of the operator's own, silence among it.
    pub(crate) ruled: Count,
    pub(crate) cached: Count,
    /// Upstreams were asked.
    pub(crate) asked: Count,
    /// Could not be asked for, because too much was being asked for.
    pub(crate) overloaded: Count,
    /// Could not be asked for, because the client's network waits for too many already.
    pub(crate) capped: Count,
    /// Told to come by another way, because the client's network asks too much.
    pub(crate) slipped: Count,
    /// Not answered, for the same reason; of connections, closed at once because the network has too many.
    pub(crate) limited: Count,
    /// Handed to the full path.
    pub(crate) handed: Count,
    /// Not answered, because the full path had too much to do.
    pub(crate) dropped: Count,
    /// Renewed ahead of their end.
    pub(crate) prefetched: Count,
    /// Answered by the worker that read them.
    pub(crate) at_once: Answered,
    /// Answered by others, later.
    pub(crate) later: Answered,
    /// Times the worker went round, with or without work.
    pub(crate) rounds: Count,
}

impl Counters {
    /// The counter of an answer.
    pub(crate) fn of(&self, kind: Kind) -> &Count {
        match kind {
            Kind::Refused => &self.refused,
            Kind::Blocked => &self.blocked,
            Kind::Rule => &self.ruled,
            Kind::Cached => &self.cached,
            Kind::Slipped => &self.slipped,
        }
    }
}
