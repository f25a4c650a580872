//! An artefact in pieces, so that the next one takes over what it says alike.
//!
//! A list is cut into runs of names, at names that stay where they are from one list to the next. What a
//! run says of its names hangs on its entries, on their listings and, where a name stands above or below
//! another, on entries elsewhere. A run is taken over where its entries and listings are the same and it
//! is plain, now as before: nothing in it hangs on what stands elsewhere. All others are made anew, so the
//! octets are those of an artefact that was made from nothing.

use std::{
    collections::BTreeMap,
    io,
    ops::{Bound, Range},
    sync::Arc,
};

use super::out::Hashes;
use crate::{
    Digest, DomainName,
    fold::{Change, Entry, Folded},
    rules::{Marks, Rules},
};

/// Names a run, when a list is cut.
const NAMES: usize = 512;

/// Lines of one kind: the same runs are written once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lines {
    /// Of names that are left out, in words.
    LeftOut,
    /// Of all names.
    All,
    /// Of names with all below them, blocked or let through.
    Tree(bool),
    /// Of names alone, blocked or let through.
    Alone(bool),
}

/// Where a list is cut: the first names of its runs, but for the first run, which begins before all names.
#[derive(Clone, Debug)]
pub(super) struct Cuts(Arc<[DomainName]>);

/// What was found out of a list while it was written down, for the one after it.
#[derive(Clone, Debug)]
pub struct Ground {
    pub(super) cuts: Cuts,
    pub(super) marks: Arc<Marks>,
}

/// A list in runs, compared with the list before.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    pub(super) cuts: Cuts,
    /// Of each run, its entries, and whether they and their listings are the same as before.
    pub(super) all: Arc<[(Range<usize>, bool)]>,
}

/// What was written of one run.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Where it lies in the artefact.
    pub(super) octets: Range<u64>,
    /// CRC-32 of these octets: a disk may give others than it was given.
    pub(super) check: u32,
    /// Whether it hangs on its own entries and listings alone.
    pub(super) plain: bool,
}

/// Where the pieces of an artefact lie that was written.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) cuts: Cuts,
    pub(super) pieces: BTreeMap<(Lines, usize), Piece>,
    /// What stands between the runs, by its first octet.
    pub(super) texts: BTreeMap<u64, String>,
    /// The hashes of the first octets, each of as many more as are hashed at a time ([`super::out::PIECE`]).
    pub(super) marks: Vec<Hashes>,
}

/// An artefact that was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The hash that the release names.
    pub sha256: Digest,
    /// The hash that is signed beside it: BLAKE2b-512.
    pub signed: [u8; 64],
    /// Where its pieces lie, for the one after it.
    pub layout: Layout,
}

impl Layout {
    pub(super) fn new(cuts: &Cuts) -> Self {
        Self {
            cuts: cuts.clone(),
            pieces: BTreeMap::new(),
            texts: BTreeMap::new(),
            marks: Vec::new(),
        }
    }
}

/// An artefact of the list before, from which pieces are taken over.
pub struct Before<'a> {
    /// Where they lie.
    pub layout: &'a Layout,
    /// Fills a buffer with what the artefact holds from an octet on. What cannot be read is made anew.
    pub read: Read<'a>,
}

/// Fills a buffer from an octet on.
pub type Read<'a> = Box<dyn Fn(&mut [u8], u64) -> io::Result<()> + 'a>;

impl Before<'_> {
    /// The octets of a piece behind what `into` holds; gives whether they are what was written.
    pub(super) fn take(&self, piece: &Piece, into: &mut Vec<u8>) -> bool {
        let (from, octets) = (into.len(), piece.octets.end - piece.octets.start);
        let Ok(octets) = usize::try_from(octets) else {
            return false;
        };
        into.resize(from + octets, 0);
        let Some(place) = into.get_mut(from..) else {
            return false;
        };
        let taken =
            (self.read)(place, piece.octets.start).is_ok() && crc32fast::hash(place) == piece.check;
        if !taken {
            into.truncate(from);
        }
        taken
    }
}

impl Cuts {
    /// Whether these are the very same.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The runs of a list; the last ends behind everything.
    fn runs(&self, folded: &Folded) -> Vec<Range<usize>> {
        let begins = |name: &DomainName| folded.entries.partition_point(|e| e.name < *name);
        let mut from = 0;
        let ends = self.0.iter().map(begins).chain([usize::MAX]);
        ends.map(|end| std::mem::replace(&mut from, end)..end)
            .collect()
    }
}

impl Runs {
    /// Cuts a list of which nothing was written before.
    pub(super) fn new(folded: &Folded, rules: &Rules<'_>) -> Self {
        let places = (NAMES..folded.entries.len()).step_by(NAMES);
        let first = places.filter(|place| rules.begins_name(*place));
        let names = first.filter_map(|place| Some(folded.entries.get(place)?.name.clone()));
        let cuts = Cuts(names.collect());
        let runs = cuts.runs(folded).into_iter().map(|run| (run, false));
        Self {
            all: runs.collect(),
            cuts,
        }
    }

    /// Cuts a list where the one before it was cut. `None` where the lists have too little in common.
    pub(super) fn after(folded: &Folded, cuts: &Cuts, change: &Change) -> Option<Self> {
        let outgrown = folded.entries.len() > 2 * NAMES * (cuts.0.len() + 1);
        if outgrown || change.everywhere {
            return None;
        }
        let names = |at: usize| {
            let from = at.checked_sub(1).and_then(|at| cuts.0.get(at));
            let from = from.map_or(Bound::Unbounded, Bound::Included);
            (
                from,
                cuts.0.get(at).map_or(Bound::Unbounded, Bound::Excluded),
            )
        };
        let begun_before = |start: usize, at: usize| {
            let (from, _) = names(at);
            let Bound::Included(from) = from else {
                return 0;
            };
            let before = |some: &[Entry]| some.partition_point(|entry| entry.name < *from);
            (start + before(&change.removed)).saturating_sub(before(&change.added))
        };
        let all = cuts.runs(folded).into_iter().enumerate().map(|(at, run)| {
            let untouched = change
                .names
                .range::<DomainName, _>(names(at))
                .next()
                .is_none();
            // A format may write something else before the first entry than between two.
            let first = (run.start == 0) == (begun_before(run.start, at) == 0);
            (run, first && untouched)
        });
        Some(Self {
            all: all.collect(),
            cuts: cuts.clone(),
        })
    }
}

/// The entries of a run.
pub(super) fn entries<'a>(folded: &'a Folded, run: &Range<usize>) -> &'a [Entry] {
    let end = run.end.min(folded.entries.len());
    folded.entries.get(run.start..end).unwrap_or_default()
}
