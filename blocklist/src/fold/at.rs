//! What is listed at a moment: places, states, entries.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Entry, Fold, Folded, Held, Listing, ListingState, place::places, registers::Live,
};
use crate::{
    DomainName, Monitoring, Scope, Timestamp,
    guard::{Guard, Tier},
    time::DAY_SECONDS,
};

impl Fold {
    /// What is listed at `time`.
    pub fn at(&self, time: Timestamp) -> Folded {
        let (guard, live) = (self.guard(), self.registers.live(time));
        let in_order: Vec<&Held> = self.listings.iter().collect();
        let begins = self.begins(&in_order);
        let mut enforced = Vec::new();
        let mut listings = Vec::with_capacity(in_order.len());
        for (held, begins) in in_order.into_iter().zip(begins) {
            let state = self.state(held, begins, (&guard, &live), time);
            if matches!(state, ListingState::Listed { .. }) {
                enforced.push(held);
            }
            listings.push(Listing {
                statement: held.list.clone(),
                position: held.position,
                signed_by: held.signed_by.clone(),
                state,
            });
        }
        let mut entries = entries(&enforced, &guard);
        // Equal entries are the same: nothing is lost by not keeping their order.
        entries.sort_unstable();
        entries.dedup_by(|later, first| {
            (&later.name, later.scope, later.action) == (&first.name, first.scope, first.action)
        });
        Folded {
            size: self.size,
            time,
            entries,
            listings,
            remarks: self
                .remarks
                .iter()
                .cloned()
                .chain(self.registers.missing())
                .chain(self.ahead_of(time))
                .collect(),
            monitoring: Monitoring::of(&self.policy.public_domain),
            policy: self.policy.clone(),
        }
    }

    /// When each of the listings, which stand in order of the log, takes effect: at its own moment,
    /// or with the day in which it has a place if that is a later one.
    pub(super) fn begins(&self, in_order: &[&Held]) -> Vec<Timestamp> {
        let times = self.clock.read();
        let from: Vec<i64> = in_order.iter().map(|held| held.first_day(&times)).collect();
        let days = places(&from, &self.policy).into_iter();
        let begins = |(held, day): (&&Held, i64)| {
            let midnight = Timestamp(day.saturating_mul(DAY_SECONDS));
            held.list.effective_at.max(midnight)
        };
        in_order.iter().zip(days).map(begins).collect()
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

/// The lines of the list: what is enforced, and what is let through below it.
fn entries(enforced: &[&Held], guard: &Guard) -> Vec<Entry> {
    // A listed name that the guard protects was listed for itself (with the legal signature, or
    // because it stands apart): no other listing's pass-through takes that back.
    let mut own: BTreeMap<&DomainName, Scope> = BTreeMap::new();
    let below = enforced.iter().flat_map(|held| held.below(guard));
    let protected: BTreeSet<&DomainName> = below.map(|(name, _)| name).collect();
    for held in enforced {
        let list = &held.list;
        if !protected.is_empty() && protected.contains(&list.name) {
            let scope = own.entry(&list.name).or_insert(list.scope);
            *scope = list.scope.max(*scope);
        }
    }
    let mut entries = Vec::with_capacity(enforced.len());
    for held in enforced {
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
    entries
}
