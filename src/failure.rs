//! How a command ends.

use std::{fmt, process::ExitCode};

use resolver::{
    PullError, StartError,
    control::{ControlError, SocketError},
};

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

    /// Something the interface promises and this version cannot do; its help says so as well.
    pub(crate) fn not_built_yet(what: impl fmt::Display) -> Self {
        Self::usage(format_args!("not built yet: {what}"))
    }

    /// The error and its causes, outermost first.
    pub(crate) fn chain(&self) -> impl Iterator<Item = String> {
        self.error.chain().map(ToString::to_string)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let exit = exit_of(&error);
        Self { exit, error }
    }
}

/// What the rooms' errors mean for a script: somebody typed or configured something that cannot be,
/// trying again may help, or a person must look.
fn exit_of(error: &anyhow::Error) -> Exit {
    let of_cause = |cause: &(dyn std::error::Error + 'static)| {
        #[cfg(feature = "centre")]
        if let Some(exit) = of_centre(cause) {
            return Some(exit);
        }
        if let Some(error) = cause.downcast_ref::<StartError>() {
            return match error {
                StartError::Bind { .. }
                | StartError::Config(_)
                | StartError::Inherited { .. }
                | StartError::Own(_)
                | StartError::Secret(_) => Some(Exit::Usage),
                StartError::Upstream(error) if error.is_configured() => Some(Exit::Usage),
                error if error.is_temporary() => Some(Exit::Temporary),
                _ => None,
            };
        }
        if let Some(SocketError::Alive(_)) = cause.downcast_ref() {
            return Some(Exit::Usage);
        }
        if let Some(error) = cause.downcast_ref::<ControlError>() {
            return Some(match error {
                ControlError::NoNode { .. } | ControlError::Broken { .. } => Exit::Temporary,
                ControlError::NotYours { .. } | ControlError::Refused(_) => Exit::Usage,
            });
        }
        let pull = cause.downcast_ref::<PullError>()?;
        pull.is_temporary().then_some(Exit::Temporary)
    };
    error.chain().find_map(of_cause).unwrap_or(Exit::Permanent)
}

#[cfg(feature = "centre")]
fn of_centre(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    use data::{
        backup::BackupError,
        campaign::CampaignError,
        ceremony::CeremonyError,
        officer::{SignInError, UnlockError},
        publish::PublishError,
        seal::SealError,
    };
    if let Some(error) = cause.downcast_ref::<data::Error>() {
        return match error {
            error if error.is_usage() => Some(Exit::Usage),
            error if error.is_temporary() => Some(Exit::Temporary),
            _ => None,
        };
    }
    if let Some(crawler::CrawlError::Store(error)) = cause.downcast_ref() {
        return of_centre(error);
    }
    match cause.downcast_ref::<PublishError>() {
        Some(error) if error.is_temporary() => return Some(Exit::Temporary),
        // Transparent errors show their cause's words and hide the cause itself from the chain.
        Some(PublishError::Store(error)) => return of_centre(error),
        _ => {}
    }
    match cause.downcast_ref::<BackupError>() {
        Some(BackupError::Exists(_) | BackupError::NoPgDump) => return Some(Exit::Usage),
        Some(BackupError::Store(error)) => return of_centre(error),
        _ => {}
    }
    match cause.downcast_ref::<CampaignError>() {
        Some(CampaignError::Store(error)) => return of_centre(error),
        Some(_) => return Some(Exit::Usage),
        None => {}
    }
    match cause.downcast_ref::<SignInError>() {
        Some(SignInError::Store(error)) => return of_centre(error),
        Some(_) => return Some(Exit::Usage),
        None => {}
    }
    match cause.downcast_ref::<CeremonyError>()? {
        CeremonyError::Store(error)
        | CeremonyError::Seal(SealError::Store(error))
        | CeremonyError::Unlock(UnlockError::Store(error)) => of_centre(error),
        CeremonyError::Refused(_) => None,
        _ => Some(Exit::Usage),
    }
}
