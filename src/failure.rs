//! How a command ends.

use std::{fmt, process::ExitCode};

/// The exit codes scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or a positive answer.
    Done = 0,
    /// A negative answer: not licensed, does not verify.
    Negative = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Failed for now; trying again may help.
    Temporary = 3,
    /// Failed; a person must look.
    Permanent = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the process ends.
    pub(crate) exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// A failure with a given exit code.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
        }
    }

    /// Wrong usage, in words that say what to do.
    pub(crate) fn usage(words: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, anyhow::anyhow!("{words}"))
    }

    /// The error and its causes, outermost first.
    pub(crate) fn chain(&self) -> impl Iterator<Item = String> {
        self.error.chain().map(ToString::to_string)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let exit = if is_temporary(&error) {
            Exit::Temporary
        } else {
            Exit::Permanent
        };
        Self { exit, error }
    }
}

fn is_temporary(error: &anyhow::Error) -> bool {
    #[cfg(feature = "centre")]
    if let Some(data::publish::PublishError::Leased) = error.downcast_ref() {
        return true;
    }
    error.chain().any(|cause| {
        #[cfg(feature = "centre")]
        if cause
            .downcast_ref::<data::Error>()
            .is_some_and(data::Error::is_temporary)
        {
            return true;
        }
        cause
            .downcast_ref::<resolver::StartError>()
            .is_some_and(resolver::StartError::is_temporary)
            || cause
                .downcast_ref::<resolver::PullError>()
                .is_some_and(resolver::PullError::is_temporary)
    })
}
