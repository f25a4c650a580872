//! What a long list costs a node, from a log that was signed by
//! `cargo run --release -p blocklist --features testing --example log -- sign 1000000 FILE`:
//! `cargo run --release -p resolver --example long_list -- FILE FOLDER` installs it into the folder the
//! first time, and then starts a node from what is there and gives it one name after the other.
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
    collections::BTreeMap,
    fs,
    net::{SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use blocklist::{
    DomainName, ListingId, Release, Scope,
    fold::FOLD_VERSION,
    key::Role,
    log::{self, BUNDLE_WIDTH, Tree, bundle},
    statement::Statement,
    testing::{START, TestLog, signed},
};
use resolver::{ListConfig, ListSource, Node, ResolverConfig, Running};

/// Names that are added one after the other.
const ADDED: u32 = 20;

#[tokio::main]
async fn main() {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [file, folder] = &args[..] else {
        println!("long_list FILE FOLDER");
        return;
    };
    let mut source = Source::open(file, folder);
    let is_first = !folder.join("node/state.json").exists();
    println!("{} leaves", source.tree.size());
    let began = Instant::now();
    let node = Node::open_with_clock(
        config(&source, folder),
        std::sync::Arc::new(|| START.plus(3600)),
    );
    let running = node.unwrap().start().await.unwrap();
    let address = running.addresses()[0];
    ask_until_blocked(address, "obmen-00000000.com");
    let what = if is_first {
        "fetched, proved and in force"
    } else {
        "in force from its own disk"
    };
    println!(
        "{what}: {:.0?} after the start, {}",
        began.elapsed(),
        memory()
    );
    settle(&running).await;
    println!(
        "its copy of the log read: {:.1?} after the start, {}",
        began.elapsed(),
        memory()
    );
    for added in 1..=ADDED {
        let name = format!("added-{}-{added}.com", source.tree.size());
        source.add(&name);
        let began = Instant::now();
        running.poke();
        ask_until_blocked(address, &name);
        let took = began.elapsed();
        println!(
            "one name more: {:.2} ms, {}",
            took.as_secs_f64() * 1e3,
            memory()
        );
        // What is done afterwards is done before the next.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    running.stop().await;
}

fn config(source: &Source, folder: &Path) -> ResolverConfig {
    let upstream = "127.0.0.1:9".parse().unwrap();
    let mut config = ResolverConfig::new(vec!["127.0.0.1:0".parse().unwrap()], vec![upstream]);
    config.list = Some(ListConfig {
        source: ListSource::Directory(source.folder.clone()),
        trust: source.log.trust.clone(),
        state_dir: folder.join("node"),
        start_empty: false,
        poll: Duration::from_secs(3600),
    });
    config
}

/// Waits until the node has asked its source once, for which it may read its copy of the log.
async fn settle(running: &Running) {
    let mut status = running.watch();
    running.poke();
    while status.borrow_and_update().pulls < 2 {
        status.changed().await.unwrap();
    }
}

fn ask_until_blocked(address: SocketAddr, name: &str) {
    let wire = DomainName::parse(name).unwrap().to_wire();
    let query = [
        &[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..],
        &wire,
        &[0, 1, 0, 1],
    ]
    .concat();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    let mut answer = [0; 512];
    loop {
        socket.send_to(&query, address).unwrap();
        // NXDOMAIN, or whatever an upstream that is none leads to.
        if socket.recv(&mut answer).is_ok() && answer[3] & 15 == 3 {
            return;
        }
    }
}

fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let lines = status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A release folder that grows.
struct Source {
    folder: PathBuf,
    log: TestLog,
    tree: Tree,
    /// The leaves of the last bundle.
    last: Vec<Vec<u8>>,
    serial_base: u32,
}

impl Source {
    fn open(file: &Path, folder: &Path) -> Self {
        let log = TestLog::new(false);
        let serial_base = log.fold(START).1.policy.serial_base;
        let mut source = Self {
            folder: folder.join("release"),
            log,
            tree: Tree::default(),
            last: Vec::new(),
            serial_base,
        };
        let kept = folder.join("leaves");
        if !kept.exists() {
            fs::create_dir_all(folder).unwrap();
            fs::copy(file, &kept).unwrap();
        }
        let is_new = !source.folder.exists();
        let bytes = fs::read(&kept).unwrap();
        let mut rest = &bytes[..];
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (leaf, after) = after.split_at(u16::from_be_bytes(*length).into());
            source.push(leaf.to_vec(), is_new);
            rest = after;
        }
        source.release();
        source
    }

    fn push(&mut self, leaf: Vec<u8>, is_new: bool) {
        self.tree.append(&leaf).unwrap();
        if self.last.len() as u64 == BUNDLE_WIDTH {
            self.last.clear();
        }
        self.last.push(leaf);
        if is_new && self.last.len() as u64 == BUNDLE_WIDTH {
            self.write_bundle();
        }
    }

    fn write_bundle(&self) {
        let index = (self.tree.size() - 1) / BUNDLE_WIDTH;
        let path = log::entry_bundle_path(index, self.last.len() as u64);
        let path = self.folder.join("log").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bundle::encode(self.last.iter().map(Vec::as_slice))).unwrap();
    }

    fn release(&self) {
        self.write_bundle();
        let size = self.tree.size();
        // It never goes back.
        let time = START.plus(60 + i64::try_from(size / 1000).unwrap());
        let release = Release {
            size,
            root: self.tree.root().unwrap(),
            fold_version: FOLD_VERSION,
            serial: self.serial_base.wrapping_add(size as u32),
            time,
            not_after: time.plus(86_400),
            artefacts: BTreeMap::new(),
        };
        let note = release
            .sign(&self.log.trust.origin, &self.log.log_key)
            .unwrap();
        let new = self.folder.join("release.new");
        fs::write(&new, note).unwrap();
        fs::rename(new, self.folder.join("release")).unwrap();
    }

    fn add(&mut self, name: &str) {
        let mut list = self.log.list_statement(name, Scope::Subtree, 1);
        list.listing_id = ListingId::new(2030, (self.tree.size() % 999_999) as u32 + 1).unwrap();
        let keys = self.log.officers.each_ref().map(|key| (Role::Officer, key));
        let leaf = signed(Statement::List(list), &keys).to_bytes().unwrap();
        let kept = self.folder.with_file_name("leaves");
        let mut file = fs::OpenOptions::new().append(true).open(kept).unwrap();
        std::io::Write::write_all(&mut file, &bundle::encode([&leaf[..]])).unwrap();
        self.push(leaf, false);
        self.release();
    }
}
