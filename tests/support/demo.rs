//! `qalqan demo`: the binary that cargo builds, on free ports, with a data directory of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
    time::Duration,
};

use cargo_metadata::Message;
use serde_json::Value;
use tempfile::TempDir;

use super::group::Group;

/// How long the invented web may take to be crawled on a slow machine under load.
const READY_WITHIN: Duration = Duration::from_secs(240);

/// Somebody who may sign.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) login: String,
    pub(crate) password: String,
}

/// A demonstration that has crawled its web and answers.
pub(crate) struct Demo {
    /// The object it printed.
    said: Value,
    // Ended before its directory is removed: fields are dropped in this order.
    _group: Group,
    dir: TempDir,
}

impl Demo {
    /// Starts it and waits for the one line it prints when everything answers.
    pub(crate) async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let mut command = Command::new(binary());
        command
            .args(["--format", "json", "--data"])
            .arg(dir.path().join("data"))
            .args(["demo", "--language", "en"]);
        for listener in ["--web", "--block-page", "--evidence", "--dns", "--transfer"] {
            command.args([listener, "127.0.0.1:0"]);
        }
        let mut group = Group::spawn(&mut command, &dir.path().join("demo.log")).unwrap();
        let said: Value = group
            .says(READY_WITHIN, |line| serde_json::from_str(line).ok())
            .await;
        super::schema::conforms("demo", &said.to_string());
        Self {
            said,
            _group: group,
            dir,
        }
    }

    /// A bound address by its name: `web`, `dns`, ….
    pub(crate) fn port(&self, name: &str) -> SocketAddr {
        let address = self.said["ports"][name].as_str();
        address.expect(name).parse().unwrap()
    }

    /// The address of a page.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.port("web"))
    }

    /// The two officers, the proposer first.
    pub(crate) fn officers(&self) -> [Person; 2] {
        [0, 1].map(|place| {
            let officer = &self.said["officers"][place];
            let text = |field: &str| officer[field].as_str().expect(field).to_owned();
            Person {
                login: text("login"),
                password: text("password"),
            }
        })
    }

    /// The path of the trust file, which a verifier is given by hand.
    pub(crate) fn trust(&self) -> String {
        self.said["trust"].as_str().expect("trust").to_owned()
    }

    /// Runs another command of the program on the same data directory.
    pub(crate) fn qalqan(&self, arguments: &[&str]) -> Output {
        let data = self.said["data"].as_str().expect("data");
        Command::new(binary())
            .args(["--data", data])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// A file for the test's own use, removed with the demonstration.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

/// Builds the binary in the profile of this test (nothing to do when it is fresh) and gives its path.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        // <target>/<profile>/deps/<test>
        let folder = test.ancestors().nth(2).unwrap();
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        };
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .args(["build", "--locked", "--quiet", "--package", "qalqan"])
            .args(["--bin", "qalqan", "--profile", profile])
            .args(["--message-format", "json-render-diagnostics"])
            .arg("--target-dir")
            .arg(folder.parent().unwrap())
            .stderr(Stdio::inherit());
        // What cargo tells this test about itself would look to build scripts like a change.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(&name);
            }
        }
        let built = cargo.output().unwrap();
        assert!(built.status.success(), "the binary does not build");
        Message::parse_stream(built.stdout.as_slice())
            .map_while(Result::ok)
            .find_map(|message| match message {
                Message::CompilerArtifact(artifact) if artifact.target.name == "qalqan" => {
                    artifact.executable
                }
                _ => None,
            })
            .expect("cargo names the binary it built")
            .into()
    })
}
