//! Reading a statement: its action comes first, as it does in canonical form, and says what the rest is.
//!
//! Serde's own reader of tagged enums lets the tag stand anywhere, for which it keeps all the rest until it
//! has seen the tag; the record has no use for that, and a long log spends much time in it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::Statement;
use crate::textual::from_text;

/// The words that an action can be.
const ACTIONS: [&str; 14] = [
    "genesis",
    "key.add",
    "key.revoke",
    "policy.set",
    "guard.set",
    "register.snapshot",
    "register.except",
    "list",
    "order.number",
    "lift",
    "annul",
    "effect",
    "expire",
    "audit.anchor",
];

/// The name of the first field.
struct Tag;

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let first = text == "action";
            first
                .then_some(Self)
                .ok_or("a statement begins with its action")
        })
    }
}

/// One of [`ACTIONS`].
struct Action(&'static str);

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let known = ACTIONS.into_iter().find(|action| *action == text);
            known.map(Self).ok_or_else(|| {
                let shown: String = text.chars().take(40).collect();
                format!("no statement has the action `{shown}`")
            })
        })
    }
}

impl<'de> Deserialize<'de> for Statement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ActionFirst)
    }
}

struct ActionFirst;

impl<'de> Visitor<'de> for ActionFirst {
    type Value = Statement;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a statement, which begins with its action")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Statement, A::Error> {
        if map.next_key::<Tag>()?.is_none() {
            return Err(A::Error::custom("a statement begins with its action"));
        }
        let Action(action) = map.next_value()?;
        let rest = MapAccessDeserializer::new(map);
        match action {
            "genesis" => Deserialize::deserialize(rest).map(Statement::Genesis),
            "key.add" => Deserialize::deserialize(rest).map(Statement::KeyAdd),
            "key.revoke" => Deserialize::deserialize(rest).map(Statement::KeyRevoke),
            "policy.set" => Deserialize::deserialize(rest).map(Statement::PolicySet),
            "guard.set" => Deserialize::deserialize(rest).map(Statement::GuardSet),
            "register.snapshot" => Deserialize::deserialize(rest).map(Statement::RegisterSnapshot),
            "register.except" => Deserialize::deserialize(rest).map(Statement::RegisterExcept),
            "list" => Deserialize::deserialize(rest).map(Statement::List),
            "order.number" => Deserialize::deserialize(rest).map(Statement::OrderNumber),
            "lift" => Deserialize::deserialize(rest).map(Statement::Lift),
            "annul" => Deserialize::deserialize(rest).map(Statement::Annul),
            "effect" => Deserialize::deserialize(rest).map(Statement::Effect),
            "expire" => Deserialize::deserialize(rest).map(Statement::Expire),
            "audit.anchor" => Deserialize::deserialize(rest).map(Statement::AuditAnchor),
            other => Err(A::Error::custom(format!("no reader of `{other}`"))),
        }
    }
}
