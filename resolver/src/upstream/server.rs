//! What is known of one upstream: how fast it answers, whether it does at all, when to find out again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::config::{Transport, Upstream};

/// What a first answer is waited for before anything is known of an upstream.
const UNKNOWN: Duration = Duration::from_millis(400);
/// The shortest time an answer is waited for: what scheduling and a slow name take anyway.
const SHORTEST: Duration = Duration::from_millis(150);
/// What an upstream counts as that answers, but does not want to (REFUSED, NOTIMP).
const UNWILLING: Duration = Duration::from_millis(300);
/// Questions that resting upstreams are asked in a second when no other is left.
const LAST_RESORT: f64 = 100.0;

/// Counts of one upstream, read by whoever renders metrics.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) queries: AtomicU64,
    pub(super) answers: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) wrong: AtomicU64,
    pub(super) strangers: AtomicU64,
    pub(super) streams: AtomicU64,
    /// Smoothed, in microseconds; 0 is not known.
    pub(super) round_trip: AtomicU64,
    pub(super) resting: AtomicU64,
}

/// One more; only the engine's thread counts.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Bounds on time that all upstreams share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// The longest an answer is waited for before another upstream is asked.
    pub(super) longest: Duration,
    /// How long a silent upstream is passed over.
    pub(super) rest: Duration,
    /// How often one that is not asked is measured.
    pub(super) measure: Duration,
}

/// One upstream.
pub(super) struct Server {
    pub(super) upstream: Upstream,
    pub(super) counters: Arc<Counters>,
    /// Whether it repeats the case of letters, so that another case is a forgery.
    pub(super) repeats_case: bool,
    patience: Patience,
    round_trip: Option<RoundTrip>,
    resting_until: Option<Instant>,
    last_answer: Option<Instant>,
    next_measure: Instant,
    tries: f64,
    tries_at: Instant,
}

/// Smoothed as RFC 6298 §2 does.
#[derive(Debug, Clone, Copy)]
struct RoundTrip {
    mean: Duration,
    deviation: Duration,
}

impl RoundTrip {
    fn first(took: Duration) -> Self {
        Self {
            mean: took,
            deviation: took / 2,
        }
    }

    fn with(self, took: Duration) -> Self {
        Self {
            mean: (self.mean * 7 + took) / 8,
            deviation: (self.deviation * 3 + self.mean.abs_diff(took)) / 4,
        }
    }
}

impl Server {
    pub(super) fn new(
        upstream: Upstream,
        counters: Arc<Counters>,
        patience: Patience,
        now: Instant,
    ) -> Self {
        Self {
            repeats_case: upstream.mixed_case,
            upstream,
            counters,
            patience,
            round_trip: None,
            resting_until: None,
            last_answer: None,
            next_measure: now + patience.measure,
            tries: LAST_RESORT,
            tries_at: now,
        }
    }

    pub(super) fn is_stream_only(&self) -> bool {
        !matches!(self.upstream.transport, Transport::Udp)
    }

    pub(super) fn is_resting(&self) -> bool {
        self.resting_until.is_some()
    }

    /// What it is chosen by: unknown ones first, so that they become known.
    pub(super) fn speed(&self) -> Option<Duration> {
        self.round_trip.map(|trip| trip.mean)
    }

    /// How long an answer over UDP is waited for before the next upstream is asked.
    pub(super) fn wait(&self) -> Duration {
        let wanted = self
            .round_trip
            .map_or(UNKNOWN, |trip| trip.mean + trip.deviation * 4);
        wanted.clamp(SHORTEST.min(self.patience.longest), self.patience.longest)
    }

    /// How long an answer is waited for over a stream, its opening included, or by nobody.
    pub(super) fn longest_wait(&self) -> Duration {
        self.patience.longest
    }

    /// It answered a query that was sent at `sent`. `true` when it had been resting.
    pub(super) fn answered(&mut self, sent: Instant, now: Instant, willing: bool) -> bool {
        let took = now.saturating_duration_since(sent);
        let took = if willing { took } else { took.max(UNWILLING) };
        let trip = self
            .round_trip
            .map_or_else(|| RoundTrip::first(took), |trip| trip.with(took));
        self.round_trip = Some(trip);
        self.last_answer = Some(now);
        self.next_measure = now + self.patience.measure;
        self.counters
            .round_trip
            .store(trip.mean.as_micros().max(1) as u64, Ordering::Relaxed);
        self.counters.resting.store(0, Ordering::Relaxed);
        self.resting_until.take().is_some()
    }

    /// A query that was sent at `sent` was not answered in time. Answers to later ones speak for it:
    /// then the name is slow and not the upstream.
    pub(super) fn silent(&mut self, sent: Instant, now: Instant) -> bool {
        if self.last_answer.is_some_and(|answer| answer >= sent) {
            return false;
        }
        self.rest(now)
    }

    /// It is passed over for a while; `true` when that is news.
    pub(super) fn rest(&mut self, now: Instant) -> bool {
        let until = now + self.patience.rest;
        self.next_measure = until;
        self.counters.resting.store(1, Ordering::Relaxed);
        self.resting_until.replace(until).is_none()
    }

    /// Whether it is time to send it a copy of somebody's question, to find out how it fares. The
    /// question itself goes to another one, so that nobody waits for this.
    pub(super) fn take_measure(&mut self, now: Instant) -> bool {
        let due = self.next_measure <= now;
        if due {
            self.next_measure = now + self.patience.measure;
        }
        due
    }

    /// Whether a question may go here although it rests, because no other upstream is left.
    pub(super) fn take_try(&mut self, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.tries_at);
        self.tries_at = now;
        self.tries = (self.tries + since.as_secs_f64() * LAST_RESORT).min(LAST_RESORT);
        let may = self.tries >= 1.0;
        if may {
            self.tries -= 1.0;
        }
        may
    }
}
