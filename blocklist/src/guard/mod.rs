//! Names that nobody may list. A wrong block of a bank, a ministry or a shared platform is the
//! worst error this system can make, so the guard stands at four doors: when an officer proposes,
//! when another approves, in the fold, and when a node loads the result.
//!
//! Lists are data in the log, changed by two admins. Below them lies a floor compiled in here,
//! which no log can remove: public suffixes, special-use names, the state, and the
//! infrastructure that a great many innocent names hang from.

mod floor;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{DomainName, Scope};
use floor::{FLOOR_HOST, FLOOR_TREE, SPECIAL_USE};

/// How strictly a name is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Needs a third signature, the legal one, and 24 hours of public notice.
    Raised,
    /// Cannot be listed.
    Never,
}

/// How far below a protected name the protection reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The name alone: hosts below it belong to other people (a blog platform, a CDN).
    Host,
    /// The name and everything below it.
    Tree,
}

/// A named list of protected names, as two admins put it into the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardList {
    /// The list's name, such as `banks`.
    pub list: String,
    /// How strictly.
    pub tier: Tier,
    /// How far.
    pub reach: Reach,
    /// Shown to whoever is refused.
    pub reason: String,
    /// The names.
    pub names: Vec<DomainName>,
}

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

#[derive(Clone, Debug)]
struct Protection {
    tier: Tier,
    reach: Reach,
    list: String,
    reason: String,
}

/// All protected names at one moment.
#[derive(Clone, Debug)]
pub struct Guard {
    demo: bool,
    protected: HashMap<DomainName, Protection>,
    /// For each ancestor of a protected name, the protected names below it.
    below: HashMap<DomainName, HashSet<DomainName>>,
}

impl Guard {
    /// The floor alone. `public_domain` is the service's own name and guards itself.
    pub fn floor(demo: bool, public_domain: &DomainName) -> Self {
        let mut guard = Self {
            demo,
            protected: HashMap::new(),
            below: HashMap::new(),
        };
        let names = |texts: &[&str]| {
            texts
                .iter()
                .filter_map(|t| DomainName::parse(t).ok())
                .collect()
        };
        for (list, reason, texts) in FLOOR_TREE {
            guard.add(&floor_list(list, Reach::Tree, reason, names(texts)));
        }
        guard.add(&floor_list(
            "floor/shared",
            Reach::Host,
            "a shared parent: many unrelated hosts stand below it",
            names(FLOOR_HOST),
        ));
        guard.add(&floor_list(
            "floor/own",
            Reach::Tree,
            "the name under which this service explains itself",
            vec![public_domain.clone()],
        ));
        guard
    }

    /// Adds a list. Where two lists protect one name, the stricter tier and the wider reach stay.
    pub fn add(&mut self, list: &GuardList) {
        for name in &list.names {
            let stricter = self.protected.get(name).is_none_or(|held| {
                (list.tier, list.reach == Reach::Tree) > (held.tier, held.reach == Reach::Tree)
            });
            if stricter {
                self.protected.insert(
                    name.clone(),
                    Protection {
                        tier: list.tier,
                        reach: list.reach,
                        list: list.list.clone(),
                        reason: list.reason.clone(),
                    },
                );
            }
            let mut ancestor = name.parent();
            while let Some(above) = ancestor {
                ancestor = above.parent();
                self.below.entry(above).or_default().insert(name.clone());
            }
        }
    }

    /// Whether `name` itself may not be listed, whatever the scope. The strictest reason is given.
    pub fn covers(&self, name: &DomainName) -> Option<Refusal> {
        if let Some(refusal) = self.special(name) {
            return Some(refusal);
        }
        let mut found: Option<Refusal> = None;
        let mut at = Some(name.clone());
        while let Some(candidate) = at {
            if let Some(held) = self.protected.get(&candidate) {
                let same = candidate == *name;
                let stricter = found
                    .as_ref()
                    .is_none_or(|refusal| held.tier > refusal.tier);
                if (same || held.reach == Reach::Tree) && stricter {
                    let relation = if same {
                        Relation::Same
                    } else {
                        Relation::Below
                    };
                    found = Some(refusal(name, &candidate, relation, held));
                }
            }
            at = candidate.parent();
        }
        found
    }

    /// Protected names strictly below `name`, with their reach, in order.
    pub fn below(&self, name: &DomainName) -> Vec<(DomainName, Scope)> {
        let mut names: Vec<_> = self
            .below
            .get(name)
            .into_iter()
            .flatten()
            .map(|protected| {
                let tree = self
                    .protected
                    .get(protected)
                    .is_some_and(|held| held.reach == Reach::Tree);
                (
                    protected.clone(),
                    if tree { Scope::Subtree } else { Scope::Host },
                )
            })
            .collect();
        names.sort();
        names
    }

    /// The check at the door: refuses a protected name, and a subtree that holds one.
    pub fn check(&self, name: &DomainName, scope: Scope) -> Result<(), Box<Refusal>> {
        if let Some(refusal) = self.covers(name) {
            return Err(Box::new(refusal));
        }
        if scope == Scope::Subtree
            && let Some((protected, _)) = self.below(name).into_iter().next()
            && let Some(held) = self.protected.get(&protected)
        {
            return Err(Box::new(refusal(name, &protected, Relation::Above, held)));
        }
        Ok(())
    }

    fn special(&self, name: &DomainName) -> Option<Refusal> {
        let top = name.labels().next_back().unwrap_or_default();
        let refuse = |list: &str, reason: &str| Refusal {
            name: name.clone(),
            protected: name.clone(),
            relation: Relation::Same,
            tier: Tier::Never,
            list: list.into(),
            reason: reason.into(),
        };
        if self.demo && top != "test" {
            return Some(refuse(
                "floor/demo",
                "a demonstration log lists names under .test only",
            ));
        }
        if name.is_public_suffix() {
            return Some(refuse(
                "floor/public-suffix",
                "a public suffix: anyone may register below it",
            ));
        }
        if !self.demo && SPECIAL_USE.contains(&top) {
            return Some(refuse(
                "floor/special-use",
                "a special-use name that DNS does not resolve",
            ));
        }
        None
    }
}

fn floor_list(list: &str, reach: Reach, reason: &str, names: Vec<DomainName>) -> GuardList {
    GuardList {
        list: list.into(),
        tier: Tier::Never,
        reach,
        reason: reason.into(),
        names,
    }
}

fn refusal(
    name: &DomainName,
    protected: &DomainName,
    relation: Relation,
    held: &Protection,
) -> Refusal {
    Refusal {
        name: name.clone(),
        protected: protected.clone(),
        relation,
        tier: held.tier,
        list: held.list.clone(),
        reason: held.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    fn guard(demo: bool) -> Guard {
        let mut guard = Guard::floor(demo, &name("qalqan.kz"));
        guard.add(&GuardList {
            list: "banks".into(),
            tier: Tier::Never,
            reach: Reach::Tree,
            reason: "a bank".into(),
            names: vec![name("bank.big.one"), name("kaspi.kz")],
        });
        guard.add(&GuardList {
            list: "top".into(),
            tier: Tier::Raised,
            reach: Reach::Tree,
            reason: "a site many people use".into(),
            names: vec![name("popular.com"), name("kaspi.kz")],
        });
        guard
    }

    #[test]
    fn protected_names_are_refused_with_the_reason() {
        let guard = guard(false);
        for (text, scope, list, relation) in [
            ("kz", Scope::Host, "floor/public-suffix", Relation::Same),
            (
                "com.kz",
                Scope::Subtree,
                "floor/public-suffix",
                Relation::Same,
            ),
            ("egov.kz", Scope::Host, "floor/state", Relation::Same),
            ("pay.egov.kz", Scope::Host, "floor/state", Relation::Below),
            ("kaspi.kz", Scope::Host, "banks", Relation::Same),
            ("guide.kaspi.kz", Scope::Host, "banks", Relation::Below),
            ("big.one", Scope::Subtree, "banks", Relation::Above),
            (
                "cloudflare.com",
                Scope::Subtree,
                "floor/shared",
                Relation::Same,
            ),
            ("www.qalqan.kz", Scope::Host, "floor/own", Relation::Below),
            (
                "obmen.test",
                Scope::Host,
                "floor/special-use",
                Relation::Same,
            ),
        ] {
            let refusal = guard.check(&name(text), scope).unwrap_err();
            assert_eq!(
                (refusal.list.as_str(), refusal.relation),
                (list, relation),
                "{text}"
            );
            assert_eq!(refusal.tier, Tier::Never, "{text}");
        }
        assert_eq!(
            guard
                .check(&name("popular.com"), Scope::Host)
                .unwrap_err()
                .tier,
            Tier::Raised
        );
    }

    #[test]
    fn neighbours_of_protected_names_are_free() {
        let guard = guard(false);
        for (text, scope) in [
            ("big.one", Scope::Host),
            ("shop.github.io", Scope::Subtree),
            ("notkaspi.kz", Scope::Subtree),
            ("kaspi.kz.evil.com", Scope::Subtree),
        ] {
            assert!(guard.check(&name(text), scope).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_demo_log_lists_test_names_only() {
        let guard = guard(true);
        assert!(guard.check(&name("obmen.test"), Scope::Subtree).is_ok());
        assert_eq!(
            guard
                .check(&name("obmen.kz"), Scope::Host)
                .unwrap_err()
                .list,
            "floor/demo"
        );
        assert!(guard.check(&name("test"), Scope::Subtree).is_err());
    }

    #[test]
    fn every_floor_name_is_well_formed() {
        let count = FLOOR_TREE
            .iter()
            .map(|(_, _, names)| names.len())
            .sum::<usize>()
            + FLOOR_HOST.len();
        assert_eq!(
            Guard::floor(false, &name("qalqan.kz")).protected.len(),
            count + 1
        );
    }
}
