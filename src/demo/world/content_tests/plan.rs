//! Expectations, script and guards agree with each other and with the real rules.

use std::collections::{BTreeMap, BTreeSet};

use blocklist::guard::{Guard, Tier};
use blocklist::matching::{Claim, ClaimKind, check_claims, check_host};
use blocklist::{Scope, Timestamp};

use super::super::plan::{Action, DnsAnswer};
use super::{known, name, text, world};

#[test]
fn everything_stands_under_test_and_has_an_expectation() {
    let world = world();
    let expected: BTreeMap<_, _> = world
        .plan
        .expectations
        .iter()
        .map(|e| (e.host.as_str(), e))
        .collect();
    assert_eq!(
        expected.len(),
        world.plan.expectations.len(),
        "one expectation per site"
    );
    assert!(world.sites.len() >= 40);
    for site in &world.sites {
        assert!(site.host.ends_with(".test"));
        let expectation = expected[site.host.as_str()];
        assert!(["flag", "review", "clear"].contains(&expectation.verdict.as_str()));
        assert_eq!(
            expectation.case,
            expectation.verdict != "clear",
            "{}",
            site.host
        );
        assert_eq!(expectation.dns_before, DnsAnswer::Address);
        assert!(expectation.why.len() > 20);
        for (what, reason) in &expectation.known_miss {
            let compared = ["verdict", "case", "kind", "check", "check after", "claim"];
            assert!(compared.contains(&what.as_str()), "{what} is not compared");
            assert!(reason.len() > 20, "{}: {what}", site.host);
        }
        let robots = site
            .answers
            .get("/robots.txt")
            .map(|a| text(site, a))
            .unwrap_or_default();
        for closed in &expectation.never_fetched {
            assert!(
                robots.contains(&format!("Disallow: {closed}")),
                "{} does not close {closed}",
                site.host
            );
        }
    }
    for list in &world.plan.guards {
        assert!(
            !list.reason.is_empty() && list.names.iter().all(|n| n.as_str().ends_with(".test")),
            "{}",
            list.list
        );
    }
}

#[test]
fn the_script_agrees_with_the_expectations_and_the_guards() {
    let world = world();
    let mut guard = Guard::floor(true, &name("qalqan.test"));
    world.plan.guards.iter().for_each(|list| guard.add(list));
    assert!(
        guard.check(&name("tobylgy.test"), Scope::Host).is_err(),
        "the bank is guarded"
    );
    let (mut listed, mut subtrees, mut counts) = (BTreeSet::new(), Vec::new(), [0; 3]);
    let mut dismissed_flag = false;
    for step in &world.plan.script.steps {
        let expectation = world
            .plan
            .expectations
            .iter()
            .find(|e| e.host == step.host)
            .unwrap();
        assert!(
            expectation.case,
            "{}: only what has a case can be decided",
            step.host
        );
        match &step.action {
            Action::List { scope, order, .. } => {
                counts[0] += 1;
                listed.insert(step.host.as_str());
                guard.check(&name(&step.host), *scope).unwrap();
                if *scope == Scope::Subtree {
                    subtrees.push(name(&step.host));
                }
                let document = world.files.text(&order.document, "script.toml").unwrap();
                assert!(
                    document.starts_with("DEMO")
                        && document.contains(&step.host)
                        && document.contains(&order.number)
                );
            }
            Action::Dismiss { .. } => {
                counts[1] += 1;
                dismissed_flag |= expectation.verdict == "flag";
            }
            Action::Lift { .. } => {
                counts[2] += 1;
                listed.remove(step.host.as_str());
            }
        }
    }
    assert!(
        counts[0] >= 4 && counts[1] >= 1 && counts[2] >= 1,
        "{counts:?}"
    );
    assert!(dismissed_flag, "a person overrules the machine");
    for expectation in &world.plan.expectations {
        let host = name(&expectation.host);
        let covered = subtrees.iter().any(|top| host.is_at_or_below(top));
        let blocked = covered || listed.contains(expectation.host.as_str());
        assert_eq!(
            expectation.dns_after == DnsAnswer::Nxdomain,
            blocked,
            "{}",
            expectation.host
        );
        assert_eq!(
            expectation.check_after == "blocked",
            blocked,
            "{}",
            expectation.host
        );
    }
    assert!(world.plan.guards.iter().any(|g| g.tier == Tier::Never));
    assert!(world.plan.guards.iter().any(|g| g.tier == Tier::Raised));
}

#[test]
fn the_public_check_answers_as_expected_before_anyone_signs() {
    let world = world();
    let known = known(&world);
    let now = Timestamp(world.day.midnight().assume_utc().unix_timestamp());
    for expectation in &world.plan.expectations {
        let found = check_host(&name(&expectation.host), &known, now);
        let missed = expectation.known_miss.contains_key("check");
        assert!(
            missed || found.verdict.as_str() == expectation.check,
            "{}: {}",
            expectation.host,
            found.verdict.as_str()
        );
    }
    let row = &known.snapshots[0].rows[0];
    let claim = Claim {
        licence_no: row.licence_no.clone(),
        legal_name: row.legal_name.clone(),
        bin: row.bin.clone(),
        quote: String::new(),
    };
    for (host, kind) in [
        ("kerbez.test", ClaimKind::Agrees),
        ("xn--kerbz-2we.test", ClaimKind::OtherHost),
    ] {
        let findings = check_claims(&name(host), std::slice::from_ref(&claim), &known, now);
        assert_eq!(findings[0].kind, kind, "{host}");
    }
}
