//! `trust.json`: what a verifier is given by hand, once, over a road it trusts.

use serde::{Deserialize, Serialize};
use signed_note::{StandardVerifier, Verifier as _};

use crate::digest::Digest;

/// The root of all verification: which log, signed by which key, beginning with which leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The name of the log; first line of every checkpoint.
    pub origin: String,
    /// The log's public key as a C2SP signed-note verifier key.
    pub log_key: String,
    /// Hash of leaf 0.
    pub genesis: Digest,
    /// Where people read about a listing: `<public_url>/i/<listing>`.
    pub public_url: String,
    /// Whether this is a demonstration log, which can list only names under `.test`.
    pub demo: bool,
}

/// Why a trust file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Not JSON of the right shape.
    #[error(
        "the trust file is not readable: {0}; fetch trust.json anew from the publisher, by a road you trust"
    )]
    Json(#[from] serde_json::Error),
    /// The log key is no verifier key, or names another log.
    #[error("the log key in the trust file is not a signed-note key of `{origin}`")]
    LogKey {
        /// The log named in the file.
        origin: String,
    },
}

impl Trust {
    /// Reads and checks a trust file.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TrustError> {
        let trust: Self = serde_json::from_slice(bytes)?;
        trust.verifier()?;
        Ok(trust)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        // A struct of strings always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The verifier of the log's signed notes.
    pub fn verifier(&self) -> Result<StandardVerifier, TrustError> {
        StandardVerifier::new(&self.log_key)
            .ok()
            .filter(|verifier| verifier.name() == self.origin)
            .ok_or_else(|| TrustError::LogKey {
                origin: self.origin.clone(),
            })
    }

    /// Where a person reads about a listing.
    pub fn listing_url(&self, listing_id: &crate::ListingId) -> String {
        self.listing_base() + listing_id.as_str()
    }

    /// What that address begins with, whichever the listing.
    pub fn listing_base(&self) -> String {
        format!("{}/i/", self.public_url.trim_end_matches('/'))
    }
}
