//! A name server as a child of the test: started in a folder of its own, its words in a file, ended
//! with the test.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `program`; `None` when it is not installed.
    pub fn start(folder: &Path, program: &str, package: &str, arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder);
        match Self::spawn(folder, command) {
            Ok(daemon) => Some(daemon),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                missing(program, package);
                None
            }
            Err(error) => panic!("{program}: {error}"),
        }
    }

    /// Starts a command with its words in the file `log` of this folder.
    pub fn spawn(folder: &Path, mut command: Command) -> std::io::Result<Self> {
        let log = folder.join("log");
        let output = File::options().create(true).append(true).open(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = command.spawn()?;
        Ok(Self { child, log })
    }

    /// What it has said so far.
    pub fn words(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let _ = std::io::stderr().write_all(self.words().as_bytes());
        }
    }
}

/// Whether a program is installed that a page asks for.
pub fn is_there(program: &str, package: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        missing(program, package);
    }
    found.is_ok()
}

/// Fails where all tools are asked for, and says so otherwise.
fn missing(program: &str, package: &str) {
    assert!(
        std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
        "{program} is missing (package {package})"
    );
    // Past the capturing of test output, so that it is seen.
    let line = format!("NOT RUN: {program} is missing (package {package})\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The fenced block called `name` of a page in `docs/isp`, with our places in place of its examples.
pub fn snippet(page: &str, name: &str, places: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/isp")
        .join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let begin = format!("```{name}\n");
    let (_, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{page} has no {name}"));
    let (block, _) = rest.split_once("\n```").expect("the block's end");
    places.iter().fold(block.to_owned(), |block, (from, to)| {
        assert!(block.contains(from), "{page}: {name} no longer says {from}");
        block.replace(from, to)
    })
}
