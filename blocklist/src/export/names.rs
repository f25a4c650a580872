//! Formats that are names and nothing else.

use std::io::{self, Write};

use super::put;
use crate::rules::{Rule, Rules};

/// One name a line.
pub(super) fn domains(rules: &Rules<'_>, out: &mut dyn Write) -> io::Result<()> {
    rules
        .iter()
        .filter(Rule::host)
        .try_for_each(|rule| put(out, &[rule.name.as_str(), "\n"]))
}

/// Each name at the null address of both families (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).
pub(super) fn hosts(rules: &Rules<'_>, out: &mut dyn Write) -> io::Result<()> {
    rules.iter().filter(Rule::host).try_for_each(|rule| {
        let name = rule.name.as_str();
        put(out, &["0.0.0.0 ", name, "\n:: ", name, "\n"])
    })
}
