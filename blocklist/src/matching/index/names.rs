//! Names by their words, and by what they are when written as one word. A name near the one asked
//! for shares a word with it, or is spelt almost alike; what is found either way is compared in full.

use std::collections::HashMap;

use super::{RowId, numbered_rows, position};
use crate::{
    matching::{
        Known,
        names::{Closeness, NameKey, Word, most_edits},
    },
    register::Measure,
};

/// What bears a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::matching) enum Bearer {
    /// A row of a register.
    Row(RowId),
    /// A notice.
    Warning(u32),
    /// An exchange abroad.
    Operator(u32),
}

/// A name near the one asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::matching) struct NameHit {
    pub(in crate::matching) bearer: Bearer,
    /// Which of the bearer's names, in the order in which it gives them.
    pub(in crate::matching) name: u32,
    pub(in crate::matching) closeness: Closeness,
}

#[derive(Clone, Debug, Default)]
pub(super) struct NameIndex {
    entries: Vec<Entry>,
    /// Entries that hold a word.
    holding: HashMap<Box<str>, Vec<u32>>,
    /// Entries by the word of theirs that fewest names hold: a name whose words are all among those
    /// asked for is found by it.
    anchored: HashMap<Box<str>, Vec<u32>>,
    /// Entries by all their words as one, letter by letter and as they sound.
    joined: HashMap<Box<str>, Vec<u32>>,
    plain: Spellings,
    sound: Spellings,
}

#[derive(Clone, Debug)]
struct Entry {
    bearer: Bearer,
    name: u32,
    key: NameKey,
}

impl NameIndex {
    pub(super) fn of(known: &Known) -> Self {
        let mut index = Self::default();
        for (id, row) in numbered_rows(known) {
            index.add(Bearer::Row(id), row.names());
        }
        for (at, warning) in known.warnings.iter().enumerate() {
            // A notice of a forged copy is not against the name.
            if warning.measure != Measure::ForgedDocument {
                index.add(Bearer::Warning(position(at)), warning.names());
            }
        }
        for (at, operator) in known.operators.iter().enumerate() {
            let names = [operator.name.as_str()].into_iter();
            index.add(Bearer::Operator(position(at)), names);
        }
        index.link();
        index
    }

    fn add<'a>(&mut self, bearer: Bearer, names: impl Iterator<Item = &'a str>) {
        let first = self.entries.len();
        for (name, text) in names.enumerate() {
            let key = NameKey::of(text);
            let held = self.entries[first..].iter().any(|entry| entry.key == key);
            if !key.is_empty() && !held {
                self.entries.push(Entry {
                    bearer,
                    name: position(name),
                    key,
                });
            }
        }
    }

    fn link(&mut self) {
        fn push(map: &mut HashMap<Box<str>, Vec<u32>>, key: &str, id: u32) {
            match map.get_mut(key) {
                Some(held) if held.last() == Some(&id) => {}
                Some(held) => held.push(id),
                None => drop(map.insert(key.into(), vec![id])),
            }
        }
        for (at, entry) in self.entries.iter().enumerate() {
            let (id, joined) = (position(at), entry.key.joined());
            for word in entry.key.words() {
                push(&mut self.holding, word.class(), id);
            }
            push(&mut self.joined, &joined.plain, id);
            push(&mut self.joined, &joined.sound, id);
            if joined.is_long() {
                self.plain.add(&joined.plain, id);
                if joined.sound != joined.plain {
                    self.sound.add(&joined.sound, id);
                }
            }
        }
        for (at, entry) in self.entries.iter().enumerate() {
            let count = |word: &&Word| self.holding.get(word.class()).map_or(0, Vec::len);
            if let Some(rarest) = entry.key.words().iter().min_by_key(count) {
                push(&mut self.anchored, rarest.class(), position(at));
            }
        }
    }

    /// Every entry near the name asked for, in their order.
    pub(super) fn near(&self, asked: &NameKey) -> Vec<NameHit> {
        let mut found = self.sharing_words(asked);
        self.spelt_alike(asked, &mut found);
        self.compared(asked, found)
    }

    /// Those of them that share all words of one of the two: whatever is the same, and what begins
    /// with the name, is among them.
    pub(super) fn sharing(&self, asked: &NameKey) -> Vec<NameHit> {
        self.compared(asked, self.sharing_words(asked))
    }

    fn compared(&self, asked: &NameKey, mut found: Vec<u32>) -> Vec<NameHit> {
        found.sort_unstable();
        found.dedup();
        let hits = found.into_iter().filter_map(|id| {
            let entry = self.entries.get(id as usize)?;
            Some(NameHit {
                bearer: entry.bearer,
                name: entry.name,
                closeness: asked.closeness(&entry.key)?,
            })
        });
        hits.collect()
    }

    fn sharing_words(&self, asked: &NameKey) -> Vec<u32> {
        let mut found = Vec::new();
        let holding = |word: &Word| {
            let held = self.holding.get(word.class());
            held.map(Vec::as_slice).unwrap_or_default()
        };
        // All words asked for stand in the name: so does the one that fewest names hold.
        let rarest = asked
            .words()
            .iter()
            .map(holding)
            .min_by_key(|ids| ids.len());
        found.extend_from_slice(rarest.unwrap_or_default());
        for word in asked.words() {
            found.extend(self.anchored.get(word.class()).into_iter().flatten());
        }
        let joined = asked.joined();
        for spelling in [&joined.plain, &joined.sound] {
            found.extend(self.joined.get(spelling.as_str()).into_iter().flatten());
        }
        found
    }

    fn spelt_alike(&self, asked: &NameKey, found: &mut Vec<u32>) {
        let joined = asked.joined();
        if joined.is_long() {
            self.plain.near(&joined.plain, found);
            self.sound.near(&joined.sound, found);
            // A name that sounds as it is written stands among the plain ones only.
            self.plain.near(&joined.sound, found);
        }
    }
}

/// Spellings by their length, each with a signature of its letters. One edit changes at most two bits
/// of a signature, so that all but a few of a hundred thousand are passed over by one comparison each.
#[derive(Clone, Debug, Default)]
struct Spellings(Vec<Vec<(u64, u32)>>);

/// Longer spellings stand together.
const LONGEST: usize = 64;

impl Spellings {
    fn add(&mut self, spelling: &str, id: u32) {
        let length = spelling.chars().count().min(LONGEST);
        if self.0.len() <= length {
            self.0.resize_with(length + 1, Vec::new);
        }
        self.0[length].push((signature(spelling), id));
    }

    fn near(&self, spelling: &str, found: &mut Vec<u32>) {
        let (asked, signature) = (spelling.chars().count(), signature(spelling));
        let lengths = self.0.iter().enumerate();
        for (length, held) in lengths.skip(asked.min(LONGEST).saturating_sub(2)).take(5) {
            let most = most_edits(asked, length);
            if asked.min(LONGEST).abs_diff(length) > most {
                continue;
            }
            let bits = 2 * most as u32;
            let near = held
                .iter()
                .filter(|(other, _)| (signature ^ other).count_ones() <= bits);
            found.extend(near.map(|(_, id)| *id));
        }
    }
}

/// Which letters a spelling holds, and which of them twice.
fn signature(spelling: &str) -> u64 {
    let mut bits = 0_u64;
    for c in spelling.chars() {
        let (once, twice) = match c {
            'a'..='z' => {
                let at = u32::from(c) - u32::from('a');
                (1_u64 << at, 1_u64 << (at + 26))
            }
            '0'..='9' => (1 << (52 + u32::from(c) - u32::from('0')), 0),
            c => (1 << (62 + u32::from(c) % 2), 0),
        };
        bits |= if bits & once == 0 { once } else { twice };
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Operator;
    use proptest::prelude::*;

    fn index(names: &[String]) -> NameIndex {
        let operator = |name: &String| Operator {
            name: name.clone(),
            host: crate::DomainName::parse("a.test").unwrap(),
            source: String::new(),
        };
        NameIndex::of(&Known {
            operators: names.iter().map(operator).collect(),
            ..Known::default()
        })
    }

    proptest! {
        /// The index finds what comparing with every name finds.
        #[test]
        fn the_index_finds_what_a_scan_finds(
            names in proptest::collection::vec("[abк]{1,6}( (kz|ltd|[abxё]{2,7})){0,2}", 1..10),
            asked in "[abк]{1,6}( [abxё]{2,7}){0,2}",
            long in "[a-d]{8,13}", edits in proptest::collection::vec((0_usize..13, "[a-d]?"), 0..3),
        ) {
            let mut edited: Vec<String> = long.chars().map(String::from).collect();
            for (at, letter) in edits {
                let place = at % edited.len();
                edited[place] = letter;
            }
            let names: Vec<String> = names.into_iter().chain([long]).collect();
            let index = index(&names);
            for asked in [asked, edited.concat()] {
                let asked = NameKey::of(&asked);
                let scanned = names.iter().enumerate().filter_map(|(at, name)| {
                    let closeness = asked.closeness(&NameKey::of(name))?;
                    Some((Bearer::Operator(position(at)), closeness))
                });
                let found = index.near(&asked).into_iter().map(|hit| (hit.bearer, hit.closeness));
                prop_assert_eq!(found.collect::<Vec<_>>(), scanned.collect::<Vec<_>>());
            }
        }
    }
}
