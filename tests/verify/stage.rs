//! The three verifiers, each run on the same directory.

use std::{
    fs, io::Write as _, net::SocketAddr, path::Path, process::Command, sync::OnceLock,
    time::Duration,
};

use blocklist::{Timestamp, Trust, testing::TestLog};
use resolver::{
    ListConfig, ListSource, Node, NodeStatus, ResolverConfig, Running, StartError, Upstream,
};
use serde_json::Value;

use super::{binary, https};

/// A node that does not come to its status within this time has failed.
const LONG: Duration = Duration::from_secs(60);

pub(crate) const DONE: i32 = 0;
pub(crate) const NEGATIVE: i32 = 1;
pub(crate) const UNREADABLE: i32 = 3;

/// How a verifier comes to what it verifies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Over {
    Files,
    Https,
}

/// How a verifier ended: its exit code and everything it said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) words: String,
    pub(crate) json: Value,
}

/// A release directory, its trust file, and what two verifiers remember of it.
pub(crate) struct Stage {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) trust: Trust,
}

impl Stage {
    pub(crate) fn new(trust: &Trust) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("trust.json"), trust.to_json()).unwrap();
        fs::write(dir.path().join("authority.pem"), &https::server().authority).unwrap();
        let trust = trust.clone();
        Self { dir, trust }
    }

    pub(crate) fn base(&self) -> std::path::PathBuf {
        self.dir.path().join("release")
    }

    /// Removes what was published.
    pub(crate) fn clear(&self) {
        fs::remove_dir_all(self.base()).unwrap();
    }

    /// `qalqan list verify` on the directory.
    pub(crate) fn first(&self) -> Answer {
        self.first_over(Over::Files)
    }

    /// `qalqan list verify`, which remembers what it saw.
    pub(crate) fn first_over(&self, over: Over) -> Answer {
        let mut command = binary::qalqan();
        command
            .arg("--data")
            .arg(self.dir.path())
            .args(["--format", "json", "list", "verify", "--seen"])
            .arg(self.dir.path().join("seen.first.json"));
        if over == Over::Https {
            command.args(["--base", &https::server().base(&self.base())]);
        }
        self.answer(&mut command)
    }

    /// The second verifier on the directory; `None` where Python lacks what it needs.
    pub(crate) fn second(&self) -> Option<Answer> {
        self.second_over(Over::Files)
    }

    /// The second verifier, which remembers what it saw; `None` where Python lacks what it needs.
    pub(crate) fn second_over(&self, over: Over) -> Option<Answer> {
        python()?;
        let mut command = Command::new("python3");
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/verify/qalqan_verify.py"
            ))
            .arg("--trust")
            .arg(self.dir.path().join("trust.json"))
            .arg("--seen")
            .arg(self.dir.path().join("seen.second.json"))
            .arg("--suffixes")
            .arg(suffixes());
        match over {
            Over::Files => command.arg(self.base()),
            Over::Https => command.arg(https::server().base(&self.base())),
        };
        Some(self.answer(&mut command))
    }

    /// Runs a verifier that believes the authority in `authority.pem`, and no other.
    fn answer(&self, command: &mut Command) -> Answer {
        command
            .env("SSL_CERT_FILE", self.dir.path().join("authority.pem"))
            .env_remove("SSL_CERT_DIR")
            .env("NO_PROXY", "*")
            .env("no_proxy", "*");
        answer(command)
    }

    /// A node on the real clock, with its own memory of earlier releases.
    pub(crate) async fn node(&self) -> Result<Running, StartError> {
        let nobody = Upstream::udp(SocketAddr::from(([127, 0, 0, 1], 9)));
        let list = ListConfig {
            source: ListSource::Directory(self.base()),
            trust: self.trust.clone(),
            state_dir: self.dir.path().join("node"),
            start_empty: false,
            poll: Duration::from_secs(3600),
        };
        let config = ResolverConfig {
            list: Some(list),
            ..ResolverConfig::new(vec![SocketAddr::from(([127, 0, 0, 1], 0))], vec![nobody])
        };
        Node::open(config)?.start().await
    }
}

fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(
        !err.contains("panicked") && !err.contains("Traceback"),
        "{command:?}: {err}"
    );
    Answer {
        code: output.status.code(),
        json: serde_json::from_str(&out).unwrap_or(Value::Null),
        words: format!("{out}{err}"),
    }
}

/// Whether Python and its Ed25519 are there; asked once.
pub(crate) fn python() -> Option<()> {
    static THERE: OnceLock<bool> = OnceLock::new();
    let there = *THERE.get_or_init(|| {
        let imported = Command::new("python3")
            .args([
                "-c",
                "import cryptography.hazmat.primitives.asymmetric.ed25519",
            ])
            .output();
        let there = imported.is_ok_and(|output| output.status.success());
        assert!(
            there || std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
            "python3 or its package cryptography is missing"
        );
        if !there {
            // Past the capturing of test output, so that it is seen.
            let words = b"NOT RUN: the second verifier needs python3-cryptography\n";
            let _ = std::io::stderr().write_all(words);
        }
        there
    });
    there.then_some(())
}

/// The public suffix list in the very version that the fold is built on.
fn suffixes() -> &'static Path {
    static PATH: OnceLock<std::path::PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let metadata = cargo_metadata::MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
            .other_options(vec!["--locked".into(), "--offline".into()])
            .exec()
            .unwrap();
        let psl = metadata.packages.iter().find(|p| p.name.as_str() == "psl");
        let manifest = psl.unwrap().manifest_path.as_std_path();
        manifest.parent().unwrap().join("data/rules.txt")
    })
}

/// Asks the source again; the status once that pull is over.
pub(crate) async fn pull(running: &Running) -> NodeStatus {
    // One pull may be under way already; the one after it has begun after this call.
    for _ in 0..2 {
        let before = running.status().pulls;
        running.poke();
        let mut status = running.watch();
        let over = status.wait_for(|status| status.pulls > before);
        tokio::time::timeout(LONG, over).await.unwrap().unwrap();
    }
    running.status()
}

/// The clock of this machine, by which all three judge what is fresh.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp(i64::try_from(since.as_secs()).unwrap())
}

/// A listing that is in force by this machine's clock.
pub(crate) fn listing(
    log: &TestLog,
    host: &str,
    scope: blocklist::Scope,
    number: u32,
) -> blocklist::statement::List {
    blocklist::statement::List {
        effective_at: now().plus(-3_600),
        review_at: now().plus(86_400),
        expires_at: now().plus(2 * 86_400),
        ..log.list_statement(host, scope, number)
    }
}
