//! What is wrong with a file of protected names, and where.

use blocklist::name::NameError;

/// A file of protected names that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct GuardFileError {
    /// File name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not the structure a list has.
    #[error("{0}")]
    Structure(String),
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The name stands in two places that say the same, or contradict each other.
    #[error("{name} stands at {first} already; keep one of the two")]
    Twice {
        /// The name in its normal form.
        name: String,
        /// File and line, or the list, that has it.
        first: String,
    },
    /// Another list protects it at least as strictly with everything below that list's name.
    #[error("{name} is protected already: {above} stands at {first}; leave it out")]
    Covered {
        /// The name in its normal form.
        name: String,
        /// The name it stands below.
        above: String,
        /// File and line, or the list, that has it.
        first: String,
    },
    /// More names than a log should carry.
    #[error("more than {0} names; every verifier reads all of them, so take the head of the list")]
    TooMany(usize),
    /// No name at all.
    #[error("there is no name in this file")]
    Empty,
}
