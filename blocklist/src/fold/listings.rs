//! Every listing there ever was, as small as it can be held: a long log has a million of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use super::ListingState;
use crate::{
    DomainName, ListingId, Scope, Timestamp,
    guard::{Guard, Refusal},
    key::KeyId,
    statement::List,
};

/// A listing, and what leaves after it said of it.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) list: Arc<List>,
    pub(super) position: u64,
    pub(super) signed_by: Arc<Vec<KeyId>>,
    pub(super) legal: bool,
    /// How many moments the log's clock had said before it.
    pub(super) clock: usize,
    pub(super) ended: Option<Box<ListingState>>,
    /// What the guard says of it, found out once; a leaf that changes the guard empties it.
    guarded: OnceLock<Option<Box<Guarded>>>,
}

/// What the guard says of a listing, where it says anything.
#[derive(Clone, Debug)]
struct Guarded {
    refusal: Option<Refusal>,
    below: Box<[(DomainName, Scope)]>,
}

impl Held {
    pub(super) fn new(
        list: List,
        position: u64,
        signed_by: Arc<Vec<KeyId>>,
        legal: bool,
        clock: usize,
    ) -> Self {
        Self {
            list: Arc::new(list),
            position,
            signed_by,
            legal,
            clock,
            ended: None,
            guarded: OnceLock::new(),
        }
    }

    /// Why its name may not be listed.
    pub(super) fn refusal(&self, guard: &Guard) -> Option<&Refusal> {
        self.guarded(guard)?.refusal.as_ref()
    }

    /// Protected names below it, with their reach, where it takes names below along.
    pub(super) fn below(&self, guard: &Guard) -> &[(DomainName, Scope)] {
        self.guarded(guard).map_or(&[], |guarded| &guarded.below)
    }

    /// Asks the guard, where it was not asked yet.
    pub(super) fn ask(&self, guard: &Guard) {
        self.guarded(guard);
    }

    fn guarded(&self, guard: &Guard) -> Option<&Guarded> {
        let find_out = || {
            let refusal = guard.covers(&self.list.name);
            let below = match self.list.scope {
                Scope::Host => Vec::new(),
                Scope::Subtree => guard.below(&self.list.name),
            };
            let silent = refusal.is_none() && below.is_empty();
            (!silent).then(|| {
                let below = below.into();
                Box::new(Guarded { refusal, below })
            })
        };
        self.guarded.get_or_init(find_out).as_deref()
    }

    /// When time ends it: by its own date, or for want of its order's number.
    pub(super) fn ends(&self) -> Timestamp {
        self.list.number_due().unwrap_or(self.list.expires_at)
    }
}

/// Listings in order of the log, each found by its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Listings {
    in_order: Vec<Held>,
    places: BTreeMap<ListingId, usize>,
    /// Who signed: the same few people sign nearly everything.
    signers: BTreeSet<Arc<Vec<KeyId>>>,
}

impl Listings {
    pub(super) fn contains(&self, id: &ListingId) -> bool {
        self.places.contains_key(id)
    }

    pub(super) fn get(&self, id: &ListingId) -> Option<&Held> {
        self.in_order.get(*self.places.get(id)?)
    }

    pub(super) fn get_mut(&mut self, id: &ListingId) -> Option<&mut Held> {
        self.in_order.get_mut(*self.places.get(id)?)
    }

    /// Takes a listing that stands in the log behind all others, and has another number than they.
    pub(super) fn push(&mut self, held: Held) {
        let place = self.in_order.len();
        self.places.insert(held.list.listing_id.clone(), place);
        self.in_order.push(held);
    }

    pub(super) fn in_order(&self) -> &[Held] {
        &self.in_order
    }

    /// The one copy of these signers.
    pub(super) fn signers(&mut self, keys: Vec<KeyId>) -> Arc<Vec<KeyId>> {
        if let Some(known) = self.signers.get(&keys) {
            return known.clone();
        }
        let new = Arc::new(keys);
        self.signers.insert(new.clone());
        new
    }

    /// What the guard said of them holds no longer.
    pub(super) fn forget_guard(&mut self) {
        for held in &mut self.in_order {
            held.guarded = OnceLock::new();
        }
    }
}
