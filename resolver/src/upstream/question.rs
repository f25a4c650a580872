//! What an upstream is asked, in octets, and whether what comes back answers it.

use std::hash::{BuildHasher, RandomState};

use crate::{
    config::UDP_PAYLOAD,
    query::{HEADER, LowerName},
    upstream::random::Random,
};

const CLASS_IN: [u8; 2] = [0, 1];
const RESPONSE: u8 = 0b1000_0000;
const OPCODE: u8 = 0b0111_1000;
const TRUNCATED: u8 = 0b0000_0010;
const RECURSION_DESIRED: u8 = 0b0000_0001;
const AUTHENTIC_DATA: u8 = 0b0010_0000;
const CHECKING_DISABLED: u8 = 0b0001_0000;
const DNSSEC_OK: u8 = 0b1000_0000;
/// Octets of a question behind its name: type and class.
const KIND_AND_CLASS: usize = 4;

/// What somebody wants to know, as far as upstreams need to know it: nothing of the client goes
/// along, neither its address nor an option of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) name: LowerName,
    pub(crate) kind: u16,
    pub(crate) recursion_desired: bool,
    pub(crate) checking_disabled: bool,
    pub(crate) dnssec_ok: bool,
    pub(crate) authentic_data: bool,
}

impl Asked {
    /// A number by which equal questions are found; `keys` are this process's secret.
    pub(super) fn hash(&self, keys: &RandomState) -> u64 {
        keys.hash_one((self.name.as_wire(), self.kind, self.flags()))
    }

    /// Whether one answer serves both.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.flags() == other.flags()
            && self.name.as_wire() == other.name.as_wire()
    }

    fn flags(&self) -> u8 {
        u8::from(self.recursion_desired)
            | u8::from(self.checking_disabled) << 1
            | u8::from(self.dnssec_ok) << 2
            | u8::from(self.authentic_data) << 3
    }

    /// Writes the whole message to `to`, with id 0 and with the letters of the name in random case
    /// (draft-vixie-dnsext-dns0x20), which whoever answers without having seen it has to guess.
    pub(super) fn write(&self, to: &mut Vec<u8>, with_edns: bool, random: &mut Random) {
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        to.clear();
        to.extend_from_slice(&[
            0,
            0,
            bit(self.recursion_desired, RECURSION_DESIRED),
            bit(self.authentic_data, AUTHENTIC_DATA)
                | bit(self.checking_disabled, CHECKING_DISABLED),
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            u8::from(with_edns),
        ]);
        to.extend_from_slice(self.name.as_wire());
        random.mix_case(to.get_mut(HEADER..).unwrap_or_default());
        to.extend_from_slice(&self.kind.to_be_bytes());
        to.extend_from_slice(&CLASS_IN);
        if with_edns {
            let [high, low] = UDP_PAYLOAD.to_be_bytes();
            let flags = bit(self.dnssec_ok, DNSSEC_OK);
            to.extend_from_slice(&[0, 0, 41, high, low, 0, 0, flags, 0, 0, 0]);
        }
    }

    /// Takes the OPT record away from a message that [`Asked::write`] wrote.
    pub(super) fn without_edns(&self, message: &mut Vec<u8>) {
        message.truncate(self.name_end() + KIND_AND_CLASS);
        if let Some(additionals) = message.get_mut(HEADER - 1) {
            *additionals = 0;
        }
    }

    /// Writes the name as it was asked for over the one in `message`, an answer to it.
    pub(super) fn restore_name(&self, message: &mut [u8]) {
        let name = self.name.as_wire();
        if let Some(place) = message.get_mut(HEADER..HEADER + name.len()) {
            place.copy_from_slice(name);
        }
    }

    /// Where the name ends in a message that asks for it.
    pub(super) fn name_end(&self) -> usize {
        HEADER + self.name.as_wire().len()
    }
}

/// What a message is to a query that it has the id of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// An answer to it: the question is the same to the octet.
    Answer,
    /// An answer to it but for the case of letters.
    OtherCase,
    /// A header that repeats no question and says FORMERR: somebody did not understand the query.
    NotUnderstood,
    /// Anything else.
    Stranger,
}

/// Compares `message` with the query `sent`, whose name ends at `name_end`.
pub(super) fn likeness(sent: &[u8], name_end: usize, message: &[u8]) -> Likeness {
    let Some(&[_, _, first, _, questions @ ..]) = message.first_chunk::<6>() else {
        return Likeness::Stranger;
    };
    if message.len() < HEADER || first & RESPONSE == 0 || first & OPCODE != 0 {
        return Likeness::Stranger;
    }
    if questions == [0, 0] {
        let is_bare = message.len() == HEADER && code(message) == FORMERR;
        return if is_bare {
            Likeness::NotUnderstood
        } else {
            Likeness::Stranger
        };
    }
    let end = name_end + KIND_AND_CLASS;
    let (Some(asked), Some(answered)) = (sent.get(HEADER..end), message.get(HEADER..end)) else {
        return Likeness::Stranger;
    };
    if questions != [0, 1] {
        return Likeness::Stranger;
    }
    if asked == answered {
        return Likeness::Answer;
    }
    let split = name_end - HEADER;
    let (asked, answered) = (asked.split_at(split), answered.split_at(split));
    if asked.1 == answered.1 && asked.0.eq_ignore_ascii_case(answered.0) {
        Likeness::OtherCase
    } else {
        Likeness::Stranger
    }
}

pub(super) const FORMERR: u8 = 1;
pub(super) const NOTIMP: u8 = 4;
pub(super) const REFUSED: u8 = 5;

/// The lower four bits of the response code.
pub(super) fn code(message: &[u8]) -> u8 {
    message.get(3).map_or(0, |octet| octet & 0x0f)
}

/// Whether the answer was cut (TC).
pub(super) fn is_cut(message: &[u8]) -> bool {
    message.get(2).is_some_and(|octet| octet & TRUNCATED != 0)
}

/// The message's id.
pub(super) fn id(message: &[u8]) -> Option<u16> {
    message
        .first_chunk()
        .map(|&octets| u16::from_be_bytes(octets))
}

/// Writes an id over that of `message`.
pub(super) fn set_id(message: &mut [u8], id: u16) {
    if let Some(place) = message.first_chunk_mut() {
        *place = id.to_be_bytes();
    }
}
