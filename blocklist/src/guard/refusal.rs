//! Why a name may not be listed, in parts that a page can put into its own words.

use serde::Serialize;

use super::Tier;
use crate::DomainName;

/// Where the refused name stands to the protected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// It is the protected name.
    Same,
    /// It stands below a name protected with everything below it.
    Below,
    /// Its subtree holds the protected name.
    Above,
}

/// Why a name may not be listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{name} may not be listed: it is {} {protected}, protected by the list `{list}` ({reason})", match .relation { Relation::Same => "the name", Relation::Below => "below", Relation::Above => "above" })]
pub struct Refusal {
    /// The name somebody tried to list.
    pub name: DomainName,
    /// The protected name it runs into.
    pub protected: DomainName,
    /// How the two stand to each other.
    pub relation: Relation,
    /// How strictly it is protected.
    pub tier: Tier,
    /// The list that protects it.
    pub list: String,
    /// Why that list exists.
    pub reason: String,
}
