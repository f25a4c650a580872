//! The index over the records: from the hash of a name to the places where it may stand.
//!
//! Buckets are cache lines of twelve slots: an octet of the hash and 32 bits each. A look-up reads
//! one bucket, rarely the next one, and a record only where the octet fits; the record decides. A slot
//! holds either the place of a record or, in its own half of the numbers, 31 more bits of the hash of a
//! name *below which* something is listed. Such a slot only says that it is worth looking further, so
//! that two names whose bits agree cost time and never an answer.
//!
//! Hashes go label by label from the root, each from the one before, so that all ancestors of a name
//! are hashed in one pass over it. They begin with a seed out of the list's own checksum: who can put
//! names on the list cannot choose them to meet in one bucket, because each of them changes the seed.

use std::hint::black_box;

/// Slots of a bucket.
const SLOTS: usize = 12;
/// How many slots of ten are filled: with more, more names stand in the bucket after theirs.
const FILLED_OF_TEN: usize = 8;
/// Values whose lines of memory are asked for before the first of them is put in.
const TOGETHER: usize = 32;
/// Marks a slot of an ancestor.
pub const ANCESTOR: u32 = 1 << 31;

const MULTIPLIERS: [u64; 3] = [
    0x9e37_79b9_7f4a_7c15,
    0xc2b2_ae3d_27d4_eb4f,
    0xd6e8_feb8_6659_fd93,
];

/// One cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
struct Bucket {
    /// An octet of the hash; 0 where the slot is free.
    tags: [u8; SLOTS],
    /// Which names stand in a later bucket because this one was full: a bit of each one's hash.
    beyond: u32,
    values: [u32; SLOTS],
}

/// Slots by hash. Built once, never changed.
#[derive(Debug)]
pub struct Table {
    buckets: Box<[Bucket]>,
}

/// The hash of a name whose leftmost label is `label`, from the hash of its parent. The root's is the
/// seed.
pub fn extend(parent: u64, label: &[u8]) -> u64 {
    let mut hash = parent ^ (label.len() as u64).wrapping_mul(MULTIPLIERS[0]);
    let mut rest = label;
    while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
        if after.is_empty() {
            break;
        }
        hash = fold(hash ^ first(chunk), MULTIPLIERS[1] ^ last(chunk));
        rest = after;
    }
    let (a, b) = match rest.len() {
        8.. => (first(rest), last(rest)),
        4.. => (first_half(rest), last_half(rest)),
        length => (
            rest.iter()
                .take(length)
                .fold(0, |all, octet| all << 8 | u64::from(*octet)),
            0,
        ),
    };
    fold(hash ^ a, MULTIPLIERS[2] ^ b)
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    // Both halves of the product.
    product as u64 ^ (product >> 64) as u64
}

fn first(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
}

fn last(bytes: &[u8]) -> u64 {
    bytes.last_chunk().map_or(0, |b| u64::from_le_bytes(*b))
}

fn first_half(bytes: &[u8]) -> u64 {
    let half = bytes.first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
    u64::from(half)
}

fn last_half(bytes: &[u8]) -> u64 {
    let half = bytes.last_chunk().map_or(0, |b| u32::from_le_bytes(*b));
    u64::from(half)
}

/// The slot of an ancestor with this hash.
pub fn ancestor(hash: u64) -> u32 {
    ANCESTOR | (hash >> 13) as u32
}

impl Table {
    /// An empty table with room for so many slots.
    pub fn with_room_for(slots: usize) -> Self {
        let buckets = (slots * 10).div_ceil(SLOTS * FILLED_OF_TEN).max(1);
        Self {
            buckets: vec![Bucket::default(); buckets].into(),
        }
    }

    /// Puts a value in. More of them than there is room for are not taken.
    pub fn insert(&mut self, hash: u64, value: u32) {
        let mut at = self.home(hash);
        for _ in 0..self.buckets.len() {
            let bucket = &mut self.buckets[at];
            if let Some(free) = bucket.tags.iter().position(|tag| *tag == 0) {
                bucket.tags[free] = tag(hash);
                bucket.values[free] = value;
                return;
            }
            bucket.beyond |= beyond(hash);
            at = self.after(at);
        }
    }

    /// Puts many values in. Each stands in another line of memory, which is slow to come: those of
    /// some values are asked for side by side, before any of them is needed. `meet` is shown what
    /// [`Self::look`] gives for the hash of each value, and the value, before it is put in.
    pub fn insert_all(
        &mut self,
        all: impl IntoIterator<Item = (u64, u32)>,
        mut meet: impl FnMut(u32, u32),
    ) {
        let mut all = all.into_iter().fuse();
        loop {
            let mut some = [(0, 0); TOGETHER];
            let (mut count, mut tags) = (0, 0);
            for (place, next) in some.iter_mut().zip(&mut all) {
                *place = next;
                tags ^= self.buckets[self.home(next.0)].tags[0];
                count += 1;
            }
            black_box(tags);
            for &(hash, value) in &some[..count] {
                self.look(hash, |before| meet(before, value));
                self.insert(hash, value);
            }
            if count < TOGETHER {
                return;
            }
        }
    }

    /// Gives every value that may be of this hash; others, too, now and then.
    pub fn look(&self, hash: u64, mut see: impl FnMut(u32)) {
        let mut at = self.home(hash);
        for _ in 0..self.buckets.len() {
            let bucket = &self.buckets[at];
            let mut fitting = bucket.fitting(tag(hash));
            while fitting != 0 {
                see(bucket.values[fitting.trailing_zeros() as usize / 8]);
                fitting &= fitting - 1;
            }
            if bucket.beyond & beyond(hash) == 0 {
                return;
            }
            at = self.after(at);
        }
    }

    /// Octets of memory.
    pub fn octets(&self) -> usize {
        size_of_val(&*self.buckets)
    }

    fn home(&self, hash: u64) -> usize {
        // The upper bits of the hash as a fraction of the number of buckets: always below it.
        ((u128::from(hash) * self.buckets.len() as u128) >> 64) as usize
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.buckets.len() {
            0
        } else {
            at + 1
        }
    }
}

impl Bucket {
    /// The highest bit of octet `n` is set exactly where slot `n` has this tag.
    fn fitting(&self, tag: u8) -> u128 {
        const ONES: u128 = u128::from_le_bytes([1; 16]) >> (8 * (16 - SLOTS));
        const LOW: u128 = 0x7f * ONES;
        let mut octets = [0; 16];
        octets[..SLOTS].copy_from_slice(&self.tags);
        let other = u128::from_le_bytes(octets) ^ (ONES * u128::from(tag));
        // No carry leaves an octet: 0x7f + 0x7f stays below 0x100.
        !(((other & LOW) + LOW) | other | LOW) & (0x80 * ONES)
    }
}

fn tag(hash: u64) -> u8 {
    (hash as u8).max(1)
}

fn beyond(hash: u64) -> u32 {
    1 << (hash >> 8 & 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(table: &Table, hash: u64) -> Vec<u32> {
        let mut found = Vec::new();
        table.look(hash, |value| found.push(value));
        found
    }

    proptest! {
        /// However badly hashes fall, what was put in is found.
        #[test]
        fn what_is_in_is_found(hashes in proptest::collection::vec(
            prop_oneof![any::<u64>(), (0u64..4).prop_map(|few| few << 62), Just(u64::MAX)], 0..200,
        )) {
            let mut table = Table::with_room_for(hashes.len());
            let mut met = 0;
            table.insert_all(hashes.iter().copied().zip(0..), |before, value| {
                met += usize::from(hashes[before as usize] == hashes[value as usize]);
            });
            let same = |(at, hash): (usize, &u64)| hashes[..at].iter().filter(|h| *h == hash).count();
            prop_assert_eq!(met, hashes.iter().enumerate().map(same).sum::<usize>());
            for (value, hash) in (0..).zip(&hashes) {
                prop_assert!(found(&table, *hash).contains(&value));
            }
        }

        #[test]
        fn a_bucket_names_exactly_the_slots_that_fit(tags in any::<[u8; SLOTS]>(), tag in 1u8..4) {
            let tags = tags.map(|tag| tag & 3);
            let fitting = Bucket { tags, ..Bucket::default() }.fitting(tag);
            let slots: Vec<_> = (0..SLOTS).filter(|slot| fitting >> (8 * slot) & 0xff == 0x80).collect();
            let expected: Vec<_> = (0..SLOTS).filter(|slot| tags[*slot] == tag).collect();
            prop_assert_eq!(slots, expected);
            prop_assert_eq!(fitting.count_ones(), tags.iter().filter(|t| **t == tag).count() as u32);
        }

        #[test]
        fn every_octet_of_a_label_counts(label in proptest::collection::vec(any::<u8>(), 1..64), at in any::<prop::sample::Index>()) {
            let mut other = label.clone();
            other[at.index(label.len())] ^= 1;
            prop_assert_ne!(extend(1, &label), extend(1, &other));
            prop_assert_ne!(extend(1, &label), extend(2, &label));
        }
    }

    #[test]
    fn a_bucket_is_a_cache_line() {
        assert_eq!(size_of::<Bucket>(), 64);
    }
}
