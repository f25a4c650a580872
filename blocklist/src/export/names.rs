//! Formats that are names and nothing else.

use std::io::{self, Write};

use crate::rules::{Rule, Rules};

/// One name a line.
pub(super) fn domains(rules: &Rules<'_>, out: &mut dyn Write) -> io::Result<()> {
    rules
        .iter()
        .filter(Rule::host)
        .try_for_each(|rule| writeln!(out, "{}", rule.name))
}

/// Each name at the null address of both families (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).
pub(super) fn hosts(rules: &Rules<'_>, out: &mut dyn Write) -> io::Result<()> {
    rules
        .iter()
        .filter(Rule::host)
        .try_for_each(|rule| writeln!(out, "0.0.0.0 {0}\n:: {0}", rule.name))
}
