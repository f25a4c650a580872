//! Local data: records an operator gives for a name, in wire form, sorted by type.
//!
//! Each record is its type in two octets, its TTL in four, the length of its data in two, and its
//! data, in which no name is compressed.

use crate::{
    query::{MAX_NAME, Query},
    reply::Reply,
};

use super::{action::Kind, record::TYPE_CNAME};

/// Most octets of records at one name: what fits into an answer with room to spare, and what bounds
/// how long an answer is put together.
pub(super) const MAX_RECORDS: usize = 8 * 1024;
/// Octets of a record before its data.
pub(super) const HEAD: usize = 8;

/// A pointer to the question's name (RFC 1035 §4.1.4): every answer begins with it.
const TO_QUESTION: [u8; 2] = [0xc0, 12];

/// Records of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalData<'z> {
    pub(super) kind: Kind,
    pub(super) ttl: u32,
    pub(super) octets: &'z [u8],
}

/// What was written of local data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    /// Records written; with none the answer is NODATA.
    pub(crate) answers: u16,
    /// Whether it is a CNAME whose target the resolver has to look up for the client.
    pub(crate) resolve: bool,
}

/// Why records were not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppendError {
    /// They do not fit: the answer is cut, and the client comes back over TCP.
    Full,
    /// A wildcard target makes a name longer than 255 octets: the answer is YXDOMAIN, as for a DNAME
    /// (RFC 6672 §2.2).
    TooLong,
}

impl<'z> LocalData<'z> {
    /// Writes the records of the query's type behind what is in `reply`, or the CNAME, TTLs at most
    /// `most` seconds. On an error nothing of use was written, and the answer is to be begun anew.
    pub(crate) fn append(
        &self,
        query: &Query,
        reply: &mut Reply<'_>,
        most: u32,
    ) -> Result<Appended, AppendError> {
        if self.kind != Kind::Records {
            return self.append_alias(query, reply, most);
        }
        let mut answers = 0;
        for record in self.records().filter(|record| record.kind == query.kind) {
            push(reply, record.kind, record.ttl.min(most), &[record.data])?;
            answers += 1;
        }
        Ok(Appended {
            answers,
            resolve: false,
        })
    }

    fn append_alias(
        &self,
        query: &Query,
        reply: &mut Reply<'_>,
        most: u32,
    ) -> Result<Appended, AppendError> {
        let (before, after) = self
            .target_parts(query.name.as_wire())
            .ok_or(AppendError::TooLong)?;
        push(reply, TYPE_CNAME, self.ttl.min(most), &[before, after])?;
        Ok(Appended {
            answers: 1,
            resolve: query.kind != TYPE_CNAME,
        })
    }

    /// The name the query is sent to, in two parts of wire form; the first may be empty. `None` when
    /// there is no CNAME, or its target would be longer than a name can be.
    pub(crate) fn target_parts<'a>(&self, lower: &'a [u8]) -> Option<(&'a [u8], &'z [u8])> {
        match self.kind {
            Kind::Alias => Some((&[], self.octets)),
            Kind::AliasBelow => {
                let labels = lower.strip_suffix(&[0])?;
                (labels.len() + self.octets.len() <= MAX_NAME).then_some((labels, self.octets))
            }
            _ => None,
        }
    }

    /// Whether it is a CNAME, whatever it leads to.
    pub(crate) fn is_alias(&self) -> bool {
        self.kind != Kind::Records
    }

    /// The records; none of a CNAME.
    pub(crate) fn records(&self) -> Records<'z> {
        match self.kind {
            Kind::Records => Records(self.octets),
            _ => Records(&[]),
        }
    }
}

fn push(reply: &mut Reply<'_>, kind: u16, ttl: u32, data: &[&[u8]]) -> Result<(), AppendError> {
    let length: usize = data.iter().map(|part| part.len()).sum();
    let length = u16::try_from(length).map_err(|_| AppendError::Full)?;
    let mut head = [0; 12];
    let parts: [&[u8]; 5] = [
        &TO_QUESTION,
        &kind.to_be_bytes(),
        &1u16.to_be_bytes(),
        &ttl.to_be_bytes(),
        &length.to_be_bytes(),
    ];
    let places = parts.iter().flat_map(|part| part.iter());
    for (to, from) in head.iter_mut().zip(places) {
        *to = *from;
    }
    reply.push(&head).ok_or(AppendError::Full)?;
    data.iter()
        .try_for_each(|part| reply.push(part))
        .ok_or(AppendError::Full)
}

/// One record of local data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalRecord<'z> {
    pub(crate) kind: u16,
    pub(crate) ttl: u32,
    pub(crate) data: &'z [u8],
}

/// Records one behind the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Records<'z>(&'z [u8]);

impl<'z> Iterator for Records<'z> {
    type Item = LocalRecord<'z>;

    /// `None` at the end, and before octets that are no record.
    fn next(&mut self) -> Option<LocalRecord<'z>> {
        let (kind, rest) = self.0.split_first_chunk()?;
        let (ttl, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.0 = rest;
        Some(LocalRecord {
            kind: u16::from_be_bytes(*kind),
            ttl: u32::from_be_bytes(*ttl),
            data,
        })
    }
}

/// Whether octets are records from their beginning to their end, as [`insert`] puts them together.
pub(super) fn are_records(octets: &[u8]) -> bool {
    let mut records = Records(octets);
    let mut last = 0;
    for record in records.by_ref() {
        if record.kind < last || record.kind == TYPE_CNAME {
            return false;
        }
        last = record.kind;
    }
    records.0.is_empty() && octets.len() <= MAX_RECORDS
}

/// Whether a record is among others.
pub(super) fn contains(records: &[u8], kind: u16, data: &[u8]) -> bool {
    Records(records).any(|record| record.kind == kind && record.data == data)
}

/// Puts a record among others, behind those of its type; their data is at most 65,535 octets each.
pub(super) fn insert(records: &mut Vec<u8>, kind: u16, ttl: u32, data: &[u8]) {
    let at: usize = Records(records)
        .take_while(|record| record.kind <= kind)
        .map(|record| HEAD + record.data.len())
        .sum();
    let Ok(length) = u16::try_from(data.len()) else {
        debug_assert!(false, "data of a record is at most 65,535 octets");
        return;
    };
    let tail = records.split_off(at);
    records.extend_from_slice(&kind.to_be_bytes());
    records.extend_from_slice(&ttl.to_be_bytes());
    records.extend_from_slice(&length.to_be_bytes());
    records.extend_from_slice(data);
    records.extend_from_slice(&tail);
}
