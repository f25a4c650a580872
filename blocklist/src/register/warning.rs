//! What authorities have published against a name, short of an order that we hold.

use serde::{Deserialize, Serialize};

use super::SourceDate;
use crate::DomainName;

/// What the authority did, as its notice or the report of it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A regulator's own notice warns the public.
    Warning,
    /// Access is reported to be restricted by order of the competent body. We hold no such order,
    /// so it is not "blocked" in our sense.
    AccessRestricted,
    /// A pre-trial investigation was announced.
    Investigation,
    /// The authority has named it publicly as a scheme.
    Exposed,
    /// The authority reports that it was shut down.
    Liquidated,
    /// Not against the name: a forged copy of its licence circulates.
    ForgedDocument,
}

/// Who says which hosts the name stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapping {
    /// The notice names a brand; the mapping to hosts is ours.
    #[default]
    Ours,
    /// The notice or the report names the hosts.
    Source,
}

/// One name in an authority's notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Our stable name for it.
    pub record_id: String,
    /// The brand or entity as the notice names it.
    pub brand: String,
    /// Former brands and other spellings; these are ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Who spoke.
    pub authority: String,
    /// What it did.
    pub measure: Measure,
    /// When, as precisely as is known.
    pub published: SourceDate,
    /// Hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<DomainName>,
    /// Who says so of the hosts.
    #[serde(default)]
    pub mapping: Mapping,
    /// The licence number of which a forged copy circulates.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence_no: String,
    /// The law it rests on, as the source gives it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub legal_basis: String,
    /// Where it was read.
    pub source_url: String,
    /// When that was written.
    pub source_date: SourceDate,
    /// How sure we are, and of what.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub confidence: String,
    /// What a reader should know beside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

impl Warning {
    /// Every name it goes by, as the notice has it first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(String::as_str);
        [self.brand.as_str()].into_iter().chain(aliases)
    }
}
