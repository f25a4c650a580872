//! A list that differs little from the one before: the same base, and beside it an overlay of what is
//! said otherwise. It is a small list of its own, in which of some names nothing is said any more.
//!
//! The overlay is a function of the base and of the list, whatever steps led from one to the other:
//! exactly the owner names of which both say something else.

use std::{cmp::Ordering, sync::Arc};

use super::{
    BlockSet, SetError, build,
    file::{Kind, Part, Writer},
    record::{self, Record, Said, write_wire},
};
use crate::{DomainName, Entry};

/// An overlay grows to one in so many names of its base; then both become a new base.
const SHARE: usize = 64;
/// Or to so many, for small bases.
const ALWAYS: usize = 64;

/// What is said of names of which a base says something else, in order.
type Difference = Vec<(Vec<u8>, Said)>;

impl BlockSet {
    /// The list with these entries, in any order. Where few names differ from this one, it shares this
    /// one's base, and making it is a comparison.
    ///
    /// # Errors
    /// As [`BlockSet::new`].
    pub fn updated(&self, entries: &[Entry]) -> Result<Self, SetError> {
        match difference(&self.base, entries, self.most()) {
            Some(difference) => self.over_base(&difference),
            None => Self::new(entries),
        }
    }

    /// As [`Self::updated`] for whoever knows of which names something else is said than before: only
    /// they are looked at. `entries` are the new list whole, in order of name.
    ///
    /// # Errors
    /// As [`BlockSet::new`].
    pub fn with_changes(
        &self,
        changed: &[DomainName],
        entries: &[Entry],
    ) -> Result<Self, SetError> {
        let mut changes: Difference = changed
            .iter()
            .map(|name| (name.to_wire(), said_of(name, entries)))
            .collect();
        changes.sort_by(|a, b| record::order(&a.0, &b.0));
        changes.dedup_by(|a, b| a.0 == b.0);
        let is_changed = |wire: &[u8]| {
            changes
                .binary_search_by(|(changed, _)| record::order(changed, wire))
                .is_ok()
        };
        let mut difference: Difference = self
            .overlay
            .iter()
            .flat_map(|overlay| overlay.records())
            .filter(|record| !is_changed(record.wire))
            .map(|record| (record.wire.to_vec(), record.said))
            .collect();
        changes.retain(|(wire, said)| self.base.said_of(wire).unwrap_or_default() != *said);
        difference.extend(changes);
        if difference.len() > self.most() {
            return Self::new(entries);
        }
        difference.sort_by(|a, b| record::order(&a.0, &b.0));
        self.over_base(&difference)
    }

    /// The same list in one part.
    ///
    /// # Errors
    /// As [`BlockSet::new`].
    pub fn merged(&self) -> Result<Self, SetError> {
        if self.overlay.is_none() {
            return Ok(self.clone());
        }
        let octets = self.octets_of_files();
        let mut file = Writer::new(Kind::Base, octets);
        for record in self.records() {
            file.push(|to| to.extend_from_slice(record.wire), record.said);
        }
        Ok(Self::of(file.finish(None)?))
    }

    /// How many names may differ before a new base is made. Nothing is laid over an empty one.
    fn most(&self) -> usize {
        match self.base.count() {
            0 => 0,
            count => ALWAYS.max(count / SHARE),
        }
    }

    fn over_base(&self, difference: &Difference) -> Result<Self, SetError> {
        if difference.is_empty() {
            return Ok(Self {
                base: self.base.clone(),
                overlay: None,
                len: self.base.count(),
            });
        }
        let octets = difference.iter().map(|(wire, _)| wire.len() + 10).sum();
        let mut file = Writer::new(Kind::Overlay(self.base.checksum()), octets);
        for (wire, said) in difference {
            file.push(|to| to.extend_from_slice(wire), *said);
        }
        self.lay_over(file.finish(Some(self.base.seed()))?)
    }

    /// Puts an overlay over the base in place of the one there is.
    pub(super) fn lay_over(&self, overlay: Part) -> Result<Self, SetError> {
        let mut len = self.base.count();
        for record in overlay.records() {
            match (self.base.said_of(record.wire), record.said) {
                // What says the same as the base has no place in an overlay.
                (Some(below), said) if below == said => return Err(SetError::Malformed),
                (None, said) if said == Said::default() => return Err(SetError::Malformed),
                (None, _) => len += 1,
                (Some(_), said) if said == Said::default() => len -= 1,
                (Some(_), _) => {}
            }
        }
        if overlay.count() == 0 {
            return Err(SetError::Malformed);
        }
        Ok(Self {
            base: self.base.clone(),
            overlay: Some(Arc::new(overlay)),
            len,
        })
    }

    /// Every owner name of the list, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut base = self.base.records().peekable();
        let mut overlay = self
            .overlay
            .iter()
            .flat_map(|part| part.records())
            .peekable();
        let each = std::iter::from_fn(move || {
            let (Some(below), Some(above)) = (base.peek(), overlay.peek()) else {
                return overlay.next().or_else(|| base.next());
            };
            match record::order(below.wire, above.wire) {
                Ordering::Less => base.next(),
                Ordering::Equal => {
                    base.next();
                    overlay.next()
                }
                Ordering::Greater => overlay.next(),
            }
        });
        each.filter(|record| record.said != Said::default())
    }
}

/// What entries in order of name say of one name.
fn said_of(name: &DomainName, entries: &[Entry]) -> Said {
    let first = entries.partition_point(|entry| entry.name < *name);
    Said::of(
        entries[first..]
            .iter()
            .take_while(|entry| entry.name == *name),
    )
}

/// Where entries differ from a base; `None` when that is more than `most` names, or when the entries
/// are not in order.
fn difference(base: &Part, entries: &[Entry], most: usize) -> Option<Difference> {
    let mut difference = Difference::new();
    let mut before = base.records().peekable();
    let mut last = None;
    let mut wire = Vec::with_capacity(256);
    for (name, said) in build::owners(entries.iter()) {
        if last.is_some_and(|last| last >= name) {
            return None;
        }
        last = Some(name);
        wire.clear();
        write_wire(name, &mut wire);
        let mut differs = true;
        while let Some(record) = before.peek() {
            match record::order(record.wire, &wire) {
                Ordering::Less => difference.push((record.wire.to_vec(), Said::default())),
                Ordering::Equal => differs = record.said != said,
                Ordering::Greater => break,
            }
            before.next();
            if difference.len() > most {
                return None;
            }
        }
        if differs {
            difference.push((wire.clone(), said));
        }
        if difference.len() > most {
            return None;
        }
    }
    let gone = before.map(|record| (record.wire.to_vec(), Said::default()));
    // One more than fits is enough to know.
    difference.extend(gone.take(most + 1));
    (difference.len() <= most).then_some(difference)
}
