//! What the registers, warnings and listings together say of a host, and of whatever else people
//! ask: a name, a licence number, a BIN.
//!
//! [`Known`] is what is known at a moment; [`Index`] is that, made ready to be asked. [`check_host`]
//! judges an address, [`check_claims`] what a page says of its own licence, and [`answer()`] whatever
//! a person types ([`Query`]).

mod alike;
mod answer;
mod candidates;
mod claims;
mod edits;
mod host;
mod index;
mod known;
mod names;
mod number;
mod query;
mod reasons;
mod search;
mod words;

use serde::{Deserialize, Serialize};

pub use alike::{Alike, resemblance, resembles};
pub use answer::{Answer, HostAnswer, RowAnswer, answer};
pub use candidates::Why;
pub use claims::{Claim, ClaimFinding, ClaimKind, check_claims};
pub use host::{check_host, row_verdict};
pub use index::Index;
pub use known::{Known, Operator};
pub use number::number_key;
pub use query::{LONGEST, Query, QueryError};
pub use reasons::{REASONS, Reason};

use crate::{
    DomainName, ListingId,
    register::{HostKind, LicenceRow},
};

/// The answer to "is this exchange licensed?", the one that weighs most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// On the national list and enforced.
    Blocked,
    /// On the list, held back because a live register row names the host.
    Suspended,
    /// Named in a regulator's notice; not the same as blocked.
    Warned,
    /// A live row of the register itself, in a fresh snapshot, names this host.
    Licensed,
    /// Reported as licensed, but not read in the register, or the snapshot is too old.
    LicenceUnconfirmed,
    /// The term of the licence is over, or the regulator ended it.
    LicenceEnded,
    /// The firm or group is licensed for another host than this one.
    LicensedElsewhere,
    /// The name resembles that of a licensed host. Resemblance only, no accusation.
    Lookalike,
    /// Nothing is known. Not found is not safe.
    Unknown,
}

impl Verdict {
    /// The word used in JSON and in message keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Suspended => "suspended",
            Self::Warned => "warned",
            Self::Licensed => "licensed",
            Self::LicenceUnconfirmed => "licence_unconfirmed",
            Self::LicenceEnded => "licence_ended",
            Self::LicensedElsewhere => "licensed_elsewhere",
            Self::Lookalike => "lookalike",
            Self::Unknown => "unknown",
        }
    }
}

/// What a host was matched with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The register the row stands in.
    pub register: String,
    /// The day of the snapshot.
    pub taken_on: crate::time::Day,
    /// The row.
    pub row: LicenceRow,
    /// The host of the row that matched.
    pub host: DomainName,
    /// How that host stands to the licence.
    #[serde(default)]
    pub kind: HostKind,
    /// Whether two officers signed the snapshot; `false` for what is shipped with the program.
    #[serde(default = "signed")]
    pub signed: bool,
}

/// Matches kept before anything was shipped were all of signed snapshots.
fn signed() -> bool {
    true
}

/// The verdict for a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The verdict that weighs most.
    pub verdict: Verdict,
    /// Other verdicts that also hold, in order of weight.
    pub also: Vec<Verdict>,
    /// The listing, for `blocked` and `suspended`.
    pub listing_id: Option<ListingId>,
    /// The register row, where one was matched.
    pub matched: Option<Matched>,
    /// Why, the first reason for the verdict.
    pub reasons: Vec<Reason>,
}

/// The verdict that weighs most, and the others in order of weight.
fn weigh(verdicts: impl Iterator<Item = Verdict>) -> (Verdict, Vec<Verdict>) {
    let mut also: Vec<_> = verdicts.collect();
    also.sort_unstable();
    also.dedup();
    let verdict = if also.is_empty() {
        Verdict::Unknown
    } else {
        also.remove(0)
    };
    (verdict, also)
}

#[cfg(test)]
mod tests;
