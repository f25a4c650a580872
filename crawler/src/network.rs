//! Operators' networks: what of a site may tie it to others, and how much each thing counts.
//!
//! One wallet or one account of a counter links two sites, or two independent weaker identifiers.
//! What is everywhere says nothing: an identifier counts less the more sites show it, and from a
//! hundred on nothing, so that a wallet quoted by half the web joins nobody. Hosting, content
//! networks, vendors of chats and programs are no identifiers at all.
//!
//! [`rules`] holds the weights, [`mod@observe`] says what a site shows and whose it is. The networks
//! themselves are kept by `data::network`.

pub(crate) mod keep;
pub mod observe;
pub mod resemblance;
pub mod rules;
#[doc(hidden)]
pub mod synthetic;

pub use observe::{Setting, observe};
pub use rules::Weights;
