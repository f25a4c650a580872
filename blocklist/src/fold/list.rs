//! What a fold yields: entries, listings and where each stands.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::{
    BlockSet, DomainName, ListingId, Monitoring, Scope, Timestamp,
    key::KeyId,
    set::SetError,
    statement::{List, Policy},
};

/// What is enforced for one owner name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The name is blocked.
    Block,
    /// The name is let through although a listed parent covers it.
    PassThrough,
}

impl Action {
    /// The word in the list's formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::PassThrough => "pass-through",
        }
    }
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The owner name.
    pub name: DomainName,
    /// Its reach.
    pub scope: Scope,
    /// What happens.
    pub action: Action,
    /// The listing it comes from.
    pub listing_id: ListingId,
}

/// Where a listing stands at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ListingState {
    /// Not yet in effect; the moment when it will be.
    Scheduled {
        /// `effective_at`, or later where a cap was reached.
        at: Timestamp,
    },
    /// Enforced.
    Listed {
        /// Since when.
        since: Timestamp,
    },
    /// Held back because a live register row names the host.
    Suspended {
        /// The register.
        register: String,
    },
    /// Held back by the guard; this is an alarm.
    Guarded {
        /// Why.
        reason: String,
    },
    /// Ended by its own date.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Taken off.
    Lifted {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// It should never have been.
    Annulled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl ListingState {
    /// Whether the listing has not ended.
    #[must_use]
    pub fn stands(&self) -> bool {
        match self {
            Self::Scheduled { .. }
            | Self::Listed { .. }
            | Self::Suspended { .. }
            | Self::Guarded { .. } => true,
            Self::Expired { .. } | Self::Lifted { .. } | Self::Annulled { .. } => false,
        }
    }
}

/// A listing and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The signed statement, shared by every list that was folded from this log.
    #[serde(flatten, serialize_with = "shared")]
    pub statement: Arc<List>,
    /// The position of its leaf.
    pub position: u64,
    /// The keys that signed.
    #[serde(serialize_with = "shared")]
    pub signed_by: Arc<Vec<KeyId>>,
    /// Where it stands.
    #[serde(flatten)]
    pub state: ListingState,
}

impl Listing {
    /// Until when the number of its order is to follow, or it ends; `None` where the order has its
    /// number, or the listing has ended.
    #[must_use]
    pub fn number_due(&self) -> Option<Timestamp> {
        let due = self.statement.number_due();
        due.filter(|_| self.state.stands())
    }

    /// Whether the guard holds it back.
    pub(super) fn is_guarded(&self) -> bool {
        matches!(self.state, ListingState::Guarded { .. })
    }
}

fn shared<T: Serialize + ?Sized, S: Serializer>(value: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
    value.as_ref().serialize(to)
}

/// The list at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Number of leaves folded.
    pub size: u64,
    /// The moment.
    pub time: Timestamp,
    /// What is enforced, in order of name.
    pub entries: Vec<Entry>,
    /// The names by which operators see that the list works; they are not among the entries.
    pub monitoring: Option<Monitoring>,
    /// Every listing there ever was, in order of the log.
    pub listings: Vec<Listing>,
    /// Leaves that verify and with which something is wrong, in words: alarms for the operator. Most of
    /// them change nothing.
    pub remarks: Vec<String>,
    /// The policy in force.
    pub policy: Policy,
}

impl Folded {
    /// The compiled list.
    ///
    /// # Errors
    /// As [`BlockSet::new`].
    pub fn block_set(&self) -> Result<BlockSet, SetError> {
        BlockSet::new(&self.entries)
    }

    /// The zone's SOA serial for this size (RFC 1982 arithmetic).
    pub fn serial(&self) -> u32 {
        self.policy.serial(self.size)
    }

    /// Listings the guard held back.
    pub fn guarded(&self) -> impl Iterator<Item = &Listing> {
        self.listings.iter().filter(|listing| listing.is_guarded())
    }
}
