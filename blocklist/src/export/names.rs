//! Formats that are names and nothing else.

use super::out::Out;
use crate::rules::Rule;

/// One name a line.
pub(super) fn domains<'a>(rules: impl Iterator<Item = Rule<'a>>, out: &mut Out) {
    for rule in rules.filter(Rule::host) {
        out.put(&[rule.name.as_str(), "\n"]);
    }
}

/// Each name at the null address of both families (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).
pub(super) fn hosts<'a>(rules: impl Iterator<Item = Rule<'a>>, out: &mut Out) {
    for rule in rules.filter(Rule::host) {
        let name = rule.name.as_str();
        out.put(&["0.0.0.0 ", name, "\n:: ", name, "\n"]);
    }
}
