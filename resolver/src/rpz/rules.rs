//! All rules of a zone: what is done with a name, and with the names below it.
//!
//! A name and its wildcard share one place, because most zones that say something of one say it of
//! both. An exact rule decides before a wildcard, and of wildcards the longest.
//!
//! A wildcard reaches as far as DNS lets it (RFC 4592 §2.2.2): not to names that stand in the zone, nor
//! past them. With `*.x` and `a.b.x`, neither `b.x` nor `c.b.x` nor `d.a.b.x` meets `*.x`. BIND does so,
//! and one file means the same on both; Unbound 1.17 hides only some of these names, depending on their
//! order. Of the ways to differ this is the one that blocks fewer innocents.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{
    action::{Actions, ActionsBuilder, AddError, Added, Content, Kind},
    compiled::Fields,
    names::{Names, NamesBuilder, TooMany},
};

/// What is done with a name, and below it: numbers of actions, 0 for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Pair {
    exact: u32,
    below: u32,
}

/// How a rule came to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// It stands for this very name.
    Exact,
    /// It stands for all names below another.
    Wildcard,
}

/// A rule that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'z> {
    pub(super) kind: Kind,
    pub(super) ttl: u32,
    pub(super) data: &'z [u8],
    pub(super) trigger: Trigger,
    /// Where the rule's name, without its asterisk, begins in the name that was asked for.
    pub(super) start: usize,
}

/// Rules by name.
#[derive(Debug, Default)]
pub(super) struct Rules {
    names: Names,
    /// Pairs that occur; a name's number is a place in it.
    pairs: Vec<Pair>,
    actions: Actions,
    len: u64,
}

impl Rules {
    /// The rule for a name in lower case with its root octet. Nothing is allocated.
    pub(super) fn find(&self, wire: &[u8]) -> Option<Found<'_>> {
        let mut found = None;
        self.names.walk(wire, |start, number| {
            let pair = self.pairs.get(number as usize).copied().unwrap_or_default();
            // Longer names come later and decide, also those of which nothing is said.
            let (action, trigger) = if start > 0 {
                (pair.below, Trigger::Wildcard)
            } else {
                (pair.exact, Trigger::Exact)
            };
            found = (action != 0).then_some((action, trigger, start));
        });
        let (action, trigger, start) = found?;
        let (kind, ttl, data) = self.actions.get(action)?;
        Some(Found {
            kind,
            ttl,
            data,
            trigger,
            start,
        })
    }

    /// Rules, a wildcard counted for itself.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// What is done, without the names.
    pub(super) fn actions(&self) -> &Actions {
        &self.actions
    }

    /// The pairs of actions that occur, as [`Self::read`] takes them.
    pub(super) fn pairs_as_octets(&self) -> Vec<u8> {
        let numbers = self.pairs.iter().flat_map(|pair| [pair.exact, pair.below]);
        numbers.flat_map(u32::to_be_bytes).collect()
    }

    /// The names, as [`Self::read`] takes them.
    pub(super) fn names_as_octets(&self) -> &[u8] {
        self.names.as_octets()
    }

    /// Rules that were written down; `None` where one of them points at nothing.
    pub(super) fn read(pairs: &[u8], names: Vec<u8>, actions: Actions) -> Option<Self> {
        let mut fields = Fields(pairs);
        let mut pairs = Vec::with_capacity(pairs.len() / size_of::<Pair>());
        while !fields.0.is_empty() {
            let (exact, below) = (fields.u32()?, fields.u32()?);
            let is_known = exact.max(below) as usize <= actions.len();
            is_known.then(|| pairs.push(Pair { exact, below }))?;
        }
        // Number 0 is that of a name of which nothing is said.
        (pairs.first() == Some(&Pair::default())).then_some(())?;
        let names = Names::read(names, pairs.len())?;
        let said = names
            .numbers()
            .filter_map(|number| pairs.get(number as usize));
        let rules = said.map(|pair| u64::from(pair.exact != 0) + u64::from(pair.below != 0));
        Some(Self {
            len: rules.sum(),
            names,
            pairs,
            actions,
        })
    }

    /// Octets of memory.
    pub(super) fn octets(&self) -> usize {
        self.names.octets() + self.pairs.capacity() * size_of::<Pair>() + self.actions.octets()
    }
}

/// Makes [`Rules`].
pub(super) struct RulesBuilder {
    names: NamesBuilder,
    pairs: Vec<Pair>,
    numbers: HashMap<Pair, u32, RandomState>,
    actions: ActionsBuilder,
    len: u64,
}

impl Default for RulesBuilder {
    fn default() -> Self {
        Self {
            names: NamesBuilder::default(),
            // Number 0 is that of a name of which nothing is said yet.
            pairs: vec![Pair::default()],
            numbers: HashMap::from_iter([(Pair::default(), 0)]),
            actions: ActionsBuilder::default(),
            len: 0,
        }
    }
}

impl RulesBuilder {
    /// Makes room at once for as many names as there will be, if somebody can guess.
    pub(super) fn expect(&mut self, names: usize) {
        self.names.expect(names);
    }

    /// Adds what a record says of a name in lower case, or with `below` of all names below it. Gives
    /// whether it was new.
    pub(super) fn add(
        &mut self,
        wire: &[u8],
        below: bool,
        ttl: u32,
        content: Content<'_>,
    ) -> Result<bool, AddError> {
        let place = self
            .names
            .place(wire)
            .map_err(|TooMany| AddError::TooMuch)?;
        let number = self.names.get(place);
        let mut pair = self.pairs.get(number as usize).copied().unwrap_or_default();
        let action = if below {
            &mut pair.below
        } else {
            &mut pair.exact
        };
        let is_first = *action == 0;
        match self.actions.add(*action, ttl, content)? {
            Added::Twice => return Ok(false),
            Added::Now(number) => *action = number,
        }
        let next = u32::try_from(self.pairs.len()).map_err(|_| AddError::TooMuch)?;
        let number = *self.numbers.entry(pair).or_insert(next);
        if number == next {
            self.pairs.push(pair);
        }
        self.names.set(place, number);
        self.len += u64::from(is_first);
        Ok(true)
    }

    pub(super) fn finish(mut self) -> Result<Rules, AddError> {
        self.pairs.shrink_to_fit();
        if self.pairs.iter().any(|pair| pair.below != 0) {
            let pairs = &self.pairs;
            let is_wild = |number| {
                pairs
                    .get(number as usize)
                    .is_some_and(|pair| pair.below != 0)
            };
            let added = self.names.add_between(is_wild);
            added.map_err(|TooMany| AddError::TooMuch)?;
        }
        Ok(Rules {
            names: self.names.finish(),
            pairs: self.pairs,
            actions: self.actions.finish(),
            len: self.len,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(said: &[(&str, bool, Kind)]) -> Rules {
        let mut builder = RulesBuilder::default();
        for (name, below, kind) in said {
            builder
                .add(&wire(name), *below, 60, Content::Plain(*kind))
                .unwrap();
        }
        builder.finish().unwrap()
    }

    fn wire(name: &str) -> Vec<u8> {
        let mut wire = Vec::new();
        super::super::name::read(name.as_bytes(), b"\0", &mut wire).unwrap();
        wire
    }

    #[test]
    fn exact_decides_before_wildcards_and_the_longest_of_those() {
        let rules = rules(&[
            ("x", true, Kind::NxDomain),
            ("b.x", true, Kind::NoData),
            ("a.b.x", false, Kind::Passthru),
            ("deep.er.x", false, Kind::Passthru),
        ]);
        for (name, kind) in [
            ("x", None),
            ("y", None),
            ("a.x", Some(Kind::NxDomain)),
            ("e.a.x", Some(Kind::NxDomain)),
            ("b.x", None),
            ("c.b.x", Some(Kind::NoData)),
            ("a.b.x", Some(Kind::Passthru)),
            ("c.a.b.x", None),
            ("er.x", None),
            ("other.er.x", None),
            ("below.deep.er.x", None),
            ("a.e.y", None),
        ] {
            let found = rules.find(&wire(name)).map(|found| found.kind);
            assert_eq!(found, kind, "{name}");
        }
        assert_eq!(rules.len(), 4);
        assert_eq!(rules.find(b"").map(|found| found.kind), None);
    }

    #[test]
    fn a_wildcard_at_the_top_covers_everything_but_the_root() {
        let rules = rules(&[(".", true, Kind::Drop)]);
        assert_eq!(rules.find(&wire("a.b")).unwrap().start, 4);
        assert_eq!(rules.find(b"\0"), None);
    }
}
