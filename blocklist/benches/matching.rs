//! What matching costs with a register of 100 000 firms: building the index, a name, a host, a
//! million hosts, a claim. `cargo bench -p blocklist`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::{hint::black_box, time::Duration};

use blocklist::{
    DomainName, Timestamp,
    matching::{Claim, Index, Known, Query, answer, check_claims, check_host},
    register::{Snapshot, table::empty_row},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const FIRMS: usize = 100_000;
const HOSTS: usize = 1_000_000;

/// Syllables in an order that is the same every time (splitmix64).
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 32] = [
            "al", "tyn", "kok", "bo", "ri", "sa", "ray", "zhu", "ldyz", "dal", "qa", "zyn", "er",
            "te", "mir", "bay", "tau", "kol", "shan", "oi", "ulan", "ark", "bir", "nur", "gul",
            "sun", "qar", "jol", "kel", "ten", "us", "pan",
        ];
        (0..2 + self.next() % 3)
            .map(|_| SYLLABLES[(self.next() % 32) as usize])
            .collect()
    }
}

fn known() -> Known {
    let mut words = Words(7);
    let rows = (0..FIRMS).map(|at| {
        let (first, second) = (words.word(), words.word());
        let mut row = empty_row();
        row.record_id = format!("r{at}");
        row.legal_name = format!("{first} {second} Markets Ltd.");
        row.brand = format!("{first} {second}");
        row.licence_no = format!("AFSA-A-LA-{}-{:04}", 2000 + at / 10_000, at % 10_000);
        row.bin = format!("{at:012}");
        row.hosts = vec![DomainName::parse(&format!("{first}{second}.kz")).unwrap()];
        row
    });
    let json = r#"{"register":"afsa","taken_on":"2026-11-20","source":"x"}"#;
    let mut snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    snapshot.rows = rows.collect();
    Known {
        snapshots: vec![snapshot],
        register_days: 14,
        ..Known::default()
    }
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T06:00:00Z").unwrap()
}

fn matching(bench: &mut Criterion) {
    let known = known();
    let mut group = bench.benchmark_group("matching/100k firms");
    group.sample_size(10);
    group.bench_function("build the index", |b| {
        b.iter_batched(
            || known.clone(),
            Index::of,
            criterion::BatchSize::PerIteration,
        );
    });
    let index = Index::of(known);
    let row = &index.snapshots[0].rows[FIRMS / 2];
    let (brand, host) = (row.brand.clone(), row.hosts[0].clone());
    let mut misspelt = brand.clone();
    misspelt.remove(2);
    for (what, name) in [
        ("a name, exact", brand.as_str()),
        ("a name, misspelt", &misspelt),
        ("a name in Cyrillic", "Алтын Көкбөрі"),
        ("a name nobody bears", "Xylophone Quartz"),
    ] {
        let query = Query::parse(name).unwrap();
        group.bench_function(what, |b| {
            b.iter(|| answer(black_box(query.clone()), &index, now()));
        });
    }
    for (what, name) in [
        ("a licensed host", host.as_str().to_owned()),
        (
            "a look-alike host",
            format!("my-{host}").replace(".kz", ".com"),
        ),
        ("a host like none", "xylophone-quartz.com".to_owned()),
    ] {
        let name = DomainName::parse(&name).unwrap();
        group.bench_function(what, |b| {
            b.iter(|| check_host(black_box(&name), &index, now()));
        });
    }
    let claim = Claim {
        licence_no: row.licence_no.clone(),
        legal_name: row.legal_name.clone(),
        bin: row.bin.clone(),
        quote: String::new(),
    };
    let evil = DomainName::parse("evil.test").unwrap();
    group.bench_function("a claim", |b| {
        b.iter(|| {
            check_claims(
                &evil,
                black_box(std::slice::from_ref(&claim)),
                &index,
                now(),
            )
        });
    });
    let mut words = Words(11);
    let hosts: Vec<DomainName> = (0..HOSTS)
        .map(|at| {
            let name = format!("{}{}-{at}.com", words.word(), words.word());
            DomainName::parse(&name).unwrap()
        })
        .collect();
    group.throughput(Throughput::Elements(HOSTS as u64));
    group.measurement_time(Duration::from_secs(60));
    group.bench_function("a million hosts, one core", |b| {
        b.iter(|| {
            let found = hosts.iter().map(|host| check_host(host, &index, now()));
            found.filter(|found| found.matched.is_some()).count()
        });
    });
    group.finish();
}

criterion_group!(benches, matching);
criterion_main!(benches);
