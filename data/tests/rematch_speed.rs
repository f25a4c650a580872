//! How long it takes to match all sites anew. It prints figures and holds nothing but that it ends:
//!
//! `cargo test --release -p data --test rematch_speed -- --ignored --nocapture`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

use std::time::Instant;

use blocklist::register::Snapshot;
use data::{
    ceremony,
    pool::Pool,
    rematch,
    testing::{Centre, Engine, NOW, PASSWORD},
};
use serde_json::json;

const SITES: usize = 100_000;
const FIRMS: usize = 1_000;

/// A register of invented firms, a tenth of them in this state.
async fn enter(centre: &Centre, day: &str, state: &str, now: i64) {
    let rows: Vec<_> = (0..FIRMS)
        .map(|n| {
            json!({
                "record_id": format!("f{n}"), "regulator": "Demo authority",
                "legal_name": format!("Firm {n} Ltd."), "licence_no": format!("INV-{n:05}"),
                "basis": "register", "valid_from": "2026-01-01", "valid_to": "2028-12-31",
                "state": if n % 10 == 0 { state } else { "active" },
                "hosts": [format!("licensed{n:05}.test")],
                "source_url": "https://register.test/", "source_date": day,
            })
        })
        .collect();
    let text = json!({ "register": "demo", "taken_on": day, "source": "https://register.test/", "rows": rows });
    let snapshot = Snapshot::from_json(text.to_string().as_bytes()).unwrap();
    let officers = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];
    ceremony::enter_register(&centre.store, &snapshot, officers, now)
        .await
        .unwrap();
    centre.publisher().await.step(now).await.unwrap();
}

/// Sites of which one in a hundred is a licensed firm's.
async fn plant(centre: &Centre) {
    let hosts: Vec<String> = (0..SITES)
        .map(|n| match n % 100 {
            0 => format!("licensed{:05}.test", n / 100),
            _ => format!(
                "exchange-{:x}.example{}.test",
                n * 2_654_435_761 % 0xffff_ffff,
                n % 977
            ),
        })
        .collect();
    for (batch, hosts) in hosts.chunks(500).enumerate() {
        let rows: Vec<String> = hosts
            .iter()
            .enumerate()
            .map(|(n, host)| {
                format!(
                    "({}, '{host}', {NOW}, 'seed', 'assessed')",
                    batch * 500 + n + 1
                )
            })
            .collect();
        let sql = format!(
            "INSERT INTO site (id, host, discovered_at, discovered_from, state) VALUES {}",
            rows.join(", ")
        );
        centre.sql(&sql).await.unwrap();
    }
}

async fn measure(engine: Engine) {
    let centre = Centre::on(engine).await;
    let engine = match centre.store.pool() {
        Pool::Sqlite(_) => "SQLite",
        Pool::Postgres(_) => "PostgreSQL",
    };
    plant(&centre).await;
    let run = async |what: &str, now: i64| {
        let began = Instant::now();
        let done = rematch::run(&centre.store, now).await.unwrap();
        let took = began.elapsed();
        let (sites, changed) = done.map_or((0, 0), |done| (done.sites, done.changed));
        println!("{engine}: {what}: {sites} sites, {changed} changed, {took:?}");
    };
    enter(&centre, "2026-11-18", "active", NOW + 1).await;
    run("first time", NOW + 1).await;
    run("nothing changed", NOW + 2).await;
    enter(&centre, "2026-11-19", "suspended", NOW + 3).await;
    run("a new snapshot of 700 firms", NOW + 3).await;
    run("time alone: the snapshot is too old", NOW + 20 * 86_400).await;
}

#[tokio::test]
#[ignore = "a measurement of some seconds"]
async fn all_sites_are_matched_anew() {
    measure(Engine::Sqlite).await;
    if Engine::Postgres.is_here() {
        measure(Engine::Postgres).await;
    }
}
