//! The program as a person or a script meets it when something is wrong: each time a message that
//! says what, the exit code that says which kind, and never a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "../support/binary.rs"]
mod binary;
#[path = "../support/dns.rs"]
mod dns;
#[path = "../support/schema.rs"]
mod schema;

mod appeal;
mod bad_input;
mod campaign;
mod centre;
mod check;
mod configuration;
mod disk;
mod dry_run;
mod guard;
mod hostile;
mod network;
mod node;
mod output;
mod pages;
mod people;
mod policy;
mod registry;
mod release;
mod remembered;
mod snapshot;
mod sockets;
mod store;
mod traces;
mod verbs;

use std::{ffi::OsStr, path::Path, time::Duration};

/// Exit codes, as DESIGN lists them.
const DONE: i32 = 0;
const NEGATIVE: i32 = 1;
const USAGE: i32 = 2;
const TEMPORARY: i32 = 3;
const PERMANENT: i32 = 4;

/// A command that has not ended by then serves somebody instead of refusing.
const DEADLINE: Duration = Duration::from_secs(120);

/// How a command ended.
struct Ended {
    line: String,
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// Asserts the exit code, and that stderr says this.
    #[track_caller]
    fn with(&self, code: i32, says: &str) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        assert!(
            self.err.contains(says),
            "stderr does not say `{says}`: {self}"
        );
        self
    }

    /// Asserts that all went well, and that stdout says this.
    #[track_caller]
    fn done(&self, says: &str) -> &Self {
        assert_eq!(self.code, Some(DONE), "{self}");
        assert!(
            self.out.contains(says),
            "stdout does not say `{says}`: {self}"
        );
        self
    }

    /// Stdout as one JSON object.
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line,
            code,
            out,
            err,
        } = self;
        write!(
            f,
            "qalqan {line}\nexit {code:?}\nstdout: {out}\nstderr: {err}"
        )
    }
}

/// Runs a command line to its end, below the data directory `data`.
async fn qalqan<I: AsRef<OsStr>>(data: &Path, args: impl IntoIterator<Item = I>) -> Ended {
    let mut command = binary::qalqan();
    command.arg("--data").arg(data).args(args);
    let line = format!("{:?}", command.get_args().collect::<Vec<_>>());
    let mut command = tokio::process::Command::from(command);
    let output = tokio::time::timeout(DEADLINE, command.kill_on_drop(true).output())
        .await
        .unwrap_or_else(|_| panic!("{line} goes on and on"))
        .unwrap();
    let ended = Ended {
        line,
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(!ended.err.contains("panicked"), "{ended}");
    ended
}

/// The clock of this machine, by which the program judges what is fresh.
fn now() -> blocklist::Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    blocklist::Timestamp(i64::try_from(since.as_secs()).unwrap())
}
