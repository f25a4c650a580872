//! A list that goes on with its log: what the latest leaves change is found without a look at all others.
//!
//! Nearly every leaf changes one listing, and a listing changes what is said of its own name and of
//! nothing else, unless the guard has something below it or somebody else lists the same name. Where
//! anything else may have changed, the log is folded anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Action, Entry, Fold, Folded, Held, Listing, ListingState};
use crate::{
    DomainName, ListingId, Timestamp,
    delta::changes,
    guard::Guard,
    statement::{Policy, Statement},
    time::DAY_SECONDS,
};

/// Listings that are remembered as changed by the latest leaves.
const REMEMBERED: usize = 256;

/// What a leaf may change of a list.
pub(super) enum Changed {
    /// One listing.
    Listing(ListingId),
    /// Who may sign, and so nothing of what is listed.
    Keys,
    /// The log's own clock.
    Clock,
    /// Anything.
    Everything,
}

impl Changed {
    pub(super) fn by(said: &Statement) -> Self {
        match said {
            Statement::List(list) => Self::Listing(list.listing_id.clone()),
            Statement::OrderNumber(number) => Self::Listing(number.listing_id.clone()),
            Statement::Lift(lift) => Self::Listing(lift.listing_id.clone()),
            Statement::Annul(annul) => Self::Listing(annul.listing_id.clone()),
            Statement::KeyAdd(_) | Statement::KeyRevoke(_) => Self::Keys,
            Statement::Effect(_) | Statement::Expire(_) | Statement::AuditAnchor(_) => Self::Clock,
            _ => Self::Everything,
        }
    }
}

/// What the latest leaves changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Latest {
    /// No leaf from this position on changed anything but listings.
    since: u64,
    /// The listings they changed, each with the position of the leaf.
    listings: VecDeque<(u64, ListingId)>,
}

impl Latest {
    /// Takes note of what the leaf at `position` changed; `back` where the log's clock went back with
    /// it.
    pub(super) fn note(&mut self, position: u64, changed: Changed, back: bool) {
        match changed {
            Changed::Listing(id) => self.changed(position, id),
            Changed::Keys => {}
            Changed::Clock if !back => {}
            Changed::Clock | Changed::Everything => {
                self.since = position + 1;
                self.listings.clear();
            }
        }
    }

    fn changed(&mut self, position: u64, id: ListingId) {
        if self.listings.len() == REMEMBERED
            && let Some((forgotten, _)) = self.listings.pop_front()
        {
            self.since = forgotten + 1;
        }
        self.listings.push_back((position, id));
    }

    /// The listings that leaves from `size` on changed; `None` where more than listings may have changed.
    fn since(&self, size: u64) -> Option<BTreeSet<&ListingId>> {
        let later = self.listings.iter().filter(|(at, _)| *at >= size);
        (self.since <= size).then(|| later.map(|(_, id)| id).collect())
    }
}

/// What must be known of a list, besides what stands in it, to tell what later leaves change of it.
#[derive(Clone, Debug)]
pub struct Course {
    /// The first moment at which time alone may change the list.
    until: Option<Timestamp>,
    days: Days,
    /// Names of which more is said than by one listing: protected ones below a listed parent, and those
    /// that are listed twice alike.
    shared: BTreeSet<DomainName>,
    /// Listings that the guard holds back.
    guarded: usize,
}

impl Course {
    pub(super) fn new(
        until: Option<Timestamp>,
        days: Days,
        shared: BTreeSet<DomainName>,
        guarded: usize,
    ) -> Self {
        Self {
            until,
            days,
            shared,
            guarded,
        }
    }

    /// How many listings the guard holds back, as [`Folded::guarded`] finds them one by one.
    pub fn guarded(&self) -> usize {
        self.guarded
    }

    /// The first moment after that of the list at which it may be another one without another leaf;
    /// `None` when it never will. Until then it is the same, but for the moment that stands in it.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

/// How many listings have a place in each day.
#[derive(Clone, Debug, Default)]
pub(super) struct Days {
    placed: BTreeMap<i64, u64>,
    /// The last day in which a place is that could not be given a day earlier.
    waited_for: Option<i64>,
}

impl Days {
    pub(super) fn take(&mut self, first: i64, day: i64) {
        *self.placed.entry(day).or_default() += 1;
        if first < day {
            self.waited_for = self.waited_for.max(Some(day));
        }
    }

    /// Gives a place to a listing that comes last in the log, where that moves nobody else's: nobody
    /// waits, so that more room under a cap on growth lets nobody go before.
    fn place(&mut self, first: i64, policy: &Policy) -> Option<i64> {
        if self.waited_for.is_some_and(|day| first < day) {
            return None;
        }
        let mut before: u64 = self.placed.range(..first).map(|(_, count)| count).sum();
        let mut day = first;
        loop {
            let count = self.placed.get(&day).copied().unwrap_or_default();
            if count < policy.room(before) {
                self.take(first, day);
                return Some(day);
            }
            before += count;
            day += 1;
        }
    }
}

/// What became another one from one list to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The names of which something else is said, or by a listing that says something else.
    pub names: BTreeSet<DomainName>,
    /// Entries that are gone, in order.
    pub removed: Vec<Entry>,
    /// Entries that are new, in order.
    pub added: Vec<Entry>,
    /// Whether something else may be said of every name: the public domain is another one.
    pub everywhere: bool,
}

impl Change {
    /// Compares two lists of one log, name by name.
    pub fn between(before: &Folded, after: &Folded) -> Self {
        let other = changed(&before.listings, &after.listings);
        let entries = changes(&before.entries, &after.entries);
        let said = after.entries.iter();
        let dated = said.filter(|entry| other.contains(&entry.listing_id));
        let all = entries.added.iter().chain(&entries.removed).copied();
        Self {
            names: all.chain(dated).map(|entry| entry.name.clone()).collect(),
            removed: entries.removed.into_iter().cloned().collect(),
            added: entries.added.into_iter().cloned().collect(),
            everywhere: before.monitoring != after.monitoring
                || before.policy.public_domain != after.policy.public_domain,
        }
    }
}

/// The listings of which something else is to be said than before.
fn changed<'a>(before: &'a [Listing], after: &'a [Listing]) -> BTreeSet<&'a ListingId> {
    let other =
        |(was, is): &(&Listing, &Listing)| was.statement != is.statement || was.state != is.state;
    let pairs = before.iter().zip(after).filter(other);
    let ids = pairs.flat_map(|(was, is)| [was, is]);
    ids.map(|listing| &listing.statement.listing_id).collect()
}

impl Fold {
    /// Makes `list`, which was folded from the first leaves of this log, what [`Self::at`] gives for all of
    /// them at `time`, and says what that changed. `None` where that takes folding all leaves anew; the
    /// list is then as it was.
    pub fn follow(
        &self,
        list: &mut Folded,
        course: &mut Course,
        time: Timestamp,
    ) -> Option<Change> {
        let ends = course.until.is_some_and(|until| time >= until);
        if ends || time < list.time || self.size < list.size {
            return None;
        }
        let latest = self.latest.since(list.size)?;
        let mut held: Vec<&Held> = latest
            .iter()
            .filter_map(|id| self.listings.get(id))
            .collect();
        held.sort_by_key(|held| held.position);
        let (guard, live) = (self.guard(), self.registers.live(time));
        let mut next = course.clone();
        let moved: Option<Vec<Listing>> = held
            .iter()
            .map(|held| {
                let begins = self.begins_alone(held, list, &guard, &mut next)?;
                let moments = held.moments(begins).filter(|moment| *moment > time);
                next.until = next.until.into_iter().chain(moments).min();
                Some(self.listing(held, begins, (&guard, &live), time))
            })
            .collect();
        let moved = moved?;
        let names: BTreeSet<_> = moved.iter().map(|l| l.statement.name.clone()).collect();
        if names.len() < moved.len() {
            return None;
        }
        let mut change = Change {
            names,
            ..Change::default()
        };
        for listing in moved {
            let was = place(list, listing.position).and_then(|at| list.listings.get(at));
            next.guarded -= usize::from(was.is_some_and(Listing::is_guarded));
            next.guarded += usize::from(listing.is_guarded());
            put(list, listing, &mut change);
        }
        change.removed.sort_unstable();
        change.added.sort_unstable();
        list.size = self.size;
        list.time = time;
        list.remarks = self.remarks_at(time);
        *course = next;
        Some(change)
    }

    /// When a listing of the latest leaves takes effect; `None` where more may hang on it than what is said
    /// of its own name.
    fn begins_alone(
        &self,
        held: &Held,
        list: &Folded,
        guard: &Guard,
        course: &mut Course,
    ) -> Option<Timestamp> {
        let (name, id) = (&held.list.name, &held.list.listing_id);
        let others = said_of(list, name).any(|entry| entry.listing_id != *id);
        if others || course.shared.contains(name) || !held.below(guard).is_empty() {
            return None;
        }
        if held.position >= list.size {
            let first = held.first_day(&self.clock.read());
            let day = course.days.place(first, &self.policy)?;
            return Some(held.begins_in(day));
        }
        match list.listings.get(place(list, held.position)?)?.state {
            ListingState::Listed { since: begins } | ListingState::Scheduled { at: begins } => {
                Some(begins)
            }
            // It says no longer when it began, and need not where it has ended.
            _ => held.ended.as_ref().map(|_| held.list.effective_at),
        }
    }
}

/// The place of the listing of the leaf at `position`.
fn place(list: &Folded, position: u64) -> Option<usize> {
    let found = list
        .listings
        .binary_search_by_key(&position, |listing| listing.position);
    found.ok()
}

fn said_of<'a>(list: &'a Folded, name: &'a DomainName) -> impl Iterator<Item = &'a Entry> {
    let from = list.entries.partition_point(|entry| entry.name < *name);
    let rest = list.entries.get(from..).unwrap_or_default();
    rest.iter().take_while(move |entry| entry.name == *name)
}

/// Puts a listing into the list, and what is said by it.
fn put(list: &mut Folded, listing: Listing, change: &mut Change) {
    let statement = &listing.statement;
    let from = list
        .entries
        .partition_point(|entry| entry.name < statement.name);
    let gone = said_of(list, &statement.name).count();
    let new = matches!(listing.state, ListingState::Listed { .. }).then(|| Entry {
        name: statement.name.clone(),
        scope: statement.scope,
        action: Action::Block,
        listing_id: statement.listing_id.clone(),
    });
    if list.entries.get(from..from + gone) != Some(new.as_slice()) {
        change.added.extend(new.clone());
        change
            .removed
            .extend(list.entries.splice(from..from + gone, new));
    }
    match place(list, listing.position).and_then(|at| list.listings.get_mut(at)) {
        Some(held) => *held = listing,
        None => list.listings.push(listing),
    }
}

impl Held {
    /// When it takes effect, with a place in a day: at its own moment, or with that day if it is later.
    pub(super) fn begins_in(&self, day: i64) -> Timestamp {
        let midnight = Timestamp(day.saturating_mul(DAY_SECONDS));
        self.list.effective_at.max(midnight)
    }

    /// The moments at which time alone may move it.
    pub(super) fn moments(&self, begins: Timestamp) -> impl Iterator<Item = Timestamp> + use<> {
        let moments = self.ended.is_none().then(|| [begins, self.ends()]);
        moments.into_iter().flatten()
    }
}
