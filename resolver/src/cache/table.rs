//! Where entries are: a table of small sets, bounded in octets.
//!
//! A reader takes no lock: it compares eight short tags, borrows an entry through `arc-swap` and
//! compares the whole question. Writers of one set exclude each other, which is what keeps the
//! count of octets exact.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use arc_swap::{ArcSwap, Guard};
use foldhash::{SharedSeed, fast::FoldHasher};

use super::{
    Asked,
    entry::{Entry, Freshness},
};

const WAYS: usize = 8;
/// Octets of the bound for each set. An entry of one address takes about 260, so that a set is
/// filled to five of its eight ways when the bound in octets is reached.
const OCTETS_PER_SET: usize = 1536;
/// Writers that may be at work at once.
const WRITERS: usize = 64;
/// A tag that no question has.
const VACANT: u32 = 0;
/// An entry that was asked for again counts as used this many seconds later than it was, so that a
/// flood of names asked for once does not drive out what people use.
const REUSE_CREDIT: u32 = 300;

/// A question with its hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'n> {
    asked: Asked<'n>,
    hash: u64,
}

/// An entry that was found. It stays as it is while this is held; hold one at a time and not for
/// long, since a thread may borrow eight at once before borrowing becomes slower.
pub(crate) struct Hit {
    entry: Guard<Arc<Entry>>,
    pub(crate) freshness: Freshness,
}

impl Deref for Hit {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.entry
    }
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheStats {
    pub(crate) entries: usize,
    /// Octets of all entries and of the table itself.
    pub(crate) octets: usize,
    /// Entries driven out by others since the start.
    pub(crate) evictions: u64,
    /// Answers given past their life since the start.
    pub(crate) stale: u64,
}

/// Tags and times of use fill one line of the processor's cache, entries the next.
#[repr(align(64))]
struct Set {
    tags: [AtomicU32; WAYS],
    used: [AtomicU32; WAYS],
    entries: [ArcSwap<Entry>; WAYS],
}

impl Set {
    fn new(vacant: &Arc<Entry>) -> Self {
        Self {
            tags: Default::default(),
            used: Default::default(),
            entries: std::array::from_fn(|_| ArcSwap::new(Arc::clone(vacant))),
        }
    }

    fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let slots = self.used.iter().zip(&self.entries);
        let ways = self.tags.iter().zip(slots);
        ways.map(|(tag, (used, entry))| Way { tag, used, entry })
    }
}

#[derive(Clone, Copy)]
struct Way<'s> {
    tag: &'s AtomicU32,
    used: &'s AtomicU32,
    entry: &'s ArcSwap<Entry>,
}

impl Way<'_> {
    fn is_vacant(self) -> bool {
        self.tag.load(Relaxed) == VACANT
    }

    /// What to drive out first is lowest: what nobody may be given, then what is stale, then what
    /// was not used for longest.
    fn worth(self, now: u32) -> (bool, bool, u32) {
        let entry = self.entry.load();
        let credit = if entry.was_reused() { REUSE_CREDIT } else { 0 };
        let used = self.used.load(Relaxed).saturating_add(credit);
        (entry.is_usable(now), entry.remaining(now) > 0, used)
    }
}

/// Answers shared by all workers, at most so many octets of them.
pub(crate) struct AnswerCache {
    sets: Box<[Set]>,
    writers: [Mutex<()>; WRITERS],
    vacant: Arc<Entry>,
    seed: u64,
    shared_seed: SharedSeed,
    /// Octets for entries, and how many are taken.
    room: usize,
    taken: AtomicUsize,
    entries: AtomicUsize,
    evictions: AtomicU64,
    /// Answers given past their life.
    stale: AtomicU64,
    /// The set in which the next entry is driven out.
    hand: AtomicUsize,
}

impl AnswerCache {
    /// A cache of at most `octets`, its table among them; with too few for one entry it keeps
    /// nothing.
    pub(crate) fn new(octets: usize) -> Self {
        let sets = (octets / OCTETS_PER_SET).max(1);
        let vacant = Arc::new(Entry::vacant());
        // Strangers choose the questions, so that nobody may know which fall into one set; the
        // standard library takes these seeds from the operating system.
        let random = || RandomState::new().build_hasher().finish();
        Self {
            sets: (0..sets).map(|_| Set::new(&vacant)).collect(),
            writers: std::array::from_fn(|_| Mutex::new(())),
            vacant,
            seed: random(),
            shared_seed: SharedSeed::from_u64(random()),
            room: octets.saturating_sub(sets * size_of::<Set>()),
            taken: AtomicUsize::new(0),
            entries: AtomicUsize::new(0),
            evictions: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            hand: AtomicUsize::new(0),
        }
    }

    /// The key of a question, to look it up with.
    pub(crate) fn key<'n>(&self, asked: Asked<'n>) -> Key<'n> {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared_seed);
        hasher.write(asked.name);
        let [high, low] = asked.kind.to_be_bytes();
        hasher.write_u32(u32::from_be_bytes([
            high,
            low,
            asked.dnssec_ok.into(),
            asked.checking_disabled.into(),
        ]));
        let hash = hasher.finish();
        Key { asked, hash }
    }

    /// The answer to a question if there is one that may be given, and what it is good for. It
    /// counts as a use.
    pub(crate) fn get(&self, key: &Key<'_>, now: u32) -> Option<Hit> {
        let (way, entry) = self.find(key)?;
        let freshness = entry.used(now)?;
        // The line is left alone when another worker has said the same this second.
        if way.used.load(Relaxed) != now {
            way.used.store(now, Relaxed);
        }
        Some(Hit { entry, freshness })
    }

    /// The entry of a question, whatever its age, without counting as a use.
    pub(crate) fn peek(&self, key: &Key<'_>) -> Option<Arc<Entry>> {
        self.find(key).map(|(_, entry)| Guard::into_inner(entry))
    }

    /// Keeps an answer in place of what was there for its question, and gives whether it did. Not
    /// kept are: answers for this moment only, what is larger than the cache, and a failure where
    /// there is an answer that may still be given (RFC 8767 §5); that one rests then.
    pub(crate) fn put(&self, entry: impl Into<Arc<Entry>>) -> bool {
        let entry = entry.into();
        let (now, size) = (entry.stored(), entry.size());
        if !entry.lasts() || !self.reserve(size, now) {
            return false;
        }
        let key = self.key(entry.asked());
        let (index, set) = self.set(&key);
        let guard = self.write(index);
        let same = self.find(&key);
        if let Some((_, old)) = &same
            && entry.is_failure()
            && !old.is_failure()
            && old.is_usable(now)
        {
            old.refresh_failed(now);
            self.taken.fetch_sub(size, Relaxed);
            return false;
        }
        let way = same.map(|(way, _)| way);
        let way = way.or_else(|| set.ways().find(|way| way.is_vacant()));
        let way = way.or_else(|| {
            let victim = set.ways().min_by_key(|way| way.worth(now))?;
            self.remove(victim);
            self.evictions.fetch_add(1, Relaxed);
            Some(victim)
        });
        // A set has ways, so there is always one.
        let Some(way) = way else {
            self.taken.fetch_sub(size, Relaxed);
            return false;
        };
        let old = way.entry.swap(Arc::clone(&entry));
        way.tag.store(tag(key.hash), Relaxed);
        way.used.store(now, Relaxed);
        self.entries.fetch_add(1, Relaxed);
        self.forget(&old);
        drop(guard);
        true
    }

    /// Forgets everything, and gives how many entries there were. An answer that is on its way from
    /// an upstream is kept when it comes.
    pub(crate) fn flush(&self) -> usize {
        self.remove_where(|_| true)
    }

    /// Forgets what is known of a name of any type, and with `below` of all names below it too.
    pub(crate) fn flush_name(&self, name: &[u8], below: bool) -> usize {
        self.remove_where(|entry| {
            let other = entry.asked().name;
            other == name || (below && is_below(other, name))
        })
    }

    /// An answer was given past its life, because upstreams fail.
    pub(crate) fn gave_stale(&self) {
        self.stale.fetch_add(1, Relaxed);
    }

    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats {
            entries: self.entries.load(Relaxed),
            octets: self.taken.load(Relaxed) + self.sets.len() * size_of::<Set>(),
            evictions: self.evictions.load(Relaxed),
            stale: self.stale.load(Relaxed),
        }
    }

    fn set(&self, key: &Key<'_>) -> (usize, &Set) {
        // The upper half of the product is evenly below the number of sets.
        let product = u128::from(key.hash) * self.sets.len() as u128;
        let index = (product >> 64) as usize;
        (index, &self.sets[index])
    }

    fn find(&self, key: &Key<'_>) -> Option<(Way<'_>, Guard<Arc<Entry>>)> {
        let tag = tag(key.hash);
        let (_, set) = self.set(key);
        set.ways().find_map(|way| {
            if way.tag.load(Relaxed) != tag {
                return None;
            }
            let entry = way.entry.load();
            (entry.asked() == key.asked).then_some((way, entry))
        })
    }

    /// The set and the tag of a question.
    #[cfg(test)]
    pub(super) fn place(&self, key: &Key<'_>) -> (usize, u32) {
        (self.set(key).0, tag(key.hash))
    }

    /// Takes octets out of the room, driving others out as long as there are not enough.
    fn reserve(&self, size: usize, now: u32) -> bool {
        if size > self.room {
            return false;
        }
        // Twice round is enough unless other writers take what is freed here.
        for _ in 0..2 * self.sets.len() + WAYS {
            let fits = |taken: usize| (taken + size <= self.room).then_some(taken + size);
            if self.taken.fetch_update(Relaxed, Relaxed, fits).is_ok() {
                return true;
            }
            self.drive_out(now);
        }
        false
    }

    /// Removes the least worth entry of the next set.
    fn drive_out(&self, now: u32) {
        let index = self.hand.fetch_add(1, Relaxed) % self.sets.len();
        let _writing = self.write(index);
        let taken = self.sets[index].ways().filter(|way| !way.is_vacant());
        if let Some(victim) = taken.min_by_key(|way| way.worth(now)) {
            self.remove(victim);
            self.evictions.fetch_add(1, Relaxed);
        }
    }

    fn remove_where(&self, gone: impl Fn(&Entry) -> bool) -> usize {
        let mut removed = 0;
        for (index, set) in self.sets.iter().enumerate() {
            let _writing = self.write(index);
            for way in set.ways().filter(|way| !way.is_vacant()) {
                if gone(&way.entry.load()) {
                    self.remove(way);
                    removed += 1;
                }
            }
        }
        removed
    }

    /// Only under the set's lock.
    fn remove(&self, way: Way<'_>) {
        way.tag.store(VACANT, Relaxed);
        self.forget(&way.entry.swap(Arc::clone(&self.vacant)));
    }

    /// Counts out what was taken out of a way.
    fn forget(&self, entry: &Entry) {
        if entry.lasts() {
            self.taken.fetch_sub(entry.size(), Relaxed);
            self.entries.fetch_sub(1, Relaxed);
        }
    }

    /// The right to change a set. Nothing can be left half done by a panic that would matter.
    fn write(&self, index: usize) -> MutexGuard<'_, ()> {
        self.writers[index % WRITERS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The half of a hash that says least about the set, and never [`VACANT`].
fn tag(hash: u64) -> u32 {
    hash as u32 | 1
}

/// Whether `name` is below `top`; both in lower case and written out.
fn is_below(name: &[u8], top: &[u8]) -> bool {
    let mut rest = name;
    while let Some((&length @ 1.., behind)) = rest.split_first() {
        rest = behind.get(usize::from(length)..).unwrap_or_default();
        if rest == top {
            return true;
        }
    }
    false
}
