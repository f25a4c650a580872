//! How many queries there were, and how many in a second of the last minute.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{fast::counters::Counters, observe::Observed};

/// How often counts are kept, and how many of them: the last minute.
const EVERY: Duration = Duration::from_secs(5);
const KEPT: usize = 12;
/// A shorter time says nothing about a rate.
const SHORTEST: Duration = Duration::from_secs(1);

/// Messages read since the start, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All of them.
    pub all: u64,
    /// Blocked by the national list.
    pub blocked: u64,
    /// Decided by a rule of the operator's own.
    pub own_rule: u64,
    /// Answered from memory.
    pub cached: u64,
    /// Upstreams were asked.
    pub asked: u64,
    /// Refused to ask here.
    pub refused: u64,
    /// Answered by the full path.
    pub full_path: u64,
    /// Told that too much is being asked for.
    pub overloaded: u64,
    /// Not answered, because too much was being asked for.
    pub dropped: u64,
}

impl Counts {
    fn of(observed: &Observed) -> Self {
        let mut sum = Self::default();
        for counters in observed.udp.iter().chain([&observed.tcp]) {
            sum.add(counters);
        }
        sum
    }

    fn add(&mut self, counters: &Counters) {
        let all = &mut self.all;
        for (sum, count) in [
            (&mut self.blocked, &counters.blocked),
            (&mut self.own_rule, &counters.ruled),
            (&mut self.cached, &counters.cached),
            (&mut self.asked, &counters.asked),
            (&mut self.refused, &counters.refused),
            (&mut self.full_path, &counters.handed),
            (&mut self.overloaded, &counters.overloaded),
            (&mut self.dropped, &counters.dropped),
        ] {
            *sum += count.get();
            *all += count.get();
        }
    }
}

/// Rates over the last minute, or since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Over how many seconds; 0 when the node has only just started, and nothing is known.
    pub over: f64,
    /// Queries in a second.
    pub all: f64,
    /// Of them blocked by the national list.
    pub blocked: f64,
    /// Queries in that time that were not answered, or told that there are too many.
    pub lost: u64,
}

/// Counts of the last minute.
#[derive(Clone)]
pub(super) struct Sampled {
    observed: Observed,
    samples: Arc<Mutex<VecDeque<(Instant, Counts)>>>,
}

impl Sampled {
    pub(super) fn new(observed: Observed) -> Self {
        let first = (Instant::now(), Counts::default());
        Self {
            observed,
            samples: Arc::new(Mutex::new(VecDeque::from([first]))),
        }
    }

    /// Keeps counts until told to stop.
    pub(super) async fn keep(self, stop: CancellationToken) {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = stop.cancelled() => return,
            }
            let sample = (Instant::now(), Counts::of(&self.observed));
            let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
            samples.push_back(sample);
            if samples.len() > KEPT {
                samples.pop_front();
            }
        }
    }

    /// Everything so far, and what of it the last minute brought.
    pub(super) fn now(&self) -> (Counts, Rates) {
        let (now, counts) = (Instant::now(), Counts::of(&self.observed));
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((since, before)) = samples.front() else {
            return (counts, Rates::default());
        };
        (counts, rates(now - *since, before, &counts))
    }
}

fn rates(over: Duration, before: &Counts, now: &Counts) -> Rates {
    let lost = (now.overloaded + now.dropped).saturating_sub(before.overloaded + before.dropped);
    if over < SHORTEST {
        return Rates {
            lost,
            ..Rates::default()
        };
    }
    let seconds = over.as_secs_f64();
    let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
    Rates {
        over: seconds,
        all: rate(now.all, before.all),
        blocked: rate(now.blocked, before.blocked),
        lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_came_in_the_time_between() {
        let before = Counts {
            all: 100,
            blocked: 10,
            dropped: 3,
            ..Counts::default()
        };
        let now = Counts {
            all: 400,
            blocked: 40,
            dropped: 5,
            ..Counts::default()
        };
        let seen = rates(Duration::from_secs(60), &before, &now);
        assert_eq!((seen.all, seen.blocked, seen.lost), (5.0, 0.5, 2));
        let too_soon = rates(Duration::from_millis(10), &before, &now);
        assert_eq!((too_soon.over, too_soon.all), (0.0, 0.0));
    }
}
