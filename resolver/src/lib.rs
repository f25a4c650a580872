//! The resolver: DNS in front of people, with the national list in it. It needs no database and no
//! link to the centre; what it enforces it has verified itself and keeps on its own disk.
//!
//! # Answering
//!
//! 1. [`config`] holds everything an operator decides, with bounds on all of it.
//! 2. `sockets` binds; `server` serves: `fast::worker` reads UDP a batch at a time (through `sys`),
//!    `stream` does TCP, and both answer from
//! 3. `fast`, straight from the wire (`query`, `reply`): who may ask, the list, the operator's own
//!    zones (`rpz`), and what is remembered (`cache`).
//! 4. `upstream` is asked for the rest, and `fast::ask` makes answers of what comes back.
//! 5. `limits` is what clients are held to, so that none harms the others or is harmed through this
//!    node.
//! 6. `handler` is the full path on hickory's messages (`answer`, `forward`), for every query that the
//!    wire view does not understand whole; the encrypted transports will run it too.
//!
//! # Knowing what is blocked
//!
//! 7. [`source`] reads a release directory or its mirror, `update` proves what it reads, `state`
//!    keeps it so that a kill at any moment loses nothing, and
//! 8. [`policy`] is the list in force, swapped whole between two packets; `enforce` swaps it when a
//!    release comes or a date passes.
//! 9. [`node`] ties both halves together; [`status`] is what it says about itself. [`metrics`] and
//!    `observe` what a scrape reads of it, and [`copy`] the
//!    same proof for a program that verifies and does not answer.
//!
//! 9. [`control`] is what an operator asks and tells a running node.
//!
//! # Being replaced
//!
//! 10. [`Inherited`] are sockets that a service manager or the node before held; [`handover`] is how one
//!     node takes the place of another without a query lost; [`Pulse`] is what a watchdog looks at.
//!
//! # Feeding other name servers
//!
//! 10. [`zone`] is the policy zone in wire form, [`transfer`] serves it whole (AXFR) and by
//!     differences (IXFR), [`notify`] tells secondaries that there is a new one, and [`secondaries`]
//!     is what is known of each.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![deny(unsafe_code)] // `sys` alone may; tests/shape.rs looks

mod answer;
mod cache;
mod enforce;
mod fast;
mod forward;
mod handler;
mod identity;
mod inherited;
mod kill;
mod limits;
mod observe;
mod proved;
mod pulse;
mod query;
mod reply;
mod rpz;
mod server;
mod settings;
mod sockets;
mod state;
mod stream;
mod structured;
mod sys;
mod update;
mod upstream;
mod wire;

pub mod access;
pub mod config;
pub mod control;
pub mod copy;
pub mod error;
pub mod handover;
pub mod metrics;
pub mod node;
pub mod notify;
pub mod policy;
pub mod secondaries;
pub mod source;
pub mod status;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transfer;
pub mod zone;

/// Log directives every binary with this room in it must add after the operator's own: below
/// `error`, hickory writes down what people ask, and Qalqan keeps no record of that.
pub const QUIET_LOGS: [&str; 3] = [
    "hickory_net=error",
    "hickory_proto=error",
    "hickory_server=error",
];

#[doc(hidden)]
pub use cache::probe as cache_probe;
pub use config::{
    BlockAction, Limits, ListConfig, Order, OwnError, OwnRules, PauseScope, PolicyFile,
    ResolverConfig, Tls, Transport, Upstream,
};
pub use error::{PullError, StartError};
pub use identity::Identity;
pub use inherited::Inherited;
pub use limits::{ClientLimits, SecretError};
pub use node::{Node, Running};
pub use pulse::Pulse;
#[doc(hidden)]
pub use rpz::probe as rpz_probe;
pub use rpz::{CheckedNames, CheckedZone, LoadError, Problem, Report, check_names, check_zone};
pub use source::ListSource;
pub use status::{Explanation, NodeStatus};
pub use structured::{Language, StructuredError, StructuredErrors};
pub use upstream::{UpstreamSnapshot, UpstreamSyntax};
