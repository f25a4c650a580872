//! Why a log does not verify.

use crate::{
    key::{KeyId, Role},
    statement::CanonicalError,
};

/// Why a log does not verify. The release is refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("leaf {position}: {kind}")]
pub struct FoldError {
    /// The position of the leaf.
    pub position: u64,
    /// What is wrong with it.
    pub kind: FoldErrorKind,
}

/// What is wrong with a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldErrorKind {
    /// Leaf 0 is something else, or a genesis stands later.
    #[error("the log must begin with a genesis leaf and hold no other")]
    Genesis,
    /// A version or log name that is not this log's.
    #[error("the statement is for log `{origin}`, version {v}")]
    Header {
        /// The log it names.
        origin: String,
        /// Its version.
        v: u32,
    },
    /// A key that no admin added, or that was revoked.
    #[error("signed by key {0}, which is not an active key of that role")]
    UnknownKey(KeyId),
    /// One key twice.
    #[error("signed twice by key {0}")]
    SameKey(KeyId),
    /// A signature that does not verify.
    #[error("the signature of key {0} does not verify")]
    BadSignature(KeyId),
    /// Too few signatures, or of the wrong role.
    #[error("carries {found} signatures of the role {role}; {needed} are needed", role = .role.as_str())]
    Quorum {
        /// The role that must sign.
        role: Role,
        /// How many it has.
        found: usize,
        /// How many it needs.
        needed: usize,
    },
    /// Signatures on a leaf that the publisher writes.
    #[error("carries signatures of a role that does not sign this kind of statement")]
    StrayRole,
    /// The statement has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}
