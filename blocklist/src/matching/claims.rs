//! What a page claims about its own licence, weighed against the registers: number and host must
//! agree, because a copied number proves nothing.

use serde::{Deserialize, Serialize};

use super::Known;
use crate::{DomainName, Timestamp, register::HostKind};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// Number and host belong to one row.
    Agrees,
    /// The row names other hosts: the number was copied, or the host is not covered.
    OtherHost,
    /// The row's term is over.
    Expired,
    /// No register we hold has the number.
    UnknownNumber,
}

/// A claim weighed against the registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFinding {
    /// How it stands.
    pub kind: ClaimKind,
    /// The claim.
    pub claim: Claim,
    /// The firm whose number it is.
    pub firm: Option<String>,
    /// The hosts that firm's row names.
    pub hosts: Vec<DomainName>,
}

/// Weighs a page's claims: licence number and host must agree (rule 5).
pub fn check_claims(
    name: &DomainName,
    claims: &[Claim],
    known: &Known,
    now: Timestamp,
) -> Vec<ClaimFinding> {
    claims
        .iter()
        .filter(|claim| !claim.licence_no.is_empty())
        .map(|claim| check_claim(name, claim, known, now))
        .collect()
}

fn check_claim(name: &DomainName, claim: &Claim, known: &Known, now: Timestamp) -> ClaimFinding {
    let mut of_number = known
        .rows()
        .map(|(_, _, row)| row)
        .filter(|row| row.licence_no.eq_ignore_ascii_case(&claim.licence_no))
        .peekable();
    let Some(first) = of_number.peek().copied() else {
        return ClaimFinding {
            kind: ClaimKind::UnknownNumber,
            claim: claim.clone(),
            firm: None,
            hosts: vec![],
        };
    };
    // Any host of the firm may show its number, but not a site of the group that is not covered.
    let own = of_number.find(|row| {
        row.all_hosts()
            .any(|(host, kind)| kind != HostKind::Group && name.is_at_or_below(host))
    });
    let kind = match own {
        None => ClaimKind::OtherHost,
        Some(row) if row.has_ended(now) => ClaimKind::Expired,
        Some(_) => ClaimKind::Agrees,
    };
    let row = own.unwrap_or(first);
    ClaimFinding {
        kind,
        claim: claim.clone(),
        firm: Some(row.firm().to_owned()),
        hosts: row.hosts.clone(),
    }
}
