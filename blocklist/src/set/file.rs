//! The compiled form, which is the form in memory: what is read from disk is looked up in as it lies.
//!
//! ```text
//! 8   magic and version
//! 32  of an overlay only: the checksum of the base it lies over
//! 8   number of records
//! …   records (see `record`), in the order of their names as text
//! 32  SHA-256 of everything before
//! ```
//!
//! The table over the records is not in it. To prove that a table leaves out no record takes as long as
//! to make it, one pass over what has to be validated anyway; so there is none that could lie, and the
//! same list has the same octets whatever tables this program makes one day.

use std::cmp::Ordering;

use super::{
    SetError,
    record::{self, MAX_LABELS, Record, Said},
    table::{self, ANCESTOR, Table},
};
use crate::Digest;

const BASE_MAGIC: &[u8; 8] = b"QALQSET\x02";
const OVERLAY_MAGIC: &[u8; 8] = b"QALQOVR\x01";
const CHECKSUM: usize = 32;
/// The places of records are numbers below this.
const MAX_OCTETS: usize = ANCESTOR as usize;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole list.
    Base,
    /// What differs from the base with this checksum.
    Overlay(Digest),
}

impl Kind {
    fn head(self) -> Vec<u8> {
        match self {
            Self::Base => BASE_MAGIC.to_vec(),
            Self::Overlay(base) => [&OVERLAY_MAGIC[..], &base.0].concat(),
        }
    }

    fn header(self) -> usize {
        self.head().len() + 8
    }
}

/// A file in memory, and the table over it.
#[derive(Debug)]
pub(super) struct Part {
    bytes: Vec<u8>,
    header: usize,
    count: usize,
    seed: u64,
    table: Table,
}

/// What one part says at one name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Here {
    pub(super) said: Option<Said>,
    /// Whether anything below may be said.
    pub(super) more: bool,
}

/// Writes a file record by record.
pub(super) struct Writer {
    kind: Kind,
    bytes: Vec<u8>,
    count: u64,
}

impl Writer {
    /// `octets` is how many the records will have, or a little more.
    pub(super) fn new(kind: Kind, octets: usize) -> Self {
        let mut bytes = Vec::with_capacity(kind.header() + octets + CHECKSUM);
        bytes.extend_from_slice(&kind.head());
        bytes.extend_from_slice(&[0; 8]);
        Self {
            kind,
            bytes,
            count: 0,
        }
    }

    /// Adds a record; `wire` appends its name. They come in order.
    pub(super) fn push(&mut self, wire: impl FnOnce(&mut Vec<u8>), said: Said) {
        wire(&mut self.bytes);
        said.write(&mut self.bytes);
        self.count += 1;
    }

    /// Seals the file and makes the table over it. `seed` is that of the base.
    pub(super) fn finish(mut self, seed: Option<u64>) -> Result<Part, SetError> {
        let header = self.kind.header();
        self.bytes[header - 8..header].copy_from_slice(&self.count.to_be_bytes());
        let checksum = Digest::of(&self.bytes);
        self.bytes.extend_from_slice(&checksum.0);
        self.bytes.shrink_to_fit();
        let seed = seed.unwrap_or_else(|| seed_of(&checksum.0));
        Part::index(self.bytes, self.kind, seed)
    }
}

impl Part {
    /// A whole list of nothing.
    pub(super) fn empty() -> Self {
        let mut bytes = [&BASE_MAGIC[..], &[0; 8]].concat();
        let checksum = Digest::of(&bytes);
        bytes.extend_from_slice(&checksum.0);
        Self {
            bytes,
            header: Kind::Base.header(),
            count: 0,
            seed: seed_of(&checksum.0),
            table: Table::with_room_for(0),
        }
    }

    /// Reads a file; anything but exactly what [`Writer`] writes is refused. `seed` is that of the base.
    pub(super) fn read(bytes: Vec<u8>, kind: Kind, seed: Option<u64>) -> Result<Self, SetError> {
        let head = kind.head();
        if bytes.get(..8) != head.get(..8) {
            return Err(SetError::Version);
        }
        let (content, checksum) = bytes
            .split_last_chunk::<CHECKSUM>()
            .ok_or(SetError::Damaged)?;
        if Digest::of(content).0 != *checksum {
            return Err(SetError::Damaged);
        }
        if !content.starts_with(&head) {
            return Err(SetError::OtherBase);
        }
        let seed = seed.unwrap_or_else(|| seed_of(checksum));
        Self::index(bytes, kind, seed)
    }

    /// Validates every record and makes the table.
    fn index(bytes: Vec<u8>, kind: Kind, seed: u64) -> Result<Self, SetError> {
        if bytes.len() > MAX_OCTETS {
            return Err(SetError::TooLarge);
        }
        let header = kind.header();
        let content = bytes
            .get(..bytes.len() - CHECKSUM)
            .ok_or(SetError::Malformed)?;
        let (count, ancestors) = check(content, kind, seed).ok_or(SetError::Malformed)?;
        let mut table = Table::with_room_for(count + ancestors.len());
        // First, for they are what every query looks at: they stand where they are looked for.
        let ancestors = ancestors
            .into_iter()
            .map(|hash| (hash, table::ancestor(hash)));
        table.insert_all(ancestors, |_, _| {});
        let records = Records::new(content, header);
        // Places are below MAX_OCTETS.
        let records = records.map(|(at, record)| (hash_of(record.wire, seed), at as u32));
        table.insert_all(records, |_, _| {});
        Ok(Self {
            bytes,
            header,
            count,
            seed,
            table,
        })
    }

    /// What is said at the name `suffix` with this hash.
    pub(super) fn look(&self, hash: u64, suffix: &[u8]) -> Here {
        let mut here = Here::default();
        self.table.look(hash, |value| {
            if value & ANCESTOR != 0 {
                here.more |= value == table::ancestor(hash);
            } else if let Some(said) = self.said_at(value as usize, suffix) {
                here.said = Some(said);
            }
        });
        here
    }

    fn said_at(&self, at: usize, wire: &[u8]) -> Option<Said> {
        let record = self.bytes.get(at..)?;
        let after = record.strip_prefix(wire)?;
        Said::read(after).map(|(said, _)| said)
    }

    /// What is said of this very name.
    pub(super) fn said_of(&self, wire: &[u8]) -> Option<Said> {
        self.look(hash_of(wire, self.seed), wire).said
    }

    /// All records, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let content = self.bytes.len() - CHECKSUM;
        Records::new(&self.bytes[..content], self.header).map(|(_, record)| record)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// What the hashes of names begin with.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// The file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the file ends in.
    pub(super) fn checksum(&self) -> Digest {
        Digest(self.bytes.last_chunk().copied().unwrap_or_default())
    }

    /// Octets of memory, table and all.
    pub(super) fn octets(&self) -> usize {
        self.bytes.capacity() + self.table.octets()
    }
}

fn seed_of(checksum: &[u8; CHECKSUM]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *checksum;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Well-formed records with their places; ends where one is not.
struct Records<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    fn new(content: &'a [u8], header: usize) -> Self {
        Self {
            content,
            at: header,
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (usize, Record<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let (record, octets) = record::read(self.content.get(at..)?)?;
        self.at += octets;
        Some((at, record))
    }
}

/// The number of records, and the hashes of all names that stand above one, each once; if all records
/// are well formed, in order, and as many as the header says.
fn check(content: &[u8], kind: Kind, seed: u64) -> Option<(usize, Vec<u64>)> {
    let header = kind.header();
    let stated = content.get(..header)?.last_chunk::<8>()?;
    let mut records = Records::new(content, header);
    let (mut count, mut last) = (0, None::<&[u8]>);
    // Most names have one of a few parents: those met lately are not written down again.
    let mut lately = vec![0; 4096];
    let mut ancestors = Vec::new();
    for (_, record) in &mut records {
        // In ascending order, so that one list has one file.
        if last.is_some_and(|last| record::order(last, record.wire) != Ordering::Less)
            // Only an overlay takes names off a list.
            || kind == Kind::Base && record.said == Said::default()
        {
            return None;
        }
        last = Some(record.wire);
        count += 1;
        hash_each(record.wire, seed, |start, hash| {
            let seen: &mut u64 = &mut lately[hash as usize % 4096];
            if start > 0 && *seen != hash {
                *seen = hash;
                ancestors.push(hash);
            }
        });
    }
    ancestors.sort_unstable();
    ancestors.dedup();
    let whole = records.at == content.len() && u64::from_be_bytes(*stated) == count as u64;
    whole.then_some((count, ancestors))
}

/// Shows where a name and all its ancestors begin, with the hash of each, the top-level domain first.
fn hash_each(wire: &[u8], seed: u64, mut see: impl FnMut(usize, u64)) {
    let mut room = [0; MAX_LABELS];
    let starts = record::starts(wire, &mut room).unwrap_or_default();
    let mut hash = seed;
    for start in starts.iter().rev() {
        let start = usize::from(*start);
        let Some((label, _)) = record::split(&wire[start..]) else {
            return;
        };
        hash = table::extend(hash, label);
        see(start, hash);
    }
}

fn hash_of(wire: &[u8], seed: u64) -> u64 {
    let mut last = seed;
    hash_each(wire, seed, |_, hash| last = hash);
    last
}
