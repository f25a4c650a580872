//! One licence of one firm, and how its hosts stand to it.

use serde::{Deserialize, Serialize};

use super::SourceDate;
use crate::{DomainName, Timestamp, statement::Term, time::Day};

/// How we know what a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Read in the register itself: the only basis that can say "licensed".
    Register,
    /// A letter of the regulator.
    Letter,
    /// Press, the firm's own terms, or memory.
    Secondary,
}

impl Basis {
    /// The word used in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Letter => "letter",
            Self::Secondary => "secondary",
        }
    }
}

/// What the register says of the licence, apart from its term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenceState {
    /// In force within its term.
    #[default]
    Active,
    /// Suspended by the regulator.
    Suspended,
    /// Withdrawn by the regulator.
    Withdrawn,
}

/// How a host stands to the licence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKind {
    /// The source names it as the address of the licensed service.
    #[default]
    Trading,
    /// Thought to be the firm's; no source confirms it.
    Unconfirmed,
    /// A help desk, document or landing page of the firm; nobody trades there.
    Support,
    /// A site of the same group that the licence does not cover.
    Group,
}

/// A host that a row names beside those of the licensed service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelatedHost {
    /// The host.
    pub name: DomainName,
    /// How it stands to the licence; never [`HostKind::Trading`].
    pub kind: HostKind,
    /// How we know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Who says of a host that it is the firm's, and when. A row is often read in one place and its hosts
/// in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostProof {
    /// The host, as the row names it.
    pub host: DomainName,
    /// How we know.
    pub basis: Basis,
    /// Where it was read.
    pub source_url: String,
    /// When it was read, or when the source was written.
    pub source_date: SourceDate,
    /// The words that say so, or what else a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// One licence of one firm. Fields after `source_date` came later: left out where empty, so that
/// snapshots signed without them keep their bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceRow {
    /// Our stable name for the row.
    pub record_id: String,
    /// The regulator, such as `AFSA`.
    pub regulator: String,
    /// The firm's registered name, or empty where only the brand is known.
    pub legal_name: String,
    /// The name people know.
    #[serde(default)]
    pub brand: String,
    /// Business identification number: 12 digits, or empty when unknown.
    #[serde(default)]
    pub bin: String,
    /// Licence number, or empty when unknown.
    #[serde(default)]
    pub licence_no: String,
    /// What the licence allows.
    #[serde(default)]
    pub activities: Vec<String>,
    /// How we know.
    pub basis: Basis,
    /// What the register says of it.
    #[serde(default)]
    pub state: LicenceState,
    /// First day of the term.
    #[serde(default)]
    pub valid_from: Option<Day>,
    /// Last day of the term; `None` where the register gives no end.
    #[serde(default)]
    pub valid_to: Option<Day>,
    /// Hosts of the licensed service, as the source names them.
    #[serde(default)]
    pub hosts: Vec<DomainName>,
    /// Kazakh banks the firm is connected with: lawful trading needs the licence and a bank.
    #[serde(default)]
    pub banks: Vec<String>,
    /// Where a person looks the row up.
    #[serde(default)]
    pub register_url: String,
    /// Where the row was read.
    pub source_url: String,
    /// When it was read, or when the source was written.
    pub source_date: SourceDate,
    /// Other hosts of the firm and its group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedHost>,
    /// Other spellings of the brand; these are ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Under which rules it was given, such as `FinTech Lab (sandbox)`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub regime: String,
    /// What the source says of the licence's standing, and how it knows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status_note: String,
    /// How sure we are, and of what.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub confidence: String,
    /// What a reader should know beside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Who says so of single hosts, of whatever kind; where none does, the source of the row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<HostProof>,
}

impl LicenceRow {
    /// The term in which this row makes its hosts licensed; `None` unless the row was read in the
    /// register itself, is active and says when it began.
    pub fn term(&self) -> Option<Term> {
        let counts = self.basis == Basis::Register && self.state == LicenceState::Active;
        self.valid_from.filter(|_| counts).map(|from| Term {
            from,
            to: self.valid_to,
        })
    }

    /// Whether the licence is over at `now` by the regulator's own word. A term that a secondary
    /// source quotes proves no end, as it proves no licence: see [`Self::quoted_end`].
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.basis != Basis::Secondary && self.seems_over(now)
    }

    /// Whether a secondary source quotes a term that is over at `now`. A renewal would not show there.
    pub fn quoted_end(&self, now: Timestamp) -> bool {
        self.basis == Basis::Secondary && self.seems_over(now)
    }

    fn seems_over(&self, now: Timestamp) -> bool {
        self.state != LicenceState::Active || self.valid_to.is_some_and(|day| now >= day.end())
    }

    /// Every host the row names, with how it stands to the licence.
    pub fn all_hosts(&self) -> impl Iterator<Item = (&DomainName, HostKind)> {
        let trading = self.hosts.iter().map(|name| (name, HostKind::Trading));
        trading.chain(self.related.iter().map(|host| (&host.name, host.kind)))
    }

    /// Who says of a host that it is the firm's, apart from the source of the row.
    pub fn proofs_of(&self, host: &DomainName) -> impl Iterator<Item = &HostProof> {
        self.proofs.iter().filter(move |proof| proof.host == *host)
    }

    /// The firm as it is spoken of: its registered name or, where that is unknown, its brand.
    pub fn firm(&self) -> &str {
        if self.legal_name.is_empty() {
            &self.brand
        } else {
            &self.legal_name
        }
    }

    /// Every name the firm goes by, in any script.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.brand, &self.legal_name]
            .into_iter()
            .chain(&self.aliases)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }
}
