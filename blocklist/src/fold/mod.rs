//! From leaves to the list: a pure function of the log and a moment.
//!
//! [`Fold::apply`] takes leaves in order and refuses a forged one; [`Fold::at`] says what is listed
//! at a moment. Signatures, roles and shape decide whether a log verifies at all; guards, registers,
//! time and caps decide what of it is enforced, and whatever they hold back is named with its reason.
//!
//! `enter` is what each leaf changes, `at` what follows from all of them at a moment, `follow` what the
//! latest of them change of a list there is, `place` the days in which listings take effect under the
//! caps, `registers` the snapshots, `signatures` who may sign what, `listings` what is held of each
//! listing, `list` the result.

mod at;
mod enter;
mod error;
mod follow;
mod list;
mod listings;
mod outlook;
mod place;
mod registers;
mod signatures;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

pub use error::{FoldError, FoldErrorKind};
pub use follow::{Change, Course};
pub use list::{Action, Entry, Folded, Listing, ListingState};
pub use signatures::Proved;

use follow::{Changed, Latest};
use listings::{Held, Listings};
use place::Clock;
use registers::Registers;

use crate::{
    Timestamp,
    guard::{self, Guard, GuardList, Reach, Tier},
    key::{KeyId, PublicKey, Role},
    leaf::Leaf,
    statement::{GuardSet, KeyGrant, Policy, RegisterSnapshot, Statement},
    time::Day,
};

/// The version of this function. Any change of what it yields for the same leaves and time, which
/// includes another public suffix list in the floor of the guard, takes the next number.
///
/// Version 2: a name on several guard lists keeps what each of them says, where version 1 kept one
/// list a name; names of the tier `apart`; a protected name below a listed subtree that is listed
/// for itself, as far as it reaches, gets no pass-through.
///
/// Version 3: `order.number` and `register.except`; a listing takes its place no earlier than the day
/// that the log's own clock shows, and under a cap on growth beside that of a day.
pub const FOLD_VERSION: u32 = 3;

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
    clock: Clock,
    listings: Listings,
    remarks: Vec<String>,
    latest: Latest,
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
            clock: Clock::begin(genesis.at),
            listings: Listings::default(),
            remarks: Vec::new(),
            latest: Latest::default(),
            guard: OnceLock::new(),
        };
        fold.check_signatures(leaf).map_err(fail)?;
        fold.size = 1;
        Ok(fold)
    }

    /// Takes the next leaf, whose signatures may have been proved before ([`Self::prove`]).
    pub fn apply(&mut self, leaf: impl Into<Proved>) -> Result<(), FoldError> {
        let leaf = leaf.into();
        let position = self.size;
        let fail = |kind| FoldError { position, kind };
        if matches!(leaf.leaf().statement, Statement::Genesis(_)) {
            return Err(fail(FoldErrorKind::Genesis));
        }
        self.check_proved(&leaf).map_err(fail)?;
        self.size += 1;
        let changed = Changed::by(&leaf.leaf().statement);
        let clock = self.clock.latest();
        if let Err(remark) = self.enter(position, leaf.into_leaf()) {
            self.remarks.push(format!("leaf {position}: {remark}"));
        }
        let back = self.clock.latest() < clock;
        self.latest.note(position, changed, back);
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

    /// The guard has changed, and what it said of listings with it.
    fn forget_guard(&mut self) {
        self.guard = OnceLock::new();
        self.listings.forget_guard();
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
}
