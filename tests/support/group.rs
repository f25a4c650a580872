//! A program with all the processes it starts: ended together, whatever becomes of the test.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::oneshot;

/// How much of a program's log a failed test shows, in lines.
const SHOWN: usize = 40;

/// A process group of its own; dropping it kills every process in it.
pub(crate) struct Group {
    child: Child,
    log: PathBuf,
}

impl Group {
    /// Starts `command` as the leader of a new group, its stderr kept in the file `log`.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> std::io::Result<Self> {
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Waits for the first line on stdout from which `read` gets something. Callable once; what
    /// follows that line is read and thrown away, so that the program never waits for a reader.
    pub(crate) async fn says<T: Send + 'static>(
        &mut self,
        within: Duration,
        read: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> T {
        let stdout = self.child.stdout.take().expect("asked once");
        let (tell, told) = oneshot::channel();
        std::thread::spawn(move || {
            let mut tell = Some(tell);
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(found) = tell.is_some().then(|| read(&line)).flatten() {
                    tell.take().map(|tell| tell.send(found));
                }
            }
        });
        match tokio::time::timeout(within, told).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => panic!("the program ended before it was ready:\n{}", self.log()),
            Err(_) => panic!("not ready within {within:?}:\n{}", self.log()),
        }
    }

    /// The end of what it wrote to stderr.
    pub(crate) fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(SHOWN)..].join("\n")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
