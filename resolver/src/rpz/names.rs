//! Where rules stand: a number for each name, found for a query's name and all names above it.
//!
//! Names lie one behind the other in wire form, each with its number, and the table of the national
//! list points at them. A name is looked for from the root to the left, and no further than anything
//! stands.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use blocklist::set::table::{self, ANCESTOR, Table};

use super::name::parent;

/// Octets of a number.
const NUMBER: usize = 4;
/// Places of names are numbers below this.
const MAX_OCTETS: usize = ANCESTOR as usize;
/// Most labels of a name of 255 octets, the root's among them.
const MAX_LABELS: usize = 128;
const FIRST_ROOM: usize = 1024;

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

/// Names one behind the other: where each begins, and the name.
struct Stored<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Stored<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = self.octets.get(at..)?;
        let mut end = 0;
        loop {
            let length = usize::from(*rest.get(end)?);
            end += length + 1;
            if length == 0 {
                break;
            }
        }
        self.at = at + end + NUMBER;
        Some((at, rest.get(..end)?))
    }
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
            for (at, name) in self.stored() {
                table.insert(hash_of(name, self.names.seed), at as u32);
            }
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
        for (_, name) in self.stored() {
            let mut below_wild = false;
            walk(name, self.names.seed, |start, hash| {
                let above = name.get(start..).unwrap_or_default();
                match self.find(above, hash) {
                    _ if start == 0 => {}
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

    /// The names with a table that knows below which of them there is nothing more.
    pub(super) fn finish(mut self) -> Names {
        let seed = self.names.seed;
        let ancestors = self.ancestors();
        let mut table = Table::with_room_for(self.names.count + ancestors.len());
        for hash in ancestors {
            table.insert(hash, table::ancestor(hash));
        }
        for (at, name) in self.stored() {
            table.insert(hash_of(name, seed), at as u32);
        }
        self.names.table = table;
        self.names.octets.shrink_to_fit();
        self.names
    }

    /// The hashes of all names that stand above another, each once.
    fn ancestors(&self) -> Vec<u64> {
        // Most names have one of a few parents: those met lately are not written down again.
        let mut lately = vec![None; 4096];
        let mut all = Vec::new();
        for (_, name) in self.stored() {
            walk(name, self.names.seed, |start, hash| {
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
        all
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

    fn stored(&self) -> Stored<'_> {
        Stored {
            octets: &self.names.octets,
            at: 0,
        }
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
