//! The effective set: what all entries together say of one name and of the names below it.
//!
//! Entries are lines of several listings, so two may speak of one name. Every format writes down the
//! same thing, what [`crate::BlockSet`] answers: the nearest entry decides, and a pass-through wins
//! over a block of the same name. Looking up is a binary search in the entries themselves; nothing is
//! copied, so a list of a million names costs an octet a name to write down. Most names stand below no
//! other; which do is found out once for all formats, so that the others are never looked for.
//!
//! The two names for monitoring are rules like any other, but for the listing they do not have; where
//! entries speak of such a name, what was signed goes first.

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::Arc,
};

use crate::{
    DomainName, ListingId, Monitoring, Scope,
    fold::{Action, Entry, Folded},
};

/// Why a format leaves a listed name out: it would block something that was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The listing takes names below along, one of them is let through, and the format cannot say so.
    Exception,
    /// The listing is for one host, and the format always takes the names below along.
    HostOnly,
    /// The listing is for the names below only, and the format always takes the name itself along.
    BelowOnly,
    /// A block below an exception below a block below an exception: the format has no further level.
    Nested,
    /// The name is too long to stand below the apex of the zone.
    TooLong,
}

impl Why {
    /// The reason as it stands in headers and messages.
    pub fn text(self) -> &'static str {
        match self {
            Self::Exception => "has an exception below it",
            Self::HostOnly => "listed without the names below it",
            Self::BelowOnly => "only the names below it are listed",
            Self::Nested => "lies below too many exceptions",
            Self::TooLong => "too long below the zone's apex",
        }
    }
}

/// What is said of one name and of the names below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// The name.
    pub name: &'a DomainName,
    /// What entries for this very name say of it.
    pub own_host: Action,
    /// What they say of the names below it, if anything.
    pub own_below: Option<Action>,
    /// Whether this name would be blocked without them, by what stands above it.
    pub above: bool,
    /// Whether anything was ever said of a name above it; where not, nothing need be looked for.
    pub(crate) nested: bool,
    /// The first listing that says what is said of the name itself; `None` for a name for monitoring.
    pub listing_id: Option<&'a ListingId>,
}

/// What is said of one name, whatever stands above it.
struct Said<'a> {
    name: &'a DomainName,
    own_host: Action,
    own_below: Option<Action>,
    /// Whether anything is said of a name above it.
    nested: bool,
    listing_id: Option<&'a ListingId>,
}

impl Rule<'_> {
    /// Whether the name itself is blocked.
    pub fn host(&self) -> bool {
        self.own_host == Action::Block
    }

    /// Whether names directly below it, of which nothing else is said, are blocked.
    pub fn below(&self) -> bool {
        self.own_below
            .map_or(self.above, |action| action == Action::Block)
    }

    /// Whether the name and everything below it are blocked, where that is news.
    pub fn tree(&self) -> Option<bool> {
        (self.below() != self.above).then(|| self.below())
    }

    /// Whether the name itself is blocked, where that is otherwise than for the names below it.
    pub fn exact(&self) -> Option<bool> {
        (self.host() != self.below()).then(|| self.host())
    }

    /// Whether it lets something through that is blocked from above.
    pub fn is_exception(&self) -> bool {
        self.above && !(self.host() && self.below())
    }
}

/// The effective set of a list, in order of name.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    entries: &'a [Entry],
    monitoring: Option<&'a Monitoring>,
    /// Of each entry, whether anything at all is said of a name above its own. Leaving names out takes
    /// away from what is said, so it holds for whatever is left.
    nested: Arc<[bool]>,
    left_out: BTreeMap<&'a str, Why>,
}

impl<'a> Rules<'a> {
    /// The rules of a fold, whose entries stand in order of name.
    pub fn new(folded: &'a Folded) -> Self {
        debug_assert!(folded.entries.is_sorted_by(|a, b| a.name <= b.name));
        Self {
            entries: &folded.entries,
            monitoring: folded.monitoring.as_ref(),
            nested: nested(&folded.entries, folded.monitoring.as_ref()),
            left_out: BTreeMap::new(),
        }
    }

    /// Every rule but those left out, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = Rule<'a>> + '_ {
        self.said()
            .filter(|said| !self.left_out.contains_key(said.name.as_str()))
            .map(|said| Rule {
                name: said.name,
                own_host: said.own_host,
                own_below: said.own_below,
                nested: said.nested,
                above: said.nested && self.below(said.name) == Some(Action::Block),
                listing_id: said.listing_id,
            })
    }

    /// What is said of each name, in order of name.
    fn said(&self) -> impl Iterator<Item = Said<'a>> + '_ {
        let mut next = 0;
        let listed = self.entries.chunk_by(|a, b| a.name == b.name);
        let mut listed = listed
            .filter_map(move |group| {
                let nested = self.nested.get(next).copied().unwrap_or(true);
                next += group.len();
                signed(group).map(|said| Said { nested, ..said })
            })
            .peekable();
        let mut own = self.monitored().peekable();
        std::iter::from_fn(move || {
            loop {
                match (own.peek(), listed.peek()) {
                    (Some(ours), Some(signed)) if ours.name == signed.name => {
                        own.next();
                    }
                    (Some(ours), signed) if signed.is_none_or(|s| ours.name < s.name) => {
                        return own.next();
                    }
                    _ => return listed.next(),
                }
            }
        })
    }

    /// What is said of the names for monitoring, in order of name.
    fn monitored(&self) -> impl Iterator<Item = Said<'a>> + use<'a> {
        self.monitoring.into_iter().flat_map(|names| {
            let said = |name, action| Said {
                name,
                own_host: action,
                own_below: Some(action),
                nested: true,
                listing_id: None,
            };
            [
                said(&names.always_blocked, Action::Block),
                said(&names.never_blocked, Action::PassThrough),
            ]
        })
    }

    /// Goes on as if nothing were said of `name`.
    pub fn leave_out(&mut self, name: &'a str, why: Why) {
        self.left_out.entry(name).or_insert(why);
    }

    /// Leaves out every rule for which there is a reason, and then every rule for which there is one
    /// without those: what a name must be told depends on what is still said above it.
    pub fn leave_out_where(&mut self, why: impl Fn(&Rule<'a>) -> Option<Why>) {
        loop {
            let found: Vec<_> = self
                .iter()
                .filter_map(|rule| Some((rule.name.as_str(), why(&rule)?)))
                .collect();
            if found.is_empty() {
                return;
            }
            self.left_out.extend(found);
        }
    }

    /// Leaves out every listed parent with an exception somewhere below it for which `cannot` holds.
    pub fn leave_out_parents(&mut self, why: Why, cannot: impl Fn(&Rule<'a>) -> bool) {
        let mut parents = Vec::new();
        for rule in self.iter() {
            if rule.is_exception() && cannot(&rule) {
                parents
                    .extend(self.ancestors(rule.name).filter_map(|(name, below)| {
                        (below == Some(Action::Block)).then_some(name)
                    }));
            }
        }
        for name in parents {
            self.leave_out(name, why);
        }
    }

    /// What was left out, and why.
    pub fn left_out(&self) -> &BTreeMap<&'a str, Why> {
        &self.left_out
    }

    /// What the entries above `name` say of it: the nearest that takes names below along.
    pub fn below(&self, name: &DomainName) -> Option<Action> {
        self.ancestors(name).find_map(|(_, below)| below)
    }

    /// The ruled names above `name`, the nearest first, each with what it says of the names below it.
    pub fn ancestors(
        &self,
        name: &'a DomainName,
    ) -> impl Iterator<Item = (&'a str, Option<Action>)> + '_ {
        parents(name.as_str()).filter_map(|parent| self.find(parent))
    }

    /// The rule for exactly this name, unless it was left out.
    pub(crate) fn find(&self, name: &str) -> Option<(&'a str, Option<Action>)> {
        let from = self.entries.partition_point(|e| e.name.as_str() < name);
        let rest = self.entries.get(from..)?;
        let said = rest
            .chunk_by(|a, b| a.name == b.name)
            .next()
            .and_then(signed)
            .filter(|said| said.name.as_str() == name)
            .or_else(|| self.monitored().find(|own| own.name.as_str() == name))?;
        let out = self.left_out.contains_key(name);
        (!out).then(|| (said.name.as_str(), said.own_below))
    }
}

/// What entries of one name say together; whether anything stands above it is not known here.
fn signed(group: &[Entry]) -> Option<Said<'_>> {
    let (own_host, own_below) = combine(group)?;
    let first = group.iter().find(|entry| entry.action == own_host)?;
    Some(Said {
        name: &first.name,
        own_host,
        own_below,
        nested: true,
        listing_id: Some(&first.listing_id),
    })
}

/// Of each entry, whether another, or a name for monitoring, stands above it.
fn nested(entries: &[Entry], monitoring: Option<&Monitoring>) -> Arc<[bool]> {
    let there = Filter::new(entries);
    let monitored = |name: &str| {
        monitoring.is_some_and(|names| {
            name == names.always_blocked.as_str() || name == names.never_blocked.as_str()
        })
    };
    let stands = |name: &str| {
        monitored(name)
            || there.may_hold(name)
                && entries
                    .binary_search_by(|entry| entry.name.as_str().cmp(name))
                    .is_ok()
    };
    entries
        .iter()
        .map(|entry| parents(entry.name.as_str()).any(stands))
        .collect()
}

/// Tells most names that stand in a list of entries nowhere, in two octets an entry (a Bloom filter
/// with one hash): looking each of them up would cost more than writing all of them down.
struct Filter {
    bits: Vec<u64>,
    hasher: RandomState,
}

impl Filter {
    fn new(entries: &[Entry]) -> Self {
        let words = (entries.len() / 4).next_power_of_two();
        let mut filter = Self {
            bits: vec![0; words],
            hasher: RandomState::new(),
        };
        for entry in entries {
            let (word, bit) = filter.place(entry.name.as_str());
            if let Some(word) = filter.bits.get_mut(word) {
                *word |= bit;
            }
        }
        filter
    }

    fn may_hold(&self, name: &str) -> bool {
        let (word, bit) = self.place(name);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    fn place(&self, name: &str) -> (usize, u64) {
        let hash = self.hasher.hash_one(name);
        let word = (hash >> 6) as usize & (self.bits.len() - 1);
        (word, 1 << (hash & 63))
    }
}

/// The names above a name, the nearest first.
pub(crate) fn parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.split_once('.'), |(_, rest)| rest.split_once('.'))
        .map(|(_, rest)| rest)
}

/// What entries of one name say together: of the name, and of the names below it.
fn combine(group: &[Entry]) -> Option<(Action, Option<Action>)> {
    if let [one] = group {
        let below = (one.scope == Scope::Subtree).then_some(one.action);
        return Some((one.action, below));
    }
    let strongest = |scope: Option<Scope>| {
        group
            .iter()
            .filter(|entry| scope.is_none_or(|scope| entry.scope == scope))
            .map(|entry| entry.action)
            .max()
    };
    Some((strongest(None)?, strongest(Some(Scope::Subtree))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::name;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_below_others_are_all_found(names in proptest::collection::vec("[a-d](\\.[a-d]){0,4}", 0..60)) {
            let mut entries: Vec<_> = names
                .iter()
                .map(|text| Entry {
                    name: name(text),
                    scope: Scope::Host,
                    action: Action::Block,
                    listing_id: ListingId::new(2026, 1).unwrap(),
                })
                .collect();
            entries.sort();
            for (entry, nested) in entries.iter().zip(nested(&entries, None).iter()) {
                let below = |other: &Entry| entry.name != other.name && entry.name.is_at_or_below(&other.name);
                prop_assert_eq!(entries.iter().any(below), *nested, "{}", entry.name);
            }
        }
    }
}
