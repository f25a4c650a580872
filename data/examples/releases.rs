//! What one change costs on a long list, and where the time goes:
//! `cargo run --release -p data --features testing --example releases -- 100000`; with `pure` behind it,
//! only what needs no store. `stored DIR NAMES` and then `published DIR NAMES` do it in two steps.
//!
//! A log of that many listings is signed, stored and published in a temporary directory; then names
//! are listed and lifted one at a time, by a process of its own. Memory is what the kernel says of this process
//! (`/proc/self/status`): resident octets, and their peak since it was last set back.
//! Nothing here asserts a figure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "prints figures"
)]

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use blocklist::{
    Digest, Scope,
    leaf::Leaf,
    statement::{Policy, PolicySet, Statement, VERSION},
    testing::{START, TestLog},
    verify::Replay,
};
use data::{
    Store,
    pool::Pool,
    publish::{Publisher, Step},
};

/// Changes whose release is timed.
const CHANGES: u32 = 12;

type Steps = Arc<Mutex<Vec<(Step, Instant)>>>;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>().expect("a number of names");
    match args[..] {
        ["stored", dir, names] => {
            let store = stored(&long_log(number(names)), Path::new(dir)).await;
            store.close().await;
        }
        ["published", dir, names] => released(number(names), Path::new(dir)).await,
        [names] => whole(number(names), false).await,
        [names, "pure"] => whole(number(names), true).await,
        _ => println!(
            "releases NAMES [pure] | releases stored DIR NAMES | releases published DIR NAMES"
        ),
    }
}

/// Signs a log, measures what needs no store, and then publishes it in a process of its own, whose
/// memory holds nothing else.
async fn whole(names: u32, pure_only: bool) {
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let log = long_log(names);
    println!("{names} listings signed in {:.1?}", began.elapsed());
    pure(&log);
    if pure_only {
        return;
    }
    stored(&log, dir.path()).await.close().await;
    drop(log);
    let ended = std::process::Command::new(std::env::current_exe().unwrap())
        .arg("published")
        .arg(dir.path())
        .arg(names.to_string())
        .status()
        .unwrap();
    assert!(ended.success());
}

/// A log of `names` listings.
fn long_log(names: u32) -> TestLog {
    let mut log = TestLog::new(false);
    let policy = Policy {
        listings_per_day: u32::MAX,
        ..log.fold(START).1.policy
    };
    log.push_admin(Statement::PolicySet(PolicySet {
        v: VERSION,
        origin: log.trust.origin.clone(),
        policy,
        at: START,
    }));
    (0..names).for_each(|number| list(&mut log, number));
    log
}

/// Lists name `number`; every fifth is for its host alone.
fn list(log: &mut TestLog, number: u32) {
    const WORDS: [&str; 8] = [
        "obmen", "kripto", "tenge", "usdt", "birzha", "valyuta", "change", "coin",
    ];
    // Scattered, so that neighbours in the log are not neighbours in the list.
    let scattered = number.wrapping_mul(0x9e37_79b1);
    let word = WORDS[(scattered >> 29) as usize];
    let name = format!("{word}-{scattered:08x}.com");
    let scope = if number.is_multiple_of(5) {
        Scope::Host
    } else {
        Scope::Subtree
    };
    // Numbers of listings end at 999,999 a year.
    let mut statement = log.list_statement(&name, scope, number % 999_999 + 1);
    statement.listing_id =
        blocklist::ListingId::new(2026 + (number / 999_999) as i32, number % 999_999 + 1).unwrap();
    log.push_officers(Statement::List(statement));
}

/// Parsing, signatures, the tree and the fold, each for itself, without a store.
fn pure(log: &TestLog) {
    let leaves = &log.leaves;
    let octets: usize = leaves.iter().map(Vec::len).sum();
    println!("{} leaves, {octets} octets", leaves.len());
    let began = Instant::now();
    for leaf in leaves {
        Leaf::from_bytes(leaf).unwrap();
    }
    println!("parse every leaf              {:>10.1?}", began.elapsed());
    let mut tree = blocklist::log::Tree::default();
    let began = Instant::now();
    for leaf in leaves {
        tree.append(leaf).unwrap();
    }
    println!("tree over them                {:>10.1?}", began.elapsed());
    let (held, sample) = (keys(log), leaves.len().min(5_000));
    let some: Vec<_> = leaves[leaves.len() - sample..]
        .iter()
        .map(|leaf| Leaf::from_bytes(leaf).unwrap())
        .collect();
    let began = Instant::now();
    for leaf in &some {
        held.check_signatures(leaf).unwrap();
    }
    let signatures = began.elapsed() * (leaves.len() / sample) as u32;
    println!("signatures, by a sample       {signatures:>10.1?}");
    let before = memory();
    let began = Instant::now();
    let mut replay = Replay::begin(&log.trust, &leaves[0]).unwrap();
    for leaf in &leaves[1..] {
        replay.push(leaf).unwrap();
    }
    println!("replay with all signatures    {:>10.1?}", began.elapsed());
    let held = memory();
    per_name(
        "  the verified log in memory",
        before.0,
        held.0,
        leaves.len(),
    );
    for _ in 0..3 {
        peak_anew();
        let before = memory();
        let began = Instant::now();
        let folded = replay.fold().at(START.plus(60));
        let took = began.elapsed();
        println!("fold at a moment              {took:>10.1?}");
        per_name("  the list", before.0, memory().1, folded.entries.len());
    }
}

/// The log as far as its people's keys.
fn keys(log: &TestLog) -> blocklist::fold::Fold {
    let mut replay = Replay::begin(&log.trust, &log.leaves[0]).unwrap();
    for leaf in &log.leaves[1..5] {
        replay.push(leaf).unwrap();
    }
    replay.fold().clone()
}

/// Puts the log into a store as if it had been sequenced.
async fn stored(log: &TestLog, dir: &Path) -> Store {
    let store = Store::open(&format!("sqlite:{}", dir.join("qalqan.db").display()))
        .await
        .unwrap();
    let json = serde_json::to_string(&log.trust).unwrap();
    store.set_meta("trust", &json).await.unwrap();
    fs::create_dir_all(dir.join("keys")).unwrap();
    fs::write(dir.join("keys/log.key"), private_key(log)).unwrap();
    let Pool::Sqlite(db) = store.pool() else {
        unreachable!()
    };
    for (part, leaves) in log.leaves.chunks(10_000).enumerate() {
        let mut tx = db.begin().await.unwrap();
        for (at, leaf) in leaves.iter().enumerate() {
            let position = (part * 10_000 + at) as i64;
            queue(&mut *tx, position + 1, leaf).await;
            sqlx::query("INSERT INTO log_leaf (position, statement_id, leaf, sequenced_at) VALUES ($1, $1 + 1, $2, $3)")
                .bind(position)
                .bind(leaf)
                .bind(START.0)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }
    store
}

/// Puts a signed leaf into the queue. Its kind is none that the store has rules for.
async fn queue<'a>(db: impl sqlx::Executor<'a, Database = sqlx::Sqlite>, id: i64, leaf: &'a [u8]) {
    sqlx::query("INSERT INTO signed_statement (id, kind, leaf, leaf_sha256, signed_at) VALUES ($1, 'bench', $2, $3, $4)")
        .bind(id)
        .bind(leaf)
        .bind(Digest::of(leaf).to_string())
        .bind(START.0)
        .execute(db)
        .await
        .unwrap();
}

fn private_key(log: &TestLog) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let mut parts = log.trust.log_key.splitn(3, '+');
    let (name, id) = (parts.next().unwrap(), parts.next().unwrap());
    let key = STANDARD.encode([&[1][..], &[9; 32]].concat());
    format!("PRIVATE+KEY+{name}+{id}+{key}\n")
}

/// Opens a publisher over the store, publishes, and then one change after the other.
async fn released(listings: u32, dir: &Path) {
    let mut log = TestLog::new(false);
    let store = Store::open(&format!("sqlite:{}", dir.join("qalqan.db").display()))
        .await
        .unwrap();
    let before = memory();
    let began = Instant::now();
    drop(store.read_record().await.unwrap());
    println!("the log read and verified     {:>10.1?}", began.elapsed());
    let began = Instant::now();
    let mut publisher = Publisher::open(store.clone(), dir, START.0 + 100)
        .await
        .unwrap();
    println!("publisher opened              {:>10.1?}", began.elapsed());
    let steps = Steps::default();
    let heard = steps.clone();
    publisher.on_step(move |step| heard.lock().unwrap().push((step, Instant::now())));
    let opened = memory();
    let began = Instant::now();
    publisher.step(START.0 + 100).await.unwrap();
    println!("first release, all of it      {:>10.1?}", began.elapsed());
    show(began, &steps);
    let size = publisher.published().unwrap().release.size;
    let names = publisher.published().unwrap().folded.entries.len();
    per_name("  the verified log in memory", before.0, opened.0, names);
    per_name("  peak over it, first release", opened.0, memory().1, names);
    let Pool::Sqlite(db) = store.pool() else {
        unreachable!()
    };
    let mut took = Vec::new();
    for change in 0..CHANGES {
        let number = listings + change;
        if change % 3 == 2 {
            let lifted = publisher.published().unwrap().folded.entries[names / 2].clone();
            let number = lifted.listing_id.as_str()[7..].parse().unwrap();
            log.lift(lifted.name.as_str(), number);
        } else {
            list(&mut log, number);
        }
        let id = i64::try_from(size).unwrap() + i64::from(change) + 1;
        queue(db, id, log.leaves.last().unwrap()).await;
        steps.lock().unwrap().clear();
        peak_anew();
        let before = memory();
        let began = Instant::now();
        let now = START.0 + 101 + i64::from(change);
        assert!(publisher.step(now).await.unwrap());
        let whole = began.elapsed();
        let after = memory();
        took.push(show(began, &steps));
        println!("  the step as a whole         {whole:>10.1?}");
        per_name("  peak over what was held", before.0, after.1, names);
    }
    took.sort();
    println!(
        "from signed to released: best {:.1?}, median {:.1?}, worst {:.1?}",
        took[0],
        took[took.len() / 2],
        took[took.len() - 1]
    );
    let now = START.0 + 102 + i64::from(CHANGES);
    let began = Instant::now();
    for quiet in 0..10 {
        assert!(!publisher.step(now + quiet).await.unwrap());
    }
    println!(
        "a step with nothing to do     {:>10.1?}",
        began.elapsed() / 10
    );
    let size = |path: &str| fs::metadata(dir.join("release").join(path)).map_or(0, |m| m.len());
    let octets: u64 = blocklist::export::ARTEFACTS.into_iter().map(size).sum();
    println!("octets of the ten formats: {octets}");
}

/// Prints when each step was done; gives when the release stood.
fn show(began: Instant, steps: &Steps) -> Duration {
    let mut released = Duration::ZERO;
    for (step, at) in steps.lock().unwrap().iter() {
        let after = at.duration_since(began);
        print!("  {step:?} {after:.1?}");
        if *step == Step::Released {
            released = after;
        }
    }
    println!();
    released
}

fn per_name(what: &str, before: u64, after: u64, names: usize) {
    let grown = after.saturating_sub(before);
    println!(
        "{what}: {:.1} MB, {} octets a name",
        grown as f64 / 1e6,
        grown / names.max(1) as u64
    );
}

/// Resident octets of this process, and their peak.
fn memory() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or_default() * 1024
    };
    (value("VmRSS:"), value("VmHWM:"))
}

/// Sets the peak back to what is resident now (`man 5 proc`, `clear_refs`).
fn peak_anew() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}
