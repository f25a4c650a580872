//! How many answers go to each network, in a table of a fixed size that workers share without a lock.
//!
//! A network's bucket is one number: a tag, and the moment at which what was taken is paid for (the
//! generic cell rate algorithm). One that is paid for says nothing any more and makes room for another,
//! so that only networks that asked within the last second take any: there is room for 65,536 of them.
//! Where more meet in one place, whoever owes least is forgotten.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::network::Network;

/// Buckets that a network may be found in: one line of the processor's cache.
const WAYS: usize = 8;
/// Sets of so many buckets, a power of two; 512 KiB in all.
const SETS: usize = 8192;
/// How often a bucket is tried for while other workers change it.
const TRIES: usize = 4;
/// Bits of a bucket that hold its moment; the tag is above them.
const MOMENT: u64 = (1 << 40) - 1;
/// Ticks of a second, and the most a network may owe: a second's worth at once.
const SECOND: u64 = 1_000_000_000 >> Ticks::SHIFT;

/// A moment, in ticks of 64 nanoseconds since the node was made. Of it 40 bits are looked at, which go
/// round in 19 hours: a bucket that was left alone for as long is told by a debt nobody can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks(u64);

impl Ticks {
    const SHIFT: u32 = 6;

    /// The moment so long after the start.
    pub(crate) fn after(start: std::time::Duration) -> Self {
        // The bits above are not looked at.
        Self((start.as_nanos() >> Self::SHIFT) as u64)
    }
}

/// How fast answers may follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Ticks that one answer takes to be paid for.
    interval: u64,
}

impl Pace {
    /// So many answers in a second; `None` when there is no limit.
    pub(super) fn new(rate: u32) -> Option<Self> {
        let interval = SECOND.checked_div(rate.into())?;
        Some(Self {
            interval: interval.max(1),
        })
    }
}

#[derive(Default)]
#[repr(align(64))]
struct Set([AtomicU64; WAYS]);

/// The buckets.
pub(super) struct Rates {
    sets: Box<[Set]>,
    /// Strangers choose the addresses, so that nobody may know which meet in one set.
    keys: RandomState,
    slips: AtomicU64,
}

impl Default for Rates {
    fn default() -> Self {
        let keys = RandomState::new();
        Self {
            sets: (0..SETS).map(|_| Set::default()).collect(),
            slips: AtomicU64::new(keys.hash_one(())),
            keys,
        }
    }
}

impl Rates {
    /// Takes one answer for a network; `false` when it had enough.
    pub(super) fn take(&self, network: Network, pace: Pace, now: Ticks) -> bool {
        let hash = self.keys.hash_one(network);
        let tag = hash & !MOMENT;
        let Some(Set(ways)) = self.sets.get(hash as usize % SETS) else {
            return true;
        };
        for _ in 0..TRIES {
            let Some((way, word)) = choose(ways, tag, now) else {
                return true;
            };
            let owed = if word & !MOMENT == tag {
                owed(word, now)
            } else {
                0
            };
            let owed = owed + pace.interval;
            if owed > SECOND {
                return false;
            }
            let paid = now.0.wrapping_add(owed) & MOMENT;
            if way
                .compare_exchange_weak(word, tag | paid, Relaxed, Relaxed)
                .is_ok()
            {
                return true;
            }
        }
        // Others took from it at the same moment: that one answer was not counted harms nobody.
        true
    }

    /// Whether this is the one of so many, at random: in turn, two networks could share the turns so
    /// that one of them gets none.
    pub(super) fn one_of(&self, many: u32) -> bool {
        // SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.slips.fetch_add(STEP, Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        mixed.checked_rem(many.into()) == Some(0)
    }
}

/// The bucket of a tag, or the one that is missed least.
fn choose(ways: &[AtomicU64; WAYS], tag: u64, now: Ticks) -> Option<(&AtomicU64, u64)> {
    let mut least = None;
    for way in ways {
        let word = way.load(Relaxed);
        if word & !MOMENT == tag {
            return Some((way, word));
        }
        let owed = owed(word, now);
        if least.is_none_or(|(_, _, other)| owed < other) {
            least = Some((way, word, owed));
        }
    }
    least.map(|(way, word, _)| (way, word))
}

/// Ticks until a bucket is paid for.
fn owed(word: u64, now: Ticks) -> u64 {
    let left = word.wrapping_sub(now.0) & MOMENT;
    // More than anybody can owe is a moment that has passed.
    if left > SECOND { 0 } else { left }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Duration};

    use proptest::prelude::*;

    use super::*;
    use crate::limits::network::Networks;

    fn at(millis: u64) -> Ticks {
        Ticks::after(Duration::from_millis(millis))
    }

    fn network(number: u32) -> Network {
        Networks::new(32, 128).of(IpAddr::from(number.to_be_bytes()))
    }

    fn taken(rates: &Rates, of: u32, rate: u32, tries: u32, millis: u64) -> u32 {
        let pace = Pace::new(rate).unwrap();
        let took = (0..tries).filter(|_| rates.take(network(of), pace, at(millis)));
        took.count() as u32
    }

    #[test]
    fn a_network_gets_a_seconds_worth_at_once_and_its_rate_from_then_on() {
        let rates = Rates::default();
        for start in [0, 5_000, 1 << 36, 80_000_000_000] {
            assert_eq!(taken(&rates, 1, 100, 500, start), 100, "at {start}");
            assert_eq!(taken(&rates, 1, 100, 500, start), 0);
            assert_eq!(
                taken(&rates, 2, 100, 500, start),
                100,
                "another's is its own"
            );
            assert_eq!(taken(&rates, 1, 100, 500, start + 500), 50);
            assert_eq!(taken(&rates, 1, 100, 500, start + 2_000), 100);
        }
        assert!(Pace::new(0).is_none());
        assert_eq!(taken(&rates, 3, 1, 9, 0), 1);
        let fast = taken(&rates, 4, 200_000, 300_000, 0);
        assert!((200_000..204_000).contains(&fast), "{fast}");
    }

    #[test]
    fn a_table_that_is_full_forgets_who_owes_least() {
        let rates = Rates::default();
        assert_eq!(taken(&rates, 0, 1000, 1000, 0), 1000);
        // A million networks come by once each, within the same moment.
        for other in 1..1_000_000 {
            taken(&rates, other, 1000, 1, 0);
        }
        assert_eq!(taken(&rates, 0, 1000, 10, 0), 0);
    }

    #[test]
    fn about_one_of_so_many_slips() {
        let rates = Rates::default();
        let slipped = |many| (0..10_000).filter(|_| rates.one_of(many)).count();
        assert_eq!((slipped(0), slipped(1)), (0, 10_000));
        assert!((4_700..5_300).contains(&slipped(2)));
        assert!((800..1_200).contains(&slipped(10)));
    }

    #[test]
    fn workers_share_a_networks_rate() {
        let rates = Rates::default();
        let took: u32 = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| taken(&rates, 1, 10_000, 20_000, 7)))
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap())
                .sum()
        });
        // Each time that four tries were in vain, one more.
        assert!((10_000..=12_000).contains(&took), "{took}");
    }

    proptest! {
        /// Over any span no more than a second's worth and what the span is worth.
        #[test]
        fn no_pattern_of_asking_gets_more_than_the_rate(
            rate in 1u32..2000,
            start in any::<u32>(),
            steps in proptest::collection::vec((0u64..400, 1u32..600), 1..40),
        ) {
            let rates = Rates::default();
            let (mut now, mut took) = (0u64, 0u64);
            for (pause, tries) in steps {
                now += pause;
                took += u64::from(taken(&rates, 1, rate, tries, u64::from(start) + now));
            }
            let most = u64::from(rate) * (1000 + now) / 1000 + 1;
            prop_assert!(took <= most + most / 100, "{} of {}", took, most);
        }
    }
}
