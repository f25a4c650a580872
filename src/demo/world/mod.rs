//! The demo world: a small invented web that `qalqan demo` crawls, decides on and blocks.
//!
//! A tour, in the order things happen:
//!
//! * [`files`] holds `data/demo` inside the binary, so the demo needs nothing beside it.
//! * [`site`] reads `world.toml` and the pages into sites: which path answers with which bytes.
//!   Links between them stand as `{{base:HOST}}` ([`links`]); dates move with the real day ([`day`]).
//! * [`plan`] reads what goes with them: seeds, guard lists, expectations, the script of `--once`.
//! * [`http`] serves each site on its own loopback address, [`dns`] answers for their names.
//! * [`run`] starts both and hands out addresses: [`RunningWorld`].
//!
//! Nothing here knows a crawler or a resolver. They meet this world as they meet the real one:
//! through a configured upstream name server and plain HTTP.

mod day;
mod dns;
mod error;
mod files;
mod http;
mod links;
mod plan;
mod run;
mod site;

#[cfg(test)]
mod content_tests;

pub(crate) use plan::{Action, DnsAnswer, Expectation, Order, Step};
pub(crate) use run::RunningWorld;
pub(crate) use site::World;
