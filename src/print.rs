//! What a command says: one documented JSON object or plain text on stdout; failures on stderr.

use std::{
    io::{self, Write},
    sync::OnceLock,
};

use anstream::AutoStream;
use blocklist::text::{deceives, json_for_terminal};
use serde::Serialize;

use crate::{
    cli::{Color, Format},
    failure::{Exit, Failure},
    progress,
};

/// Why stdout took no more, once it did not.
static STDOUT_FAILED: OnceLock<io::Error> = OnceLock::new();

/// Colours of what is said.
pub(crate) mod style {
    use anstyle::{AnsiColor, Style};

    /// What failed, and alarms.
    pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
    /// What was added.
    pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
    /// What was removed.
    pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
    /// What is otherwise than before.
    pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
}

/// Words in a style; where colours are not wanted the style is left out on the way to the reader.
pub(crate) fn styled(style: anstyle::Style, words: impl std::fmt::Display) -> String {
    format!("{style}{words}{style:#}")
}

/// Decides for the whole process when colours are used.
pub(crate) fn use_color(color: Color) {
    anstream::ColorChoice::from(color).write_global();
}

/// Whether stderr gets colours.
pub(crate) fn stderr_has_color() -> bool {
    AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// Writes results in the format that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    format: Format,
}

impl Printer {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Writes a result: as one JSON object, or as the text for people.
    pub(crate) fn result(&self, value: &impl Serialize, text: impl FnOnce() -> String) {
        match self.format {
            Format::Json => self.json(&serde_json::to_string(value).unwrap_or_default()),
            Format::Text => self.line(text().trim_end()),
        }
    }

    /// Writes a line of JSON to stdout: the same JSON, with nothing in it that drives a terminal.
    pub(crate) fn json(&self, line: &str) {
        self.line(&json_for_terminal(line));
    }

    /// Writes the JSON object of a failure that has one; people read about it on stderr.
    pub(crate) fn object(&self, value: &impl Serialize) {
        if self.format == Format::Json {
            self.json(&serde_json::to_string(value).unwrap_or_default());
        }
    }

    /// Writes a line of text to stdout.
    pub(crate) fn line(&self, line: &str) {
        let mut out = AutoStream::auto(io::stdout());
        keep(writeln!(out, "{line}").and_then(|()| out.flush()));
    }

    /// Writes octets to stdout as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        self.stream(|out| out.write_all(bytes));
    }

    /// Writes octets to stdout as they are, as they are made.
    pub(crate) fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let mut out = io::BufWriter::new(io::stdout());
        keep(write(&mut out).and_then(|()| out.flush()));
    }

    /// Whether anybody still reads stdout; a command with much to say stops when nobody does.
    pub(crate) fn is_read(&self) -> bool {
        STDOUT_FAILED.get().is_none()
    }

    /// Says on stderr why a command failed, cause by cause.
    pub(crate) fn failure(&self, failure: &Failure) {
        for (depth, cause) in failure.chain().enumerate() {
            if depth == 0 {
                self.complain(&cause);
            } else {
                say(&format!("  because {}", visible(&cause)));
            }
        }
    }

    /// Says one thing that is wrong on stderr.
    pub(crate) fn complain(&self, words: &str) {
        let lead = styled(style::ERROR, "qalqan:");
        say(&format!("{lead} {}", visible(words)));
    }

    /// How the process ends: as the command did, unless stdout did not take what it said. A reader
    /// that went away, as `head` does, has what it wanted.
    pub(crate) fn exit(&self, exit: Exit) -> Exit {
        match STDOUT_FAILED.get() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.complain(&format!("stdout: {error}"));
                Exit::Permanent
            }
            _ => exit,
        }
    }
}

fn keep(written: io::Result<()>) {
    if let Err(error) = written {
        let _ = STDOUT_FAILED.set(error);
    }
}

/// Writes a line to stderr, above the progress line if there is one; where stderr is gone there is
/// nobody left to tell.
fn say(line: &str) {
    let mut err = AutoStream::new(Vec::new(), AutoStream::choice(&io::stderr()));
    let _ = writeln!(err, "{line}");
    let _ = progress::Stderr.write_all(&err.into_inner());
}

/// Text from outside with control and direction characters made visible, so that what was crawled
/// cannot drive a terminal.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if deceives(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn hostile_text_cannot_drive_a_terminal() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{202e}c\r\nd"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd} d"
        );
    }
}
