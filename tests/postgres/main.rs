//! The whole program on PostgreSQL: several processes on one database, a publisher that is killed,
//! a server that goes away and comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

#[path = "../support/binary.rs"]
mod binary;

mod away;
mod commands;
mod failover;

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use blocklist::{Release, Timestamp, Trust};
use data::{
    Store, case, decide,
    testing::{Centre, PASSWORD, proposal},
};

/// How long anything that is waited for may take on a slow machine under load.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// The clock the program goes by.
fn now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A data directory beside the centre's own, as another machine has it: the log key and the trust
/// file were carried there, nothing else.
fn another_machine(centre: &Centre, name: &str) -> PathBuf {
    let dir = centre.dir.path().join(name);
    std::fs::create_dir_all(dir.join("keys")).unwrap();
    for file in [data::ceremony::LOG_KEY, "trust.json"] {
        std::fs::copy(centre.dir.path().join(file), dir.join(file)).unwrap();
    }
    dir
}

/// Starts a command that stays up, on the centre's database.
fn start(centre: &Centre, data: &Path, arguments: &[&str]) -> Process {
    run(&centre.url, data, arguments)
}

/// Starts a command that stays up.
fn run(url: &str, data: &Path, arguments: &[&str]) -> Process {
    let mut command = binary::qalqan();
    // The address holds a password: it is for the environment, not for the list of processes.
    command.env("QALQAN_DATABASE", url);
    command.arg("--data").arg(data).args(arguments);
    let log = data.join(format!("{}.log", arguments[0]));
    command
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap());
    Process {
        child: command.spawn().unwrap(),
        log,
    }
}

/// A command that stays up. Dropping it kills it: no goodbye, no clean-up.
struct Process {
    child: Child,
    log: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
        if std::thread::panicking() {
            let log = std::fs::read(&self.log).unwrap_or_default();
            eprintln!("{}:\n{}", self.log.display(), String::from_utf8_lossy(&log));
        }
    }
}

/// Proposes and approves a listing for `host`, as two officers at another process do.
async fn sign(centre: &Centre, store: &Store, host: &str) {
    let case = centre.plant_case_at(host, now()).await;
    let listing = decide::propose(store, &centre.first, PASSWORD, &case, proposal(), now())
        .await
        .unwrap();
    let shown = case::proposal(store, listing.as_str()).await.unwrap();
    let shown = shown.unwrap().statement_sha256;
    decide::approve(
        store,
        &centre.second,
        PASSWORD,
        listing.as_str(),
        &shown,
        now(),
    )
    .await
    .unwrap();
}

/// The release in a data directory, if there is one.
fn released(data: &Path, trust: &Trust) -> Option<Release> {
    let note = std::fs::read(data.join("release/release")).ok()?;
    Release::open(&note, trust).ok()
}

/// Waits until something is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let since = std::time::Instant::now();
    while !so().await {
        assert!(since.elapsed() < PATIENCE, "{what}: not yet");
        tokio::time::sleep(LOOK).await;
    }
}

/// What `list verify` and `log verify` say of a release directory, which must be that all is well.
fn verify(data: &Path) {
    for verb in [["list", "verify"], ["log", "verify"]] {
        let output = binary::qalqan()
            .arg("--data")
            .arg(data)
            .args(verb)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{verb:?}: {said}");
    }
}

/// How often each of the hosts was listed in the log, and whether nothing else was amiss.
async fn listed_once(store: &Store, hosts: &[String]) {
    let folded = store.folded(Timestamp(now())).await.unwrap();
    assert_eq!(folded.remarks, Vec::<String>::new());
    let mut listed: Vec<_> = folded
        .listings
        .iter()
        .map(|listing| listing.statement.name.to_string())
        .collect();
    listed.sort();
    let mut expected = hosts.to_vec();
    expected.sort();
    assert_eq!(listed, expected);
}
