//! Names that nobody may list. A wrong block of a bank, a ministry or a shared platform is the
//! worst error this system can make, so the guard stands at four doors: when an officer proposes,
//! when another approves, in the fold, and when a node loads the result.
//!
//! Lists are data in the log, changed by two admins. Below them lies a floor compiled in here,
//! which no log can remove: public suffixes, special-use names, the state, and the
//! infrastructure that a great many innocent names hang from.

pub mod floor;
mod list;
mod refusal;

use std::{collections::BTreeMap, iter::successors, ops::Bound, sync::Arc};

pub use list::{GuardList, MAX_REASON, Reach, Tier};
pub use refusal::{Refusal, Relation};

use crate::{DomainName, Scope};
use floor::SPECIAL_USE;

/// What one list says of each of its names.
#[derive(Debug)]
struct Head {
    tier: Tier,
    list: String,
    reason: String,
}

/// What all lists together say of one name.
#[derive(Clone, Debug)]
struct Protection {
    name: DomainName,
    /// The strictest list that has it.
    strictest: Arc<Head>,
    /// The strictest that reaches below it.
    tree: Option<Arc<Head>>,
}

/// All protected names at one moment.
#[derive(Clone, Debug)]
pub struct Guard {
    demo: bool,
    /// By [`key`], so that everything below a name stands together: a list of 100,000 names is
    /// searched in a few steps, upwards and downwards.
    protected: BTreeMap<String, Protection>,
}

impl Guard {
    /// The floor alone. `public_domain` is the service's own name and guards itself.
    pub fn floor(demo: bool, public_domain: &DomainName) -> Self {
        let mut guard = Self {
            demo,
            protected: BTreeMap::new(),
        };
        floor::lists().iter().for_each(|list| guard.add(list));
        guard.add(&floor::own(public_domain));
        guard
    }

    /// Adds a list. Where several lists have one name, the strictest speaks for the name, and the
    /// strictest of those that reach below it for what is below; of equals the first.
    pub fn add(&mut self, list: &GuardList) {
        let head = Arc::new(Head {
            tier: list.tier,
            list: list.list.clone(),
            reason: list.reason.clone(),
        });
        for name in &list.names {
            let held = self
                .protected
                .entry(key(name))
                .or_insert_with(|| Protection {
                    name: name.clone(),
                    strictest: head.clone(),
                    tree: None,
                });
            if head.tier > held.strictest.tier {
                held.strictest = head.clone();
            }
            let wider = held.tree.as_ref().is_none_or(|tree| head.tier > tree.tier);
            if list.reach == Reach::Tree && wider {
                held.tree = Some(head.clone());
            }
        }
    }

    /// Whether `name` itself may not be listed, whatever the scope. The strictest reason is given,
    /// and of equals the nearest.
    pub fn covers(&self, name: &DomainName) -> Option<Refusal> {
        if let Some(refusal) = self.special(name) {
            return Some(refusal);
        }
        let key = key(name);
        let same = self.protected.get(&key);
        let same = same.map(|held| (held, &held.strictest, Relation::Same));
        let ancestors = successors(parent(&key), |ancestor| parent(ancestor));
        let above = ancestors
            .filter_map(|ancestor| self.protected.get(ancestor))
            .filter_map(|held| Some((held, held.tree.as_ref()?, Relation::Below)));
        let (held, head, relation) = same
            .into_iter()
            .chain(above)
            .filter(|(_, head, _)| head.tier > Tier::Apart)
            .reduce(|best, next| {
                if next.1.tier > best.1.tier {
                    next
                } else {
                    best
                }
            })?;
        Some(refusal(name, held, head, relation))
    }

    /// Protected names strictly below `name`, with their reach, in order.
    pub fn below(&self, name: &DomainName) -> Vec<(DomainName, Scope)> {
        let scope = |held: &Protection| match held.tree {
            Some(_) => Scope::Subtree,
            None => Scope::Host,
        };
        let mut names: Vec<_> = self
            .held_below(name)
            .map(|held| (held.name.clone(), scope(held)))
            .collect();
        names.sort();
        names
    }

    fn held_below(&self, name: &DomainName) -> impl Iterator<Item = &Protection> {
        // `/` is the octet after the dot, and no name has it: between the two stands exactly what
        // is below.
        let (from, to) = (format!("{}.", key(name)), format!("{}/", key(name)));
        self.protected
            .range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str())))
            .map(|(_, held)| held)
    }

    /// The check at the door: refuses a protected name, and a subtree that holds one.
    pub fn check(&self, name: &DomainName, scope: Scope) -> Result<(), Box<Refusal>> {
        if let Some(refusal) = self.covers(name) {
            return Err(Box::new(refusal));
        }
        self.check_below(name, scope)
    }

    /// The check at the door for a listing that a lawyer signs third, where that is needed: a name of
    /// the raised tier passes, and what the guard says of it is given. Nothing else passes that
    /// [`Guard::check`] refuses.
    pub fn check_with_legal(
        &self,
        name: &DomainName,
        scope: Scope,
    ) -> Result<Option<Box<Refusal>>, Box<Refusal>> {
        let covered = self.covers(name).map(Box::new);
        match covered {
            Some(refusal) if refusal.tier != Tier::Raised => Err(refusal),
            covered => self.check_below(name, scope).map(|()| covered),
        }
    }

    fn check_below(&self, name: &DomainName, scope: Scope) -> Result<(), Box<Refusal>> {
        if scope == Scope::Subtree
            && let Some(held) = self.held_below(name).next()
        {
            let refusal = refusal(name, held, &held.strictest, Relation::Above);
            return Err(Box::new(refusal));
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

fn refusal(name: &DomainName, held: &Protection, head: &Head, relation: Relation) -> Refusal {
    Refusal {
        name: name.clone(),
        protected: held.name.clone(),
        relation,
        tier: head.tier,
        list: head.list.clone(),
        reason: head.reason.clone(),
    }
}

/// The key of the name above; `None` for that of a top-level domain.
fn parent(key: &str) -> Option<&str> {
    key.rsplit_once('.').map(|(above, _)| above)
}

/// The labels of a name from the right: `kz.kaspi.guide`.
fn key(name: &DomainName) -> String {
    let mut key = String::with_capacity(name.as_str().len());
    for label in name.labels().rev() {
        if !key.is_empty() {
            key.push('.');
        }
        key.push_str(label);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// A shared parent may also be a site many people use: its own host is out of reach, what
    /// stands below it needs the third signature.
    #[test]
    fn a_name_on_two_lists_keeps_what_each_of_them_says() {
        let mut guard = guard(false);
        guard.add(&GuardList {
            list: "top".into(),
            tier: Tier::Raised,
            reach: Reach::Tree,
            reason: "a site many people use".into(),
            names: vec![name("github.com")],
        });
        for (text, list, tier) in [
            ("github.com", "floor/shared", Tier::Never),
            ("gist.github.com", "top", Tier::Raised),
        ] {
            let refusal = guard.check(&name(text), Scope::Host).unwrap_err();
            assert_eq!(
                (refusal.list.as_str(), refusal.tier),
                (list, tier),
                "{text}"
            );
        }
        assert_eq!(
            guard.below(&name("com")).last().unwrap(),
            &(name("wordpress.com"), Scope::Host)
        );
    }

    #[test]
    fn a_lawyer_opens_the_raised_tier_and_nothing_else() {
        let guard = guard(false);
        let with_legal = |text, scope| guard.check_with_legal(&name(text), scope);
        let tier = |passed: Option<Box<Refusal>>| passed.map(|refusal| refusal.tier);
        for text in ["popular.com", "shop.popular.com"] {
            assert!(guard.check(&name(text), Scope::Host).is_err());
            for scope in [Scope::Host, Scope::Subtree] {
                assert_eq!(tier(with_legal(text, scope).unwrap()), Some(Tier::Raised));
            }
        }
        assert_eq!(tier(with_legal("obmen.kz", Scope::Host).unwrap()), None);
        for (text, scope) in [
            ("kaspi.kz", Scope::Host),
            ("kz", Scope::Host),
            ("big.one", Scope::Subtree),
        ] {
            let refused = with_legal(text, scope).unwrap_err();
            assert_eq!(*refused, *guard.check(&name(text), scope).unwrap_err());
        }
        // A raised name above a bank is listed for itself at most.
        let mut guard = guard;
        guard.add(&GuardList {
            list: "more banks".into(),
            tier: Tier::Never,
            reach: Reach::Tree,
            reason: "a bank".into(),
            names: vec![name("pay.popular.com")],
        });
        let with_legal = |scope| guard.check_with_legal(&name("popular.com"), scope);
        assert!(with_legal(Scope::Host).is_ok());
        assert_eq!(
            with_legal(Scope::Subtree).unwrap_err().relation,
            Relation::Above
        );
    }

    #[test]
    fn a_name_apart_may_be_listed_for_itself_only() {
        let mut guard = guard(false);
        guard.add(&GuardList {
            list: "run by others".into(),
            tier: Tier::Apart,
            reach: Reach::Host,
            reason: "rented to another firm".into(),
            names: vec![name("shop.obmen.kz"), name("guide.kaspi.kz")],
        });
        assert!(guard.check(&name("shop.obmen.kz"), Scope::Host).is_ok());
        assert!(guard.check(&name("obmen.kz"), Scope::Host).is_ok());
        let refusal = guard.check(&name("obmen.kz"), Scope::Subtree).unwrap_err();
        assert_eq!(
            (refusal.relation, refusal.tier),
            (Relation::Above, Tier::Apart)
        );
        // It takes nothing from a stricter list above it.
        let bank = guard
            .check(&name("guide.kaspi.kz"), Scope::Host)
            .unwrap_err();
        assert_eq!((bank.list.as_str(), bank.tier), ("banks", Tier::Never));
    }

    proptest! {
        /// The index agrees with the definition, list by list and name by name.
        #[test]
        fn agrees_with_a_plain_search(
            protected in proptest::collection::vec(
                ("[ab](\\.[ab]){0,3}", 0..3usize, any::<bool>()), 0..12),
            query in "[ab](\\.[ab]){0,4}",
        ) {
            let lists: Vec<_> = protected.iter().map(|(text, tier, tree)| GuardList {
                list: text.clone(),
                tier: [Tier::Apart, Tier::Raised, Tier::Never][*tier],
                reach: if *tree { Reach::Tree } else { Reach::Host },
                reason: String::new(),
                // Below `zz`, because single labels are public suffixes, which stand above all lists.
                names: vec![name(&format!("{text}.zz"))],
            }).collect();
            let query = name(&format!("{query}.zz"));
            let mut guard = Guard { demo: false, protected: BTreeMap::new() };
            lists.iter().for_each(|list| guard.add(list));
            let covering = lists.iter()
                .filter(|list| list.tier > Tier::Apart)
                .filter(|list| query == list.names[0]
                    || list.reach == Reach::Tree && query.is_at_or_below(&list.names[0]))
                .map(|list| list.tier).max();
            prop_assert_eq!(guard.covers(&query).map(|refusal| refusal.tier), covering);
            let mut below: Vec<_> = lists.iter().map(|list| list.names[0].clone())
                .filter(|held| held != &query && held.is_at_or_below(&query)).collect();
            below.sort();
            below.dedup();
            let found: Vec<_> = guard.below(&query).into_iter().map(|(held, _)| held).collect();
            prop_assert_eq!(&found, &below);
            let free = covering.is_none() && below.is_empty();
            prop_assert_eq!(guard.check(&query, Scope::Subtree).is_ok(), free);
        }
    }
}
