//! A policy zone as it lies in memory, written down, so that a start does not parse a million records.
//!
//! ```text
//! 8   magic and version
//! 32  SHA-256 of the zone file it was parsed from
//! 8   octets of that file
//!     sections, each with its octets in eight octets before it: the origin it was parsed with, the zone's
//!     name, its SOA record, the report, actions, their data, pairs of actions, names
//! 32  SHA-256 of everything before
//! ```
//!
//! Numbers are big-endian, but for those behind names, which lie as in memory. Nothing of such a file is
//! believed: its checksum shows damage, and whatever is read is checked as if there were none. The table
//! over the names is not in it, so there is none that could lie.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use super::{
    action::Actions,
    parse::{Parsed, Problem, Report, Soa},
    rules::Rules,
};

const MAGIC: &[u8; 8] = b"QALQRPZ\x01";
const CHECKSUM: usize = 32;

/// Why a compiled file is not used; the zone file is parsed then.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("another version of this program wrote it")]
    Version,
    #[error("it is of another zone file than this one is now")]
    Source,
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}

/// A zone file, known by what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) octets: u64,
    pub(super) sha256: [u8; CHECKSUM],
}

/// Hashes what goes through it.
pub(super) struct Hashing<F> {
    file: F,
    octets: u64,
    sha256: Sha256,
}

impl<F> Hashing<F> {
    pub(super) fn new(file: F) -> Self {
        Self {
            file,
            octets: 0,
            sha256: Sha256::new(),
        }
    }

    /// What went through.
    pub(super) fn finish(self) -> Source {
        Source {
            octets: self.octets,
            sha256: self.sha256.finalize().into(),
        }
    }

    fn note(&mut self, octets: &[u8]) {
        self.octets += octets.len() as u64;
        self.sha256.update(octets);
    }
}

impl<F: Read> Read for Hashing<F> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(room)?;
        self.note(room.get(..length).unwrap_or_default());
        Ok(length)
    }
}

impl<F: Write> Write for Hashing<F> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let length = self.file.write(octets)?;
        self.note(octets.get(..length).unwrap_or_default());
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes down what was parsed of `source`.
pub(super) fn write(
    file: impl Write,
    source: &Source,
    origin: &[u8],
    parsed: &Parsed,
) -> io::Result<()> {
    let mut file = Hashing::new(file);
    file.write_all(MAGIC)?;
    file.write_all(&source.sha256)?;
    file.write_all(&source.octets.to_be_bytes())?;
    let (actions, data) = parsed.rules.actions().as_octets();
    let sections: [&[u8]; 8] = [
        origin,
        &parsed.apex,
        &[&parsed.soa.ttl.to_be_bytes(), &*parsed.soa.data].concat(),
        &write_report(&parsed.report),
        &actions,
        data,
        &parsed.rules.pairs_as_octets(),
        parsed.rules.names_as_octets(),
    ];
    for section in sections {
        file.write_all(&(section.len() as u64).to_be_bytes())?;
        file.write_all(section)?;
    }
    let Hashing {
        mut file, sha256, ..
    } = file;
    file.write_all(&sha256.finalize())
}

/// Reads a file of so many octets, and what it says it was parsed from, which is for the caller to
/// compare. `origin` is what the zone file would be parsed with now.
pub(super) fn read(
    file: impl Read,
    octets: u64,
    origin: &[u8],
) -> Result<(Source, Parsed), Unusable> {
    let mut sections = Sections {
        file: Hashing::new(file),
        left: octets,
    };
    if sections.array()? != *MAGIC {
        return Err(Unusable::Version);
    }
    let source = Source {
        sha256: sections.array()?,
        octets: u64::from_be_bytes(sections.array()?),
    };
    if sections.next()? != origin {
        return Err(Unusable::Source);
    }
    let apex = sections.next()?;
    let soa = sections.next()?;
    let report = sections.next()?;
    let (actions, data) = (sections.next()?, sections.next()?);
    let (pairs, names) = (sections.next()?, sections.next()?);
    sections.end()?;
    let damaged = Unusable::Damaged;
    let actions = Actions::read(&actions, data).ok_or(damaged("its actions"))?;
    let rules = Rules::read(&pairs, names, actions).ok_or(damaged("its names"))?;
    let mut report = read_report(&report).ok_or(damaged("its report"))?;
    report.rules = rules.len();
    let parsed = Parsed {
        soa: read_soa(&apex, &soa).ok_or(damaged("its zone"))?,
        apex,
        rules,
        report,
    };
    Ok((source, parsed))
}

/// What is left of a file.
struct Sections<F> {
    file: Hashing<F>,
    left: u64,
}

impl<F: Read> Sections<F> {
    fn take(&mut self, octets: u64) -> Result<(), Unusable> {
        let left = self.left.checked_sub(octets);
        self.left = left.ok_or(Unusable::Damaged("it is cut short"))?;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unusable> {
        self.take(N as u64)?;
        let mut octets = [0; N];
        self.file.read_exact(&mut octets)?;
        Ok(octets)
    }

    /// The next section. No more room is made than the file has octets.
    fn next(&mut self) -> Result<Vec<u8>, Unusable> {
        let length = u64::from_be_bytes(self.array()?);
        self.take(length)?;
        let mut octets = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        (&mut self.file).take(length).read_to_end(&mut octets)?;
        if octets.len() as u64 != length {
            return Err(Unusable::Damaged("it is cut short"));
        }
        Ok(octets)
    }

    /// Only the checksum may be left, and must be that of everything before.
    fn end(self) -> Result<(), Unusable> {
        let Hashing {
            mut file, sha256, ..
        } = self.file;
        let mut checksum = [0; CHECKSUM];
        if self.left != CHECKSUM as u64 {
            return Err(Unusable::Damaged("it is longer than what it holds"));
        }
        file.read_exact(&mut checksum)?;
        if sha256.finalize()[..] != checksum {
            return Err(Unusable::Damaged("its checksum does not match"));
        }
        Ok(())
    }
}

/// Reads fields one behind the other.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn octets(&mut self, length: u32) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(octets)
    }
}

fn read_soa(apex: &[u8], octets: &[u8]) -> Option<Soa> {
    let is_name = |octets: &[u8]| super::name::length(octets) == Some(octets.len());
    let is_lower = !apex.iter().any(u8::is_ascii_uppercase);
    let mut fields = Fields(octets);
    let ttl = fields.u32()?;
    let data = fields.0;
    // Two names, and five numbers.
    let after_first = data.get(super::name::length(data)?..)?;
    let numbers = after_first.get(super::name::length(after_first)?..)?;
    let is_good = is_name(apex) && is_lower && numbers.len() == 5 * size_of::<u32>();
    let data = data.to_vec();
    is_good.then_some(Soa { ttl, data })
}

fn write_report(report: &Report) -> Vec<u8> {
    let Report {
        records,
        rules: _,
        duplicates,
        bad,
        outside,
        ignored,
        other_triggers,
        is_cut,
        problems,
    } = report;
    let mut octets = vec![u8::from(*is_cut)];
    let counts = [records, duplicates, bad, outside, ignored];
    for count in counts.into_iter().chain(other_triggers) {
        octets.extend_from_slice(&count.to_be_bytes());
    }
    for Problem { line, words } in problems {
        octets.extend_from_slice(&line.to_be_bytes());
        // They quote 60 octets of the file at most.
        octets.extend_from_slice(&(words.len() as u32).to_be_bytes());
        octets.extend_from_slice(words.as_bytes());
    }
    octets
}

/// All but the number of rules.
fn read_report(octets: &[u8]) -> Option<Report> {
    let mut fields = Fields(octets);
    let [is_cut @ 0..=1] = fields.array()? else {
        return None;
    };
    let mut report = Report {
        records: fields.u64()?,
        rules: 0,
        duplicates: fields.u64()?,
        bad: fields.u64()?,
        outside: fields.u64()?,
        ignored: fields.u64()?,
        other_triggers: [fields.u64()?, fields.u64()?, fields.u64()?, fields.u64()?],
        is_cut: is_cut == 1,
        problems: Vec::new(),
    };
    while !fields.0.is_empty() {
        let line = fields.u64()?;
        let length = fields.u32()?;
        let words = std::str::from_utf8(fields.octets(length)?).ok()?;
        if words.contains(char::is_control) {
            return None;
        }
        let words = words.to_owned();
        report.problems.push(Problem { line, words });
    }
    Some(report)
}

#[cfg(test)]
mod tests;
