//! How long linking and reading take, and what hubs do:
//! `cargo run --release -p crawler --example networks`.
//!
//! Nothing here asserts a time; `tests/networks.rs` asserts what must not depend on the machine.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "prints figures"
)]

use std::time::Instant;

use crawler::{
    assessment::Assessor,
    identifier::{self, text},
    network::{Weights, synthetic},
};
use data::network::{group, ties::ties};

fn main() {
    for sites in [2_577, 10_000, 100_000] {
        let (rows, counts) = synthetic::web(sites);
        let began = Instant::now();
        let found = ties(&rows, &counts, None, &Weights);
        let tied = began.elapsed();
        let sets = group::components(found.keys().map(|(a, b)| (a.as_str(), b.as_str())));
        let all = began.elapsed();
        let largest = sets.iter().map(std::collections::BTreeSet::len).max();
        println!(
            "{sites} sites, {} identifiers: {} ties in {tied:.0?}, {} networks after {all:.0?}, largest {}; joined raw: largest {}",
            rows.len(),
            found.len(),
            sets.len(),
            largest.unwrap_or(0),
            synthetic::joined_raw(&rows),
        );
    }
    let assessor = Assessor::shipped().unwrap();
    let url = url::Url::parse("https://a.test/").unwrap();
    let page = assessor.page(url, "ab".repeat(32), &synthetic::page(60 * 1024));
    let page = std::sync::Arc::new(page);
    let rounds = 100;
    let began = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(identifier::read(&page));
    }
    println!(
        "identifiers of a 60 KB page: {:.0?}",
        began.elapsed() / rounds
    );
    let began = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(text::of_site(std::slice::from_ref(&page)));
    }
    println!("sketches of a 60 KB page: {:.0?}", began.elapsed() / rounds);
}
