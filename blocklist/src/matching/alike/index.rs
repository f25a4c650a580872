//! Which known hosts a name can resemble, found without looking at each: every form in which two
//! labels can meet is kept by its hash, and what is found there is compared in full.

use super::{Alike, Asked, Brand, FEWEST_EDITED};
use crate::DomainName;

/// Known hosts by the forms in which they can be taken for one another.
#[derive(Clone, Debug, Default)]
pub(in crate::matching) struct AlikeIndex {
    brands: Vec<Brand>,
    table: Table,
    /// Whether a brand is in other letters than Latin ones: only then can words beside a Latin
    /// spelling of it be met.
    other_letters: bool,
}

/// What of a label is looked up.
#[derive(Clone, Copy)]
enum Form {
    Skeleton = 1,
    Sound = 2,
    /// With one letter left out, or none: two labels one edit apart meet in one of these.
    Shortened = 3,
}

impl AlikeIndex {
    /// Keeps hosts; those of one registrable domain once, by the first. Returns the index and, for
    /// each brand in it, the position of its host in what was given.
    pub(in crate::matching) fn of<'a>(
        hosts: impl Iterator<Item = &'a DomainName>,
    ) -> (Self, Vec<usize>) {
        let mut seen = std::collections::HashSet::new();
        let (mut brands, mut positions, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for (position, host) in hosts.enumerate() {
            let Some(brand) = Brand::of(host) else {
                continue;
            };
            if !seen.insert(brand.registrable.clone()) {
                continue;
            }
            let id = u32::try_from(brands.len()).unwrap_or(u32::MAX);
            add_keys(&brand, |key| keys.push((key, id)));
            brands.push(brand);
            positions.push(position);
        }
        let table = Table::of(keys);
        let index = Self {
            other_letters: brands.iter().any(|brand| !brand.label.is_latin()),
            brands,
            table,
        };
        (index, positions)
    }

    /// The brand that `name` resembles by the plainest trick, and the trick.
    pub(in crate::matching) fn find(&self, name: &DomainName) -> Option<(usize, Alike)> {
        if self.brands.is_empty() {
            return None;
        }
        let asked = Asked::of(name)?;
        let mut candidates = Vec::new();
        self.look_up(&asked, |key| candidates.extend(self.table.get(key)));
        candidates.sort_unstable();
        candidates.dedup();
        let found = candidates.into_iter().filter_map(|id| {
            let id = id as usize;
            Some((asked.compare(self.brands.get(id)?)?, id))
        });
        found.min().map(|(alike, id)| (id, alike))
    }

    fn look_up(&self, asked: &Asked, mut look: impl FnMut(u64)) {
        let skeletons = [&asked.label.skeleton].into_iter().chain(&asked.joined);
        let fronts = asked.fronts.iter().map(|(front, _)| front);
        for skeleton in skeletons.chain(fronts) {
            look(key(Form::Skeleton, skeleton.chars()));
        }
        for (_, label) in &asked.stripped {
            look(key(Form::Skeleton, label.skeleton.chars()));
            if self.other_letters || !label.is_latin() {
                by_sound(&label.sound(), &mut look);
            }
        }
        by_sound(&asked.sound, &mut look);
        let (letters, raw) = (&asked.label.letters, &asked.label.raw);
        if letters.len() < FEWEST_EDITED {
            return;
        }
        shortened(letters, &mut look);
        if raw != letters {
            shortened(raw, &mut look);
        }
        if let Some(single) = raw.strip_suffix(&['e', 's']) {
            look(key(Form::Shortened, single.iter().copied()));
        }
    }
}

fn add_keys(brand: &Brand, mut add: impl FnMut(u64)) {
    let label = &brand.label;
    add(key(Form::Skeleton, label.skeleton.chars()));
    if !brand.is_edited() {
        return;
    }
    by_sound(&brand.sound, &mut add);
    shortened(&label.letters, &mut add);
    if label.raw != label.letters {
        shortened(&label.raw, &mut add);
    }
}

fn by_sound(sound: &str, look: &mut impl FnMut(u64)) {
    if !sound.is_empty() {
        look(key(Form::Sound, sound.chars()));
    }
}

const BASE: u64 = 0x0100_0000_01b3;

fn key(form: Form, letters: impl Iterator<Item = char>) -> u64 {
    finish(form, letters.fold(0, step))
}

fn step(hash: u64, letter: char) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(letter) + 1)
}

/// Spreads a hash over all bits: the first ones choose the place in the table.
fn finish(form: Form, hash: u64) -> u64 {
    let mixed = (hash ^ (form as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// The keys of a spelling and of it without one letter, each from those of its two parts: the hash
/// is a polynomial, so that the parts need be read once.
fn shortened(letters: &[char], add: &mut impl FnMut(u64)) {
    let whole = letters.iter().copied().fold(0, step);
    add(finish(Form::Shortened, whole));
    // Of the letters after the place: their hash, and the power that moves what stands before.
    let mut tails = Vec::with_capacity(letters.len());
    let (mut tail, mut power) = (0_u64, 1_u64);
    for letter in letters.iter().rev() {
        tails.push((tail, power));
        tail = tail.wrapping_add((u64::from(*letter) + 1).wrapping_mul(power));
        power = power.wrapping_mul(BASE);
    }
    let mut head = 0_u64;
    for (letter, (tail, power)) in letters.iter().zip(tails.into_iter().rev()) {
        add(finish(
            Form::Shortened,
            head.wrapping_mul(power).wrapping_add(tail),
        ));
        head = step(head, *letter);
    }
}

/// Keys with what they stand for, sorted, and a directory by the first bits of the key: looking up
/// one is two reads.
#[derive(Clone, Debug, Default)]
struct Table {
    entries: Vec<(u64, u32)>,
    starts: Vec<u32>,
    shift: u32,
}

impl Table {
    fn of(mut entries: Vec<(u64, u32)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let bits = entries.len().max(2).ilog2().clamp(1, 24);
        let shift = 64 - bits;
        let mut starts = vec![0_u32; (1 << bits) + 1];
        for (key, _) in &entries {
            starts[(key >> shift) as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Self {
            entries,
            starts,
            shift,
        }
    }

    fn get(&self, key: u64) -> impl Iterator<Item = u32> {
        let at = (key >> self.shift) as usize;
        let bounds = self.starts.get(at).zip(self.starts.get(at + 1));
        let range = bounds.map_or(0..0, |(from, to)| *from as usize..*to as usize);
        let bucket = self.entries.get(range).unwrap_or_default();
        bucket
            .iter()
            .filter(move |(held, _)| *held == key)
            .map(|(_, id)| *id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_spelling_has_the_keys_of_its_shorter_ones(text in "[a-zа-я0-9]{0,9}") {
            let letters: Vec<char> = text.chars().collect();
            let mut found = Vec::new();
            shortened(&letters, &mut |key| found.push(key));
            let mut wanted = vec![key(Form::Shortened, letters.iter().copied())];
            for at in 0..letters.len() {
                let mut shorter = letters.clone();
                shorter.remove(at);
                wanted.push(key(Form::Shortened, shorter.into_iter()));
            }
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn the_table_finds_what_it_holds(entries in proptest::collection::vec((any::<u64>(), 0_u32..9), 0..40)) {
            let table = Table::of(entries.clone());
            for (key, _) in &entries {
                let found: HashSet<u32> = table.get(*key).collect();
                let held = entries.iter().filter(|(other, _)| other == key);
                prop_assert_eq!(found, held.map(|(_, id)| *id).collect::<HashSet<_>>());
            }
            prop_assert!(table.get(7).count() == entries.iter().filter(|(key, _)| *key == 7).count());
        }
    }
}
