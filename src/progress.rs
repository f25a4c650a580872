//! One line on the terminal that says how far a long command is, and the stderr that everything
//! else goes through so that the line and what is said never mix.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::print::visible;

/// How often the line changes at most: faster is not read, and a terminal is slow.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest line, in characters; a wrapped line could not be erased.
const WIDTH: usize = 78;

/// Takes the cursor to the beginning of the line and erases it.
const ERASE: &str = "\r\x1b[K";

/// What stands on the terminal now.
static SHOWN: Mutex<Shown> = Mutex::new(Shown {
    allowed: false,
    line: None,
});

struct Shown {
    allowed: bool,
    line: Option<String>,
}

fn shown() -> MutexGuard<'static, Shown> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Allows progress for this process; it is shown only where stderr is a terminal.
pub(crate) fn allow(wanted: bool) {
    shown().allowed = wanted && io::stderr().is_terminal();
}

/// The progress of one piece of work; its line goes away with it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    last: Option<Instant>,
}

impl Progress {
    /// Begins with these words.
    pub(crate) fn begin(words: &str) -> Self {
        let mut progress = Self::default();
        progress.show(|| words.to_owned());
        progress
    }

    /// Shows how far the work is, unless the last word on it is only just read.
    pub(crate) fn show(&mut self, words: impl FnOnce() -> String) {
        if self.last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        self.last = Some(Instant::now());
        let mut shown = shown();
        if shown.allowed {
            let line: String = visible(&words()).chars().take(WIDTH).collect();
            // Where the terminal went away nobody misses the line.
            let _ = write!(io::stderr(), "{ERASE}{line}");
            shown.line = Some(line);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if shown().line.take().is_some() {
            let _ = write!(io::stderr(), "{ERASE}");
        }
    }
}

/// Stderr, with the line of progress kept below what is written.
#[derive(Debug)]
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let shown = shown();
        let mut err = io::stderr().lock();
        match &shown.line {
            // Only whole lines come here, so the line of progress can stand below.
            Some(line) => {
                write!(err, "{ERASE}")?;
                err.write_all(bytes)?;
                write!(err, "{line}")?;
            }
            None => err.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
