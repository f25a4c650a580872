//! The node's end of the control socket: a Unix stream socket that only its owner may use, with one
//! request and one answer a connection.
//!
//! Whose socket a file is, a lock beside it says: it is held as long as its process lives, however
//! that ends. Who gets it takes the place of a socket that nobody answers any more.

use std::{
    fs::{File, Permissions, TryLockError},
    io,
    os::{
        fd::AsRawFd as _,
        unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Control,
    request::{LONGEST, Request},
};

/// Connections answered at once; further ones wait in the kernel's queue.
const AT_ONCE: usize = 8;
/// How long a request may take to come, and an answer to be taken.
const WITHIN: Duration = Duration::from_secs(5);
/// How long to wait when the system has no connection to give.
const REST: Duration = Duration::from_millis(100);
/// Longer paths do not fit into a socket's address (`sun_path`, unix(7)), in octets.
const LONGEST_PATH: usize = 100;

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another node of the same directory is alive.
    #[error(
        "another node is at work in {0}; stop it, or give each node a data directory of its own (--data)"
    )]
    Alive(PathBuf),
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The socket or its lock.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// A socket that verbs may connect to; it goes when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    listener: std::os::unix::net::UnixListener,
    /// Held as long as the node lives.
    _lock: File,
}

impl ControlSocket {
    /// Takes the place at `path`, whose directory is there. Nothing is answered until
    /// [`crate::Running::control`].
    ///
    /// # Errors
    /// A node that is alive there, or a system that refuses.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let lock = open_lock(path)?;
        match lock.try_lock() {
            Ok(()) => Self::behind(lock, path),
            Err(TryLockError::WouldBlock) => {
                let directory = path.parent().unwrap_or(path);
                Err(SocketError::Alive(directory.to_owned()))
            }
            Err(TryLockError::Error(source)) => Err(failed(&lock_of(path))(source)),
        }
    }

    /// As [`Self::bind`], and waits for a node that is alive there to end.
    ///
    /// # Errors
    /// The system refuses.
    pub fn bind_when_free(path: &Path) -> Result<Self, SocketError> {
        let lock = open_lock(path)?;
        lock.lock().map_err(failed(&lock_of(path)))?;
        Self::behind(lock, path)
    }

    fn behind(lock: File, path: &Path) -> Result<Self, SocketError> {
        let listener = listen(path).map_err(failed(path))?;
        Ok(Self {
            path: path.to_owned(),
            listener,
            _lock: lock,
        })
    }

    /// Answers until told to stop.
    pub(super) fn serve(
        self,
        control: Arc<Control>,
        stop: CancellationToken,
        tracker: &TaskTracker,
    ) -> io::Result<()> {
        let listener = UnixListener::from_std(self.listener.try_clone()?)?;
        let connections = tracker.clone();
        tracker.spawn(async move {
            // Until the end: its name and its lock stand for this node.
            let _place = self;
            let room = Arc::new(Semaphore::new(AT_ONCE));
            loop {
                let Ok(permit) = room.clone().acquire_owned().await else {
                    return;
                };
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stop.cancelled() => return,
                };
                let Ok((stream, _)) = accepted else {
                    tokio::time::sleep(REST).await;
                    continue;
                };
                let control = control.clone();
                connections.spawn(async move {
                    // A verb that went away needs no answer.
                    let _ = answer(stream, &control).await;
                    drop(permit);
                });
            }
        });
        Ok(())
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // While the lock is held, so that it is this one. A file that stays is taken over.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

fn open_lock(path: &Path) -> Result<File, SocketError> {
    let path = lock_of(path);
    let opened = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path);
    opened.map_err(failed(&path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SocketError {
    let path = path.to_owned();
    move |source| SocketError::Io { path, source }
}

/// Binds beside the place and moves there, so that nobody finds a socket that is not closed to others
/// yet, and one that a dead node left behind is replaced in one step.
fn listen(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    let beside = path.with_extension("new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = at(&beside, |path| std::os::unix::net::UnixListener::bind(path))?;
    std::fs::set_permissions(&beside, Permissions::from_mode(0o600))?;
    std::fs::rename(&beside, path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Does something with a socket's path, by way of its opened directory where it is too long.
pub(super) fn at<T>(path: &Path, does: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return does(path);
    };
    if path.as_os_str().len() <= LONGEST_PATH {
        return does(path);
    }
    let directory = File::open(directory)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    does(&short.join(name))
}

async fn answer(mut stream: UnixStream, control: &Arc<Control>) -> io::Result<()> {
    let read = timeout(WITHIN, read_line(&mut stream)).await;
    let line = read.map_err(|_| io::ErrorKind::TimedOut)??;
    let answer = match Request::parse(&line) {
        Ok(request) => control.answer(request).await,
        Err(error) => Err(error.to_string()),
    };
    let reply = match answer {
        Ok(value) => serde_json::json!({ "ok": value }),
        Err(words) => serde_json::json!({ "error": words }),
    };
    let mut octets = serde_json::to_vec(&reply)?;
    octets.push(b'\n');
    let written = timeout(WITHIN, async {
        stream.write_all(&octets).await?;
        stream.shutdown().await
    });
    written.await.map_err(|_| io::ErrorKind::TimedOut)?
}

/// Reads up to the end of the line, of the stream, or of what is read at all.
async fn read_line(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut chunk = [0; 512];
    while line.len() <= LONGEST && !line.ends_with(b"\n") {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        line.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
    Ok(line)
}
