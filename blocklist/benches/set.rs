//! What the compiled list costs with a million owner names, 300,000 of them with everything below them:
//! look-ups one by one and sixty-four at a time, making, reading, changing, memory.
//! `cargo bench -p blocklist --bench set`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark"
)]

use std::{hint::black_box, time::Duration};

use blocklist::{BlockSet, DomainName, Entry, ListingId, Scope, fold::Action};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const NAMES: usize = 1_000_000;
const QUERIES: usize = 1 << 17;

/// Numbers in an order that is the same every time (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn of<'a>(&mut self, some: &[&'a str]) -> &'a str {
        some[self.below(some.len())]
    }
}

/// A name as exchanges have them: two to four words, half with a number, some with a host before them.
fn name(numbers: &mut Numbers) -> String {
    const WORDS: [&str; 32] = [
        "bit", "coin", "crypto", "ex", "trade", "swap", "fast", "bin", "pay", "wallet", "token",
        "chain", "moon", "gold", "safe", "pro", "prime", "cash", "hash", "stake", "farm", "nft",
        "obmen", "kurs", "altyn", "tenge", "steppe", "eagle", "bank", "option", "profit", "one",
    ];
    const TOP: [&str; 10] = [
        "com", "com", "com", "com", "io", "kz", "ru", "net", "org", "xyz",
    ];
    let mut text = String::new();
    if numbers.below(8) == 0 {
        text.push_str(numbers.of(&["www.", "app.", "m.", "login."]));
    }
    for _ in 0..2 + numbers.below(3) {
        text.push_str(numbers.of(&WORDS));
    }
    if numbers.below(2) == 0 {
        text.push_str(&numbers.below(100_000).to_string());
    }
    text.push('.');
    text.push_str(numbers.of(&TOP));
    text
}

/// The list, in order of name, and half of its names in another order.
fn list() -> (Vec<Entry>, Vec<DomainName>) {
    let mut numbers = Numbers(7);
    let mut names: Vec<DomainName> = Vec::with_capacity(2 * NAMES);
    while names.len() < NAMES {
        while names.len() < NAMES + NAMES / 4 {
            names.push(DomainName::parse(&name(&mut numbers)).unwrap());
        }
        names.sort();
        names.dedup();
    }
    // Every fourth or so goes, whatever stands next to it.
    for at in (1..names.len()).rev() {
        names.swap(at, numbers.below(at + 1));
    }
    names.truncate(NAMES);
    let picked = names[..QUERIES].to_vec();
    let mut entries: Vec<_> = names
        .into_iter()
        .enumerate()
        .map(|(at, name)| Entry {
            name,
            scope: if at % 10 < 3 {
                Scope::Subtree
            } else {
                Scope::Host
            },
            action: Action::Block,
            listing_id: ListingId::new(2026, at as u32 % 999_999 + 1).unwrap(),
        })
        .collect();
    entries.sort();
    (entries, picked)
}

fn wires<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Vec<u8>> {
    names
        .map(|name| DomainName::parse(name).unwrap().to_wire())
        .collect()
}

/// Each kind of question, and whether it is to be found.
fn questions(entries: &[Entry], picked: &[DomainName]) -> Vec<(&'static str, bool, Vec<Vec<u8>>)> {
    let set = BlockSet::new(entries).unwrap();
    let mut numbers = Numbers(9);
    let below = picked
        .iter()
        .map(|name| format!("{}.{name}", numbers.of(&["www", "a.b", "api"])));
    let below: Vec<_> = below.collect();
    let is_below = |name: &&str| set.find_name(&DomainName::parse(name).unwrap()).is_some();
    let mut numbers = Numbers(11);
    let unlisted: Vec<_> = (0..QUERIES)
        .map(|at| {
            format!(
                "{}site{at}-{}.{}",
                numbers.of(&["www.", "", "cdn.img."]),
                numbers.of(&["one", "two"]),
                numbers.of(&["com", "kz", "net"])
            )
        })
        .collect();
    let deep: Vec<_> = (0..QUERIES)
        .map(|at| format!("a.b.c.d.e.f{at}.never-listed.com"))
        .collect();
    let ask = |what, found, all: Vec<Vec<u8>>| {
        for wire in &all {
            assert_eq!(set.find(wire).is_some(), found, "{what}");
        }
        (what, found, all)
    };
    vec![
        ask("listed", true, wires(picked.iter().map(DomainName::as_str))),
        ask(
            "below a listed one",
            true,
            wires(below.iter().map(String::as_str).filter(is_below)),
        ),
        ask(
            "not listed",
            false,
            wires(unlisted.iter().map(String::as_str)),
        ),
        ask(
            "not listed, random below one name",
            false,
            wires(deep.iter().map(String::as_str)),
        ),
        ask(
            "below one listed for itself alone",
            false,
            wires(
                below
                    .iter()
                    .map(String::as_str)
                    .filter(|name| !is_below(name)),
            ),
        ),
    ]
}

fn set(bench: &mut Criterion) {
    let (entries, picked) = list();
    let questions = questions(&entries, &picked);
    let whole = BlockSet::new(&entries).unwrap();
    let octets: usize = entries
        .iter()
        .map(|entry| entry.name.as_str().len() + 2)
        .sum();
    eprintln!(
        "{} names of {:.1} octets: {:.1} octets a name, of which {:.1} are the file",
        whole.len(),
        octets as f64 / NAMES as f64,
        whole.octets() as f64 / NAMES as f64,
        whole.base_file().len() as f64 / NAMES as f64,
    );
    let mut one_less = entries.clone();
    let gone = one_less.remove(NAMES / 2);
    let changed = whole.updated(&one_less).unwrap();

    let mut group = bench.benchmark_group("set/1M names");
    for (form, set) in [("", &whole), (", with an overlay", &changed)] {
        for (what, _, all) in &questions {
            group.throughput(Throughput::Elements(all.len() as u64));
            group.bench_function(format!("{what}{form}"), |b| {
                b.iter(|| {
                    all.iter()
                        .filter(|wire| set.find(black_box(wire)).is_some())
                        .count()
                });
            });
        }
    }
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500));
    group.throughput(Throughput::Elements(NAMES as u64));
    group.bench_function("make it of entries in order", |b| {
        b.iter_with_large_drop(|| BlockSet::new(&entries).unwrap());
    });
    group.bench_function("read its file", |b| {
        b.iter_batched(
            || whole.base_file().to_vec(),
            |file| BlockSet::decode(file).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("take one name off, comparing all", |b| {
        b.iter_with_large_drop(|| whole.updated(&one_less).unwrap());
    });
    group.bench_function("take one name off, told which", |b| {
        b.iter_with_large_drop(|| {
            whole
                .with_changes(std::slice::from_ref(&gone.name), &one_less)
                .unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, set);
criterion_main!(benches);
