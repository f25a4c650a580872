//! The life of a case and of the listing that may come of it.
//!
//! ```text
//! candidate ─ in review ─ proposed ─ approved ─ ordered ─ scheduled ─ listed ─┬─ lifted
//!     │           │                                          │  │       │  │    ├─ expired
//!     └───────────┴─ dismissed                   suspended ──┘  └─ guarded    └─ annulled
//! ```
//!
//! [`Stage`] is the one word for where a case stands, put together from what the store says of the case
//! and the fold of its listing. [`next`] says where a [`Move`] leads, and refuses with the reason what
//! is out of order or not for whoever tries it. The moves are data ([`STEPS`]); the store holds the
//! same table and its triggers refuse whatever is not in it.
//!
//! What is signed is held by types: a [`Proposed`] is made of a statement, which has its order, and of
//! an officer's [`Decision`]; an [`Approved`] only of a `Proposed` and the decision of another officer;
//! and only an `Approved` gives the leaf that goes to the log.
//!
//! A *warning* is no stage. An authority's notice ([`crate::register::Warning`]) is shown where
//! somebody asks about a name, and a site that is warned of is `warned`, never `blocked`: no move
//! begins with a warning, and nothing makes a stage of one.
//!
//! ```compile_fail
//! fn listed(warning: blocklist::register::Warning) -> blocklist::lifecycle::Stage {
//!     warning.into()
//! }
//! ```

mod consent;
mod moves;
mod stage;

pub use consent::{Approved, ConsentError, Decision, Proposed};
pub use moves::{Move, Mover, Refused, STEPS, Step, next};
pub use stage::{CaseState, Stage, Standing};

#[cfg(test)]
mod tests;
