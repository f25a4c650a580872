//! Known sites are nobody's look-alikes: the guard lists, the exchanges abroad and the notices that
//! are shipped, each against the hosts that the shipped registers name.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::BTreeSet;

use blocklist::{
    DomainName,
    matching::{Index, Known, Verdict, check_host},
    testing::START,
};

fn index() -> Index {
    let reference = data::reference::shipped().unwrap();
    Index::of(Known {
        shipped: reference.snapshots.clone(),
        operators: reference.operators.clone(),
        register_days: 14,
        ..Known::default()
    })
}

#[test]
fn no_site_that_is_known_resembles_a_licensed_one() {
    let guards = data::guards::shipped().unwrap();
    let reference = data::reference::shipped().unwrap();
    let mut names: BTreeSet<DomainName> = BTreeSet::new();
    names.extend(guards.iter().flat_map(|list| list.names.iter().cloned()));
    names.extend(
        reference
            .operators
            .iter()
            .map(|operator| operator.host.clone()),
    );
    let warnings = reference
        .snapshots
        .iter()
        .flat_map(|snapshot| &snapshot.warnings);
    names.extend(warnings.flat_map(|warning| warning.hosts.iter().cloned()));
    assert!(names.len() > 500, "{}", names.len());
    let index = index();
    let alike: Vec<_> = names
        .iter()
        .map(|name| (name, check_host(name, &index, START)))
        .filter(|(_, found)| found.verdict == Verdict::Lookalike)
        .map(|(name, found)| format!("{name}: {:?}", found.reasons))
        .collect();
    assert!(alike.is_empty(), "{alike:#?}");
}
