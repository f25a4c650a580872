//! What tests of the whole program share: the real binary as a person starts it, and a name-server
//! client of their own.

pub(crate) mod demo;
pub(crate) mod dns;
pub(crate) mod group;
pub(crate) mod schema;
