//! Networks in the store: they grow, merge and split under stable numbers, a cut stays cut, and one
//! site after another comes to what everything at once comes to. Here: simple rules, and sites to try
//! them on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod life;
mod officers;
mod partition;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};

use data::{
    Store,
    network::{self, Found, Role, Rules, Shared},
    testing::NOW,
};

/// `strong` links alone while five sites show it, `weak.*` needs another kind and counts among three.
struct Simple;

impl Rules for Simple {
    fn points(&self, kind: &str, sites: i64) -> i64 {
        match kind {
            "strong" if sites <= 5 => 100,
            kind if kind.starts_with("weak.") && sites <= 3 => 50,
            _ => 0,
        }
    }

    fn strength(&self, shared: &[Shared<'_>]) -> i64 {
        let mut best: BTreeMap<&str, i64> = BTreeMap::new();
        for one in shared {
            let points = best.entry(one.kind).or_default();
            *points = (*points).max(one.points);
        }
        best.values().sum()
    }
}

fn found(kind: &str, value: &str, role: Role) -> Found {
    Found {
        kind: kind.into(),
        value: value.into(),
        role,
        place: "footer>p".into(),
        url: "http://x.test/".into(),
        capture: "ab".repeat(32),
        quote: format!("… {value} …"),
    }
}

/// Enters a site that shows these strong identifiers.
async fn site(store: &Store, host: &str, strong: &[&str]) {
    let all: Vec<Found> = strong
        .iter()
        .map(|value| found("strong", value, Role::Own))
        .collect();
    shows(store, host, &all).await;
}

async fn shows(store: &Store, host: &str, all: &[Found]) {
    data::frontier::add(
        store,
        &[data::frontier::NewUrl {
            url: format!("http://{host}/"),
            host: blocklist::DomainName::parse(host).unwrap(),
            depth: 0,
            priority: 1,
            source: data::frontier::Source::Seed,
            found_on: None,
        }],
        40,
        NOW,
    )
    .await
    .unwrap();
    network::update(store, host, all, NOW, &Simple)
        .await
        .unwrap();
}

async fn of(store: &Store, host: &str) -> Option<String> {
    network::of_host(store, host).await.unwrap()
}

async fn partition(store: &Store) -> BTreeSet<BTreeSet<String>> {
    let mut sets = BTreeSet::new();
    for line in network::list(store).await.unwrap() {
        let file = network::load(store, &line.id).await.unwrap().unwrap();
        sets.insert(file.sites.into_iter().map(|site| site.host).collect());
    }
    sets
}
