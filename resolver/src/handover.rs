//! One node takes the place of another without a query lost. The new one asks the old one, over a Unix
//! socket in its data directory, for the very sockets it answers on; reads its list; answers beside the
//! old one; and says so. Then the old one reads no more, finishes what it has in hand, and ends. The
//! sockets stay open all the while, and so does what waits in them.
//!
//! ```text
//! new → old   HELLO
//! old → new   SOME with descriptors, as often as needed; ALL
//! new → old   READY, once it answers
//! old → new   GOING
//! ```
//!
//! From `HELLO` on the old one fetches no releases: their directory belongs to the new one. If the new
//! one goes away without `READY`, or is not ready in time, the old one goes on as if nothing had been,
//! and the new one ends where it was not told `GOING`.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, Interest},
    net::{UnixListener, UnixStream},
    sync::{Mutex, MutexGuard, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    error::StartError,
    inherited::{Inherited, MOST},
};

/// Also the version: another conversation begins with another octet.
const HELLO: u8 = b'1';
const SOME: u8 = b's';
const ALL: u8 = b'a';
const READY: u8 = b'r';
const GOING: u8 = b'g';

/// Descriptors of one message; the kernel takes 253.
const AT_ONCE: usize = 64;
/// How long either side waits for an octet that the other has no reason to keep back.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a node may take to read its list: the old one fetches none meanwhile.
const READING: Duration = Duration::from_secs(60);

/// The node that runs, as the one that takes its place sees it.
pub struct Predecessor {
    path: PathBuf,
    stream: UnixStream,
    inherited: Inherited,
}

impl Predecessor {
    /// Asks the node that takes visitors at `path` for its sockets; `None` when no node does.
    ///
    /// # Errors
    /// One runs and does not hand over. It goes on answering.
    pub async fn find(path: &Path) -> Result<Option<Self>, StartError> {
        let failed = |source| StartError::Handover {
            path: path.to_owned(),
            source,
        };
        let stream = match UnixStream::connect(path).await {
            Ok(stream) => stream,
            Err(error) if is_nobody(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let asked = timeout(PATIENCE, ask(stream)).await;
        let (stream, descriptors) = asked
            .map_err(|_| failed(io::ErrorKind::TimedOut.into()))?
            .map_err(failed)?;
        let inherited = Inherited::from_predecessor(descriptors)?;
        Ok(Some(Self {
            path: path.to_owned(),
            stream,
            inherited,
        }))
    }

    /// Its sockets; once.
    pub fn sockets(&mut self) -> Inherited {
        std::mem::take(&mut self.inherited)
    }

    /// Tells it that its sockets are answered on: it ends.
    ///
    /// # Errors
    /// It does not, because this took too long. Both must not go on.
    pub async fn relieve(mut self) -> Result<(), StartError> {
        let told = async {
            self.stream.write_all(&[READY]).await?;
            match self.stream.read_u8().await? {
                GOING => Ok(()),
                _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
            }
        };
        let told = timeout(PATIENCE, told).await;
        let told = told.unwrap_or_else(|late| Err(late.into()));
        told.map_err(|source| StartError::Handover {
            path: self.path,
            source,
        })
    }
}

/// Nobody is there: no node ever was, or it ended.
fn is_nobody(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}

async fn ask(mut stream: UnixStream) -> io::Result<(UnixStream, Vec<OwnedFd>)> {
    check_peer(&stream)?;
    stream.write_all(&[HELLO]).await?;
    let mut all = Vec::new();
    loop {
        let receive = || receive(stream.as_fd(), &mut all);
        match stream.async_io(Interest::READABLE, receive).await? {
            SOME if all.len() <= MOST => {}
            ALL => return Ok((stream, all)),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// One octet, and the descriptors that came with it.
fn receive(socket: BorrowedFd<'_>, all: &mut Vec<OwnedFd>) -> io::Result<u8> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut octet = [0];
    let mut into = [IoSliceMut::new(&mut octet)];
    let received = recvmsg(socket, &mut into, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            all.extend(descriptors);
        }
    }
    Ok(octet[0])
}

/// Sockets go only between processes of one user, or to and from the administrator's.
fn check_peer(stream: &UnixStream) -> io::Result<()> {
    let (peer, own) = (stream.peer_cred()?.uid(), rustix::process::geteuid());
    if peer == 0 || peer == own.as_raw() {
        return Ok(());
    }
    Err(io::ErrorKind::PermissionDenied.into())
}

/// The right to change this node's directory. Whoever takes its place asks for it and keeps it.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    wanted: watch::Sender<bool>,
    writing: Mutex<()>,
}

impl Directory {
    /// Waits until nobody else wants to write.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        loop {
            let _ = self.wanted.subscribe().wait_for(|wanted| !wanted).await;
            let turn = self.writing.lock().await;
            if !*self.wanted.borrow() {
                return turn;
            }
        }
    }

    /// Returns when somebody else wants to write: what is being done is to be left.
    pub(crate) async fn wanted(&self) {
        let _ = self.wanted.subscribe().wait_for(|wanted| *wanted).await;
    }

    /// Takes the right away for as long as what is given lives.
    async fn take(&self) -> Taken<'_> {
        self.wanted.send_replace(true);
        let taken = Taken(self);
        drop(self.writing.lock().await);
        taken
    }
}

struct Taken<'d>(&'d Directory);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.wanted.send_replace(false);
    }
}

/// What a node that can be replaced keeps ready.
pub(crate) struct Offer {
    pub(crate) sockets: Vec<OwnedFd>,
    pub(crate) directory: Arc<Directory>,
    /// Told when another node has taken over.
    pub(crate) relieved: CancellationToken,
    pub(crate) stop: CancellationToken,
}

impl Offer {
    /// Listens at `path`, in place of whoever listened there before.
    pub(crate) fn listen(path: &Path) -> Result<UnixListener, StartError> {
        let failed = |source| StartError::Handover {
            path: path.to_owned(),
            source,
        };
        // Whoever connects finds the old node or this one, never nobody.
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        let listener = UnixListener::bind(&beside).map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)?;
        Ok(listener)
    }

    /// Serves one visitor after another until one has taken over, or the node stops.
    pub(crate) async fn run(self, listener: UnixListener) {
        let served = async {
            loop {
                let Ok((visitor, _)) = listener.accept().await else {
                    // No descriptors left; that passes.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                };
                match self.serve(visitor).await {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::warn!(%error, "a node that wanted to take over did not; this one goes on");
                    }
                }
            }
        };
        tokio::select! {
            () = served => {
                tracing::info!("another node has taken over");
                self.relieved.cancel();
            }
            () = self.stop.cancelled() => {}
        }
    }

    async fn serve(&self, mut visitor: UnixStream) -> io::Result<()> {
        check_peer(&visitor)?;
        let hello = timeout(PATIENCE, visitor.read_u8()).await??;
        if hello != HELLO {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let taken = self.directory.take().await;
        for some in self.sockets.chunks(AT_ONCE) {
            send(&visitor, SOME, some).await?;
        }
        send(&visitor, ALL, &[]).await?;
        // It reads its list now, however long that takes; if it fails, its end of this is closed.
        if timeout(READING, visitor.read_u8()).await?? != READY {
            return Err(io::ErrorKind::InvalidData.into());
        }
        visitor.write_all(&[GOING]).await?;
        // The directory is the other's from now on.
        std::mem::forget(taken);
        Ok(())
    }
}

async fn send(to: &UnixStream, octet: u8, descriptors: &[OwnedFd]) -> io::Result<()> {
    let descriptors: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    let send = || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        // At most AT_ONCE, for which there is room.
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        let octets = [IoSlice::new(std::slice::from_ref(&octet))];
        sendmsg(to, &octets, &mut control, SendFlags::NOSIGNAL)?;
        Ok(())
    };
    timeout(PATIENCE, to.async_io(Interest::WRITABLE, send)).await?
}
