//! Linking at the size of real data: planted operators are found, hubs join nobody.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::BTreeSet;

use crawler::network::{Weights, synthetic};
use data::network::{group, ties::ties};

#[test]
fn hubs_do_not_collapse_and_every_operator_is_found() {
    let sites = 2_577;
    let (rows, counts) = synthetic::web(sites);
    let found = ties(&rows, &counts, None, &Weights);
    let sets = group::components(found.keys().map(|(a, b)| (a.as_str(), b.as_str())));
    let found: BTreeSet<BTreeSet<String>> = sets.into_iter().collect();
    let planted: BTreeSet<BTreeSet<String>> = synthetic::operators(sites).into_values().collect();
    assert_eq!(found, planted);
    // The same data, joined by whatever is shared, is mostly one blob.
    assert!(synthetic::joined_raw(&rows) > sites / 3);
}
