//! What a verifier answers to a good release and to every way of making a bad one: `qalqan list
//! verify`, the second verifier in Python, and a node that held the good release before.
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
mod matrix;
mod stage;
