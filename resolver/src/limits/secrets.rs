//! The secrets of DNS cookies: a random one, or a file that the nodes behind one address share.

use std::{
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use rand::{TryRng as _, rngs::SysRng};

/// Most octets of a file.
const LARGEST: u64 = 4096;

type Secret = [u8; 16];

/// What cookies are made with, and what else they may have been made with.
#[derive(PartialEq, Eq)]
pub(super) struct Secrets {
    current: Secret,
    previous: Option<Secret>,
}

/// A file of secrets that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Everybody on this machine may read it.
    #[error("{0} can be read by everybody on this machine; `chmod o= {0}`")]
    Open(PathBuf),
    /// A line of it is no secret. What stands there is not repeated.
    #[error("{path}:{line}: a secret is 32 hexadecimal digits, as `openssl rand -hex 16` prints")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Too few or too many.
    #[error(
        "{path} has {count} secrets; wanted are the current one and, below it, at most one more that is taken"
    )]
    Count {
        /// The file.
        path: PathBuf,
        /// How many it has.
        count: usize,
    },
    /// The system has no random octets.
    #[error("no secret could be made: {0}")]
    Random(io::Error),
}

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Line(usize),
    Count(usize),
}

impl Secrets {
    pub(super) fn random() -> Result<Self, SecretError> {
        let mut current = Secret::default();
        SysRng
            .try_fill_bytes(&mut current)
            .map_err(|error| SecretError::Random(io::Error::other(error)))?;
        Ok(Self {
            current,
            previous: None,
        })
    }

    pub(super) fn read(path: &Path) -> Result<Self, SecretError> {
        let failed = |source| SecretError::Io {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.permissions().mode() & 0o004 != 0 {
            return Err(SecretError::Open(path.to_owned()));
        }
        let mut text = String::new();
        file.take(LARGEST)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Self::parse(&text).map_err(|wrong| match wrong {
            Wrong::Line(line) => SecretError::Line {
                path: path.to_owned(),
                line,
            },
            Wrong::Count(count) => SecretError::Count {
                path: path.to_owned(),
                count,
            },
        })
    }

    /// One secret a line, the current one first; `#` begins a comment.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let mut secrets = Vec::new();
        for (place, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                secrets.push(secret(line).ok_or(Wrong::Line(place + 1))?);
            }
        }
        match *secrets {
            [current] => Ok(Self {
                current,
                previous: None,
            }),
            [current, previous] => Ok(Self {
                current,
                previous: Some(previous),
            }),
            _ => Err(Wrong::Count(secrets.len())),
        }
    }

    pub(super) fn current(&self) -> &Secret {
        &self.current
    }

    /// The current one and what else is taken.
    pub(super) fn all(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

fn secret(text: &str) -> Option<Secret> {
    let is_hex = text.len() == 32 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";

    #[test]
    fn a_file_has_one_secret_or_two() {
        let parsed = Secrets::parse(&format!("# mine\n\n {ONE} # since May\n")).unwrap();
        assert_eq!(parsed.current()[..3], [0xe5, 0xe9, 0x73]);
        assert_eq!(parsed.all().count(), 1);
        let two = Secrets::parse(&format!("{}\n{ONE}", "0".repeat(32))).unwrap();
        assert_eq!(two.all().count(), 2);
        assert_eq!(two.current(), &[0; 16]);
        let wrong = |text: &str| Secrets::parse(text).err().unwrap();
        assert_eq!(wrong("# nothing\n"), Wrong::Count(0));
        assert_eq!(wrong(&format!("{ONE}\n{ONE}\n{ONE}")), Wrong::Count(3));
        for line in [
            "e5",
            "+5e973e5a6b2a43f48e7dc849e37bfcf",
            "g5e973e5a6b2a43f48e7dc849e37bfcf",
        ] {
            assert_eq!(wrong(&format!("{ONE}\n{line}")), Wrong::Line(2), "{line}");
        }
    }

    #[test]
    fn a_file_that_anybody_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, ONE).unwrap();
        for (mode, is_taken) in [(0o644, false), (0o640, true)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Secrets::read(&file).is_ok(), is_taken, "{mode:o}");
        }
        assert!(Secrets::read(&dir.path().join("none")).is_err());
        assert!(Secrets::random().unwrap() != Secrets::random().unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_secrets_or_says_where_not(text in ".{0,200}") {
            if let Err(Wrong::Line(line)) = Secrets::parse(&text) {
                prop_assert!((1..=text.lines().count()).contains(&line));
            }
        }
    }
}
