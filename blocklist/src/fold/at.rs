//! What is listed at a moment: places, states, entries.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Course, Entry, Fold, Folded, Held, Listing, ListingState, follow::Days, place::place,
    registers::Live,
};
use crate::{
    DomainName, Monitoring, Scope, Timestamp,
    guard::{Guard, Tier},
    parallel,
};

/// Listings that are worth a thread to ask the guard for.
const WORTH_A_THREAD: usize = 1_024;

impl Fold {
    /// What is listed at `time`.
    pub fn at(&self, time: Timestamp) -> Folded {
        self.on_course(time).0
    }

    /// What is listed at `time`, and what [`Self::follow`] must know to go on from there.
    pub fn on_course(&self, time: Timestamp) -> (Folded, Course) {
        let (guard, live) = (self.guard(), self.registers.live(time));
        let in_order = self.listings.in_order();
        // Each is asked for again below, and is known then.
        parallel::map(in_order, WORTH_A_THREAD, |held| held.ask(&guard));
        let (begins, days) = self.begins(in_order);
        let mut until = self
            .registers
            .moments()
            .filter(|moment| *moment > time)
            .min();
        let mut listings = Vec::with_capacity(in_order.len());
        for (held, begins) in in_order.iter().zip(begins) {
            listings.push(self.listing(held, begins, (&guard, &live), time));
            let moments = held.moments(begins).filter(|moment| *moment > time);
            until = until.into_iter().chain(moments).min();
        }
        let enforced = || {
            let states = listings.iter().map(|listing| &listing.state);
            let all = in_order.iter().zip(states);
            let listed = all.filter(|(_, state)| matches!(state, ListingState::Listed { .. }));
            listed.map(|(held, _)| held)
        };
        let (mut entries, mut shared) = entries(enforced, &guard);
        // Equal entries are the same: nothing is lost by not keeping their order.
        entries.sort_unstable();
        entries.dedup_by(|later, first| {
            let same = (&later.name, later.scope, later.action)
                == (&first.name, first.scope, first.action);
            if same {
                shared.insert(first.name.clone());
            }
            same
        });
        let folded = Folded {
            size: self.size,
            time,
            entries,
            listings,
            remarks: self.remarks_at(time),
            monitoring: Monitoring::of(&self.policy.public_domain),
            policy: self.policy.clone(),
        };
        let guarded = folded.guarded().count();
        (folded, Course::new(until, days, shared, guarded))
    }

    /// Where a listing stands at `time`.
    pub(super) fn listing(
        &self,
        held: &Held,
        begins: Timestamp,
        protection: (&Guard, &Live<'_>),
        time: Timestamp,
    ) -> Listing {
        Listing {
            statement: held.list.clone(),
            position: held.position,
            signed_by: held.signed_by.clone(),
            state: self.state(held, begins, protection, time),
        }
    }

    /// When each of the listings, which stand in order of the log, takes effect, and in which days they
    /// have a place.
    fn begins(&self, in_order: &[Held]) -> (Vec<Timestamp>, Days) {
        let times = self.clock.read();
        let first = |held: &Held| held.first_day(&times);
        let mut placed: Vec<i64> = in_order.iter().map(first).collect();
        place(&mut placed, &self.policy);
        let mut days = Days::default();
        for (held, day) in in_order.iter().zip(&placed) {
            days.take(first(held), *day);
        }
        let begins = placed.into_iter().zip(in_order);
        let begins = begins.map(|(day, held)| held.begins_in(day)).collect();
        (begins, days)
    }

    /// What is to be said of the log itself.
    pub(super) fn remarks_at(&self, time: Timestamp) -> Vec<String> {
        let entered = self.remarks.iter().cloned();
        let missing = self.registers.missing();
        entered.chain(missing).chain(self.ahead_of(time)).collect()
    }

    /// Words for a publisher's leaf that is dated after the release it stands in.
    fn ahead_of(&self, time: Timestamp) -> Option<String> {
        let said = self.clock.latest();
        (said > time)
            .then(|| format!("the publisher's last leaf is dated {said}, and the release {time}"))
    }

    fn state(
        &self,
        held: &Held,
        begins: Timestamp,
        (guard, live): (&Guard, &Live<'_>),
        time: Timestamp,
    ) -> ListingState {
        let list = &held.list;
        if let Some(ended) = &held.ended {
            return ListingState::clone(ended);
        }
        let ends = held.ends();
        if time >= ends {
            return ListingState::Expired { at: ends };
        }
        // A live licence comes before the guard: the register guards its own hosts, and
        // "suspended because licensed" is the truer word for the public.
        if let Some(register) = live.register_of(&list.name) {
            let register = register.to_owned();
            return ListingState::Suspended { register };
        }
        if let Some(refusal) = held.refusal(guard)
            && !(refusal.tier == Tier::Raised && held.legal)
        {
            return ListingState::Guarded {
                reason: refusal.to_string(),
            };
        }
        if time < begins {
            return ListingState::Scheduled { at: begins };
        }
        ListingState::Listed { since: begins }
    }
}

impl Held {
    /// The first UTC day in which it may take a place: its own, and no earlier than the log's clock showed
    /// when it was entered (`times`, see [`super::place::Clock::read`]).
    pub(super) fn first_day(&self, times: &[Timestamp]) -> i64 {
        let day = self.list.effective_at.day_number();
        let time = times.get(self.clock.saturating_sub(1));
        time.map_or(day, |time| day.max(time.day_number()))
    }
}

/// The lines of the list: what is enforced, and what is let through below it; and the protected names
/// below what is enforced.
fn entries<'a, I: Iterator<Item = &'a Held>>(
    enforced: impl Fn() -> I,
    guard: &Guard,
) -> (Vec<Entry>, BTreeSet<DomainName>) {
    // A listed name that the guard protects was listed for itself (with the legal signature, or
    // because it stands apart): no other listing's pass-through takes that back.
    let mut own: BTreeMap<&DomainName, Scope> = BTreeMap::new();
    let below = enforced().flat_map(|held| held.below(guard));
    let protected: BTreeSet<&DomainName> = below.map(|(name, _)| name).collect();
    for held in enforced().filter(|_| !protected.is_empty()) {
        let list = &held.list;
        if protected.contains(&list.name) {
            let scope = own.entry(&list.name).or_insert(list.scope);
            *scope = list.scope.max(*scope);
        }
    }
    let mut entries = Vec::with_capacity(enforced().count());
    for held in enforced() {
        let list = &held.list;
        let entry = |name, scope, action| Entry {
            name,
            scope,
            action,
            listing_id: list.listing_id.clone(),
        };
        entries.push(entry(list.name.clone(), list.scope, Action::Block));
        let below = held.below(guard).iter();
        let spared = below
            .filter(|(name, scope)| own.get(name).is_none_or(|own| own < scope))
            .map(|(name, scope)| entry(name.clone(), *scope, Action::PassThrough));
        entries.extend(spared);
    }
    (entries, protected.into_iter().cloned().collect())
}
