//! What it takes to read a long log, step by step:
//! `cargo run --release -p blocklist --features testing --example log -- sign 1000000 FILE` signs one, and
//! `… --example log -- read FILE` reads it, 512 leaves at a time or as many as a number behind it says.
//!
//! Memory is what the kernel says of this process (`/proc/self/status`). Nothing here asserts a figure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "prints figures"
)]

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use blocklist::{
    ListingId, Scope,
    fold::Proved,
    leaf::Leaf,
    log::{Tree, bundle},
    statement::{Policy, PolicySet, Statement, VERSION},
    testing::{START, TestLog},
    verify::Replay,
};

/// Leaves that are read and proved together, as [`Replay::push_all`] does.
const SOME: usize = 512;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["sign", names, file] => {
            let log = long_log(names.parse().expect("a number of names"));
            let leaves = log.leaves.iter().map(Vec::as_slice);
            fs::write(file, bundle::encode(leaves)).unwrap();
        }
        ["read", file] => read(&leaves(&fs::read(file).unwrap()), SOME),
        ["read", file, some] => {
            let some = some.parse().expect("a number of leaves");
            read(&leaves(&fs::read(file).unwrap()), some);
        }
        _ => println!("log sign NAMES FILE | log read FILE [LEAVES]"),
    }
}

/// A log of `names` listings, signed by every core.
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
    let numbers: Vec<u32> = (0..names).collect();
    let signed = shared(&numbers, |number| {
        // Scattered, so that neighbours in the log are not neighbours in the list.
        let scattered = number.wrapping_mul(0x9e37_79b1);
        let name = format!("obmen-{scattered:08x}.com");
        let scope = match number % 5 {
            0 => Scope::Host,
            _ => Scope::Subtree,
        };
        let mut list = log.list_statement(&name, scope, 1);
        // Numbers of listings end at 999,999 a year.
        let year = 2026 + (number / 999_999) as i32;
        list.listing_id = ListingId::new(year, number % 999_999 + 1).unwrap();
        let keys = log
            .officers
            .each_ref()
            .map(|key| (blocklist::key::Role::Officer, key));
        blocklist::testing::signed(Statement::List(list), &keys)
            .to_bytes()
            .unwrap()
    });
    log.leaves.extend(signed);
    log
}

/// The leaves of a file, which is a bundle that no reader of bundles would take: it is too long.
fn leaves(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (leaf, rest) = rest.split_at(u16::from_be_bytes(*length).into());
        leaves.push(leaf.to_vec());
        bytes = rest;
    }
    leaves
}

fn read(leaves: &[Vec<u8>], at_once: usize) {
    let octets: usize = leaves.iter().map(Vec::len).sum();
    println!("{} leaves, {octets} octets", leaves.len());
    let began = Instant::now();
    for leaf in leaves {
        Leaf::from_bytes(leaf).unwrap();
    }
    println!("read, one core                {:>10.2?}", began.elapsed());

    let trust = TestLog::new(false).trust;
    let before = resident();
    let mut fold = Replay::begin(&trust, &leaves[0]).unwrap().fold().clone();
    let mut tree = Tree::default();
    tree.append(&leaves[0]).unwrap();
    let mut took = [Duration::ZERO; 4];
    let mut step = |which: usize, began: Instant| took[which] += began.elapsed();
    for some in leaves[1..].chunks(at_once) {
        let began = Instant::now();
        let parsed = shared(some, |leaf| Leaf::from_bytes(leaf).unwrap());
        step(0, began);
        let began = Instant::now();
        let proved: Vec<Proved> = shared(&parsed, |leaf| fold.prove(leaf.clone()));
        step(1, began);
        drop(parsed);
        let began = Instant::now();
        for leaf in proved {
            fold.apply(leaf).unwrap();
        }
        step(2, began);
        let began = Instant::now();
        for leaf in some {
            tree.append(leaf).unwrap();
        }
        step(3, began);
    }
    let [read, signatures, entered, hashed] = took;
    println!("read, every core              {read:>10.2?}");
    println!("signatures, every core        {signatures:>10.2?}");
    println!("entered into the fold         {entered:>10.2?}");
    println!("tree                          {hashed:>10.2?}");
    let held = resident().saturating_sub(before);
    println!(
        "the verified log in memory: {} octets a leaf",
        held / leaves.len() as u64
    );
    let mut folded = Duration::ZERO;
    for _ in 0..3 {
        let began = Instant::now();
        let list = fold.at(START.plus(60));
        folded = began.elapsed();
        println!(
            "fold at a moment              {folded:>10.2?}, {} entries",
            list.entries.len()
        );
    }
    println!(
        "all but the signatures        {:>10.2?}",
        read + entered + hashed + folded
    );
}

/// `work` on each of `items`, by every core, in their order.
fn shared<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().unwrap().get();
    let work = &work;
    thread::scope(|scope| {
        let shares = items.chunks(items.len().div_ceil(cores).max(1));
        let started: Vec<_> = shares
            .map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<R>>()))
            .collect();
        started
            .into_iter()
            .flat_map(|share| share.join().unwrap())
            .collect()
    })
}

/// Resident octets of this process.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
