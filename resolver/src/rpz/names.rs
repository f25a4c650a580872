//! Where rules stand: a number for each name, found for a query's name and all names above it.
//!
//! Names lie one behind the other in wire form, each with its number, and the table of the national
//! list points at them. A name is looked for from the root to the left, and no further than anything
//! stands.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use blocklist::set::table::{self, ANCESTOR, Table};

use super::name::{self, parent};

/// Octets of a number.
const NUMBER: usize = 4;
/// Places of names are numbers below this.
const MAX_OCTETS: usize = ANCESTOR as usize;
/// Most labels of a name of 255 octets, the root's among them.
const MAX_LABELS: usize = 128;
const FIRST_ROOM: usize = 1024;
/// More names than files have that fit; no more room than for these is taken on a guess.
const MAX_ROOM: usize = 1 << 24;

/// All names together take over 2 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

/// Names in lower case with a number each.
#[derive(Debug)]
pub(super) struct Names {
    octets: Vec<u8>,
    count: usize,
    /// What hashes begin with. Nobody who writes a zone can know it, and so choose names that meet.
    seed: u64,
    table: Table,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            octets: Vec::new(),
            count: 0,
            seed: RandomState::new().build_hasher().finish(),
            table: Table::with_room_for(0),
        }
    }
}

impl Names {
    /// Names as they were written down by [`Self::as_octets`], with numbers below `numbers`; `None`
    /// where anything else is among them, or one of them twice.
    pub(super) fn read(octets: Vec<u8>, numbers: usize) -> Option<Self> {
        let is_good = |name: &[u8], number: u32| {
            (number as usize) < numbers && !name.iter().any(u8::is_ascii_uppercase)
        };
        let mut stored = Stored::of(&octets);
        let are_good = stored.all(|(_, name, number)| is_good(name, number));
        let is_whole = are_good && stored.at == octets.len() && octets.len() <= MAX_OCTETS;
        let (names, is_twice) = is_whole.then(|| Self::index(octets))?;
        (!is_twice).then_some(names)
    }

    /// The names one behind the other, each with its number.
    pub(super) fn as_octets(&self) -> &[u8] {
        &self.octets
    }

    /// The numbers of all names, in any order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        Stored::of(&self.octets).map(|(_, _, number)| number)
    }

    /// Makes the table, which knows below which names there is nothing more, and tells whether a name
    /// stands twice.
    fn index(octets: Vec<u8>) -> (Self, bool) {
        let seed = RandomState::new().build_hasher().finish();
        let (count, ancestors) = ancestors(&octets, seed);
        let mut table = Table::with_room_for(count + ancestors.len());
        // First, for they are what every query looks at: they stand where they are looked for.
        let ancestors = ancestors
            .into_iter()
            .map(|hash| (hash, table::ancestor(hash)));
        table.insert_all(ancestors, |_, _| {});
        let mut is_twice = false;
        // Places are below MAX_OCTETS.
        let names = Stored::of(&octets).map(|(at, name, _)| (hash_of(name, seed), at as u32));
        table.insert_all(names, |before, now| {
            is_twice |= before & ANCESTOR == 0 && is_same(&octets, before, now);
        });
        let names = Self {
            octets,
            count,
            seed,
            table,
        };
        (names, is_twice)
    }

    /// Shows the numbers of the names above `wire` and of itself, the longest name last, each with
    /// where it begins in `wire`. Nothing is allocated.
    pub(super) fn walk(&self, wire: &[u8], mut see: impl FnMut(usize, u32)) {
        walk(wire, self.seed, |start, hash| {
            let Some(name) = wire.get(start..) else {
                return false;
            };
            let mut has_more = false;
            self.table.look(hash, |value| {
                if value & ANCESTOR != 0 {
                    has_more |= value == table::ancestor(hash);
                } else if let Some(number) = number_at(&self.octets, value as usize, name) {
                    see(start, number);
                }
            });
            has_more
        });
    }

    /// Names held.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Octets of memory.
    pub(super) fn octets(&self) -> usize {
        self.octets.capacity() + self.table.octets()
    }
}

/// Shows every name from the root to `wire` itself by where it begins, with its hash, as long as
/// there may be more.
fn walk(wire: &[u8], seed: u64, mut look: impl FnMut(usize, u64) -> bool) {
    let mut starts = [0u8; MAX_LABELS];
    let mut count = 0;
    let mut suffix = Some(wire);
    while let Some(name) = suffix {
        // Names are at most 255 octets, and so have at most as many labels as there is room for.
        let Some(start) = starts.get_mut(count) else {
            return;
        };
        *start = (wire.len() - name.len()) as u8;
        count += 1;
        suffix = parent(name);
    }
    let mut hash = seed;
    for &start in starts.get(..count).unwrap_or_default().iter().rev() {
        let start = usize::from(start);
        if let Some((&length @ 1.., rest)) = wire.get(start..).and_then(<[u8]>::split_first) {
            let Some(label) = rest.get(..usize::from(length)) else {
                return;
            };
            hash = table::extend(hash, label);
        }
        if !look(start, hash) {
            return;
        }
    }
}

fn hash_of(wire: &[u8], seed: u64) -> u64 {
    let mut last = seed;
    walk(wire, seed, |_, hash| {
        last = hash;
        true
    });
    last
}

/// The number behind `name`, if it is what stands there.
fn number_at(octets: &[u8], at: usize, name: &[u8]) -> Option<u32> {
    let number = octets.get(at..)?.strip_prefix(name)?.first_chunk()?;
    Some(u32::from_le_bytes(*number))
}

/// Whether the same name stands at both places.
fn is_same(octets: &[u8], a: u32, b: u32) -> bool {
    let at = |place: u32| octets.get(place as usize..).unwrap_or_default();
    name::length(at(a)).is_some_and(|length| at(a).get(..length) == at(b).get(..length))
}

/// Names one behind the other: where each begins, the name, and its number. Ends where one is
/// malformed.
struct Stored<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Stored<'a> {
    fn of(octets: &'a [u8]) -> Self {
        Self { octets, at: 0 }
    }
}

impl<'a> Iterator for Stored<'a> {
    type Item = (usize, &'a [u8], u32);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = self.octets.get(at..)?;
        let (name, after) = rest.split_at_checked(name::length(rest)?)?;
        let number = after.first_chunk::<NUMBER>()?;
        self.at = at + name.len() + NUMBER;
        Some((at, name, u32::from_le_bytes(*number)))
    }
}

/// How many names there are, and the hashes of all names that stand above one, each once.
fn ancestors(octets: &[u8], seed: u64) -> (usize, Vec<u64>) {
    // Most names have one of a few parents: those met lately are not written down again.
    let mut lately = vec![None; 4096];
    let (mut count, mut all) = (0, Vec::new());
    for (_, name, _) in Stored::of(octets) {
        count += 1;
        walk(name, seed, |start, hash| {
            let seen = &mut lately[hash as usize % 4096];
            if start > 0 && *seen != Some(hash) {
                *seen = Some(hash);
                all.push(hash);
            }
            true
        });
    }
    all.sort_unstable();
    all.dedup();
    (count, all)
}

/// Makes [`Names`].
#[derive(Debug, Default)]
pub(super) struct NamesBuilder {
    names: Names,
    room: usize,
}

/// Where a name's number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

impl NamesBuilder {
    /// Makes room at once for as many names as there will be, if somebody can guess.
    pub(super) fn expect(&mut self, names: usize) {
        if self.names.count == 0 {
            self.room = names.min(MAX_ROOM);
            self.names.table = Table::with_room_for(self.room);
        }
    }

    /// The place of a name, whose number is 0 until it is set. `wire` is in lower case with its root.
    pub(super) fn place(&mut self, wire: &[u8]) -> Result<Place, TooMany> {
        let hash = hash_of(wire, self.names.seed);
        if let Some(at) = self.find(wire, hash) {
            return Ok(Place(at + wire.len()));
        }
        let at = self.names.octets.len();
        let value = u32::try_from(at).ok().filter(|_| at < MAX_OCTETS);
        let value = value.ok_or(TooMany)?;
        self.names.octets.extend_from_slice(wire);
        self.names.octets.extend_from_slice(&[0; NUMBER]);
        self.names.count += 1;
        if self.names.count > self.room {
            self.room = (2 * self.room).max(FIRST_ROOM);
            let mut table = Table::with_room_for(self.room);
            let seed = self.names.seed;
            let names = Stored::of(&self.names.octets);
            let names = names.map(|(at, name, _)| (hash_of(name, seed), at as u32));
            table.insert_all(names, |_, _| {});
            self.names.table = table;
        } else {
            self.names.table.insert(hash, value);
        }
        Ok(Place(at + wire.len()))
    }

    /// The number at a place.
    pub(super) fn get(&self, place: Place) -> u32 {
        let octets = self.names.octets.get(place.0..).unwrap_or_default();
        octets
            .first_chunk()
            .map_or(0, |number| u32::from_le_bytes(*number))
    }

    /// Sets the number at a place.
    pub(super) fn set(&mut self, place: Place, number: u32) {
        let octets = self.names.octets.get_mut(place.0..place.0 + NUMBER);
        if let Some(octets) = octets {
            octets.copy_from_slice(&number.to_le_bytes());
        }
    }

    /// Adds, without a number, every name that stands between a name for which `is_wild` says so of
    /// its number and one that is held below it.
    pub(super) fn add_between(&mut self, is_wild: impl Fn(u32) -> bool) -> Result<(), TooMany> {
        let mut missing = Vec::new();
        for (_, name, _) in Stored::of(&self.names.octets) {
            let mut below_wild = false;
            walk(name, self.names.seed, |start, hash| {
                if start == 0 {
                    return false;
                }
                let above = name.get(start..).unwrap_or_default();
                match self.find(above, hash) {
                    Some(at) => {
                        below_wild |= is_wild(self.get(Place(at + above.len())));
                    }
                    None if below_wild => missing.push(above.to_vec()),
                    None => {}
                }
                true
            });
        }
        for name in missing {
            self.place(&name)?;
        }
        Ok(())
    }

    /// The names, found by a table of the right size.
    pub(super) fn finish(self) -> Names {
        let Names {
            mut octets, table, ..
        } = self.names;
        drop(table);
        octets.shrink_to_fit();
        // A builder holds no name twice.
        Names::index(octets).0
    }

    fn find(&self, wire: &[u8], hash: u64) -> Option<usize> {
        let mut found = None;
        self.names.table.look(hash, |value| {
            if number_at(&self.names.octets, value as usize, wire).is_some() {
                found = Some(value as usize);
            }
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    fn wire(labels: &[String]) -> Vec<u8> {
        let mut wire: Vec<u8> = labels
            .iter()
            .flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat())
            .collect();
        wire.push(0);
        wire
    }

    fn labels() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[ab]{1,2}", 0..5)
    }

    proptest! {
        /// Exactly what was put in is found, of a name and of all above it.
        #[test]
        fn agrees_with_a_plain_map(
            names in proptest::collection::vec((labels(), 1u32..), 0..40),
            queries in proptest::collection::vec(labels(), 1..10),
        ) {
            let mut builder = NamesBuilder::default();
            let mut map = BTreeMap::new();
            for (labels, number) in &names {
                let place = builder.place(&wire(labels)).unwrap();
                builder.set(place, *number);
                map.insert(wire(labels), *number);
            }
            let names = builder.finish();
            prop_assert_eq!(names.len(), map.len());
            for labels in queries {
                let query = wire(&labels);
                let mut found = Vec::new();
                names.walk(&query, |start, number| found.push((start, number)));
                let mut above = Some(&query[..]);
                let mut expected = Vec::new();
                while let Some(name) = above {
                    if let Some(number) = map.get(name) {
                        expected.insert(0, (query.len() - name.len(), *number));
                    }
                    above = parent(name);
                }
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn any_octets_are_looked_up_safely(query in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut builder = NamesBuilder::default();
            builder.place(b"\x01a\0").unwrap();
            builder.finish().walk(&query, |_, _| {});
        }
    }

    #[test]
    fn many_names_are_all_found() {
        let mut builder = NamesBuilder::default();
        let name = |n: u32| wire(&[format!("n{n}"), "test".into()]);
        for n in 1..5000 {
            let place = builder.place(&name(n)).unwrap();
            builder.set(place, n);
        }
        let names = builder.finish();
        for n in 1..5000 {
            let mut found = Vec::new();
            names.walk(&name(n), |_, number| found.push(number));
            assert_eq!(found, [n]);
        }
    }
}
