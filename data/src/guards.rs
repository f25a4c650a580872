//! Guard lists that come from files: those shipped with the program, and an operator's own.
//!
//! The shipped lists are data, kept under `data/guard/` with the source of each, and embedded so
//! that the binary needs no files beside it. `qalqan init` enters them into a new log; from there
//! on the log's lists count, and two admins change them. A demonstration has its own.

mod error;
mod names;
mod shipped;

pub use error::{GuardFileError, Problem};
pub use names::{MAX_NAMES, read_names};
pub use shipped::{FILES, shipped};
