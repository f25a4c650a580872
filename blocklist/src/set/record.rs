//! One owner name of the list in memory and in the file: its wire form, then what is said of it in
//! five octets, rarely ten.
//!
//! The first five octets, a number in network order: bits 0 to 33 a listing, 34 and 35 what holds for
//! the name itself, 36 and 37 what holds below it (0 nothing, 1 pass-through, 2 block), 38 whether
//! another five octets follow with the listing that blocks below, where it is not the same one.

use std::cmp::Ordering;

use crate::{Entry, ListingId, Scope, fold::Action, name::is_label};

/// Octets of one listing and of what is said with it.
const WORD: usize = 5;
/// Most labels of a name of 255 octets.
pub(super) const MAX_LABELS: usize = 127;
/// Most octets of a name on the wire (RFC 1035 §3.1).
const MAX_WIRE: usize = 255;

const LISTING_BITS: u32 = 34;
const HOST_SHIFT: u32 = LISTING_BITS;
const BELOW_SHIFT: u32 = LISTING_BITS + 2;
const SECOND: u64 = 1 << (LISTING_BITS + 4);
const KNOWN_BITS: u64 = (SECOND << 1) - 1;

/// What the list does with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Let through.
    PassThrough,
    /// Blocked by the listing of this number ([`ListingId::number`]).
    Block(u64),
}

/// What is said of one owner name: of itself, and of everything below it. Nothing is said of a name
/// that an overlay takes off the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) host: Option<Rule>,
    pub(super) below: Option<Rule>,
}

impl Said {
    /// What entries of one owner name say together: the first of them, but a pass-through wins.
    pub(super) fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut said = Self::default();
        for entry in entries {
            let rule = match entry.action {
                Action::Block => Rule::Block(entry.listing_id.number()),
                Action::PassThrough => Rule::PassThrough,
            };
            if entry.scope == Scope::Subtree {
                keep(&mut said.below, rule);
            }
            keep(&mut said.host, rule);
        }
        said
    }

    /// Appends the five or ten octets.
    pub(super) fn write(self, to: &mut Vec<u8>) {
        let (first, second) = match (blocks(self.host), blocks(self.below)) {
            (Some(host), Some(below)) if host != below => (host, Some(below)),
            (host, below) => (host.or(below).unwrap_or(0), None),
        };
        let word = first
            | kind(self.host) << HOST_SHIFT
            | kind(self.below) << BELOW_SHIFT
            | if second.is_some() { SECOND } else { 0 };
        to.extend_from_slice(&word.to_be_bytes()[8 - WORD..]);
        if let Some(second) = second {
            to.extend_from_slice(&second.to_be_bytes()[8 - WORD..]);
        }
    }

    /// Reads what [`Self::write`] wrote, and how many octets that were; `None` for anything it would
    /// have written otherwise or never.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let word = word(bytes)?;
        let first = word & ((1 << LISTING_BITS) - 1);
        let second = if word & SECOND == 0 {
            first
        } else {
            self::word(bytes.get(WORD..)?)?
        };
        let said = Self {
            host: rule(word >> HOST_SHIFT, first)?,
            below: rule(word >> BELOW_SHIFT, second)?,
        };
        let blocked = (blocks(said.host).is_some(), blocks(said.below).is_some());
        let canonical = word <= KNOWN_BITS
            && first <= ListingId::MAX_NUMBER
            && second <= ListingId::MAX_NUMBER
            // A subtree includes its own name.
            && (said.below.is_none() || said.host.is_some())
            && (word & SECOND == 0 || blocked == (true, true) && first != second)
            && (blocked != (false, false) || first == 0);
        let octets = if word & SECOND == 0 { WORD } else { 2 * WORD };
        canonical.then_some((said, octets))
    }
}

fn keep(place: &mut Option<Rule>, rule: Rule) {
    if place.is_none() || rule == Rule::PassThrough {
        *place = Some(rule);
    }
}

fn blocks(rule: Option<Rule>) -> Option<u64> {
    match rule {
        Some(Rule::Block(number)) => Some(number),
        _ => None,
    }
}

fn kind(rule: Option<Rule>) -> u64 {
    match rule {
        None => 0,
        Some(Rule::PassThrough) => 1,
        Some(Rule::Block(_)) => 2,
    }
}

#[allow(
    clippy::option_option,
    reason = "no rule is not the same as none that can be read"
)]
fn rule(bits: u64, number: u64) -> Option<Option<Rule>> {
    match bits & 3 {
        0 => Some(None),
        1 => Some(Some(Rule::PassThrough)),
        2 => Some(Some(Rule::Block(number))),
        _ => None,
    }
}

fn word(bytes: &[u8]) -> Option<u64> {
    let [a, b, c, d, e] = *bytes.first_chunk::<WORD>()?;
    Some(u64::from_be_bytes([0, 0, 0, a, b, c, d, e]))
}

/// An owner name and what is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// With its root octet.
    pub(super) wire: &'a [u8],
    pub(super) said: Said,
}

/// Reads the first of many records, and how many octets it has.
pub(super) fn read(bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let mut length = 0;
    loop {
        let label = usize::from(*bytes.get(length)?);
        length += 1;
        if label == 0 {
            break;
        }
        let end = length + label;
        if !is_label(bytes.get(length..end)?) {
            return None;
        }
        length = end;
    }
    if !(2..=MAX_WIRE).contains(&length) {
        return None;
    }
    let (wire, after) = bytes.split_at(length);
    let (said, octets) = Said::read(after)?;
    Some((Record { wire, said }, length + octets))
}

/// Appends the wire form of a name.
pub(super) fn write_wire(text: &str, to: &mut Vec<u8>) {
    let begin = to.len();
    // The text with an octet before it is as long as the wire form without its root; the lengths
    // then take the places of the dots.
    to.push(b'.');
    to.extend_from_slice(text.as_bytes());
    let mut end = to.len();
    for at in (begin..to.len()).rev() {
        if to[at] == b'.' {
            // A label is at most 63 octets by construction.
            to[at] = (end - at - 1) as u8;
            end = at;
        }
    }
    to.push(0);
}

/// Where the labels of a wire form begin, leftmost first; `None` where it is malformed or has
/// anything after its root.
pub(super) fn starts<'a>(wire: &[u8], room: &'a mut [u8; MAX_LABELS]) -> Option<&'a [u8]> {
    if wire.len() > MAX_WIRE {
        return None;
    }
    let (mut at, mut labels) = (0, 0);
    loop {
        let length = usize::from(*wire.get(at)?);
        if length == 0 {
            return (at + 1 == wire.len()).then_some(&room[..labels]);
        }
        if length > 63 {
            return None;
        }
        // Below 255, as the wire form is.
        *room.get_mut(labels)? = at as u8;
        labels += 1;
        at += length + 1;
    }
}

/// The label at the beginning of a wire form, and the rest.
pub(super) fn split(wire: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, after) = wire.split_first()?;
    after.split_at_checked(usize::from(length))
}

/// The order of two names, which is that of their texts and so of the list's other forms.
pub(super) fn order(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (Some((left, a_rest)), Some((right, b_rest))) = (split(a), split(b)) else {
            return a.len().cmp(&b.len());
        };
        if left != right {
            return order_of_labels(left, a_rest, right, b_rest);
        }
        if left.is_empty() {
            return Ordering::Equal;
        }
        (a, b) = (a_rest, b_rest);
    }
}

/// As in text: after a label comes a dot, or the end of the name, which is before everything.
fn order_of_labels(left: &[u8], a_rest: &[u8], right: &[u8], b_rest: &[u8]) -> Ordering {
    let next = |label: &[u8], rest: &[u8], at: usize| match label.get(at) {
        Some(octet) => Some(*octet),
        None => (rest.first() > Some(&0)).then_some(b'.'),
    };
    let common = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    next(left, a_rest, common).cmp(&next(right, b_rest, common))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DomainName;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_stand_in_the_order_of_their_texts(
            a in "[-_ab0z]{1,2}(\\.[-_ab0]{1,2}){0,3}", b in "[-_ab0z]{1,2}(\\.[-_ab0]{1,2}){0,3}",
        ) {
            let wire = |text: &str| {
                let mut wire = Vec::new();
                write_wire(text, &mut wire);
                wire
            };
            prop_assert_eq!(order(&wire(&a), &wire(&b)), a.cmp(&b));
        }

        #[test]
        fn a_name_is_written_as_it_goes_over_the_wire(text in "[a-z0-9]{1,63}(\\.[a-z]{1,9}){1,9}") {
            let mut wire = Vec::new();
            write_wire(&text, &mut wire);
            prop_assert_eq!(wire, DomainName::parse(&text).unwrap().to_wire());
        }

        #[test]
        fn what_is_read_is_what_would_be_written(word in 0..KNOWN_BITS << 2, second in any::<u64>()) {
            let mut bytes = word.to_be_bytes()[3..].to_vec();
            bytes.extend_from_slice(&(second >> 30).to_be_bytes()[3..]);
            if let Some((said, octets)) = Said::read(&bytes) {
                let mut written = Vec::new();
                said.write(&mut written);
                prop_assert_eq!(written, &bytes[..octets]);
            }
        }
    }
}
