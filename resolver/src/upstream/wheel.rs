//! When to look at what again: a wheel of short spans of time, each with what is due in it. Setting
//! and dropping cost nothing worth mentioning; what is no longer wanted is let run out.

use std::time::{Duration, Instant};

/// How exact the wheel is: nothing fires early, and nothing later than this.
const SPAN: Duration = Duration::from_millis(8);
/// Spans of one turn, a power of two; what is due after more than that is looked at once a turn.
const SPANS: u64 = 1024;

/// Something due at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    at: Instant,
    pub(super) flight: u32,
    /// Tells this setting from others of the same flight.
    pub(super) number: u64,
}

/// The wheel.
pub(super) struct Wheel {
    spans: Vec<Vec<Due>>,
    began: Instant,
    /// The span that is looked at next.
    next: u64,
    held: usize,
}

impl Wheel {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            spans: vec![Vec::new(); SPANS as usize],
            began: now,
            next: 0,
            held: 0,
        }
    }

    pub(super) fn set(&mut self, at: Instant, flight: u32, number: u64) {
        self.put(Due { at, flight, number });
    }

    fn put(&mut self, due: Due) {
        // The span that ends at or after the time, and not one that was looked at already.
        let since = due.at.saturating_duration_since(self.began);
        let span = since.as_nanos().div_ceil(SPAN.as_nanos()) as u64;
        let span = span.clamp(self.next, self.next + SPANS - 1);
        if let Some(place) = self.spans.get_mut((span % SPANS) as usize) {
            place.push(due);
            self.held += 1;
        }
    }

    /// Gives what is due to `due`.
    pub(super) fn turn(&mut self, now: Instant, due: &mut Vec<Due>) {
        let until = now.saturating_duration_since(self.began).as_nanos() / SPAN.as_nanos();
        while u128::from(self.next) <= until {
            if self.held == 0 {
                self.next = until as u64 + 1;
                return;
            }
            let Some(place) = self.spans.get_mut((self.next % SPANS) as usize) else {
                return;
            };
            let mut ended = std::mem::take(place);
            self.next += 1;
            self.held -= ended.len();
            for one in ended.drain(..) {
                if one.at <= now {
                    due.push(one);
                } else {
                    self.put(one);
                }
            }
            // Its room is kept for the next time round.
            if let Some(place) = self.spans.get_mut(((self.next - 1) % SPANS) as usize)
                && place.is_empty()
            {
                *place = ended;
            }
        }
    }

    /// How long nothing is due; `None` when nothing ever is.
    pub(super) fn rest(&self, now: Instant) -> Option<Duration> {
        if self.held == 0 {
            return None;
        }
        let filled = (self.next..self.next + SPANS).find(|span| {
            self.spans
                .get((span % SPANS) as usize)
                .is_some_and(|place| !place.is_empty())
        })?;
        let at = self.began + SPAN * u32::try_from(filled).unwrap_or(u32::MAX);
        Some(at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn everything_fires_once_neither_early_nor_more_than_a_span_late(
            set in proptest::collection::vec((0u64..20_000, 0u64..20_000), 1..60),
            mut looks in proptest::collection::vec(0u64..40_000, 1..60),
        ) {
            let began = Instant::now();
            let at = |millis| began + Duration::from_millis(millis);
            let mut wheel = Wheel::new(began);
            looks.extend(set.iter().map(|(when, _)| *when));
            looks.sort_unstable();
            looks.push(80_000);
            let mut fired = vec![false; set.len()];
            let mut put = vec![false; set.len()];
            for look in looks {
                for (number, (when, after)) in set.iter().enumerate() {
                    if *when <= look && !put[number] {
                        put[number] = true;
                        wheel.set(at(look + after), number as u32, look + after);
                    }
                }
                let mut due = Vec::new();
                wheel.turn(at(look), &mut due);
                for one in due {
                    prop_assert!(one.number <= look, "early");
                    prop_assert!(!std::mem::replace(&mut fired[one.flight as usize], true), "twice");
                }
                if let Some(rest) = wheel.rest(at(look)) {
                    let mut due = Vec::new();
                    wheel.turn(at(look) + rest.saturating_sub(SPAN), &mut due);
                    for one in due {
                        prop_assert!(!std::mem::replace(&mut fired[one.flight as usize], true), "twice");
                    }
                }
            }
            prop_assert!(fired.iter().all(|fired| *fired));
            prop_assert_eq!(wheel.rest(at(90_000)), None);
        }
    }
}
