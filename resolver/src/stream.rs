//! DNS over TCP (RFC 7766): a bounded number of connections, each with a bounded number of queries
//! worked on at once and answered as they are ready, closed when idle or when the other side does
//! not take its answers.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use hickory_net::xfer::Protocol;
use hickory_server::server::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, mpsc},
    time::{timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::Limits,
    fast::{Fast, Kept, Step, Transport, ask, counters::Counters},
    handler::{Place, Resolve},
    limits::Share,
    policy::PolicyCell,
    query::Query,
    server::{Taken, take},
    upstream::{Answered, AskError, Outcome, UpstreamsCell},
};

/// The longest message over TCP, in octets.
const LONGEST: usize = u16::MAX as usize;
/// How long queries are taken after the node was told to stop: those that were on their way then.
const LAST: Duration = Duration::from_millis(200);
/// How long a client is given to notice the end. A connection that is closed with something unread in
/// it takes the answers with it that the client has not read yet.
const LINGER: Duration = Duration::from_secs(1);

/// What connections are answered from.
#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) fast: Arc<Fast>,
    pub(crate) policy: Arc<PolicyCell>,
    pub(crate) upstreams: UpstreamsCell,
    pub(crate) resolve: Arc<Resolve>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) limits: Limits,
    pub(crate) stop: CancellationToken,
}

/// Serves one listening TCP socket.
pub(crate) struct Listener {
    answers: Answers,
    connections: Arc<Semaphore>,
}

impl Listener {
    pub(crate) fn new(answers: Answers) -> Self {
        let connections = Arc::new(Semaphore::new(answers.limits.tcp_connections.max(1)));
        Self {
            answers,
            connections,
        }
    }

    pub(crate) async fn run(self, socket: TcpListener, tracker: TaskTracker) {
        loop {
            let accepted = accept(&socket, &self.connections, &self.answers.stop).await;
            let Some((stream, client, permit)) = accepted else {
                return;
            };
            let Some(share) = self.answers.fast.guard.connection(client.ip()) else {
                // Closed at once, which says more than a place in a queue would (RFC 7766 §6.2.2).
                self.answers.counters.limited.add_shared(1);
                continue;
            };
            let (answers, inner) = (self.answers.clone(), tracker.clone());
            tracker.spawn(async move {
                serve(stream, client, &answers, &inner).await;
                drop((permit, share));
            });
        }
    }
}

/// The next connection with its place; `None` when it is time to stop. Errors of accepting (no
/// descriptors left) are waited out rather than spun on.
pub(crate) async fn accept(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    loop {
        let accepted = async {
            let place = places.clone().acquire_owned().await.ok()?;
            Some((socket.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted?,
            () = stop.cancelled() => return None,
        };
        match accepted {
            Ok((stream, client)) => return Some((stream, client, place)),
            Err(error) => {
                tracing::warn!(%error, "a TCP connection could not be accepted");
                drop(place);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, client: SocketAddr, answers: &Answers, tracker: &TaskTracker) {
    let _ = stream.set_nodelay(true);
    let (mut reader, writer) = stream.into_split();
    let limits = &answers.limits;
    let (ready, queue) = mpsc::channel(limits.tcp_pipeline.max(1));
    let pipeline = Arc::new(Semaphore::new(limits.tcp_pipeline.max(1)));
    let gone = CancellationToken::new();
    tracker.spawn(write_answers(
        writer,
        queue,
        (limits.tcp_write, answers.counters.clone()),
        gone.clone(),
    ));
    let mut until = None;
    loop {
        let message = next_message(&mut reader, answers, &gone, &mut until).await;
        let Some(message) = message else { break };
        let Ok(place) = pipeline.clone().acquire_owned().await else {
            return;
        };
        match answers.at_once(message, client) {
            AtOnce::Nothing => return,
            AtOnce::Silence => {}
            AtOnce::Answer(answer) => {
                if ready.send(answer).await.is_err() {
                    return;
                }
            }
            AtOnce::Later(later) => {
                let (answers, ready) = (answers.clone(), ready.clone());
                tracker.spawn(async move {
                    if let Some(answer) = answers.later(later, client).await {
                        let _ = ready.send(answer).await;
                    }
                    drop(place);
                });
            }
        }
    }
    if until.is_some() {
        // The writer says the end once the last answer is written; then the client closes.
        drop(ready);
        let late = async {
            gone.cancelled().await;
            tokio::time::sleep(LINGER).await;
        };
        let mut nowhere = tokio::io::sink();
        tokio::select! {
            _ = tokio::io::copy(&mut reader, &mut nowhere) => {}
            () = late => {}
        }
    }
}

/// The next query of a connection; `None` when it is to end. Once the node was told to stop, queries
/// are taken until a moment that is kept in `until`.
async fn next_message(
    reader: &mut OwnedReadHalf,
    answers: &Answers,
    gone: &CancellationToken,
    until: &mut Option<tokio::time::Instant>,
) -> Option<Vec<u8>> {
    let message = read_message(reader);
    tokio::pin!(message);
    let read = tokio::select! {
        biased;
        () = gone.cancelled() => return None,
        () = answers.stop.cancelled() => {
            let until = *until.get_or_insert_with(|| tokio::time::Instant::now() + LAST);
            timeout_at(until, &mut message).await
        }
        read = timeout(answers.limits.tcp_idle, &mut message) => read,
    };
    read.ok()?.ok()
}

/// What can be said of a message without waiting.
enum AtOnce {
    /// The connection ends: it is no query.
    Nothing,
    /// An operator's rule says to send nothing.
    Silence,
    Answer(Vec<u8>),
    Later(Later),
}

/// What has to be waited for.
enum Later {
    /// Upstreams, perhaps only until a moment; the message is there to be answered over.
    Upstreams(Box<Query>, Vec<u8>, Option<Instant>, Share),
    /// The full path.
    Full(Box<Request>, Place),
}

impl Answers {
    fn at_once(&self, message: Vec<u8>, client: SocketAddr) -> AtOnce {
        let (policy, now) = (self.policy.load(), self.fast.clock.moment());
        let (length, mut buffer) = (message.len(), message);
        buffer.resize(LONGEST, 0);
        let tcp = Transport::Tcp;
        let step = self
            .fast
            .answer(&mut buffer, length, client.ip(), tcp, &policy, now);
        let counters = &self.counters;
        match step {
            Step::Answer(length, kind) => {
                counters.of(kind).add_shared(1);
                AtOnce::Answer(cut(buffer, length))
            }
            Step::Refresh(length, query) => {
                counters.cached.add_shared(1);
                self.refresh(query);
                AtOnce::Answer(cut(buffer, length))
            }
            Step::Ask(query, kept) if !self.upstreams.load().is_own_socket(client) => {
                let Some(share) = self.fast.guard.question(client.ip()) else {
                    counters.capped.add_shared(1);
                    let length = ask::failure(&mut buffer, &query, LONGEST, AskError::TooMany);
                    return AtOnce::Answer(cut(buffer, length));
                };
                counters.asked.add_shared(1);
                let patience = (kept == Kept::Stale).then(|| {
                    // Nobody may wait any more when an answer comes: it is kept all the same.
                    self.refresh(query);
                    self.upstreams.load().patience()
                });
                let query = Box::new(query);
                AtOnce::Later(Later::Upstreams(query, buffer, patience, share))
            }
            Step::Limited => AtOnce::Silence,
            Step::Silence => {
                counters.ruled.add_shared(1);
                AtOnce::Silence
            }
            Step::Ask(..) | Step::Full | Step::FullReduced => {
                counters.handed.add_shared(1);
                self.fully(&cut(buffer, length), client)
            }
        }
    }

    fn fully(&self, message: &[u8], client: SocketAddr) -> AtOnce {
        match take(&self.resolve, message, client, Protocol::Tcp) {
            Taken::Nothing => AtOnce::Nothing,
            Taken::Bytes(bytes) => AtOnce::Answer(bytes),
            Taken::Answer(request, answer) => AtOnce::Answer(answer.to_tcp(&request)),
            Taken::Forward(request, place) => AtOnce::Later(Later::Full(request, place)),
        }
    }

    /// The answer once it is there.
    async fn later(&self, later: Later, client: SocketAddr) -> Option<Vec<u8>> {
        let (query, mut buffer, patience, _share) = match later {
            Later::Upstreams(query, buffer, patience, share) => (query, buffer, patience, share),
            Later::Full(request, _place) => {
                return Some(self.resolve.forward(&request).await.to_tcp(&request));
            }
        };
        let asked = (&*query).into();
        let upstreams = self.upstreams.load_full();
        let answered = upstreams.ask_until(asked, patience).await;
        let policy = self.policy.load_full();
        let outcome = received(&answered);
        let length = self
            .fast
            .finish(&mut buffer, &query, Transport::Tcp, outcome, &policy);
        match length {
            Some(0) => None,
            Some(length) => Some(cut(buffer, length)),
            // Something came into force meanwhile that only the full path can answer; without its
            // OPT record the query is a whole message still.
            None => self.in_full(question(buffer, &query), client).await,
        }
    }

    async fn in_full(&self, message: Vec<u8>, client: SocketAddr) -> Option<Vec<u8>> {
        match self.fully(&message, client) {
            AtOnce::Answer(answer) => Some(answer),
            AtOnce::Later(Later::Full(request, _place)) => {
                Some(self.resolve.forward(&request).await.to_tcp(&request))
            }
            AtOnce::Nothing | AtOnce::Silence | AtOnce::Later(Later::Upstreams(..)) => None,
        }
    }

    fn refresh(&self, query: Query) {
        self.counters.prefetched.add_shared(1);
        let (fast, upstreams) = (self.fast.clone(), self.upstreams.load_full());
        tokio::spawn(async move {
            let answered = upstreams.ask((&query).into()).await;
            fast.renew(&query, received(&answered));
        });
    }
}

fn received(answered: &Result<Answered, AskError>) -> Outcome<'_> {
    match answered {
        Ok(answered) => Ok(answered.received()),
        Err(error) => Err(*error),
    }
}

/// A buffer that holds an answer becomes the answer, without the room behind it.
fn cut(mut buffer: Vec<u8>, length: usize) -> Vec<u8> {
    buffer.truncate(length);
    buffer.shrink_to_fit();
    buffer
}

/// The query alone: its question, and nothing behind it.
fn question(mut buffer: Vec<u8>, query: &Query) -> Vec<u8> {
    if let Some(additionals) = buffer.get_mut(10..12) {
        additionals.fill(0);
    }
    cut(buffer, query.question_end())
}

/// Writes answers in the order in which they are ready; a client that does not read is cut off.
async fn write_answers(
    mut writer: OwnedWriteHalf,
    mut queue: mpsc::Receiver<Vec<u8>>,
    (patience, counters): (Duration, Arc<Counters>),
    gone: CancellationToken,
) {
    while let Some(answer) = queue.recv().await {
        counters.later.count_shared(&answer);
        if !matches!(
            timeout(patience, write_message(&mut writer, &answer)).await,
            Ok(Ok(()))
        ) {
            break;
        }
    }
    gone.cancel();
}

/// One message with its two octets of length in one write (RFC 7766 §8).
pub(crate) async fn write_message(
    writer: &mut OwnedWriteHalf,
    message: &[u8],
) -> std::io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut framed = Vec::with_capacity(message.len() + 2);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    writer.write_all(&framed).await
}

/// One message, at most 65,535 octets, without its length.
pub(crate) async fn read_message(reader: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let length = reader.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    reader.read_exact(&mut message).await?;
    Ok(message)
}
