//! An upstream's message, walked to its last octet.
//!
//! Nothing of it is believed before it was read: names are chased backwards only and within their
//! bound of 255 octets, counts must be met, and nothing may stand behind the last record. What a
//! record says inside is looked at where names may be compressed (RFC 3597 §4) and where addresses
//! stand; the rest is passed on as the upstream wrote it.

use std::ops::Range;

use super::Asked;
use crate::query::{HEADER, LowerName, MAX_NAME};

pub(super) const TYPE_CNAME: u16 = 5;
pub(super) const TYPE_SOA: u16 = 6;
pub(super) const TYPE_DNAME: u16 = 39;
const TYPE_OPT: u16 = 41;
const CLASS_IN: u16 = 1;
/// Extended DNS errors (RFC 8914 §2).
const OPTION_EDE: u16 = 15;

const SERVER_FAILURE: u8 = 2;
/// QR, OPCODE and TC: an answer to a query that was not cut.
const FIRST_CHECKED: u8 = 0b1111_1010;
const FIRST_EXPECTED: u8 = 0b1000_0000;
const AUTHENTIC_DATA: u8 = 0b0010_0000;

/// Octets of extended errors that are kept with an answer; of longer ones only the number is.
const MOST_ERRORS: usize = 512;

/// Why an upstream's message is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// No header, not an answer, or one that was cut: ask again over TCP.
    #[error("the upstream's message is not a whole answer")]
    NotAnAnswer,
    /// Its question is not the one that was asked.
    #[error("the upstream answers another question")]
    OtherQuestion,
    /// A name that is too long, cut, or led on by a pointer that does not lead back.
    #[error("a name in the upstream's message cannot be read")]
    Name,
    /// A record that is cut, of another class, or of a type that is not data.
    #[error("a record in the upstream's message cannot be read")]
    Record,
    /// An OPT record that is not one (RFC 6891 §6.1), or a second one.
    #[error("the OPT record in the upstream's message cannot be read")]
    Options,
    /// Octets behind the last record.
    #[error("the upstream's message is longer than its records")]
    Trailing,
    /// More aliases than an honest answer needs.
    #[error("the upstream's answer leads through too many aliases")]
    Aliases,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Answer,
    Authority,
    Additional,
}

/// A record, as far as a cache needs to know it.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) section: Section,
    pub(super) kind: u16,
    /// As it is in the message.
    pub(super) ttl: u32,
    /// Where in the message its owner and its TTL begin.
    pub(super) owner_at: usize,
    pub(super) ttl_at: usize,
    pub(super) data: Range<usize>,
}

/// What was read of a message.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) code: u8,
    pub(super) authentic: bool,
    /// All records but OPT. When OPT was not the last one, none of the additional section: what
    /// stands behind OPT could not stay where it is, and part of that section is worth nothing.
    pub(super) records: Vec<Record>,
    /// Where the additional section begins and where the last of `records` ends.
    pub(super) additional_at: usize,
    pub(super) end: usize,
    /// Extended errors, as whole options.
    pub(super) errors: Vec<u8>,
}

impl Read {
    pub(super) fn count(&self, section: Section) -> u16 {
        let records = self.records.iter().filter(|r| r.section == section).count();
        // It is at most what the message's own count says.
        records as u16
    }
}

/// Reads the whole of `message`, which must answer `asked`.
pub(super) fn read(message: &[u8], asked: &Asked<'_>) -> Result<Read, Malformed> {
    let header: &[u8; HEADER] = message.first_chunk().ok_or(Malformed::NotAnAnswer)?;
    let &[_, _, first, second, q1, q2, an1, an2, ns1, ns2, ar1, ar2] = header;
    if first & FIRST_CHECKED != FIRST_EXPECTED {
        return Err(Malformed::NotAnAnswer);
    }
    question(message, asked, u16::from_be_bytes([q1, q2]))?;
    let mut walk = Walk {
        message,
        at: asked.question_end(),
    };
    let mut records = Vec::new();
    for (section, count) in [
        (Section::Answer, [an1, an2]),
        (Section::Authority, [ns1, ns2]),
    ] {
        for _ in 0..u16::from_be_bytes(count) {
            let record = walk.record(section, &records)?;
            check_data(message, &record, &records)?;
            records.push(record);
        }
    }
    let additional_at = walk.at;
    let (mut opt, mut end, mut behind_opt) = (None, additional_at, false);
    for _ in 0..u16::from_be_bytes([ar1, ar2]) {
        let record = walk.record(Section::Additional, &records)?;
        if record.kind == TYPE_OPT {
            if opt.is_some() {
                return Err(Malformed::Options);
            }
            opt = Some(Opt::read(message, &record)?);
        } else {
            check_data(message, &record, &records)?;
            behind_opt |= opt.is_some();
            records.push(record);
            end = walk.at;
        }
    }
    if walk.at != message.len() {
        return Err(Malformed::Trailing);
    }
    if behind_opt {
        records.retain(|record| record.section != Section::Additional);
        end = additional_at;
    }
    let opt = opt.unwrap_or_default();
    Ok(Read {
        // An extended code is about this node and its upstream (RFC 6891 §6.1.3), not the client.
        code: if opt.extended_code == 0 {
            second & 0x0f
        } else {
            SERVER_FAILURE
        },
        authentic: second & AUTHENTIC_DATA != 0,
        records,
        additional_at,
        end,
        errors: opt.errors,
    })
}

fn question(message: &[u8], asked: &Asked<'_>, count: u16) -> Result<(), Malformed> {
    let [high, low] = asked.kind.to_be_bytes();
    let body = message.get(HEADER..asked.question_end());
    let same = body
        .and_then(|body| body.split_last_chunk::<4>())
        .is_some_and(|(name, fixed)| {
            name.eq_ignore_ascii_case(asked.name) && *fixed == [high, low, 0, 1]
        });
    if count == 1 && same {
        Ok(())
    } else {
        Err(Malformed::OtherQuestion)
    }
}

/// A name that begins at `start`, in lower case and written out, and where it ends there.
///
/// A pointer must lead to before the place it was reached from, never into the header, and what it
/// leads to must end before that place (RFC 1035 §4.1.4: "a prior occurrence").
pub(super) fn name(message: &[u8], start: usize) -> Result<(LowerName, usize), Malformed> {
    name_behind(message, start, &[])
}

/// As [`name`], behind the records `before`. It must not lead through their TTLs: these change with time,
/// and the name would change with them.
fn name_behind(
    message: &[u8],
    start: usize,
    before: &[Record],
) -> Result<(LowerName, usize), Malformed> {
    let mut written = [0; MAX_NAME];
    let mut length = 0;
    let (mut at, mut from, mut bound, mut end) = (start, start, message.len(), None);
    loop {
        if at >= bound {
            return Err(Malformed::Name);
        }
        match message.get(at) {
            Some(0) if is_through_a_ttl(&(at..at + 1), before) => return Err(Malformed::Name),
            Some(0) => break,
            Some(&octets @ 1..=63) => {
                let next = at + 1 + usize::from(octets);
                let label = message.get(at..next).ok_or(Malformed::Name)?;
                if is_through_a_ttl(&(at..next), before) {
                    return Err(Malformed::Name);
                }
                // One octet stays free for the root.
                let place = written.get_mut(length..length + label.len());
                place.ok_or(Malformed::Name)?.copy_from_slice(label);
                length += label.len();
                at = next;
            }
            Some(&high @ 0xc0..) => {
                let low = message.get(at + 1).ok_or(Malformed::Name)?;
                let target = usize::from(u16::from_be_bytes([high & 0x3f, *low]));
                let is_wrong = target >= from || target < HEADER;
                if is_wrong || is_through_a_ttl(&(at..at + 2), before) {
                    return Err(Malformed::Name);
                }
                end.get_or_insert(at + 2);
                (at, bound, from) = (target, from, target);
            }
            _ => return Err(Malformed::Name),
        }
    }
    let name = written
        .get(..=length)
        .and_then(LowerName::read)
        .ok_or(Malformed::Name)?;
    Ok((name, end.unwrap_or(at + 1)))
}

/// Whether octets are among those of a TTL. Records stand in order of their place.
fn is_through_a_ttl(octets: &Range<usize>, records: &[Record]) -> bool {
    let next = records.partition_point(|record| record.ttl_at + 4 <= octets.start);
    records
        .get(next)
        .is_some_and(|record| record.ttl_at < octets.end)
}

struct Walk<'m> {
    message: &'m [u8],
    at: usize,
}

impl Walk<'_> {
    fn record(&mut self, section: Section, before: &[Record]) -> Result<Record, Malformed> {
        let owner_at = self.at;
        let (_, fixed_at) = name_behind(self.message, owner_at, before)?;
        let fixed = self.message.get(fixed_at..).unwrap_or_default();
        let &[k1, k2, c1, c2, t1, t2, t3, t4, l1, l2] =
            fixed.first_chunk().ok_or(Malformed::Record)?;
        let kind = u16::from_be_bytes([k1, k2]);
        let begin = fixed_at + 10;
        let data = begin..begin + usize::from(u16::from_be_bytes([l1, l2]));
        if data.end > self.message.len() {
            return Err(Malformed::Record);
        }
        let of_its_section = match kind {
            TYPE_OPT => section == Section::Additional,
            // Zero and the meta types 249 to 255: TKEY, TSIG, transfers, ANY.
            0 | 249..=255 => false,
            _ => u16::from_be_bytes([c1, c2]) == CLASS_IN,
        };
        if !of_its_section {
            return Err(Malformed::Record);
        }
        self.at = data.end;
        Ok(Record {
            section,
            kind,
            ttl: u32::from_be_bytes([t1, t2, t3, t4]),
            owner_at,
            ttl_at: fixed_at + 4,
            data,
        })
    }
}

/// Types whose data hold names that may be compressed: octets before them, how many, octets behind.
fn names_in(kind: u16) -> Option<(usize, usize, usize)> {
    match kind {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME
        2..=5 | 7..=9 | 12 | TYPE_DNAME => Some((0, 1, 0)),
        TYPE_SOA => Some((0, 2, 20)),
        // MINFO, RP
        14 | 17 => Some((0, 2, 0)),
        // MX, AFSDB, RT, KX
        15 | 18 | 21 | 36 => Some((2, 1, 0)),
        // PX
        26 => Some((2, 2, 0)),
        // SRV
        33 => Some((6, 1, 0)),
        _ => None,
    }
}

/// Where in the data of its type a name stands that must be written out (RFC 3403, RFC 4034, RFC 9460). Some
/// readers follow a pointer there all the same, into what this resolver writes anew.
fn plain_name_in(kind: u16, data: &[u8]) -> Option<usize> {
    match kind {
        // SIG, RRSIG
        24 | 46 => Some(18),
        // NXT, NSEC, ANAME
        30 | 47 | 65_305 => Some(0),
        // NAPTR: two numbers and three strings
        35 => Some((0..3).fold(4, |at, _| {
            at + 1 + data.get(at).map_or(0, |octets| usize::from(*octets))
        })),
        // SVCB, HTTPS
        64 | 65 => Some(2),
        _ => None,
    }
}

fn check_data(message: &[u8], record: &Record, earlier: &[Record]) -> Result<(), Malformed> {
    let right = match (record.kind, names_in(record.kind)) {
        (1, _) => record.data.len() == 4,
        (28, _) => record.data.len() == 16,
        (_, Some((before, names, behind))) => {
            let mut at = record.data.start + before;
            for _ in 0..names {
                (_, at) = name_behind(message, at, earlier)?;
            }
            at + behind == record.data.end
        }
        (kind, None) => {
            let data = message.get(record.data.clone()).unwrap_or_default();
            plain_name_in(kind, data)
                .is_none_or(|before| data.get(before..).and_then(LowerName::read).is_some())
        }
    };
    if right {
        Ok(())
    } else {
        Err(Malformed::Record)
    }
}

/// The MINIMUM field of an SOA record that was read before (RFC 1035 §3.3.13).
pub(super) fn soa_minimum(message: &[u8], soa: &Record) -> u32 {
    let data = message.get(soa.data.clone()).unwrap_or_default();
    data.last_chunk()
        .map_or(0, |octets| u32::from_be_bytes(*octets))
}

#[derive(Debug, Default)]
struct Opt {
    extended_code: u8,
    errors: Vec<u8>,
}

impl Opt {
    fn read(message: &[u8], record: &Record) -> Result<Self, Malformed> {
        let [extended_code, version, _, _] = record.ttl.to_be_bytes();
        // The root is one octet, and the TTL stands four behind it.
        if record.ttl_at != record.owner_at + 5 || version != 0 {
            return Err(Malformed::Options);
        }
        let mut errors = Vec::new();
        let mut rest = message.get(record.data.clone()).unwrap_or_default();
        while !rest.is_empty() {
            let (&[c1, c2, l1, l2], behind) = rest.split_first_chunk().ok_or(Malformed::Options)?;
            let length = usize::from(u16::from_be_bytes([l1, l2]));
            let (data, behind) = behind.split_at_checked(length).ok_or(Malformed::Options)?;
            if u16::from_be_bytes([c1, c2]) == OPTION_EDE {
                keep_error(&mut errors, data);
            }
            rest = behind;
        }
        Ok(Self {
            extended_code,
            errors,
        })
    }
}

/// Keeps an extended error with its words if there is room, or else its number; an option that is
/// too short for a number says nothing.
fn keep_error(errors: &mut Vec<u8>, data: &[u8]) {
    let Some(number) = data.first_chunk::<2>() else {
        return;
    };
    for data in [data, number] {
        if errors.len() + 4 + data.len() <= MOST_ERRORS {
            let [high, low] = (data.len() as u16).to_be_bytes();
            errors.extend([0, OPTION_EDE as u8, high, low]);
            errors.extend(data);
            return;
        }
    }
}
