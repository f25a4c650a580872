//! The compiled list: one question, "is this name blocked, and under which listing?".

use std::collections::HashMap;

use crate::{
    DomainName, ListingId, Scope,
    digest::Digest,
    fold::{Action, Entry},
};

/// First octets of the compiled form; the last is its version.
const MAGIC: &[u8; 8] = b"QALQSET\x01";

/// An immutable set of entries, looked up by the wire form of a name. The longest matching entry
/// decides: an entry for the name itself, else the nearest ancestor listed with its subtree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockSet {
    slots: HashMap<Box<[u8]>, Slot>,
}

/// What is said of one owner name: for itself, and for everything below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Slot {
    host: Option<Rule>,
    below: Option<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Block(ListingId),
    PassThrough,
}

/// Why bytes are not a compiled list.
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
}

impl BlockSet {
    /// Compiles entries. Where two entries speak of one name, a pass-through wins.
    pub fn new(entries: &[Entry]) -> Self {
        let mut set = Self::default();
        for entry in entries {
            let rule = match entry.action {
                Action::Block => Rule::Block(entry.listing_id.clone()),
                Action::PassThrough => Rule::PassThrough,
            };
            set.insert(entry.name.to_wire(), entry.scope, &rule);
        }
        set
    }

    fn insert(&mut self, wire: Vec<u8>, scope: Scope, rule: &Rule) {
        let slot = self.slots.entry(wire.into()).or_default();
        if scope == Scope::Subtree {
            keep(&mut slot.below, rule);
        }
        keep(&mut slot.host, rule);
    }

    /// The listing that blocks the name, or `None`. `wire` is the uncompressed name in lower case
    /// with its root octet; malformed input is simply not on the list.
    pub fn find(&self, wire: &[u8]) -> Option<&ListingId> {
        let mut at = wire;
        let mut itself = true;
        while let Some((&length, after)) = at.split_first() {
            if let Some(slot) = self.slots.get(at) {
                let rule = if itself {
                    slot.host.as_ref()
                } else {
                    slot.below.as_ref()
                };
                match rule {
                    Some(Rule::Block(listing_id)) => return Some(listing_id),
                    Some(Rule::PassThrough) => return None,
                    None => {}
                }
            }
            if length == 0 {
                return None;
            }
            at = after.get(usize::from(length)..)?;
            itself = false;
        }
        None
    }

    /// The listing that blocks `name`, or `None`.
    pub fn find_name(&self, name: &DomainName) -> Option<&ListingId> {
        self.find(&name.to_wire())
    }

    /// Number of owner names.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The compiled form: the same set always gives the same bytes, ending in their SHA-256.
    pub fn encode(&self) -> Vec<u8> {
        let mut owners: Vec<_> = self.slots.iter().collect();
        owners.sort_by(|a, b| a.0.cmp(b.0));
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&(owners.len() as u64).to_be_bytes());
        for (wire, slot) in owners {
            // A name is at most 255 octets on the wire.
            bytes.push(wire.len() as u8);
            bytes.extend_from_slice(wire);
            encode_rule(&mut bytes, slot.host.as_ref());
            encode_rule(&mut bytes, slot.below.as_ref());
        }
        let checksum = Digest::of(&bytes);
        bytes.extend_from_slice(&checksum.0);
        bytes
    }

    /// Reads the compiled form; anything but exactly what [`Self::encode`] writes is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, SetError> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(SetError::Version);
        }
        let (content, checksum) = bytes.split_last_chunk::<32>().ok_or(SetError::Damaged)?;
        if Digest::of(content).0 != *checksum {
            return Err(SetError::Damaged);
        }
        Self::decode_content(&content[MAGIC.len()..]).ok_or(SetError::Malformed)
    }

    fn decode_content(content: &[u8]) -> Option<Self> {
        let (count, mut rest) = content.split_first_chunk::<8>()?;
        let count = u64::from_be_bytes(*count);
        let mut set = Self::default();
        let mut last: Option<&[u8]> = None;
        for _ in 0..count {
            let (&length, after) = rest.split_first()?;
            let (wire, after) = after.split_at_checked(usize::from(length))?;
            let (host, after) = decode_rule(after)?;
            let (below, after) = decode_rule(after)?;
            // In ascending order, so that one set has one compiled form and one hash.
            if last.is_some_and(|last| last >= wire) {
                return None;
            }
            set.slots.insert(wire.into(), Slot { host, below });
            last = Some(wire);
            rest = after;
        }
        rest.is_empty().then_some(set)
    }
}

fn keep(place: &mut Option<Rule>, rule: &Rule) {
    if place.is_none() || *rule == Rule::PassThrough {
        *place = Some(rule.clone());
    }
}

fn encode_rule(bytes: &mut Vec<u8>, rule: Option<&Rule>) {
    match rule {
        None => bytes.push(0),
        Some(Rule::PassThrough) => bytes.push(1),
        Some(Rule::Block(id)) => {
            bytes.push(2);
            bytes.push(id.as_str().len() as u8);
            bytes.extend_from_slice(id.as_str().as_bytes());
        }
    }
}

#[allow(
    clippy::type_complexity,
    reason = "a rule that may be absent, and what follows it"
)]
fn decode_rule(bytes: &[u8]) -> Option<(Option<Rule>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    match tag {
        0 => Some((None, rest)),
        1 => Some((Some(Rule::PassThrough), rest)),
        2 => {
            let (&length, rest) = rest.split_first()?;
            let (text, rest) = rest.split_at_checked(usize::from(length))?;
            let text = std::str::from_utf8(text).ok()?.to_owned();
            Some((Some(Rule::Block(ListingId::try_from(text).ok()?)), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(name: &str, scope: Scope, action: Action, number: u32) -> Entry {
        Entry {
            name: DomainName::parse(name).unwrap(),
            scope,
            action,
            listing_id: ListingId::new(2026, number).unwrap(),
        }
    }

    fn set() -> BlockSet {
        BlockSet::new(&[
            entry("host.test", Scope::Host, Action::Block, 1),
            entry("tree.test", Scope::Subtree, Action::Block, 2),
            entry("licensed.tree.test", Scope::Subtree, Action::PassThrough, 2),
            entry("bad.licensed.tree.test", Scope::Host, Action::Block, 3),
        ])
    }

    #[test]
    fn the_longest_match_decides() {
        let set = set();
        for (name, listing) in [
            ("host.test", Some(1)),
            ("www.host.test", None),
            ("tree.test", Some(2)),
            ("a.b.tree.test", Some(2)),
            ("notree.test", None),
            ("licensed.tree.test", None),
            ("www.licensed.tree.test", None),
            ("bad.licensed.tree.test", Some(3)),
            ("x.bad.licensed.tree.test", None),
            ("test", None),
        ] {
            let expected = listing.map(|number| ListingId::new(2026, number).unwrap());
            assert_eq!(
                set.find_name(&DomainName::parse(name).unwrap()),
                expected.as_ref(),
                "{name}"
            );
        }
    }

    #[test]
    fn one_set_has_one_compiled_form() {
        let entry = |wire: &[u8]| [&[wire.len() as u8], wire, &[1, 0]].concat();
        let compiled = |names: [&[u8]; 2]| {
            let mut bytes = [&MAGIC[..], &2u64.to_be_bytes()].concat();
            bytes.extend(names.into_iter().flat_map(entry));
            let checksum = Digest::of(&bytes);
            bytes.extend_from_slice(&checksum.0);
            BlockSet::decode(&bytes)
        };
        let (a, b) = (&b"\x01a\x00"[..], &b"\x01b\x00"[..]);
        assert_eq!(compiled([a, b]).map(|set| set.len()), Ok(2));
        assert_eq!(compiled([b, a]), Err(SetError::Malformed), "out of order");
        assert_eq!(compiled([a, a]), Err(SetError::Malformed), "twice");
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let bytes = set().encode();
        assert_eq!(BlockSet::decode(&bytes).unwrap(), set());
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            assert!(BlockSet::decode(&damaged).is_err(), "octet {position}");
            assert!(
                BlockSet::decode(&bytes[..position]).is_err(),
                "cut at {position}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_wire_is_looked_up_safely(wire in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = set().find(&wire);
        }

        /// The set agrees with the definition: nearest entry by label, subtree above, any at the name.
        #[test]
        fn agrees_with_a_plain_search(
            names in proptest::collection::vec(("[ab](\\.[ab]){0,3}", any::<bool>(), any::<bool>()), 0..12),
            query in "[ab](\\.[ab]){0,5}",
        ) {
            let entries: Vec<_> = names.iter().map(|(name, subtree, pass)| entry(
                name,
                if *subtree { Scope::Subtree } else { Scope::Host },
                if *pass { Action::PassThrough } else { Action::Block },
                7,
            )).collect();
            let query = DomainName::parse(&query).unwrap();
            let mut at = Some(query.clone());
            let mut blocked = false;
            while let Some(owner) = at {
                let here: Vec<_> = entries.iter()
                    .filter(|e| e.name == owner && (owner == query || e.scope == Scope::Subtree)).collect();
                if !here.is_empty() {
                    blocked = here.iter().all(|e| e.action == Action::Block);
                    break;
                }
                at = owner.parent();
            }
            prop_assert_eq!(BlockSet::new(&entries).find_name(&query).is_some(), blocked);
        }
    }
}
