//! What admins say, always two together: keys, policy, guard lists.

use serde::{Deserialize, Serialize};

use crate::{
    DomainName, Timestamp,
    key::{Custody, KeyId, PublicKey, Role},
};

/// A key and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyGrant {
    /// Who holds the private half.
    pub custody: Custody,
    /// The public key.
    pub key: PublicKey,
    /// Its role.
    pub role: Role,
}

/// Adds a key. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyAdd {
    /// When the admins signed.
    pub at: Timestamp,
    /// The key that is added.
    pub grant: KeyGrant,
    /// The log this statement is for.
    pub origin: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// Ends a key. Signatures made before this leaf stay valid. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoke {
    /// When the admins signed.
    pub at: Timestamp,
    /// The key that ends.
    pub key_id: KeyId,
    /// The log this statement is for.
    pub origin: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// The rules the log runs under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Legal grounds a listing may name.
    pub bases: Vec<String>,
    /// How fast the list may grow, beside the cap of a day. Left out where nothing bounds it, so that
    /// such a policy keeps the bytes it had before there was such a bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
    /// How many listings may take effect in one UTC day; later ones wait for the next. Nought lets one
    /// in: a list is ended by lifting its names, not by a cap.
    pub listings_per_day: u32,
    /// The public domain of the service; the zone is `rpz.` below it, and it guards itself.
    pub public_domain: DomainName,
    /// Days after which a register snapshot no longer proves that a licence is live.
    pub register_days: u32,
    /// How long a release is good for, in seconds.
    pub release_seconds: u32,
    /// Added to the tree size to give the zone's SOA serial.
    pub serial_base: u32,
    /// Their cosignature keys (C2SP tlog-cosignature, type 4). Left out while there are none, so
    /// that such a policy keeps the bytes it had before there were witnesses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witness_keys: Vec<String>,
    /// How many witnesses must co-sign a checkpoint, of how many; `0 of 0` says none exist yet. See
    /// [`crate::witness`].
    pub witnesses: String,
}

/// How much of the list one UTC day may add: whichever of both is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// Listings, for a list that is still short.
    pub at_least: u32,
    /// Percent of the listings that took effect on all days before.
    pub percent: u32,
}

impl Policy {
    /// The zone's SOA serial after so many leaves (RFC 1982 arithmetic).
    pub fn serial(&self, size: u64) -> u32 {
        // Serial numbers wrap by design; the low 32 bits of the size are what moves.
        self.serial_base.wrapping_add(size as u32)
    }

    /// How many listings may take effect in a day when `placed` did on all days before it: 1 or more.
    pub fn room(&self, placed: u64) -> u64 {
        let grown = self.growth.map_or(u64::MAX, |growth| {
            let share = placed.saturating_mul(growth.percent.into()) / 100;
            share.max(growth.at_least.into())
        });
        grown.min(self.listings_per_day.into()).max(1)
    }
}

/// Sets the policy anew. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySet {
    /// When the admins signed.
    pub at: Timestamp,
    /// The log this statement is for.
    pub origin: String,
    /// The policy from here on.
    pub policy: Policy,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// Sets one guard list whole, replacing the list of that name. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardSet {
    /// When the admins signed.
    pub at: Timestamp,
    /// The list.
    pub list: crate::guard::GuardList,
    /// The log this statement is for.
    pub origin: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}
