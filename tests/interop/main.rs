//! Name servers of others as secondaries of our zone: real programs from Debian on loopback, with
//! private configurations made from the snippets in `docs/isp`. A server that is not installed is
//! left out and said so; with `QALQAN_REQUIRE_TOOLS=1` it is a failure. Times are printed, never
//! asserted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

#[path = "../support/binary.rs"]
mod binary;

mod bind;
mod client;
mod daemon;
mod knot;
mod knot_resolver;
mod powerdns;
mod primary;
mod scenario;
mod unbound;
mod whole;
