//! RFC 8785 bytes: one meaning has one spelling.

use std::io::{self, Write};

use serde::{Serialize, de::DeserializeOwned};

use super::ordered;

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
    let mut bytes = Vec::with_capacity(1024);
    match ordered::write(value, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => sorted(value),
    }
}

/// Reads bytes that must be exactly the RFC 8785 form of a `T`: one meaning has one spelling.
pub fn from_canonical<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    let value =
        serde_json::from_slice(bytes).map_err(|error| CanonicalError::Shape(error.to_string()))?;
    // The general writer has the last word on everything that is refused.
    if is_written_as(&value, bytes) || sorted(&value)? == bytes {
        Ok(value)
    } else {
        Err(CanonicalError::NotCanonical)
    }
}

/// By the general writer, which sorts what it is given.
fn sorted<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    serde_json_canonicalizer::to_vec(value)
        .map_err(|error| CanonicalError::Shape(error.to_string()))
}

/// Whether the plain writer writes exactly `bytes`; it may give up on what the general one would write so.
fn is_written_as<T: Serialize>(value: &T, bytes: &[u8]) -> bool {
    let mut expected = Expected(bytes);
    ordered::write(value, &mut expected).is_ok() && expected.0.is_empty()
}

/// What is still to be written; anything else fails.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .strip_prefix(bytes)
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
