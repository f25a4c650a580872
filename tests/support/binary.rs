//! The program itself: built once by cargo as anybody would build it, then started as a process.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Where the binary `qalqan` lies, built if need be. `QALQAN_BIN` names another one.
pub(crate) fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::var_os("QALQAN_BIN").map_or_else(build, PathBuf::from))
}

/// A command line that begins with the binary, in a clean environment and language.
pub(crate) fn qalqan() -> Command {
    let mut command = Command::new(path());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("QALQAN_") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells this test about itself would look to build scripts like a change.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let built = cargo
        .args(["build", "--locked", "--quiet", "--bin", "qalqan"])
        .args(["--message-format", "json", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "qalqan does not build");
    let executable = cargo_metadata::Message::parse_stream(built.stdout.as_slice())
        .filter_map(|message| match message.expect("cargo's messages") {
            cargo_metadata::Message::CompilerArtifact(artifact) => artifact.executable,
            _ => None,
        })
        .last();
    executable.expect("cargo names the binary").into()
}
