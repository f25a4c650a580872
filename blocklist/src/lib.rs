//! The pure domain of Qalqan: what a name is, who may put it on the national list, and what the
//! list is at a moment. Nothing here opens a socket, reads a clock or knows a database; time and
//! bytes are passed in, so every verifier anywhere reaches the same answer.
//!
//! Read it in the order in which a listing comes to be:
//!
//! 1. **Names and registers.** [`name`] holds [`DomainName`], [`time`] the one notion of a moment,
//!    [`register`] what licence registers say, [`matching`] what follows from them for a host.
//! 2. **Consent.** [`key`] holds keys and roles, [`statement`] the bytes people sign,
//!    [`guard`] the names that nobody may list, [`lifecycle`] the moves from a candidate to a listing and
//!    to its end.
//! 3. **The record.** [`leaf`] is a signed statement as it stands in the public log, [`log`] the
//!    Merkle tree, its tiles and checkpoints, [`trust`] what a verifier is given by hand.
//! 4. **The list.** [`fold`] turns leaves into entries, [`rules`] what they say of each name together;
//!    [`monitoring`] the two names beside it;
//!    [`zone`] and [`export`] write it down for name servers, [`set`] answers for one name,
//!    [`release`] is the signed, dated whole, [`minisign`] a signature beside a file, [`delta`] what
//!    changed since another serial, [`verify`] replays all of it from the beginning, and [`witness`]
//!    counts who co-signed it.
//!
//! [`text`] is for whoever shows any of it: what in foreign text deceives its reader.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![forbid(unsafe_code)]

pub mod delta;
pub mod digest;
pub mod export;
pub mod fold;
pub mod guard;
pub mod key;
pub mod leaf;
pub mod lifecycle;
pub mod log;
pub mod matching;
pub mod minisign;
pub mod monitoring;
pub mod name;
mod parallel;
pub mod register;
pub mod release;
pub mod rules;
pub mod set;
pub mod statement;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod testing;
pub mod text;
mod textual;
pub mod time;
pub mod trust;
pub mod verify;
pub mod witness;
pub mod zone;

pub use delta::Delta;
pub use digest::Digest;
pub use fold::{Entry, Folded};
pub use monitoring::Monitoring;
pub use name::DomainName;
pub use release::Release;
pub use set::BlockSet;
pub use statement::{ListingId, Scope};
pub use time::Timestamp;
pub use trust::Trust;
pub use zone::PolicyZone;
