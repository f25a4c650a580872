//! The one binary `qalqan`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "centre")]
#[allow(dead_code, unused_imports, reason = "the demo command is wired next")]
mod demo;

fn main() {}
