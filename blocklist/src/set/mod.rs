//! The compiled list: one question, "is this name blocked, and under which listing?".
//!
//! A list is one piece of memory, its compiled file: records in order of name (`record`, `file`),
//! and over it a table of cache lines (`table`). A name is looked for from the top-level domain to the
//! left and no further than anything is listed, so that a name below one that is not on the list costs
//! one line of memory however many labels it has, and a listed one two: the table's and the record's.
//! What is in the table only points; whether a name is listed is decided by its octets.
//!
//! Lists are immutable and share what they have in common: a release that changes some names is the
//! base of the one before and a small `overlay`.

mod build;
mod file;
mod overlay;
mod record;
pub mod table;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use self::{
    file::{Kind, Part},
    record::{MAX_LABELS, Rule},
};
use crate::{Digest, DomainName, Entry, ListingId};

/// An immutable set of entries, looked up by the wire form of a name. The longest matching entry
/// decides: an entry for the name itself, else the nearest ancestor listed with its subtree.
#[derive(Clone)]
pub struct BlockSet {
    base: Arc<Part>,
    overlay: Option<Arc<Part>>,
    /// Owner names of both together.
    len: usize,
}

/// Why there is no list to be had of bytes or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// Another program's file, or another version's.
    #[error("not a compiled list of this version")]
    Version,
    /// Cut short or altered since it was written.
    #[error("the compiled list is damaged: its checksum does not match")]
    Damaged,
    /// The checksum matches but the content is not well formed.
    #[error("the compiled list is malformed")]
    Malformed,
    /// The changes are to another list than the one they came with.
    #[error("the compiled changes are to another list than this one")]
    OtherBase,
    /// Over 2 GiB, which is some 80 million names.
    #[error("the list is too large to be compiled: its names and listings take over 2 GiB")]
    TooLarge,
}

impl BlockSet {
    /// Compiles entries. Where two entries speak of one name, a pass-through wins.
    ///
    /// # Errors
    /// [`SetError::TooLarge`], with more names than there are in the world's largest zones.
    pub fn new(entries: &[Entry]) -> Result<Self, SetError> {
        build::compile(entries).map(Self::of)
    }

    fn of(base: Part) -> Self {
        Self {
            len: base.count(),
            base: Arc::new(base),
            overlay: None,
        }
    }

    /// The listing that blocks the name, or `None`. `wire` is the uncompressed name in lower case
    /// with its root octet; malformed input is simply not on the list. Nothing is allocated.
    pub fn find(&self, wire: &[u8]) -> Option<ListingId> {
        let mut room = [0; MAX_LABELS];
        let starts = record::starts(wire, &mut room)?;
        let mut hash = self.base.seed();
        let (mut below, mut above) = (Some(&*self.base), self.overlay.as_deref());
        let mut rule = None;
        for &start in starts.iter().rev() {
            let suffix = wire.get(usize::from(start)..)?;
            hash = table::extend(hash, record::split(suffix)?.0);
            let mut said = None;
            // Each part is asked as long as it has anything further down.
            for part in [&mut below, &mut above] {
                if let Some(here) = part.map(|part| part.look(hash, suffix)) {
                    // The overlay comes second: what it says is said now.
                    said = here.said.or(said);
                    *part = part.filter(|_| here.more);
                }
            }
            let said = said.unwrap_or_default();
            rule = if start == 0 { said.host } else { said.below }.or(rule);
            if below.is_none() && above.is_none() {
                break;
            }
        }
        match rule {
            Some(Rule::Block(number)) => ListingId::from_number(number),
            Some(Rule::PassThrough) | None => None,
        }
    }

    /// The listing that blocks `name`, or `None`.
    pub fn find_name(&self, name: &DomainName) -> Option<ListingId> {
        self.find(&name.to_wire())
    }

    /// Number of owner names.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Octets of memory, of which [`Self::base_file`] may be shared with other lists.
    pub fn octets(&self) -> usize {
        self.parts().map(Part::octets).sum()
    }

    /// The compiled form in one file: the same set always gives the same bytes, ending in their SHA-256.
    ///
    /// # Errors
    /// As [`BlockSet::new`].
    pub fn encode(&self) -> Result<Vec<u8>, SetError> {
        Ok(self.merged()?.base_file().to_vec())
    }

    /// The compiled form of the part that this list may share with others, ending in its SHA-256.
    pub fn base_file(&self) -> &[u8] {
        self.base.bytes()
    }

    /// What [`Self::base_file`] ends in.
    pub fn base_checksum(&self) -> Digest {
        self.base.checksum()
    }

    /// The compiled form of what differs from the base, if anything does, and what it ends in.
    pub fn overlay_file(&self) -> Option<(&[u8], Digest)> {
        let overlay = self.overlay.as_deref()?;
        Some((overlay.bytes(), overlay.checksum()))
    }

    /// Reads a compiled list; anything but exactly what [`Self::encode`] writes is refused. Octets that
    /// are given away are not copied: the list is looked up in as it was read.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: impl Into<Vec<u8>>) -> Result<Self, SetError> {
        Part::read(bytes.into(), Kind::Base, None).map(Self::of)
    }

    /// This list's base with other changes: those of [`Self::overlay_file`].
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn with_overlay(&self, bytes: impl Into<Vec<u8>>) -> Result<Self, SetError> {
        let kind = Kind::Overlay(self.base.checksum());
        self.lay_over(Part::read(bytes.into(), kind, Some(self.base.seed()))?)
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&*self.base).chain(self.overlay.as_deref())
    }

    /// At least as many octets as one file of both parts has.
    fn octets_of_files(&self) -> usize {
        self.parts().map(|part| part.bytes().len()).sum()
    }
}

impl Default for BlockSet {
    /// Nothing is listed.
    fn default() -> Self {
        Self::of(Part::empty())
    }
}

/// The same names and listings, in however many parts.
impl PartialEq for BlockSet {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.records().eq(other.records())
    }
}

impl Eq for BlockSet {}

/// A million names help nobody.
impl fmt::Debug for BlockSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let overlay = self.overlay_file().map(|(_, checksum)| checksum);
        f.debug_struct("BlockSet")
            .field("len", &self.len)
            .field("base", &self.base_checksum())
            .field("overlay", &overlay)
            .finish()
    }
}
