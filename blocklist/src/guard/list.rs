//! A list of protected names as it stands in the log, and how a long one is cut into leaves.

use serde::{Deserialize, Serialize};

use crate::{DomainName, leaf::MAX_LEAF};

/// How strictly a name is protected, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Run by somebody else than the names above it: it may be listed for itself, never as part of
    /// a listed subtree.
    Apart,
    /// Needs a third signature, the legal one, and 24 hours of public notice.
    Raised,
    /// Cannot be listed.
    Never,
}

impl Tier {
    /// The word in statements and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apart => "apart",
            Self::Raised => "raised",
            Self::Never => "never",
        }
    }
}

/// How far below a protected name the protection reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The name alone: hosts below it belong to other people (a blog platform, a CDN).
    Host,
    /// The name and everything below it.
    Tree,
}

impl Reach {
    /// The word in statements and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Tree => "tree",
        }
    }
}

/// A named list of protected names, as two admins put it into the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardList {
    /// The list's name, such as `kz-banks`; `top-sites/2` is the second part of a long one.
    pub list: String,
    /// The names. A list without names is a list taken away.
    pub names: Vec<DomainName>,
    /// How far.
    pub reach: Reach,
    /// Shown to whoever is refused.
    pub reason: String,
    /// How strictly.
    pub tier: Tier,
}

/// Octets of a `guard.set` leaf that are kept free for everything but the names: the statement's
/// other fields, a reason of [`MAX_REASON`] characters at their longest escape, two signatures.
const RESERVED: usize = 8_192;

/// The longest reason of a list, in characters.
pub const MAX_REASON: usize = 300;

impl GuardList {
    /// Cuts a list into lists that each fit a leaf. The first keeps the name, the others are
    /// numbered from 2: `top-sites`, `top-sites/2`, `top-sites/3`. A short list stays as it is.
    #[must_use]
    pub fn in_parts(self) -> Vec<Self> {
        let mut parts: Vec<Vec<DomainName>> = vec![Vec::new()];
        let mut octets = 0;
        for name in self.names {
            // In JSON a name stands between quotes, with a comma after it; it needs no escapes.
            let more = name.as_str().len() + 3;
            if octets + more > MAX_LEAF - RESERVED {
                parts.push(Vec::new());
                octets = 0;
            }
            octets += more;
            if let Some(part) = parts.last_mut() {
                part.push(name);
            }
        }
        let (list, tier, reach, reason) = (self.list, self.tier, self.reach, self.reason);
        let named = |(index, names)| Self {
            list: if index == 0 {
                list.clone()
            } else {
                format!("{list}/{}", index + 1)
            },
            tier,
            reach,
            reason: reason.clone(),
            names,
        };
        parts.into_iter().enumerate().map(named).collect()
    }

    /// Whether this is the list `name` or one of its numbered parts.
    pub fn is_part_of(&self, name: &str) -> bool {
        self.list == name
            || self
                .list
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|number| number.bytes().all(|c| c.is_ascii_digit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        key::Role,
        statement::{GuardSet, Statement, VERSION},
        testing::{START, TestLog, name, signed},
    };

    #[test]
    fn a_long_list_is_cut_into_leaves_and_loses_nothing() {
        let long = |index| name(&format!("{index:07}.{}.example", "x".repeat(63)));
        let whole = GuardList {
            list: "own".into(),
            tier: Tier::Raised,
            reach: Reach::Tree,
            reason: "\u{1}".repeat(MAX_REASON),
            names: (0..5_000).map(long).collect(),
        };
        let log = TestLog::new(false);
        let parts = whole.clone().in_parts();
        assert_eq!(parts[0].list, "own");
        assert_eq!(parts[1].list, "own/2");
        for part in &parts {
            assert!(part.is_part_of("own") && !part.is_part_of("ow"));
            let statement = Statement::GuardSet(GuardSet {
                v: VERSION,
                origin: "o".repeat(200),
                list: part.clone(),
                at: START,
            });
            let admins = log.admins.each_ref().map(|key| (Role::Admin, key));
            signed(statement, &admins).to_bytes().unwrap();
        }
        let names: Vec<_> = parts.into_iter().flat_map(|part| part.names).collect();
        assert_eq!(names, whole.names);
    }
}
