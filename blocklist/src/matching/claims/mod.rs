//! What a page claims about its own licence, weighed against the registers: number, name, BIN and
//! host must agree, because each of them alone is easily copied.

mod weigh;

use serde::{Deserialize, Serialize};

use super::{Index, Reason};
use crate::{DomainName, Timestamp};

/// What a page claims about its own licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Licence number, or empty.
    pub licence_no: String,
    /// Legal name, or empty.
    pub legal_name: String,
    /// BIN, or empty.
    pub bin: String,
    /// The words on the page.
    pub quote: String,
}

/// How a claim stands to the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// Number and host belong to one row, and nothing beside them says otherwise.
    Agrees,
    /// The row names other hosts: the number was copied, or the host is not covered.
    OtherHost,
    /// Number and host agree, but the row's term is over.
    Expired,
    /// Number and host agree, but the regulator suspended the licence or withdrew it.
    Suspended,
    /// No register we hold has the number, and the one it should stand in is at hand.
    UnknownNumber,
    /// No register we hold has the number, and the one it should stand in is missing or too old.
    Unverified,
    /// The number belongs to a firm of another name.
    NameMismatch,
    /// The number, or the name, belongs to a firm with another BIN.
    BinMismatch,
    /// An authority has warned of forged copies of this licence and the host is not the firm's; or
    /// number, name and host each belong to somebody else.
    Forged,
    /// The name or BIN of a firm that a register names, without a number, on a host that is not its.
    NameOnly,
}

impl ClaimKind {
    /// Every kind there is.
    pub const ALL: [Self; 10] = [
        Self::Agrees,
        Self::OtherHost,
        Self::Expired,
        Self::Suspended,
        Self::UnknownNumber,
        Self::Unverified,
        Self::NameMismatch,
        Self::BinMismatch,
        Self::Forged,
        Self::NameOnly,
    ];

    /// The word used in JSON and in message keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::OtherHost => "other_host",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::UnknownNumber => "unknown_number",
            Self::Unverified => "unverified",
            Self::NameMismatch => "name_mismatch",
            Self::BinMismatch => "bin_mismatch",
            Self::Forged => "forged",
            Self::NameOnly => "name_only",
        }
    }
}

/// A claim weighed against the registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFinding {
    /// How it stands.
    pub kind: ClaimKind,
    /// The claim.
    pub claim: Claim,
    /// The firm whose number, BIN or name it is.
    pub firm: Option<String>,
    /// The hosts that firm's row names.
    pub hosts: Vec<DomainName>,
    /// Why, and why it is not the same where it is not; the reason for the kind first. Empty in what
    /// was kept before reasons were.
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

/// Weighs a page's claims (rule 5), each way of claiming once. What says nothing of a licence (no
/// number, and neither name nor BIN of a firm in a register, or those of the host's own firm) is
/// left out.
pub fn check_claims(
    name: &DomainName,
    claims: &[Claim],
    index: &Index,
    now: Timestamp,
) -> Vec<ClaimFinding> {
    let mut findings: Vec<ClaimFinding> = Vec::new();
    for claim in claims {
        let Some(found) = weigh::claim(name, claim, index, now) else {
            continue;
        };
        let same = |held: &ClaimFinding| held.kind == found.kind && held.reasons == found.reasons;
        if !findings.iter().any(same) {
            findings.push(found);
        }
    }
    findings
}

#[cfg(test)]
mod tests;
