//! The operators' networks stand in the pages as `expectations.toml` says, and nowhere else.
//!
//! The rule is the design's: one wallet or visit counter in common, or two weaker identifiers of
//! different kinds. It is written here a second time, on raw text, so that a mistake in the crawler
//! and one in the pages cannot agree.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::super::site::World;
use super::{text, world};

/// Kind, pattern whose first group is the identifier, whether one alone links.
const KINDS: [(&str, &str, bool); 7] = [
    ("wallet", r"\b(T[1-9A-HJ-NP-Za-km-z]{33})\b", true),
    ("counter", r"\b(G-[A-Z0-9]{8,12})\b", true),
    ("counter", r"\bym\((\d{6,9})", true),
    ("telegram", r"t\.me/([A-Za-z0-9_]{5,32})", false),
    ("mail", r"\b([a-z.]+@[a-z.]+\.test)\b", false),
    ("phone", r"(\+7[ ()0-9-]{10,16})", false),
    ("phone", r"wa\.me/(7\d{10})", false),
];

/// What one site shows that may link it to others: (kind, identifier, strong).
type Shown = BTreeSet<(&'static str, String, bool)>;

/// What every site shows, by host.
fn identifiers(world: &World) -> BTreeMap<&str, Shown> {
    let kinds = KINDS.map(|(kind, pattern, strong)| (kind, Regex::new(pattern).unwrap(), strong));
    let mut shown: BTreeMap<&str, Shown> = BTreeMap::new();
    for site in &world.sites {
        let of_site = shown.entry(&site.host).or_default();
        for answer in site.answers.values() {
            let text = text(site, answer);
            for (kind, pattern, strong) in &kinds {
                for captures in pattern.captures_iter(&text) {
                    let raw = &captures[1];
                    let value = match *kind {
                        "phone" => raw.chars().filter(char::is_ascii_digit).collect(),
                        _ => raw.to_owned(),
                    };
                    of_site.insert((*kind, value, *strong));
                }
            }
        }
    }
    shown
}

/// Whether two sites share what makes them one operator's.
fn linked(a: &Shown, b: &Shown) -> bool {
    let shared: BTreeSet<_> = a.intersection(b).collect();
    let kinds: BTreeSet<_> = shared.iter().map(|(kind, _, _)| kind).collect();
    shared.iter().any(|(_, _, strong)| *strong) || kinds.len() >= 2
}

/// Sites reached from `start` over links.
fn component(shown: &BTreeMap<&str, Shown>, start: &str) -> BTreeSet<String> {
    let mut hosts = BTreeSet::from([start.to_owned()]);
    let mut waiting = vec![start.to_owned()];
    while let Some(host) = waiting.pop() {
        for (other, theirs) in shown {
            if !hosts.contains(*other) && linked(&shown[host.as_str()], theirs) {
                hosts.insert((*other).to_owned());
                waiting.push((*other).to_owned());
            }
        }
    }
    hosts
}

#[test]
fn networks_are_planted_truthfully_and_decoys_join_none() {
    let world = world();
    let shown = identifiers(&world);
    let mut stated: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for expectation in &world.plan.expectations {
        // A second name of the same pages is no site to compare.
        let own = shown.contains_key(expectation.host.as_str());
        if let Some(network) = &expectation.network
            && own
        {
            let hosts = stated.entry(network).or_default();
            hosts.insert(expectation.host.clone());
        }
    }
    stated.retain(|_, hosts| hosts.len() > 1);
    assert!(stated.len() >= 2);
    for (network, hosts) in &stated {
        assert!((3..=5).contains(&hosts.len()), "{network}");
        assert_eq!(
            component(&shown, hosts.first().unwrap()),
            *hosts,
            "{network}"
        );
    }
    for site in &world.sites {
        let alone = !stated.values().any(|hosts| hosts.contains(&site.host));
        if alone {
            let with = component(&shown, &site.host);
            assert_eq!(with.len(), 1, "{} is linked: {with:?}", site.host);
        }
    }
}
