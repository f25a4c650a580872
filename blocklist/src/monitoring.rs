//! Two names by which an operator sees that the list works, whatever is on it: one that is always blocked
//! and one that never is.
//!
//! They are no listings, for nothing is listed that two officers did not sign: they lie below the
//! publisher's own domain, which nobody can list, and follow from the policy alone. Formats and nodes
//! add them where names are enforced, so a list that is stale and not enforced blocks neither.

use serde::{Deserialize, Serialize};

use crate::DomainName;

/// First label of the name that is blocked, with all below it, wherever the list is enforced.
pub const ALWAYS_BLOCKED: &str = "always-blocked";
/// First label of the name that is let through, with all below it.
pub const NEVER_BLOCKED: &str = "never-blocked";

/// Both names of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// `always-blocked.<public domain>`.
    pub always_blocked: DomainName,
    /// `never-blocked.<public domain>`.
    pub never_blocked: DomainName,
}

impl Monitoring {
    /// The names below a publisher's domain; `None` where that is so long that there is no room for them.
    pub fn of(public_domain: &DomainName) -> Option<Self> {
        let below = |label| DomainName::parse(&format!("{label}.{public_domain}")).ok();
        Some(Self {
            always_blocked: below(ALWAYS_BLOCKED)?,
            never_blocked: below(NEVER_BLOCKED)?,
        })
    }

    /// Whether this is one of the names, or below one: `Some(true)` where it is blocked. `wire` is the
    /// uncompressed name in lower case with its root octet.
    pub fn find(&self, wire: &[u8]) -> Option<bool> {
        // Only whole labels count: the first octets of a name may look like anything.
        let mut at = wire;
        while let Some((&length, after)) = at.split_first() {
            for (name, blocked) in [(&self.always_blocked, true), (&self.never_blocked, false)] {
                if is_wire_of(at, name) {
                    return Some(blocked);
                }
            }
            at = after.get(usize::from(length)..)?;
        }
        None
    }
}

/// Whether `wire` is the wire form of `name`; nothing is copied, for this is asked of every query.
fn is_wire_of(wire: &[u8], name: &DomainName) -> bool {
    let text = name.as_str();
    // Each label has its length before it, in place of the dot before the next, and the root ends it.
    wire.len() == text.len() + 2 && {
        let mut rest = wire;
        text.split('.').all(|label| {
            let Some((&length, after)) = rest.split_first() else {
                return false;
            };
            let Some((found, after)) = after.split_at_checked(usize::from(length)) else {
                return false;
            };
            rest = after;
            found == label.as_bytes()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::name;

    #[test]
    fn whole_labels_count() {
        let names = Monitoring::of(&name("qalqan.test")).unwrap();
        for (host, expected) in [
            ("always-blocked.qalqan.test", Some(true)),
            ("x.y.always-blocked.qalqan.test", Some(true)),
            ("never-blocked.qalqan.test", Some(false)),
            ("x.never-blocked.qalqan.test", Some(false)),
            ("qalqan.test", None),
            ("xalways-blocked.qalqan.test", None),
            ("always-blocked.test", None),
        ] {
            assert_eq!(names.find(&name(host).to_wire()), expected, "{host}");
        }
        // One label whose octets read like several.
        let inside = b"\x1b\x0ealways-blocked\x06qalqan\x04test\x00";
        assert_eq!(names.find(inside), None);
        let long = "x".repeat(60);
        let long = [long.as_str(); 4].join(".");
        assert_eq!(Monitoring::of(&name(&long)), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_looked_up_safely(wire in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Monitoring::of(&name("t")).unwrap().find(&wire);
        }
    }
}
