//! What people sign. A statement is RFC 8785 canonical JSON; both officers sign the same bytes.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    DomainName, Timestamp,
    digest::Digest,
    key::{Custody, KeyId, PublicKey, Role},
    time::Day,
};

/// The version every statement of today carries as `v`.
pub const VERSION: u32 = 1;

/// How far a listing reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The one name.
    Host,
    /// The name and everything below it.
    Subtree,
}

/// The number of a listing, `Q-2026-000123`: what a blocked person reads and looks up.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListingId(String);

/// A text that is not a listing number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a listing number looks like Q-2026-000123, not `{0}`")]
pub struct ListingIdError(String);

impl ListingId {
    /// The number `sequence` (1 to 999 999) of `year`.
    pub fn new(year: i32, sequence: u32) -> Result<Self, ListingIdError> {
        Self::try_from(format!("Q-{year:04}-{sequence:06}"))
    }

    /// The ASCII text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ListingId {
    type Error = ListingIdError;

    fn try_from(text: String) -> Result<Self, ListingIdError> {
        let digits =
            |part: &str, width| part.len() == width && part.bytes().all(|c| c.is_ascii_digit());
        let well_formed = text
            .strip_prefix("Q-")
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(year, sequence)| digits(year, 4) && digits(sequence, 6));
        if well_formed {
            Ok(Self(text))
        } else {
            Err(ListingIdError(text.chars().take(40).collect()))
        }
    }
}

impl From<ListingId> for String {
    fn from(id: ListingId) -> Self {
        id.0
    }
}

impl fmt::Display for ListingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The order of the competent body, attached before the first officer signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The body that gave the order.
    pub authority: String,
    /// The order's own number, in any script. `None` only in an emergency: the number must follow
    /// within [`EMERGENCY_SECONDS`] or the listing ends.
    pub number: Option<String>,
    /// The day of the order.
    pub date: Day,
    /// Hash of the order document.
    pub document_sha256: Digest,
}

/// How long a listing without an order number stands (DESIGN rule 1), in seconds.
pub const EMERGENCY_SECONDS: i64 = 86_400;

/// Puts a name on the list. Two officers sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// What is listed.
    pub name: DomainName,
    /// How far the listing reaches.
    pub scope: Scope,
    /// The number of the listing.
    pub listing_id: ListingId,
    /// Code of the legal ground; must be one that the policy in force names.
    pub basis: String,
    /// The order.
    pub order: Order,
    /// Hash of the frozen evidence manifest.
    pub evidence_root: Digest,
    /// From when the name is blocked.
    pub effective_at: Timestamp,
    /// When the listing must be looked at again.
    pub review_at: Timestamp,
    /// When the listing ends by itself.
    pub expires_at: Timestamp,
}

/// Takes a listing off. One officer signs; another reviews it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lift {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The name of the listing, repeated so that the statement reads by itself.
    pub name: DomainName,
    /// The listing that ends.
    pub listing_id: ListingId,
    /// Why: a code shown to the public.
    pub reason: String,
    /// When the officer signed.
    pub at: Timestamp,
}

/// Says that a listing should never have been made. Two officers sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annul {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The listing that was wrong.
    pub listing_id: ListingId,
    /// Why: a code shown to the public.
    pub reason: String,
    /// When the officers signed.
    pub at: Timestamp,
}

/// Marks that listings changed by time alone: reached `effective_at`, or ended. Written by the
/// publisher without signatures; it changes no entry, it only moves the serial, and a verifier
/// checks that each change it names is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The listings concerned.
    pub listings: Vec<ListingId>,
    /// The moment by which all of them were due.
    pub at: Timestamp,
}

/// A key and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyGrant {
    /// The public key.
    pub key: PublicKey,
    /// Its role.
    pub role: Role,
    /// Who holds the private half.
    pub custody: Custody,
}

/// Adds a key. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyAdd {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The key that is added.
    pub grant: KeyGrant,
    /// When the admins signed.
    pub at: Timestamp,
}

/// Ends a key. Signatures made before this leaf stay valid. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoke {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The key that ends.
    pub key_id: KeyId,
    /// When the admins signed.
    pub at: Timestamp,
}

/// The rules the log runs under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Added to the tree size to give the zone's SOA serial.
    pub serial_base: u32,
    /// The public domain of the service; the zone is `rpz.` below it, and it guards itself.
    pub public_domain: DomainName,
    /// Legal grounds a listing may name.
    pub bases: Vec<String>,
    /// How many listings may take effect in one UTC day; later ones wait for the next.
    pub listings_per_day: u32,
    /// How long a release is good for, in seconds.
    pub release_seconds: u32,
    /// Days after which a register snapshot no longer proves that a licence is live.
    pub register_days: u32,
    /// How many witnesses must co-sign a checkpoint, of how many; `0 of 0` says none exist yet.
    pub witnesses: String,
}

/// Sets the policy anew. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySet {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The policy from here on.
    pub policy: Policy,
    /// When the admins signed.
    pub at: Timestamp,
}

/// Sets one guard list whole, replacing the list of that name. Two admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardSet {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The list.
    pub list: crate::guard::GuardList,
    /// When the admins signed.
    pub at: Timestamp,
}

/// A host that a register row names, with the term in which that row makes it licensed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterHost {
    /// The host.
    pub name: DomainName,
    /// First and last day of a live licence; `None` when the row only names the host.
    pub licensed: Option<Term>,
}

/// The first and last day of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// First day.
    pub from: Day,
    /// Last day; `None` when the register gives no end.
    pub to: Option<Day>,
}

impl Term {
    /// Whether the licence is live at `moment`.
    pub fn covers(&self, moment: Timestamp) -> bool {
        self.from.start() <= moment && self.to.is_none_or(|day| moment < day.end())
    }
}

/// Enters a snapshot of a licence register. Two officers sign. The leaf carries the hosts, so that
/// suspensions and protection follow from the log alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSnapshot {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// Which register.
    pub register: String,
    /// The day the snapshot shows.
    pub taken_on: Day,
    /// Hash of the snapshot itself.
    pub sha256: Digest,
    /// Every host its rows name.
    pub hosts: Vec<RegisterHost>,
    /// When the officers signed.
    pub at: Timestamp,
}

/// Binds the day's head of the internal audit chain into the public log. Written by the publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditAnchor {
    /// Always [`VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// Number of rows in the chain.
    pub rows: u64,
    /// Hash of the last row.
    pub head: Digest,
    /// When it was read.
    pub at: Timestamp,
}

/// Leaf 0: where trust begins. Both first admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Always [`VERSION`].
    pub v: u32,
    /// The name of the log.
    pub origin: String,
    /// The log's signed-note verifier key.
    pub log_key: String,
    /// The first two admins.
    pub admins: [KeyGrant; 2],
    /// The first policy.
    pub policy: Policy,
    /// A demonstration log: lists only names under `.test`, and no other resolver accepts it.
    pub demo: bool,
    /// When the log was made.
    pub at: Timestamp,
}

/// Everything a leaf can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
#[allow(clippy::large_enum_variant, reason = "statements live one at a time")]
pub enum Statement {
    /// See [`Genesis`].
    #[serde(rename = "genesis")]
    Genesis(Genesis),
    /// See [`KeyAdd`].
    #[serde(rename = "key.add")]
    KeyAdd(KeyAdd),
    /// See [`KeyRevoke`].
    #[serde(rename = "key.revoke")]
    KeyRevoke(KeyRevoke),
    /// See [`PolicySet`].
    #[serde(rename = "policy.set")]
    PolicySet(PolicySet),
    /// See [`GuardSet`].
    #[serde(rename = "guard.set")]
    GuardSet(GuardSet),
    /// See [`RegisterSnapshot`].
    #[serde(rename = "register.snapshot")]
    RegisterSnapshot(RegisterSnapshot),
    /// See [`List`].
    #[serde(rename = "list")]
    List(List),
    /// See [`Lift`].
    #[serde(rename = "lift")]
    Lift(Lift),
    /// See [`Annul`].
    #[serde(rename = "annul")]
    Annul(Annul),
    /// Listings that reached their `effective_at`; see [`Due`].
    #[serde(rename = "effect")]
    Effect(Due),
    /// Listings that ended by time; see [`Due`].
    #[serde(rename = "expire")]
    Expire(Due),
    /// See [`AuditAnchor`].
    #[serde(rename = "audit.anchor")]
    AuditAnchor(AuditAnchor),
}

/// Bytes that are not the canonical form of a statement or leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// Not JSON of the expected shape.
    #[error("not a known structure: {0}")]
    Shape(String),
    /// JSON of the right shape, but not its RFC 8785 form.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// The RFC 8785 bytes of `value`.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    serde_json_canonicalizer::to_vec(value)
        .map_err(|error| CanonicalError::Shape(error.to_string()))
}

/// Reads bytes that must be exactly the RFC 8785 form of a `T`: one meaning has one spelling.
pub fn from_canonical<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    let value =
        serde_json::from_slice(bytes).map_err(|error| CanonicalError::Shape(error.to_string()))?;
    if to_canonical(&value)? == bytes {
        Ok(value)
    } else {
        Err(CanonicalError::NotCanonical)
    }
}

impl Statement {
    /// The bytes that are signed and stored.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        to_canonical(self)
    }

    /// The version and the log the statement names.
    pub fn header(&self) -> (u32, &str) {
        match self {
            Self::Genesis(s) => (s.v, &s.origin),
            Self::KeyAdd(s) => (s.v, &s.origin),
            Self::KeyRevoke(s) => (s.v, &s.origin),
            Self::PolicySet(s) => (s.v, &s.origin),
            Self::GuardSet(s) => (s.v, &s.origin),
            Self::RegisterSnapshot(s) => (s.v, &s.origin),
            Self::List(s) => (s.v, &s.origin),
            Self::Lift(s) => (s.v, &s.origin),
            Self::Annul(s) => (s.v, &s.origin),
            Self::Effect(s) | Self::Expire(s) => (s.v, &s.origin),
            Self::AuditAnchor(s) => (s.v, &s.origin),
        }
    }

    /// The word in `action`.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::KeyAdd(_) => "key.add",
            Self::KeyRevoke(_) => "key.revoke",
            Self::PolicySet(_) => "policy.set",
            Self::GuardSet(_) => "guard.set",
            Self::RegisterSnapshot(_) => "register.snapshot",
            Self::List(_) => "list",
            Self::Lift(_) => "lift",
            Self::Annul(_) => "annul",
            Self::Effect(_) => "effect",
            Self::Expire(_) => "expire",
            Self::AuditAnchor(_) => "audit.anchor",
        }
    }

    /// How many distinct keys of which role must sign; `None` for leaves the publisher writes.
    pub fn quorum(&self) -> Option<(Role, usize)> {
        match self {
            Self::Genesis(_)
            | Self::KeyAdd(_)
            | Self::KeyRevoke(_)
            | Self::PolicySet(_)
            | Self::GuardSet(_) => Some((Role::Admin, 2)),
            Self::RegisterSnapshot(_) | Self::List(_) | Self::Annul(_) => Some((Role::Officer, 2)),
            Self::Lift(_) => Some((Role::Officer, 1)),
            Self::Effect(_) | Self::Expire(_) | Self::AuditAnchor(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn list_statement() -> Statement {
        Statement::List(List {
            v: VERSION,
            origin: "qalqan.test/log".into(),
            name: DomainName::parse("obmen.test").unwrap(),
            scope: Scope::Subtree,
            listing_id: ListingId::new(2026, 123).unwrap(),
            basis: "193-VII/11-5".into(),
            order: Order {
                authority: "Демо орган".into(),
                number: Some("№ 7-Қ".into()),
                date: Day::parse("2026-11-20").unwrap(),
                document_sha256: Digest::of(b"order"),
            },
            evidence_root: Digest::of(b"evidence"),
            effective_at: Timestamp(1_795_240_800),
            review_at: Timestamp(1_803_016_800),
            expires_at: Timestamp(1_826_776_800),
        })
    }

    /// The bytes officers sign must never change under a new release of this program or of a
    /// library: old signatures must verify for as long as the log exists.
    #[test]
    fn canonical_bytes_are_known() {
        let bytes = list_statement().to_bytes().unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            concat!(
                r#"{"action":"list","basis":"193-VII/11-5","effective_at":"2026-11-21T06:00:00Z","#,
                r#""evidence_root":"ee8250fb76e094b34b471f13a73dbbe51d1ae142e9df59d7c0d31ec20f0a0a8e","#,
                r#""expires_at":"2027-11-21T06:00:00Z","listing_id":"Q-2026-000123","name":"obmen.test","#,
                r#""order":{"authority":"Демо орган","date":"2026-11-20","#,
                r#""document_sha256":"3eeb7e96e59ce40f9cb1a089daba079fd699f6867a30f6634af8570967b2375a","number":"№ 7-Қ"},"#,
                r#""origin":"qalqan.test/log","review_at":"2027-02-19T06:00:00Z","scope":"subtree","v":1}"#,
            )
        );
        assert_eq!(
            from_canonical::<Statement>(&bytes).unwrap(),
            list_statement()
        );
    }

    #[test]
    fn another_spelling_of_the_same_json_is_refused() {
        let bytes = list_statement().to_bytes().unwrap();
        let spaced = [b" ", bytes.as_slice()].concat();
        assert_eq!(
            from_canonical::<Statement>(&spaced),
            Err(CanonicalError::NotCanonical)
        );
        let extra = String::from_utf8(bytes)
            .unwrap()
            .replace("\"v\":1", "\"v\":1,\"w\":2");
        assert!(matches!(
            from_canonical::<Statement>(extra.as_bytes()),
            Err(CanonicalError::Shape(_))
        ));
    }

    #[test]
    fn listing_ids_have_one_form() {
        assert_eq!(ListingId::new(2026, 123).unwrap().as_str(), "Q-2026-000123");
        assert!(ListingId::new(2026, 1_000_000).is_err());
        for wrong in [
            "q-2026-000123",
            "Q-2026-123",
            "Q-2026-000123 ",
            "Q-20260-00123",
            "",
        ] {
            assert!(ListingId::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
