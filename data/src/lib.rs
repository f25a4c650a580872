//! The store of a centre, and publication from it.
//!
//! * [`pool`] opens SQLite or PostgreSQL and holds the one way statements are written for both;
//!   [`mod@check`] looks whether a store is whole, [`mod@backup`] copies it.
//! * People: [`officer`] with their sealed signing keys ([`seal`]), [`session`].
//! * The crawl: [`frontier`] of sites and addresses under lease, [`capture`]s with the
//!   [`certificate`]s they came under, frozen [`evidence`],
//!   [`assessment`]s, and the [`lexicon`] and [`model`] files the crawler reads.
//! * Work: [`case`] holds what the crawler put before officers, [`decide`] the moves they make,
//!   [`ending`] how listings end, [`mod@calendar`] when people work,
//!   [`register`] the licence registers and [`mod@reference`] what is shipped of them, [`known`] all that a
//!   public answer follows from, [`rematch`] what a changed register means for the sites in the store,
//!   [`appeal`] what is held against a listing and who decides it, [`audit`] the chain of who did what.
//! * What came of it: [`mod@campaign`] holds the figures that public totals are made of, in exact [`money`].
//! * Operators: [`mod@network`] keeps what sites have in common and who officers and ties say runs them.
//! * The record: [`queue`] takes fully signed statements, [`record`] reads the log back and
//!   verifies it, [`ceremony`] makes a new log and changes its keys and guards, and [`publish`]
//!   sequences, signs and writes the release that everybody downloads.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![forbid(unsafe_code)]

pub mod appeal;
pub mod assessment;
pub mod audit;
pub mod backup;
pub mod calendar;
pub mod campaign;
pub mod capture;
pub mod case;
pub mod ceremony;
pub mod certificate;
pub mod check;
pub mod decide;
pub mod ending;
pub mod error;
pub mod evidence;
pub mod frontier;
pub mod guards;
pub mod known;
pub mod lexicon;
pub mod model;
pub mod money;
pub mod network;
pub mod officer;
pub mod pool;
pub mod publish;
pub mod queue;
pub mod reading;
pub mod record;
pub mod reference;
pub mod register;
pub mod rematch;
pub mod seal;
pub mod session;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod testing;
pub mod waiting;

pub use error::{Error, Result};
pub use officer::Officer;
pub use pool::Store;
