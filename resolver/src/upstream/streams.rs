//! Connections to upstreams over TCP and TLS: kept, with many questions under way on each, answered
//! in any order (RFC 7766 §6.2.1.1), closed when idle. A connection that is closed under a question
//! is opened again for it once, if it had worked before: upstreams close idle ones as they like.

use std::{collections::HashMap, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc::{self, UnboundedSender},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

use crate::upstream::{
    own::OwnAddresses, ports::Ticket, question, random::Random, run::Events, tls::Proof,
};

/// Connections to one upstream at once.
const CONNECTIONS: usize = 4;
/// Questions under way on one connection at once.
const PIPELINE: usize = 2048;
/// Questions that wait for a place on a connection.
pub(super) const QUEUE: usize = 256;
/// Questions of one connection in all: an upstream may forget some, and their places come free only
/// with the connection.
const USES: usize = 50_000;
/// A connection without a question for this long is closed (RFC 7766 §6.2.3).
const IDLE: Duration = Duration::from_secs(10);
/// Octets gathered before they are written.
const GATHER: usize = 16 * 1024;
/// Octets of a message's length (RFC 1035 §4.2.2).
const LENGTH: usize = 2;

/// A question for a stream.
pub(super) struct Request {
    pub(super) ticket: Ticket,
    pub(super) message: Vec<u8>,
    /// It was on a connection that closed.
    is_second: bool,
}

impl Request {
    pub(super) fn new(ticket: Ticket, message: Vec<u8>) -> Self {
        Self {
            ticket,
            message,
            is_second: false,
        }
    }
}

/// What became of a question on a stream.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) ticket: Ticket,
    pub(super) result: Result<Vec<u8>, StreamFailure>,
}

/// Why a stream has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamFailure {
    /// No connection came about, or it closed at once.
    Unreachable,
    /// Too much is under way.
    Full,
}

/// One upstream, as far as streams go.
pub(super) struct Remote {
    pub(super) address: SocketAddr,
    /// For TLS: who it has to be.
    pub(super) proof: Option<Proof>,
    /// How long opening may take.
    pub(super) patience: Duration,
    pub(super) own: Arc<OwnAddresses>,
    pub(super) events: Events,
}

impl Remote {
    fn tell(&self, request: &Request, failure: StreamFailure) {
        self.events.send(Ended {
            ticket: request.ticket,
            result: Err(failure),
        });
    }
}

/// Hands questions to connections, which it opens as they are needed, until nobody asks any more.
pub(super) async fn keep(
    remote: Arc<Remote>,
    mut requests: mpsc::Receiver<Request>,
    tracker: TaskTracker,
) {
    let mut connections: Vec<mpsc::Sender<Request>> = Vec::new();
    let (again, mut returned) = mpsc::unbounded_channel();
    loop {
        let request = tokio::select! {
            request = requests.recv() => request,
            request = returned.recv() => request,
        };
        let Some(request) = request else { return };
        connections.retain(|connection| !connection.is_closed());
        let mut left = Some(request);
        for connection in &connections {
            left = left
                .and_then(|request| connection.try_send(request).err())
                .map(mpsc::error::TrySendError::into_inner);
        }
        let Some(request) = left else { continue };
        if connections.len() >= CONNECTIONS {
            remote.tell(&request, StreamFailure::Full);
            continue;
        }
        let (sender, receiver) = mpsc::channel(QUEUE);
        // It is empty and open.
        let _ = sender.try_send(request);
        connections.push(sender);
        tracker.spawn(serve(remote.clone(), receiver, again.clone()));
    }
}

/// One connection from opening to end; what it leaves unanswered goes to another or is given up.
async fn serve(
    remote: Arc<Remote>,
    mut requests: mpsc::Receiver<Request>,
    again: UnboundedSender<Request>,
) {
    let mut waiting = HashMap::new();
    let mut has_worked = false;
    match timeout(remote.patience, open(&remote)).await {
        Ok(Ok(Opened { stream, local })) => {
            remote.own.add(local);
            let ended = converse(
                stream,
                &remote,
                &mut requests,
                &mut waiting,
                &mut has_worked,
            )
            .await;
            remote.own.remove(local);
            if let Err(error) = ended {
                tracing::debug!(upstream = %remote.address, %error, "a connection to an upstream ended");
            }
        }
        Ok(Err(error)) => {
            tracing::debug!(upstream = %remote.address, %error, "no connection to an upstream");
        }
        Err(_) => {
            tracing::debug!(upstream = %remote.address, "a connection to an upstream took too long to open");
        }
    }
    requests.close();
    let mut give_up = |mut request: Request| {
        if has_worked && !request.is_second {
            request.is_second = true;
            let Err(back) = again.send(request) else {
                return;
            };
            request = back.0;
        }
        remote.tell(&request, StreamFailure::Unreachable);
    };
    waiting.into_values().for_each(&mut give_up);
    while let Some(request) = requests.recv().await {
        give_up(request);
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Opened {
    stream: Box<dyn Stream>,
    local: SocketAddr,
}

async fn open(remote: &Remote) -> io::Result<Opened> {
    let tcp = TcpStream::connect(remote.address).await?;
    tcp.set_nodelay(true)?;
    let local = tcp.local_addr()?;
    let stream: Box<dyn Stream> = match &remote.proof {
        None => Box::new(tcp),
        Some(proof) => Box::new(proof.connect(tcp).await.inspect_err(|error| {
            // Worth a warning at each try: until this is put right, the upstream is of no use.
            tracing::warn!(upstream = %remote.address, %error, "an upstream did not prove who it is, or does not speak TLS");
        })?),
    };
    Ok(Opened { stream, local })
}

/// Writes questions and reads answers until the connection is idle, stuck, used up or closed.
async fn converse(
    stream: Box<dyn Stream>,
    remote: &Remote,
    requests: &mut mpsc::Receiver<Request>,
    waiting: &mut HashMap<u16, Request>,
    has_worked: &mut bool,
) -> io::Result<()> {
    let mut random = Random::from_system()?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (mut outgoing, mut incoming) = (BytesMut::new(), BytesMut::new());
    let mut is_flushed = true;
    let (mut uses, mut takes_more) = (0, true);
    let mut last = Instant::now();
    loop {
        // One that says nothing while something is asked of it has hung.
        let patience = if waiting.is_empty() {
            IDLE
        } else {
            remote.patience * 2
        };
        let has_room = waiting.len() < PIPELINE && outgoing.len() < GATHER;
        tokio::select! {
            request = requests.recv(), if takes_more && has_room => match request {
                None => takes_more = false,
                Some(request) => {
                    if waiting.is_empty() {
                        last = Instant::now();
                    }
                    let mut id = random.id();
                    while waiting.contains_key(&id) {
                        id = random.id();
                    }
                    write(&request.message, id, &mut outgoing);
                    waiting.insert(id, request);
                    is_flushed = false;
                    uses += 1;
                    if uses == USES {
                        requests.close();
                    }
                }
            },
            sent = send(&mut writer, &mut outgoing), if !is_flushed => is_flushed = sent?,
            read = reader.read_buf(&mut incoming) => {
                if read? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                last = Instant::now();
                while let Some(message) = next_message(&mut incoming) {
                    let request = question::id(&message).and_then(|id| waiting.remove(&id));
                    // Nobody but the upstream can write here: an id of its own is an error of its.
                    let request = request.ok_or(io::ErrorKind::InvalidData)?;
                    *has_worked = true;
                    remote.events.send(Ended { ticket: request.ticket, result: Ok(message) });
                }
            }
            () = sleep_until(last + patience) => return Err(io::ErrorKind::TimedOut.into()),
        }
        if !takes_more && waiting.is_empty() {
            return Ok(());
        }
    }
}

/// Writes something of what is to be written; `true` when all of it is on its way.
async fn send(writer: &mut (impl AsyncWrite + Unpin), outgoing: &mut BytesMut) -> io::Result<bool> {
    if outgoing.has_remaining() {
        if writer.write_buf(outgoing).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        return Ok(false);
    }
    writer.flush().await?;
    Ok(true)
}

fn write(message: &[u8], id: u16, outgoing: &mut BytesMut) {
    // Queries are a few hundred octets at most.
    outgoing.extend_from_slice(&(message.len() as u16).to_be_bytes());
    let start = outgoing.len();
    outgoing.extend_from_slice(message);
    question::set_id(outgoing.get_mut(start..).unwrap_or_default(), id);
}

/// Takes a whole message off the front of what was read.
fn next_message(incoming: &mut BytesMut) -> Option<Vec<u8>> {
    let length = u16::from_be_bytes(*incoming.first_chunk::<LENGTH>()?);
    let end = LENGTH + usize::from(length);
    let message = incoming.get(LENGTH..end)?.to_vec();
    incoming.advance(end);
    Some(message)
}
