//! Formats that are names and nothing else.

use std::io;

use super::out::Out;
use crate::rules::{Rule, Rules};

/// One name a line.
pub(super) fn domains(rules: &Rules<'_>, out: &mut Out<'_>) -> io::Result<()> {
    rules
        .iter()
        .filter(Rule::host)
        .try_for_each(|rule| out.put(&[rule.name.as_str(), "\n"]))
}

/// Each name at the null address of both families (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).
pub(super) fn hosts(rules: &Rules<'_>, out: &mut Out<'_>) -> io::Result<()> {
    rules.iter().filter(Rule::host).try_for_each(|rule| {
        let name = rule.name.as_str();
        out.put(&["0.0.0.0 ", name, "\n:: ", name, "\n"])
    })
}
