//! What would happen to a query, said without asking anybody: by which rule, from which remembered
//! answer, or through which upstream. Nothing is counted and nothing leaves the machine.

use std::str::FromStr as _;

use blocklist::DomainName;
use hickory_proto::{op::ResponseCode, rr::RecordType};
use serde::{Deserialize, Serialize};

use super::{
    Control,
    listings::{self, Listing},
    mnemonic,
    pause::Paused,
};
use crate::{
    cache::{Asked, Entry},
    policy::{Policy, Verdict},
    rpz::Shown,
    status::Explanation,
};

/// What becomes of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is blocked by the national list.
    Blocked,
    /// A rule of the operator's own answers, or keeps silent.
    OwnRule,
    /// It is answered from memory.
    Remembered,
    /// An upstream is asked.
    Asked,
}

/// A whole explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// What rules say of the name.
    #[serde(flatten)]
    pub rules: Explanation,
    /// The type asked for.
    #[serde(rename = "type")]
    pub kind: String,
    /// What becomes of the query, of a client without EDNS over UDP.
    pub outcome: Outcome,
    /// The alias by way of which that is so, where it is not for the name itself.
    pub by_alias: Option<String>,
    /// The listing, where there is one.
    pub listing: Option<Listing>,
    /// Whether it is one of the two names for monitoring: `true` the one that is blocked.
    pub monitoring: Option<bool>,
    /// The pause, while there is one.
    pub paused: Option<Paused>,
    /// Whether the list is only tried out.
    pub dry_run: bool,
    /// Answers that are remembered of it, one for each way of asking.
    pub remembered: Vec<Remembered>,
    /// The upstream that is asked first where one is; `None` while all are passed over.
    pub upstream: Option<String>,
}

/// An answer in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Whether it is for clients that want DNSSEC records.
    pub dnssec_ok: bool,
    /// Whether it is for clients that check signatures themselves.
    pub checking_disabled: bool,
    /// Its response code, as `NOERROR`.
    pub code: String,
    /// Whether it says that there is nothing.
    pub negative: bool,
    /// Seconds it still lives; 0 when it is stale.
    pub remaining: u32,
    /// Whether it is past its life and given only when upstreams fail.
    pub stale: bool,
    /// The names it leads to.
    pub aliases: Vec<String>,
}

/// The number of a record type, as `A`, `https` or `TYPE65`; `None` for no type, or one that asks for
/// something else than data.
pub fn record_type(text: &str) -> Option<u16> {
    let text = text.to_ascii_uppercase();
    let number = match text.strip_prefix("TYPE") {
        Some(number) => number.parse().ok()?,
        None => RecordType::from_str(&text).ok()?.into(),
    };
    crate::query::is_data(number).then_some(number)
}

impl Control {
    /// Reads the node's own leaves: not to be called where others wait.
    pub(super) fn explain(&self, name: &DomainName, kind: u16) -> Explained {
        let policy = self.shared.policy.load_full();
        let rules = self.explain_rules(name);
        let wire = name.to_wire();
        let entries = self.entries(&wire, kind);
        let now = self.observed.fast.clock.now();
        let (outcome, by_alias) = outcome(&policy, &wire, entries.first(), now);
        let listing = rules.listing_id.as_ref().and_then(|id| self.listing(id));
        let monitoring = policy.monitoring().and_then(|names| names.find(&wire));
        Explained {
            rules,
            kind: RecordType::from(kind).to_string(),
            outcome,
            by_alias,
            listing,
            monitoring,
            paused: self.pauser.current(),
            dry_run: self.shared.dry_run.is_some(),
            remembered: entries.iter().map(|entry| remembered(entry, now)).collect(),
            upstream: self.observed.upstreams.load().first_choice(),
        }
    }

    /// What is remembered of a question, in the order of what a plain client would get.
    fn entries(&self, name: &[u8], kind: u16) -> Vec<std::sync::Arc<Entry>> {
        let cache = &self.observed.fast.cache;
        let ways = [(false, false), (true, false), (false, true), (true, true)];
        let asked = ways.map(|(dnssec_ok, checking_disabled)| Asked {
            name,
            kind,
            dnssec_ok,
            checking_disabled,
        });
        asked
            .iter()
            .filter_map(|asked| cache.peek(&cache.key(*asked)))
            .collect()
    }

    fn listing(&self, id: &blocklist::ListingId) -> Option<Listing> {
        let found = listings::find(self.state_dir.as_deref()?, id);
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "this node's own copy of the log cannot be read");
            None
        })
    }
}

/// What becomes of a query, and the alias by which, where it is not for its own name.
fn outcome(
    policy: &Policy,
    name: &[u8],
    entry: Option<&std::sync::Arc<Entry>>,
    now: u32,
) -> (Outcome, Option<String>) {
    let of = |name: &[u8]| match policy.decide(name) {
        Verdict::Blocked(_) => Some(Outcome::Blocked),
        Verdict::Rule(hit) if !hit.action.lets_through(false) => Some(Outcome::OwnRule),
        Verdict::Rule(_) | Verdict::Open => None,
    };
    if let Some(outcome) = of(name) {
        return (outcome, None);
    }
    // A name that the operator lets pass, passes with its aliases, but for the list.
    let passed = matches!(policy.decide(name), Verdict::Rule(_));
    let Some(entry) = entry.filter(|entry| entry.is_usable(now)) else {
        return (Outcome::Asked, None);
    };
    for target in entry.targets() {
        match of(target) {
            Some(Outcome::OwnRule) if passed => {}
            Some(outcome) => return (outcome, Some(Shown(target).to_string())),
            None => {}
        }
    }
    if entry.remaining(now) > 0 {
        (Outcome::Remembered, None)
    } else {
        (Outcome::Asked, None)
    }
}

fn remembered(entry: &Entry, now: u32) -> Remembered {
    let asked = entry.asked();
    Remembered {
        dnssec_ok: asked.dnssec_ok,
        checking_disabled: asked.checking_disabled,
        code: mnemonic(ResponseCode::from(0, entry.code())),
        negative: entry.is_negative(),
        remaining: entry.remaining(now),
        stale: entry.remaining(now) == 0,
        aliases: entry
            .targets()
            .map(|name| Shown(name).to_string())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_by_name_and_by_number() {
        for (text, number) in [
            ("A", Some(1)),
            ("https", Some(65)),
            ("TYPE65", Some(65)),
            ("type1234", Some(1234)),
            ("ANY", None),
            ("AXFR", None),
            ("TYPE70000", None),
            ("", None),
        ] {
            assert_eq!(record_type(text), number, "{text}");
        }
    }
}
