//! One entry of the public log: a statement and the signatures under it.

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    key::{KeyId, Role, SignatureBytes},
    statement::{CanonicalError, Statement, from_canonical, to_canonical},
};

/// The largest leaf in octets: an entry bundle of C2SP tlog-tiles gives its length in 16 bits.
pub const MAX_LEAF: usize = 65_535;

/// A signature as it stands in the log: a role and a key id, never a person's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafSignature {
    /// The key.
    pub key_id: KeyId,
    /// The role in which the key signed.
    pub role: Role,
    /// Over the role's prefix and the statement's canonical bytes.
    pub signature: SignatureBytes,
}

/// A statement with its signatures, as sequenced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Who says it.
    pub signatures: Vec<LeafSignature>,
    /// What is said.
    pub statement: Statement,
}

/// Why bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Longer than [`MAX_LEAF`].
    #[error("the leaf is {0} octets long; at most {MAX_LEAF} fit the log")]
    TooLong(usize),
    /// Not canonical JSON of a leaf.
    #[error("the leaf is {0}")]
    Canonical(#[from] CanonicalError),
}

impl Leaf {
    /// The bytes that enter the log.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let bytes = to_canonical(self)?;
        if bytes.len() > MAX_LEAF {
            Err(LeafError::TooLong(bytes.len()))
        } else {
            Ok(bytes)
        }
    }

    /// Reads bytes of the log; only the canonical spelling is a leaf.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF {
            return Err(LeafError::TooLong(bytes.len()));
        }
        Ok(from_canonical(bytes)?)
    }
}

/// The hash by which `trust.json` names leaf 0.
pub fn leaf_digest(bytes: &[u8]) -> Digest {
    Digest::of(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(leaf) = Leaf::from_bytes(&bytes) {
                prop_assert_eq!(leaf.to_bytes().unwrap(), bytes);
            }
        }
    }
}
