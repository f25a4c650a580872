//! What may link a site to others; see [`crate::identifier`].

pub use crate::identifier::{Identifier, Wallet, bins, is_bin, read, wallets};
