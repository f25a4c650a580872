//! What an answer from the cache costs: found and written, and not found.
//! `cargo bench -p resolver --bench cache`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use resolver::cache_probe::{Asking, Probe};

/// Entries in the cache: a working set of the processor's own caches, and one far beyond them.
const SIZES: [usize; 2] = [1000, 200_000];
const OCTETS: usize = 128 << 20;
const HEADER: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01";
const FIXED: &[u8] = b"\x07example\x03com\x00\x00\x01\x00\x01";
const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
/// An address for an hour, of the name that was asked for.
const RECORD: &[u8] = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x01";

fn query(number: usize) -> Vec<u8> {
    let label = format!("\x0chost-{number:07}");
    [HEADER, label.as_bytes(), FIXED, OPT].concat()
}

fn answer(query: &[u8]) -> Vec<u8> {
    let question = query.strip_suffix(OPT).unwrap();
    let mut answer = [question, RECORD, RECORD, OPT].concat();
    answer[2..8].copy_from_slice(b"\x81\x80\x00\x01\x00\x02");
    answer
}

fn cache(c: &mut Criterion) {
    let mut group = c.benchmark_group("cache");
    group.throughput(Throughput::Elements(1));
    for size in SIZES {
        let cache = Probe::new(OCTETS);
        // A step that shares no factor with the sizes: not the order in which memory was taken.
        let numbers = (0..size).map(|at| at * 7919 % size);
        let asked: Vec<_> = numbers
            .map(|number| {
                let bytes = query(number);
                let query = Asking::read(&bytes).unwrap();
                assert!(cache.keep(&query, &answer(&bytes), 0));
                (bytes, query)
            })
            .collect();
        let unknown: Vec<_> = (size..2 * size)
            .map(|number| Asking::read(&query(number)).unwrap())
            .collect();
        let mut buffer = [0; 1232];
        let mut next = asked.iter().cycle();
        group.bench_function(format!("a hit among {size}"), |b| {
            b.iter(|| {
                let (bytes, query) = next.next().unwrap();
                buffer[..bytes.len()].copy_from_slice(bytes);
                cache
                    .answer(black_box(query), &mut buffer, 1232, 1)
                    .unwrap()
            });
        });
        let mut next = unknown.iter().cycle();
        group.bench_function(format!("a miss among {size}"), |b| {
            b.iter(|| cache.answer(black_box(next.next().unwrap()), &mut buffer, 1232, 1));
        });
    }
    group.finish();
}

criterion_group!(benches, cache);
criterion_main!(benches);
