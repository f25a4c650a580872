//! The clock of the log, and the day in which each listing takes a place under the caps.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{Timestamp, statement::Policy};

/// What time the log itself shows, so that a back-dated listing takes no place in a day that is over.
///
/// Only the publisher's leaves say a time, and first the genesis, which the trust file vouches for.
/// They are written as they are put into the log, at least one a day (the audit anchor). The moments
/// in people's statements say when they signed, which may be long before and is theirs to choose: one
/// officer with a lift of the year 9999 could hold back all listings after it.
///
/// A moment counts no further than every later moment of the publisher. One that lies absurdly far
/// ahead therefore holds additions back until the publisher's next leaf and no longer. It does not
/// refuse the release, for then no lifting would apply either; and the time of the release is no part
/// of it, so that a place does not move because a release was signed anew.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    said: Vec<Timestamp>,
}

impl Clock {
    /// A log's clock when the log begins.
    pub(super) fn begin(genesis: Timestamp) -> Self {
        Self {
            said: vec![genesis],
        }
    }

    /// The publisher says what time it is. A clock that goes back is an error, and counts.
    pub(super) fn say(&mut self, now: Timestamp) -> Result<(), String> {
        let before = self.latest();
        self.said.push(now);
        if now < before {
            return Err(format!(
                "the publisher's clock went back from {before} to {now}"
            ));
        }
        Ok(())
    }

    /// The moment said last.
    pub(super) fn latest(&self) -> Timestamp {
        self.said.last().copied().unwrap_or(Timestamp(i64::MIN))
    }

    /// How many moments were said; a listing keeps the number that stood before it.
    pub(super) fn count(&self) -> usize {
        self.said.len()
    }

    /// The time after each count of moments, as all of them together tell it.
    pub(super) fn read(&self) -> Vec<Timestamp> {
        let mut times = self.said.clone();
        let mut earliest = Timestamp(i64::MAX);
        for time in times.iter_mut().rev() {
            earliest = earliest.min(*time);
            *time = earliest;
        }
        times
    }
}

/// Gives every listing a day: those whose day has come take the places there are, in order of the
/// log, and the others wait for the next day. `days` holds the first possible day of each listing, in
/// order of the log, and in the end the one it has.
///
/// A later listing never takes an earlier one's place. One that has ended keeps its own, so that
/// lifting a name never lets another one in.
///
/// This is asked of whole logs, so it takes four octets a listing, and as many for each that waits.
pub(super) fn place(days: &mut [i64], policy: &Policy) {
    let day_of = |days: &[i64], index: u32| days.get(index as usize).copied();
    // Serials are numbers of leaves, so that a log has fewer than these.
    let mut order: Vec<u32> = (0..).take(days.len()).collect();
    order.sort_unstable_by_key(|index| (day_of(days, *index), *index));
    let mut coming = order.into_iter().peekable();
    let mut waiting = BinaryHeap::new();
    let mut placed: u64 = 0;
    while let Some(first) = coming.peek().and_then(|index| day_of(days, *index)) {
        let mut day = first;
        loop {
            let mut room = policy.room(placed);
            let nobody_waits = waiting.is_empty();
            while let Some(index) = coming.next_if(|index| day_of(days, *index) <= Some(day)) {
                // They come in order of the log, and this is their day.
                if nobody_waits && room > 0 {
                    placed += 1;
                    room -= 1;
                } else {
                    waiting.push(Reverse(index));
                }
            }
            while room > 0
                && let Some(Reverse(index)) = waiting.pop()
            {
                if let Some(place) = days.get_mut(index as usize) {
                    *place = day;
                }
                placed += 1;
                room -= 1;
            }
            if waiting.is_empty() {
                break;
            }
            day += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{statement::Growth, testing::TestLog};
    use proptest::prelude::*;

    fn places(from: &[i64], policy: &Policy) -> Vec<i64> {
        let mut days = from.to_vec();
        place(&mut days, policy);
        days
    }

    fn policy(listings_per_day: u32, growth: Option<(u32, u32)>) -> Policy {
        let log = TestLog::new(true);
        Policy {
            listings_per_day,
            growth: growth.map(|(percent, at_least)| Growth { percent, at_least }),
            ..log.fold(crate::testing::START).0.fold().policy().clone()
        }
    }

    #[test]
    fn a_moment_counts_no_further_than_those_after_it() {
        let mut clock = Clock::begin(Timestamp(10));
        for (now, goes_back) in [(20, false), (9_999, false), (30, true), (40, false)] {
            assert_eq!(clock.say(Timestamp(now)).is_err(), goes_back, "{now}");
        }
        let times: Vec<_> = clock.read().iter().map(|time| time.0).collect();
        assert_eq!(times, [10, 20, 30, 30, 40]);
    }

    #[test]
    fn a_young_list_grows_by_its_least_and_a_grown_one_by_its_share() {
        let policy = policy(1_000, Some((50, 4)));
        let days = places(&[0; 40], &policy);
        let mut counts = BTreeMap::new();
        for day in days {
            *counts.entry(day).or_insert(0) += 1;
        }
        // 4, then max(4, half of 4), half of 8, of 12, of 18, of 27: the last are what is left.
        assert_eq!(
            counts.into_values().collect::<Vec<_>>(),
            [4, 4, 4, 6, 9, 13]
        );
    }

    proptest! {
        /// By the definition: nobody before their day, no day fuller than either cap, and nobody
        /// waits while a place is free or taken by somebody who stands later in the log.
        #[test]
        fn no_day_has_more_than_both_caps_allow(
            from in proptest::collection::vec(0i64..12, 0..60),
            per_day in 0u32..6,
            growth in proptest::option::of((0u32..120, 0u32..4)),
        ) {
            let policy = policy(per_day, growth);
            let days = places(&from, &policy);
            let count = |day| days.iter().filter(|at| **at == day).count() as u64;
            let before = |day| days.iter().filter(|at| **at < day).count() as u64;
            for (index, (first, at)) in from.iter().zip(&days).enumerate() {
                prop_assert!(first <= at);
                let grown = growth.map_or(u64::MAX, |(percent, least)| {
                    u64::from(least).max(before(*at) * u64::from(percent) / 100)
                });
                prop_assert!(count(*at) <= u64::from(per_day).min(grown).max(1));
                for day in *first..*at {
                    prop_assert_eq!(count(day), policy.room(before(day)), "a place was free");
                    let later = days.iter().skip(index + 1).any(|at| *at == day);
                    prop_assert!(!later, "somebody later in the log went before");
                }
            }
        }

        /// What is in the log already takes effect no later because of what comes after it.
        #[test]
        fn a_later_listing_takes_nobodys_place(
            from in proptest::collection::vec(0i64..12, 1..40),
            per_day in 1u32..6,
            growth in proptest::option::of((0u32..120, 1u32..4)),
        ) {
            let policy = policy(per_day, growth);
            let (_, earlier) = from.split_last().unwrap();
            let (before, after) = (places(earlier, &policy), places(&from, &policy));
            for (before, after) in before.iter().zip(&after) {
                prop_assert!(after <= before);
            }
        }
    }
}
