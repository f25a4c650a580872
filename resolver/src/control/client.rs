//! A verb's end of the control socket.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::de::DeserializeOwned;

use super::{request::Request, socket::at};

/// How long an answer is waited for: a reload reads every file again.
const WITHIN: Duration = Duration::from_secs(120);
/// The largest answer that is read, in octets.
const LARGEST: u64 = 4 << 20;

/// Why a verb has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody is there.
    #[error(
        "no node answers at {path}: {source}; is one running with this data directory? (--data)"
    )]
    NoNode {
        /// The socket.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It belongs to somebody else.
    #[error("{path} may only be used by its owner and by root; ask as the user the node runs as")]
    NotYours {
        /// The socket.
        path: PathBuf,
    },
    /// The node was there, and then was not, or said what cannot be read.
    #[error("the node at {path} did not answer: {words}")]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What went wrong.
        words: String,
    },
    /// The node says no.
    #[error("{0}")]
    Refused(String),
}

/// What the node sends.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply<T> {
    Ok(T),
    Error(String),
}

/// Asks the node whose socket this is, and waits for its answer.
///
/// # Errors
/// Whatever keeps an answer away.
pub fn ask<T: DeserializeOwned>(path: &Path, request: &Request) -> Result<T, ControlError> {
    let mut stream = at(path, |path| UnixStream::connect(path)).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::PermissionDenied {
            ControlError::NotYours { path }
        } else {
            ControlError::NoNode { path, source }
        }
    })?;
    let broken = |words: String| ControlError::Broken {
        path: path.to_owned(),
        words,
    };
    let octets = exchange(&mut stream, request).map_err(|error| broken(error.to_string()))?;
    match serde_json::from_slice(&octets) {
        Ok(Reply::Ok(answer)) => Ok(answer),
        Ok(Reply::Error(words)) => Err(ControlError::Refused(words)),
        Err(_) if octets.is_empty() => Err(broken("it closed the connection".to_owned())),
        Err(error) => Err(broken(format!(
            "{error}; program and node may be of different versions"
        ))),
    }
}

fn exchange(stream: &mut UnixStream, request: &Request) -> io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    stream.write_all(&request.to_line())?;
    let mut octets = Vec::new();
    stream.take(LARGEST).read_to_end(&mut octets)?;
    Ok(octets)
}
