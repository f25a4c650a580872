//! The units that systemd is given.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::binary;

const UNITS: [&str; 2] = ["qalqan-resolver.service", "qalqan-resolver.socket"];
/// What is left to a node, as `systemd-analyze security` counts it in tenths: 0 is nothing at all, an
/// service without any of it 96.
const EXPOSURE: &str = "20";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd")
}

/// The units as they would lie on a machine with this binary.
fn installed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let binary = binary::path().to_str().unwrap();
    for unit in UNITS {
        let text = fs::read_to_string(folder().join(unit)).unwrap();
        let text = text.replace("/usr/bin/qalqan", binary);
        fs::write(dir.path().join(unit), text).unwrap();
    }
    dir
}

/// What systemd says of these units; `None` without systemd.
fn analyze(arguments: &[&str], units: &[PathBuf]) -> Option<Output> {
    let mut command = Command::new("systemd-analyze");
    match command.args(arguments).args(units).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(
                std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
                "systemd-analyze is missing (package systemd)"
            );
            let line = b"NOT RUN: systemd-analyze is missing (package systemd)\n";
            let _ = std::io::stderr().write_all(line);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn systemd_understands_the_units() {
    let units = installed();
    let paths = UNITS.map(|unit| units.path().join(unit));
    let Some(output) = analyze(&["verify", "--man=no"], &paths) else {
        return;
    };
    let said = text(&output.stderr);
    let mut lines = said.lines();
    let is_well = output.status.success() && !lines.any(|line| line.contains("qalqan"));
    assert!(is_well, "{said}");
}

#[test]
fn a_node_may_do_little_else() {
    let units = installed();
    let threshold = format!("--threshold={EXPOSURE}");
    let arguments = ["security", "--offline=yes", "--no-pager", &threshold];
    if let Some(output) = analyze(&arguments, &[units.path().join(UNITS[0])]) {
        assert!(output.status.success(), "{}", text(&output.stdout));
    }
}
