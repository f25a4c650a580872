//! A node as a service: replaced, restarted, killed and watched, as the real program under real load.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

mod activation;
mod client;
mod monitoring;
mod node;
mod notify;
mod succession;
mod units;

#[path = "../support/binary.rs"]
mod binary;
