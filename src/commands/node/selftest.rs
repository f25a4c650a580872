//! How a node answers what it is known to have to answer, one line a question.

use std::fmt::Write as _;

use resolver::control::selftest::{Check, Verdict};
use serde::Serialize;

use crate::print::{style, styled, visible};

/// What `resolver selftest --format json` prints.
#[derive(Serialize)]
pub(super) struct Result {
    /// Whether nothing failed.
    pub(super) ok: bool,
    checks: Vec<Check>,
}

impl Result {
    pub(super) fn of(checks: Vec<Check>) -> Self {
        Self {
            ok: checks.iter().all(|check| check.verdict != Verdict::Failed),
            checks,
        }
    }
}

pub(super) fn text(result: &Result) -> String {
    let mut text = String::new();
    for check in &result.checks {
        let verdict = match check.verdict {
            Verdict::Ok => styled(style::ADDED, "ok      "),
            Verdict::Failed => styled(style::ERROR, "FAILED  "),
            Verdict::Skipped => styled(style::CHANGED, "skipped "),
        };
        let what = check.what.replace('_', " ");
        let mut asked = String::new();
        // Writing into a string cannot fail.
        if let Some(name) = &check.name {
            let _ = write!(asked, " {name}");
        }
        if let (Some(server), Some(transport)) = (check.server, &check.transport) {
            let _ = write!(asked, ", {server} {}", visible(transport));
        }
        let words = visible(&check.words);
        let _ = writeln!(text, "{verdict}{what}{asked}: {words}");
    }
    text
}
