//! What people sign. A statement is RFC 8785 canonical JSON; both officers sign the same bytes.
//!
//! `listing` holds what officers say of names, `rules` what admins say of keys, policy and
//! guards, `facts` what enters from registers, time and the audit chain, `canonical` the bytes, which
//! `ordered` writes and `read` reads. Fields stand in the order of their names, which is that of the bytes.

mod canonical;
mod facts;
mod listing;
mod ordered;
mod read;
mod rules;
#[cfg(test)]
mod spellings;

use serde::Serialize;

use crate::key::Role;

pub use canonical::{CanonicalError, from_canonical, to_canonical};
pub use facts::{
    AuditAnchor, Due, Genesis, MAX_REGISTER_NAME, Part, RegisterExcept, RegisterHost,
    RegisterSnapshot, Term,
};
pub use listing::{
    Annul, EMERGENCY_SECONDS, Lift, List, ListingId, ListingIdError, Order, OrderNumber, Scope,
};
pub use rules::{Growth, GuardSet, KeyAdd, KeyGrant, KeyRevoke, Policy, PolicySet};

/// The version every statement of today carries as `v`.
pub const VERSION: u32 = 1;

/// Everything a leaf can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// See [`RegisterExcept`].
    #[serde(rename = "register.except")]
    RegisterExcept(RegisterExcept),
    /// See [`List`].
    #[serde(rename = "list")]
    List(List),
    /// See [`OrderNumber`].
    #[serde(rename = "order.number")]
    OrderNumber(OrderNumber),
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
            Self::RegisterExcept(s) => (s.v, &s.origin),
            Self::List(s) => (s.v, &s.origin),
            Self::OrderNumber(s) => (s.v, &s.origin),
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
            Self::RegisterExcept(_) => "register.except",
            Self::List(_) => "list",
            Self::OrderNumber(_) => "order.number",
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
            Self::RegisterSnapshot(_)
            | Self::RegisterExcept(_)
            | Self::List(_)
            | Self::OrderNumber(_)
            | Self::Annul(_) => Some((Role::Officer, 2)),
            Self::Lift(_) => Some((Role::Officer, 1)),
            Self::Effect(_) | Self::Expire(_) | Self::AuditAnchor(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Digest, DomainName, Timestamp, time::Day};

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
