//! From leaves to the list: a pure function of the log and a moment.
//!
//! [`Fold::apply`] takes leaves in order and refuses a forged one; [`Fold::at`] says what is listed
//! at a moment. Signatures, roles and shape decide whether a log verifies at all; guards, registers,
//! time and caps decide what of it is enforced, and whatever they hold back is named with its reason.

mod error;
mod list;
mod registers;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

pub use error::{FoldError, FoldErrorKind};
pub use list::{Action, Entry, Folded, Listing, ListingState};

use registers::{Live, Registers};

use crate::{
    DomainName, ListingId, Scope, Timestamp,
    guard::{self, Guard, GuardList, Reach, Tier},
    key::{KeyId, PublicKey, Role},
    leaf::Leaf,
    statement::{
        EMERGENCY_SECONDS, GuardSet, KeyGrant, List, OrderNumber, Policy, RegisterSnapshot,
        Statement, VERSION,
    },
    time::Day,
};

/// The version of this function. Any change of what it yields for the same leaves and time, which
/// includes another public suffix list in the floor of the guard, takes the next number.
///
/// Version 2: a name on several guard lists keeps what each of them says, where version 1 kept one
/// list a name; names of the tier `apart`; a protected name below a listed subtree that is listed
/// for itself, as far as it reaches, gets no pass-through.
///
/// Version 3: `order.number` and `register.except`.
pub const FOLD_VERSION: u32 = 3;

#[derive(Clone, Debug)]
struct Held {
    list: List,
    position: u64,
    signed_by: Vec<KeyId>,
    legal: bool,
    ended: Option<ListingState>,
}

/// The state of a log after some leaves.
#[derive(Clone, Debug)]
pub struct Fold {
    origin: String,
    demo: bool,
    size: u64,
    policy: Policy,
    keys: BTreeMap<KeyId, KeyGrant>,
    guards: BTreeMap<String, (u64, GuardSet)>,
    registers: Registers,
    listings: BTreeMap<ListingId, Held>,
    remarks: Vec<String>,
    /// Made when it is first asked for; a leaf that changes it empties it.
    guard: OnceLock<Arc<Guard>>,
}

/// Where a guard list comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// Compiled in.
    Floor,
    /// Two admins put it into the log.
    Log {
        /// The position of the leaf.
        position: u64,
        /// When they signed.
        at: Timestamp,
    },
    /// The hosts of a register snapshot.
    Register {
        /// The day the snapshot shows.
        taken_on: Day,
    },
}

impl Fold {
    /// Begins with leaf 0, which must be a genesis signed by its own two admins.
    pub fn begin(leaf: &Leaf) -> Result<Self, FoldError> {
        let fail = |kind| FoldError { position: 0, kind };
        let Statement::Genesis(genesis) = &leaf.statement else {
            return Err(fail(FoldErrorKind::Genesis));
        };
        let keys: BTreeMap<_, _> = genesis
            .admins
            .iter()
            .map(|grant| (grant.key.id(), grant.clone()))
            .collect();
        if keys.values().any(|grant| grant.role != Role::Admin) {
            return Err(fail(FoldErrorKind::Genesis));
        }
        let mut fold = Self {
            origin: genesis.origin.clone(),
            demo: genesis.demo,
            size: 0,
            policy: genesis.policy.clone(),
            keys,
            guards: BTreeMap::new(),
            registers: Registers::default(),
            listings: BTreeMap::new(),
            remarks: Vec::new(),
            guard: OnceLock::new(),
        };
        fold.check_signatures(leaf).map_err(fail)?;
        fold.size = 1;
        Ok(fold)
    }

    /// Takes the next leaf.
    pub fn apply(&mut self, leaf: &Leaf) -> Result<(), FoldError> {
        let position = self.size;
        let fail = |kind| FoldError { position, kind };
        if matches!(leaf.statement, Statement::Genesis(_)) {
            return Err(fail(FoldErrorKind::Genesis));
        }
        self.check_signatures(leaf).map_err(fail)?;
        self.size += 1;
        if let Err(remark) = self.enter(position, leaf) {
            self.remarks.push(format!("leaf {position}: {remark}"));
        }
        Ok(())
    }

    /// Checks that `leaf` may be appended now: shape, keys, roles, signatures.
    pub fn check_signatures(&self, leaf: &Leaf) -> Result<(), FoldErrorKind> {
        let (v, origin) = leaf.statement.header();
        if v != VERSION || origin != self.origin {
            return Err(FoldErrorKind::Header {
                origin: origin.chars().take(80).collect(),
                v,
            });
        }
        let bytes = leaf.statement.to_bytes()?;
        let mut seen: Vec<&KeyId> = Vec::new();
        for signature in &leaf.signatures {
            if seen.contains(&&signature.key_id) {
                return Err(FoldErrorKind::SameKey(signature.key_id.clone()));
            }
            seen.push(&signature.key_id);
            let key = self
                .key(&signature.key_id, signature.role)
                .ok_or_else(|| FoldErrorKind::UnknownKey(signature.key_id.clone()))?;
            if !key.verify(signature.role, &bytes, &signature.signature) {
                return Err(FoldErrorKind::BadSignature(signature.key_id.clone()));
            }
        }
        let count = |role| leaf.signatures.iter().filter(|s| s.role == role).count();
        match leaf.statement.quorum() {
            None if leaf.signatures.is_empty() => Ok(()),
            None => Err(FoldErrorKind::StrayRole),
            Some((role, needed)) => {
                let found = count(role);
                let legal = if matches!(leaf.statement, Statement::List(_)) {
                    count(Role::Legal)
                } else {
                    0
                };
                if found < needed {
                    Err(FoldErrorKind::Quorum {
                        role,
                        found,
                        needed,
                    })
                } else if found + legal != leaf.signatures.len() {
                    Err(FoldErrorKind::StrayRole)
                } else {
                    Ok(())
                }
            }
        }
    }

    fn enter(&mut self, position: u64, leaf: &Leaf) -> Result<(), String> {
        match &leaf.statement {
            Statement::Genesis(_) | Statement::AuditAnchor(_) => Ok(()),
            Statement::KeyAdd(add) => match self.keys.insert(add.grant.key.id(), add.grant.clone())
            {
                Some(held) if held.role != add.grant.role => {
                    self.keys.insert(held.key.id(), held);
                    Err("a key cannot change its role; add another key".into())
                }
                _ => Ok(()),
            },
            Statement::KeyRevoke(revoke) => {
                let removed = self.keys.remove(&revoke.key_id);
                removed
                    .map(|_| ())
                    .ok_or_else(|| format!("key {} was not active", revoke.key_id))
            }
            Statement::PolicySet(set) => {
                if set.policy.serial_base < self.policy.serial_base {
                    return Err("a smaller serial base would turn the zone's serial back".into());
                }
                self.policy = set.policy.clone();
                self.guard = OnceLock::new();
                Ok(())
            }
            Statement::GuardSet(set) => {
                let list = &set.list.list;
                if set.list.names.is_empty() {
                    self.guards.remove(list);
                } else {
                    self.guards.insert(list.clone(), (position, set.clone()));
                }
                self.guard = OnceLock::new();
                Ok(())
            }
            Statement::RegisterSnapshot(snapshot) => {
                if self.registers.enter(snapshot)? {
                    self.guard = OnceLock::new();
                }
                Ok(())
            }
            Statement::RegisterExcept(except) => {
                self.registers.except(&except.register, &except.name)?;
                self.guard = OnceLock::new();
                Ok(())
            }
            Statement::List(list) => self.enter_list(position, list, leaf),
            Statement::OrderNumber(number) => self.enter_number(number),
            Statement::Lift(lift) => {
                let state = ListingState::Lifted {
                    at: lift.at,
                    reason: lift.reason.clone(),
                };
                self.end(&lift.listing_id, state)
            }
            Statement::Annul(annul) => {
                let state = ListingState::Annulled {
                    at: annul.at,
                    reason: annul.reason.clone(),
                };
                self.end(&annul.listing_id, state)
            }
            Statement::Effect(due) | Statement::Expire(due) => {
                let unknown = due
                    .listings
                    .iter()
                    .find(|id| !self.listings.contains_key(*id));
                unknown.map_or(Ok(()), |id| Err(format!("listing {id} is not in the log")))
            }
        }
    }

    fn enter_list(&mut self, position: u64, list: &List, leaf: &Leaf) -> Result<(), String> {
        if self.listings.contains_key(&list.listing_id) {
            return Err(format!("listing {} is already in the log", list.listing_id));
        }
        if !self.policy.bases.contains(&list.basis) {
            return Err(format!(
                "basis `{}` is not one the policy allows",
                list.basis
            ));
        }
        if list.effective_at >= list.expires_at || list.review_at > list.expires_at {
            return Err(format!("listing {} ends before it begins", list.listing_id));
        }
        let held = Held {
            list: list.clone(),
            position,
            signed_by: leaf.signatures.iter().map(|s| s.key_id.clone()).collect(),
            legal: leaf.signatures.iter().any(|s| s.role == Role::Legal),
            ended: None,
        };
        self.listings.insert(list.listing_id.clone(), held);
        Ok(())
    }

    fn enter_number(&mut self, number: &OrderNumber) -> Result<(), String> {
        let id = &number.listing_id;
        let held = self
            .listings
            .get_mut(id)
            .ok_or_else(|| format!("listing {id} is not in the log"))?;
        let list = &mut held.list;
        if let Some(known) = &list.order.number {
            return Err(format!(
                "the order of listing {id} already has the number {known}"
            ));
        }
        if number.at >= list.effective_at.plus(EMERGENCY_SECONDS) {
            return Err(format!(
                "the number of the order of listing {id} came after the listing had ended for want of it"
            ));
        }
        list.order.number = Some(number.number.clone());
        Ok(())
    }

    fn end(&mut self, id: &ListingId, state: ListingState) -> Result<(), String> {
        let held = self
            .listings
            .get_mut(id)
            .ok_or_else(|| format!("listing {id} is not in the log"))?;
        // An annulment says more than a lifting and may follow it; nothing follows an annulment.
        if matches!(held.ended, Some(ListingState::Annulled { .. })) {
            return Err(format!("listing {id} was annulled"));
        }
        held.ended = Some(state);
        Ok(())
    }

    /// Number of leaves taken.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether this is a demonstration log.
    pub fn demo(&self) -> bool {
        self.demo
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The latest snapshot of each register in the log, whole.
    pub fn registers(&self) -> impl Iterator<Item = &RegisterSnapshot> {
        self.registers.whole()
    }

    /// The active key `id`, if it has `role`.
    pub fn key(&self, id: &KeyId, role: Role) -> Option<&PublicKey> {
        self.keys
            .get(id)
            .filter(|grant| grant.role == role)
            .map(|grant| &grant.key)
    }

    /// Every name protected now: floor, lists in the log, and every host a register row names.
    pub fn guard(&self) -> Arc<Guard> {
        let make = || {
            let mut guard = Guard::floor(self.demo, &self.policy.public_domain);
            for (whence, list) in self.guard_lists() {
                if whence != Whence::Floor {
                    guard.add(&list);
                }
            }
            Arc::new(guard)
        };
        self.guard.get_or_init(make).clone()
    }

    /// The guard lists in force, the floor first. Public suffixes and special-use names stand above
    /// all of them and are no list.
    pub fn guard_lists(&self) -> impl Iterator<Item = (Whence, Cow<'_, GuardList>)> {
        let floor = guard::floor::lists()
            .into_iter()
            .chain([guard::floor::own(&self.policy.public_domain)])
            .map(|list| (Whence::Floor, Cow::Owned(list)));
        let log = self.guards.values().map(|(position, set)| {
            let (position, at) = (*position, set.at);
            (Whence::Log { position, at }, Cow::Borrowed(&set.list))
        });
        let registers = self.registers.whole().map(|snapshot| {
            let taken_on = snapshot.taken_on;
            let list = GuardList {
                list: format!("register/{}", snapshot.register),
                tier: Tier::Never,
                reach: Reach::Tree,
                reason: "a licence register names this host".into(),
                names: self.registers.protected(snapshot),
            };
            (Whence::Register { taken_on }, Cow::Owned(list))
        });
        floor.chain(log).chain(registers)
    }

    /// What is listed at `time`.
    pub fn at(&self, time: Timestamp) -> Folded {
        let (guard, live) = (self.guard(), self.registers.live(time));
        let mut in_order: Vec<&Held> = self.listings.values().collect();
        in_order.sort_by_key(|held| held.position);
        let mut taken = BTreeMap::new();
        let mut enforced = Vec::new();
        let mut listings = Vec::with_capacity(in_order.len());
        for held in in_order {
            let begins = self.place_in_day(&mut taken, held.list.effective_at);
            let state = self.state(held, begins, (&guard, &live), time);
            if matches!(state, ListingState::Listed { .. }) {
                enforced.push(&held.list);
            }
            listings.push(Listing {
                statement: held.list.clone(),
                position: held.position,
                signed_by: held.signed_by.clone(),
                state,
            });
        }
        let mut entries = entries(&enforced, &guard);
        entries.sort();
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
                .collect(),
            policy: self.policy.clone(),
        }
    }

    /// The first moment, from `effective_at` on, whose UTC day still has room under the cap.
    fn place_in_day(&self, taken: &mut BTreeMap<i64, u32>, effective_at: Timestamp) -> Timestamp {
        let mut day = effective_at.day_number();
        // With a cap of nought nothing ever takes effect; one listing a day is the least.
        while taken
            .get(&day)
            .is_some_and(|count| *count >= self.policy.listings_per_day.max(1))
        {
            day += 1;
        }
        *taken.entry(day).or_default() += 1;
        effective_at.max(Timestamp(day * crate::time::DAY_SECONDS))
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
            return ended.clone();
        }
        let ends = match list.order.number {
            Some(_) => list.expires_at,
            None => list
                .expires_at
                .min(list.effective_at.plus(EMERGENCY_SECONDS)),
        };
        if time >= ends {
            return ListingState::Expired { at: ends };
        }
        // A live licence comes before the guard: the register guards its own hosts, and
        // "suspended because licensed" is the truer word for the public.
        if let Some(register) = live.register_of(&list.name) {
            let register = register.to_owned();
            return ListingState::Suspended { register };
        }
        if let Some(refusal) = guard.covers(&list.name)
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

/// The lines of the list: what is enforced, and what is let through below it.
fn entries(enforced: &[&List], guard: &Guard) -> Vec<Entry> {
    // A listed name that the guard protects was listed for itself (with the legal signature, or
    // because it stands apart): no other listing's pass-through takes that back.
    let mut own: BTreeMap<&DomainName, Scope> = BTreeMap::new();
    for list in enforced {
        let scope = own.entry(&list.name).or_insert(list.scope);
        *scope = list.scope.max(*scope);
    }
    let mut entries = Vec::new();
    for list in enforced {
        let entry = |name, scope, action| Entry {
            name,
            scope,
            action,
            listing_id: list.listing_id.clone(),
        };
        entries.push(entry(list.name.clone(), list.scope, Action::Block));
        if list.scope == Scope::Subtree {
            let spared = guard
                .below(&list.name)
                .into_iter()
                .filter(|(name, scope)| own.get(name).is_none_or(|own| own < scope))
                .map(|(name, scope)| entry(name, scope, Action::PassThrough));
            entries.extend(spared);
        }
    }
    entries
}
