//! RFC 8785 bytes: one meaning has one spelling.

use serde::{Serialize, de::DeserializeOwned};

/// Bytes that are not the canonical form of a statement or leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// Not JSON of the expected shape.
    #[error("not a known structure: {0}")]
    Shape(String),
    /// JSON of the right shape, but not its RFC 8785 form.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// The RFC 8785 bytes of `value`.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    serde_json_canonicalizer::to_vec(value)
        .map_err(|error| CanonicalError::Shape(error.to_string()))
}

/// Reads bytes that must be exactly the RFC 8785 form of a `T`: one meaning has one spelling.
pub fn from_canonical<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    let value =
        serde_json::from_slice(bytes).map_err(|error| CanonicalError::Shape(error.to_string()))?;
    if to_canonical(&value)? == bytes {
        Ok(value)
    } else {
        Err(CanonicalError::NotCanonical)
    }
}
