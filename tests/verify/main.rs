//! What a verifier answers to a good release and to every way of making a bad one: `qalqan list
//! verify`, the second verifier in Python, and a node that held the good release before.
//!
//! `stage` runs the three, from files or over `https`; `case` says what is expected of a release,
//! `cases` are those that are forged, torn or forked, `leaves` those whose leaves should not have come
//! so; `matrix` tries them. `agreement` and `places` compare the lists, `commands` runs the page.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "../support/binary.rs"]
mod binary;

mod agreement;
mod case;
mod cases;
mod commands;
mod forge;
mod https;
mod leaves;
mod matrix;
mod places;
mod stage;
