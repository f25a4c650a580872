//! Where things lie in a data directory.

use std::path::{Path, PathBuf};
#[cfg(feature = "centre")]
use std::{collections::BTreeMap, net::SocketAddr};

use blocklist::Trust;

use crate::failure::Failure;

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// The directory that was named, or the default: a demonstration has one of its own.
    pub(crate) fn named(path: Option<&Path>, demo: bool) -> Self {
        let default = if demo { "qalqan-demo" } else { "qalqan-data" };
        Self(path.unwrap_or(Path::new(default)).to_owned())
    }

    /// The configuration file that is read unless another is named.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.0.join("qalqan.toml")
    }

    /// The directory itself.
    #[cfg(feature = "centre")]
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the directory if it is missing, readable by its owner only: it holds keys.
    pub(crate) fn create(&self) -> Result<(), Failure> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .map_err(|error| {
                let path = self.0.display();
                Failure::usage(format_args!(
                    "{path}: {error}; --data names another directory"
                ))
            })
    }

    /// The database unless another is named.
    #[cfg(feature = "centre")]
    pub(crate) fn database(&self) -> String {
        format!("sqlite:{}", self.0.join("qalqan.db").display())
    }

    /// The published release.
    pub(crate) fn release(&self) -> PathBuf {
        self.0.join("release")
    }

    /// The differences between releases that secondaries may still ask for.
    #[cfg(feature = "centre")]
    pub(crate) fn zone_journal(&self) -> PathBuf {
        self.0.join("transfer").join("journal")
    }

    /// What is known of the secondaries that are told of releases.
    #[cfg(feature = "centre")]
    pub(crate) fn secondaries(&self) -> PathBuf {
        self.0.join("secondaries.json")
    }

    /// Captured evidence.
    #[cfg(feature = "centre")]
    pub(crate) fn evidence(&self) -> PathBuf {
        self.0.join("evidence")
    }

    /// A resolver node's own copy of the list.
    pub(crate) fn node(&self) -> PathBuf {
        self.0.join("node")
    }

    /// Where verbs reach the node of this directory.
    pub(crate) fn control_socket(&self) -> PathBuf {
        self.0.join("control.sock")
    }

    /// Where the node of this directory hands over to the next.
    pub(crate) fn handover(&self) -> PathBuf {
        self.0.join("handover.sock")
    }

    /// The trust file.
    pub(crate) fn trust_file(&self) -> PathBuf {
        self.0.join("trust.json")
    }

    /// Reads a trust file; the data directory's own unless another is named.
    pub(crate) fn trust(&self, named: Option<&Path>) -> Result<Trust, Failure> {
        let path = named.map_or_else(|| self.trust_file(), Path::to_owned);
        let bytes = std::fs::read(&path).map_err(|error| {
            let path = path.display();
            Failure::usage(format_args!(
                "{path}: {error}; --trust names the publisher's trust file"
            ))
        })?;
        Trust::from_json(&bytes)
            .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))
    }

    /// Writes which ports were bound, for whoever starts us with port 0.
    #[cfg(feature = "centre")]
    pub(crate) fn write_ports(&self, ports: &BTreeMap<&str, SocketAddr>) -> Result<(), Failure> {
        let path = self.0.join("ports.json");
        let text = serde_json::to_string_pretty(ports)?;
        let beside = self.0.join("ports.json.new");
        std::fs::write(&beside, text + "\n")
            .and_then(|()| std::fs::rename(&beside, &path))
            .map_err(|error| self.file_failure(&path, &error))
    }

    #[cfg(feature = "centre")]
    fn file_failure(&self, path: &Path, error: &std::io::Error) -> Failure {
        Failure::usage(format_args!("{}: {error}", path.display()))
    }
}
