//! From entries to a compiled list.

use super::{
    SetError,
    file::{Kind, Part, Writer},
    record::{Said, write_wire},
};
use crate::Entry;

/// Octets of a record besides its text: an octet before it, its root, and one listing.
const AROUND: usize = 1 + 1 + 5;

/// Compiles entries in any order. Where two speak of one name, the first counts, but a pass-through
/// wins.
pub(super) fn compile(entries: &[Entry]) -> Result<Part, SetError> {
    let octets = entries
        .iter()
        .map(|entry| entry.name.as_str().len() + AROUND)
        .sum();
    if is_in_order(entries) {
        write(entries.iter(), octets)
    } else {
        let mut sorted: Vec<&Entry> = entries.iter().collect();
        // Stable: of one name, what came first stays first.
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        write(sorted.into_iter(), octets)
    }
}

/// Whether entries stand in order of name, as a fold gives them.
fn is_in_order(entries: &[Entry]) -> bool {
    entries.is_sorted_by(|a, b| a.name <= b.name)
}

/// What entries in order say, owner by owner.
pub(super) fn owners<'a>(
    entries: impl Iterator<Item = &'a Entry>,
) -> impl Iterator<Item = (&'a str, Said)> {
    let mut entries = entries.peekable();
    std::iter::from_fn(move || {
        let first = entries.next()?;
        let others = std::iter::from_fn(|| entries.next_if(|next| next.name == first.name));
        let said = Said::of(std::iter::once(first).chain(others));
        Some((first.name.as_str(), said))
    })
}

fn write<'a>(entries: impl Iterator<Item = &'a Entry>, octets: usize) -> Result<Part, SetError> {
    let mut file = Writer::new(Kind::Base, octets);
    for (name, said) in owners(entries) {
        file.push(|to| write_wire(name, to), said);
    }
    file.finish(None)
}
