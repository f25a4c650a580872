//! The one binary `qalqan`.

#[cfg(feature = "centre")]
#[allow(dead_code, unused_imports, reason = "the demo command is wired next")]
mod demo;

fn main() {}
