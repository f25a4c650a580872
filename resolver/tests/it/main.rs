//! The resolver through its front door: real sockets, real releases, an upstream that misbehaves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

mod amplification;
mod answers;
mod chaos;
mod control;
mod cookies;
mod differences;
mod dig;
mod encrypted;
mod forwarding;
mod hostile;
mod limits;
mod notices;
mod own_rules;
mod releases;
mod remembering;
mod signatures;
mod slow;
mod structured;
mod support;
mod transfers;
mod under_load;
mod watching;
