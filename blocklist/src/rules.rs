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
//!
//! Names lie scattered in memory, and to look at one costs more than all else that is done for most
//! rules. What is asked of a rule again and again is therefore marked by its place, and not by its name.

use std::{collections::hash_map::RandomState, hash::BuildHasher as _, ops::Range, sync::Arc};

use crate::{
    DomainName, ListingId, Monitoring, Scope,
    fold::{Action, Change, Entry, Folded},
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
    /// Its place among the rules.
    place: usize,
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
    /// That of its first entry, or behind all entries for a name for monitoring.
    place: usize,
}

/// Marks an entry whose name stands below another that is ruled, or for which that is not known.
const NESTED: u8 = 1;
/// Marks an entry that speaks of the same name as the one before it.
const SAME_NAME: u8 = 2;

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
    /// Before which entry each name for monitoring stands that no entry speaks of.
    monitored_at: [Option<usize>; 2],
    /// Of each entry. Leaving names out takes away from what is said, so what nothing was said above of
    /// stays so.
    marks: Arc<Marks>,
    /// By place; empty where nothing is left out.
    left_out: Vec<Option<Why>>,
}

impl<'a> Rules<'a> {
    /// The rules of a fold, whose entries stand in order of name.
    pub fn new(folded: &'a Folded) -> Self {
        let marks = Marks::new(&folded.entries, folded.monitoring.as_ref());
        Self::marked(folded, Arc::new(marks))
    }

    /// Those of a fold with which the marks went on.
    pub(crate) fn marked(folded: &'a Folded, marks: Arc<Marks>) -> Self {
        debug_assert!(folded.entries.is_sorted_by(|a, b| a.name <= b.name));
        let entries = folded.entries.as_slice();
        let monitoring = folded.monitoring.as_ref();
        let mut rules = Self {
            entries,
            monitoring,
            monitored_at: [None; 2],
            marks,
            left_out: Vec::new(),
        };
        rules.monitored_at = rules.monitored_names().map(|name| {
            let name = name?;
            let at = entries.partition_point(|entry| entry.name < *name);
            let signed = entries.get(at).is_some_and(|entry| entry.name == *name);
            (!signed).then_some(at)
        });
        rules
    }

    pub(crate) fn marks(&self) -> &Arc<Marks> {
        &self.marks
    }

    /// Every rule but those left out, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = Rule<'a>> + '_ {
        self.within(0..usize::MAX)
    }

    /// Those of [`Self::iter`] that entries in `range` speak of, with the names for monitoring that stand
    /// before one of these; what stands behind all entries is in a range that ends behind them. No range
    /// begins or ends between entries of the same name.
    pub(crate) fn within(&self, range: Range<usize>) -> impl Iterator<Item = Rule<'a>> + '_ {
        self.said(range).filter_map(|said| self.rule(&said))
    }

    /// Those of [`Self::iter`] that may stand below another, in no order: few, and the only ones on which it
    /// tells that another is left out.
    pub(crate) fn nested(&self) -> impl Iterator<Item = Rule<'a>> + '_ {
        let marks = self.marks.of.iter().zip(0..);
        let places = marks.filter(|(mark, _)| **mark & (NESTED | SAME_NAME) == NESTED);
        let signed = places.filter_map(|(_, place)| self.signed_at(place));
        let own = self.monitored().map(|(_, said)| said);
        signed.chain(own).filter_map(|said| self.rule(&said))
    }

    /// What is said, unless it is left out.
    fn rule(&self, said: &Said<'a>) -> Option<Rule<'a>> {
        self.why(said.place).is_none().then(|| Rule {
            name: said.name,
            own_host: said.own_host,
            own_below: said.own_below,
            nested: said.nested,
            above: said.nested && self.below(said.name) == Some(Action::Block),
            listing_id: said.listing_id,
            place: said.place,
        })
    }

    /// What entries say of the name of which the one at `place` is the first to speak.
    fn signed_at(&self, place: usize) -> Option<Said<'a>> {
        let group = self.entries.get(place..self.end_of_name(place))?;
        signed(group, place, self.mark(place) & NESTED != 0)
    }

    /// What is said of each name, in order of name.
    fn said(&self, range: Range<usize>) -> impl Iterator<Item = Said<'a>> + '_ {
        let Range { start, end } = range;
        let mut own = self
            .monitored()
            .filter(move |(at, _)| (start..end).contains(at))
            .peekable();
        let (mut next, end) = (start, end.min(self.entries.len()));
        std::iter::from_fn(move || {
            loop {
                if let Some((_, said)) = own.next_if(|(at, _)| *at <= next) {
                    return Some(said);
                }
                if next >= end {
                    return None;
                }
                let place = next;
                next = self.end_of_name(place);
                let group = self.entries.get(place..next)?;
                if let Some(said) = signed(group, place, self.mark(place) & NESTED != 0) {
                    return Some(said);
                }
            }
        })
    }

    /// Whether the entry at `place` is the first that speaks of its name.
    pub(crate) fn begins_name(&self, place: usize) -> bool {
        self.mark(place) & SAME_NAME == 0
    }

    /// Before which entry a name stands, or would.
    pub(crate) fn place_of(&self, name: &str) -> usize {
        self.entries
            .partition_point(|entry| entry.name.as_str() < name)
    }

    /// Whether what is said in `range` hangs on its own entries alone. Where a name is left out for what
    /// its own entries say, it does.
    pub(crate) fn is_plain(&self, range: &Range<usize>) -> bool {
        let within = range.start..range.end.min(self.entries.len());
        let own = [None, Some(Why::HostOnly), Some(Why::BelowOnly)];
        self.monitored_at
            .iter()
            .flatten()
            .all(|at| !range.contains(at))
            && self
                .marks
                .of
                .get(within.clone())
                .is_some_and(|marks| marks.iter().all(|mark| mark & NESTED == 0))
            && self
                .left_out
                .get(within)
                .unwrap_or_default()
                .iter()
                .all(|why| own.contains(why))
    }

    /// Behind the last entry that speaks of the same name as the one at `place`.
    fn end_of_name(&self, place: usize) -> usize {
        let others = self.marks.of.get(place + 1..).unwrap_or_default();
        let same = others.iter().take_while(|mark| *mark & SAME_NAME != 0);
        place + 1 + same.count()
    }

    fn mark(&self, place: usize) -> u8 {
        self.marks.of.get(place).copied().unwrap_or(NESTED)
    }

    fn why(&self, place: usize) -> Option<Why> {
        self.left_out.get(place).copied().flatten()
    }

    fn monitored_names(&self) -> [Option<&'a DomainName>; 2] {
        [
            self.monitoring.map(|names| &names.always_blocked),
            self.monitoring.map(|names| &names.never_blocked),
        ]
    }

    /// What is said of the names for monitoring, in order of name, and before which entry each stands.
    fn monitored(&self) -> impl Iterator<Item = (usize, Said<'a>)> + use<'a> {
        let behind = self.entries.len();
        let names = self.monitored_names().into_iter().zip(self.monitored_at);
        let actions = [Action::Block, Action::PassThrough];
        let all = names.zip(actions).zip(behind..);
        all.filter_map(|(((name, at), action), place)| {
            let said = Said {
                name: name?,
                own_host: action,
                own_below: Some(action),
                nested: true,
                listing_id: None,
                place,
            };
            Some((at?, said))
        })
    }

    /// Goes on as if nothing were said of what stands at `place`.
    fn leave_out(&mut self, place: usize, why: Why) {
        if self.left_out.is_empty() {
            // The names for monitoring have places behind the entries.
            self.left_out = vec![None; self.entries.len() + 2];
        }
        if let Some(held) = self.left_out.get_mut(place) {
            held.get_or_insert(why);
        }
    }

    /// Leaves out every rule for which there is a reason, and then every rule for which there is one
    /// without those: what a name must be told depends on what is still said above it.
    pub fn leave_out_where(&mut self, why: impl Fn(&Rule<'a>) -> Option<Why>) {
        let reason = |rule: Rule<'a>| Some((rule.place, why(&rule)?));
        let mut found: Vec<_> = self.iter().filter_map(reason).collect();
        while !found.is_empty() {
            for (place, why) in found {
                self.leave_out(place, why);
            }
            found = self.nested().filter_map(reason).collect();
        }
    }

    /// Leaves out every listed parent with an exception somewhere below it for which `cannot` holds.
    pub fn leave_out_parents(&mut self, why: Why, cannot: impl Fn(&Rule<'a>) -> bool) {
        let mut parents = Vec::new();
        for rule in self.nested() {
            if rule.is_exception() && cannot(&rule) {
                let above = self.said_above(rule.name);
                let blocks = above.filter(|said| said.own_below == Some(Action::Block));
                parents.extend(blocks.map(|said| said.place));
            }
        }
        for place in parents {
            self.leave_out(place, why);
        }
    }

    /// What was left out, and why, in order of name.
    pub fn left_out(&self) -> impl Iterator<Item = (&'a str, Why)> + '_ {
        self.left_out_within(0..usize::MAX)
    }

    /// Those of [`Self::left_out`] in a range of entries ([`Self::within`]).
    pub(crate) fn left_out_within(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = (&'a str, Why)> + '_ {
        let any = !self.left_out.is_empty();
        let said = any.then(|| self.said(range));
        said.into_iter()
            .flatten()
            .filter_map(|said| Some((said.name.as_str(), self.why(said.place)?)))
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
        self.said_above(name)
            .map(|said| (said.name.as_str(), said.own_below))
    }

    fn said_above(&self, name: &'a DomainName) -> impl Iterator<Item = Said<'a>> + '_ {
        parents(name.as_str()).filter_map(|parent| self.find_said(parent))
    }

    /// The rule for exactly this name, unless it was left out.
    pub(crate) fn find(&self, name: &str) -> Option<(&'a str, Option<Action>)> {
        let said = self.find_said(name)?;
        Some((said.name.as_str(), said.own_below))
    }

    fn find_said(&self, name: &str) -> Option<Said<'a>> {
        let place = self.place_of(name);
        let stands = self.entries.get(place).map(|e| e.name.as_str()) == Some(name);
        let said = if stands {
            self.signed_at(place)
        } else {
            let mut own = self.monitored().map(|(_, said)| said);
            own.find(|said| said.name.as_str() == name)
        };
        said.filter(|said| self.why(said.place).is_none())
    }
}

/// What entries of one name say together, the first of which stands at `place`.
fn signed(group: &[Entry], place: usize, nested: bool) -> Option<Said<'_>> {
    let (own_host, own_below) = combine(group)?;
    let first = group.iter().find(|entry| entry.action == own_host)?;
    Some(Said {
        name: &first.name,
        own_host,
        own_below,
        nested,
        listing_id: Some(&first.listing_id),
        place,
    })
}

/// Of each entry, whether it speaks of the same name as the one before it, and whether another, or a
/// name for monitoring, stands above it, or once did.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    of: Vec<u8>,
    /// The names above those that entries speak of.
    above: Filter,
}

impl Marks {
    fn new(entries: &[Entry], monitoring: Option<&Monitoring>) -> Self {
        let mut there = Filter::new(entries.len());
        let mut above = Filter::new(entries.len());
        for entry in entries {
            there.put(entry.name.as_str());
            parents(entry.name.as_str()).for_each(|parent| above.put(parent));
        }
        let may_stand = |name: &str| there.may_hold(name);
        Self {
            of: marks(entries, entries, monitoring, may_stand).collect(),
            above,
        }
    }

    /// Those of the list that `change` leads to; `None` where a new name may stand above others.
    pub(crate) fn after(&self, after: &Folded, change: &Change) -> Option<Self> {
        let names = change.added.iter().map(|entry| entry.name.as_str());
        if change.everywhere || names.clone().any(|name| self.above.may_hold(name)) {
            return None;
        }
        let mut above = self.above.clone();
        names.flat_map(parents).for_each(|name| above.put(name));
        let (entries, monitoring) = (&after.entries, after.monitoring.as_ref());
        let mut of = Vec::with_capacity(entries.len());
        let (mut rest, mut from) = (self.of.as_slice(), 0);
        for name in &change.names {
            let said = |entries: &[Entry]| entries.iter().filter(|e| e.name == *name).count();
            let place = entries.partition_point(|entry| entry.name < *name);
            let now = entries
                .get(place..)?
                .partition_point(|entry| entry.name == *name);
            let then = (now + said(&change.removed)).checked_sub(said(&change.added))?;
            let (same, behind) = rest.split_at_checked(place.checked_sub(from)?)?;
            of.extend_from_slice(same);
            let group = entries.get(place..place + now)?;
            of.extend(marks(group, entries, monitoring, |_| true));
            (rest, from) = (behind.get(then..)?, place + now);
        }
        of.extend_from_slice(rest);
        (of.len() == entries.len()).then_some(Self { of, above })
    }
}

/// The marks of `some` of all entries, from the first of a name on.
fn marks<'a>(
    some: &'a [Entry],
    all: &'a [Entry],
    monitoring: Option<&'a Monitoring>,
    may_stand: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = u8> + 'a {
    let monitored = move |name: &str| {
        monitoring.is_some_and(|names| {
            name == names.always_blocked.as_str() || name == names.never_blocked.as_str()
        })
    };
    let stands = move |name: &str| {
        monitored(name)
            || may_stand(name)
                && all
                    .binary_search_by(|entry| entry.name.as_str().cmp(name))
                    .is_ok()
    };
    let mut before = None;
    some.iter().map(move |entry| {
        let name = entry.name.as_str();
        let nested = parents(name).any(&stands);
        let same = before.replace(name) == Some(name);
        (u8::from(nested) * NESTED) | (u8::from(same) * SAME_NAME)
    })
}

/// Tells most names that do not stand among some, in two octets a name (a Bloom filter with one hash):
/// looking each of them up would cost more than writing all of them down.
#[derive(Clone, Debug)]
struct Filter {
    bits: Vec<u64>,
    hasher: RandomState,
}

impl Filter {
    /// Room for so many names.
    fn new(names: usize) -> Self {
        Self {
            bits: vec![0; (names / 4).next_power_of_two()],
            hasher: RandomState::new(),
        }
    }

    fn put(&mut self, name: &str) {
        let (word, bit) = self.place(name);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
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
            for (entry, mark) in entries.iter().zip(Marks::new(&entries, None).of) {
                let below = |other: &Entry| entry.name != other.name && entry.name.is_at_or_below(&other.name);
                prop_assert_eq!(entries.iter().any(below), mark & NESTED != 0, "{}", entry.name);
            }
        }
    }
}
