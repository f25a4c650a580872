//! What a command says: one documented JSON object or plain text on stdout; failures on stderr.

use std::io::{self, Write as _};

use blocklist::text::{deceives, json_for_terminal};
use serde::Serialize;

use crate::{cli::Format, failure::Failure};

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

    /// Writes a line of text to stdout; a reader that went away is no failure of ours.
    pub(crate) fn line(&self, line: &str) {
        let _ = writeln!(io::stdout(), "{line}");
    }

    /// Writes octets to stdout as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let _ = io::stdout().write_all(bytes);
    }

    /// Says on stderr why a command failed, cause by cause.
    pub(crate) fn failure(&self, failure: &Failure) {
        let mut out = io::stderr().lock();
        for (depth, cause) in failure.chain().enumerate() {
            let lead = if depth == 0 { "qalqan:" } else { "  because" };
            let _ = writeln!(out, "{lead} {}", visible(&cause));
        }
    }
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
