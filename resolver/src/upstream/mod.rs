//! Asking upstreams: raw octets out, raw octets back, tens of thousands of questions under way.
//!
//! 1. [`Upstreams`] takes jobs from any thread without waiting and hands them to
//! 2. `run`, a thread that waits for sockets, jobs and time, and tells
//! 3. `engine`, which decides whom a question (`flight`) is put to, when the next one, and when it is
//!    given up; `answers` is what it makes of what comes back.
//! 4. `ports` are the UDP sockets with the ids that wait on them, `datagrams` moves octets, `streams`
//!    keeps connections over TCP and `tls`.
//! 5. `server` is what is known of each upstream, `floods` keeps one domain from taking all places,
//!    `own` knows a query of ours when it comes back to us.
//!
//! Nothing is believed because it came: an answer has to come to the port its query left from, from
//! the upstream's address, under its id, with its question to the octet, letters in the case they were
//! sent in. Who keeps guessing makes a question go over TCP.

mod answers;
mod datagrams;
mod engine;
mod flight;
mod floods;
mod own;
mod ports;
mod question;
mod random;
mod run;
mod server;
mod streams;
#[cfg(test)]
mod tests;
mod tls;
mod wheel;
mod written;

use std::{
    hash::RandomState,
    net::SocketAddr,
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use rustix::event::epoll;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

pub(crate) use question::Asked;
pub use written::UpstreamSyntax;

use crate::{
    config::{Order, ResolverConfig, Transport, Upstream},
    error::UpstreamError,
    upstream::{
        engine::Engine,
        own::OwnAddresses,
        ports::Ports,
        random::Random,
        run::{Events, Thread, Waker},
        server::{Counters, Patience, Server},
        streams::{QUEUE, Remote},
        tls::Proof,
    },
};

/// The most upstreams of one node: they are kept in the bits of a number.
const MOST: usize = 64;
/// How often an upstream that is not asked is measured.
const MEASURE: Duration = Duration::from_secs(5);

/// What came of a question. The message lives as long as the call it is handed to.
pub(crate) type Outcome<'m> = Result<Received<'m>, AskError>;

/// Called once, on the engine's thread: it may not wait and should not take long.
pub(crate) type Done = Box<dyn FnOnce(Outcome<'_>) + Send>;

/// An upstream's whole message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'m> {
    /// With an id of ours, and the question's name in lower case. At least a header and the question;
    /// behind that, nothing was looked at.
    pub(crate) message: &'m [u8],
    /// Whether its AD bit may be believed.
    pub(crate) validated: bool,
    /// Which one answered, in the order of the configuration.
    pub(crate) upstream: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AskError {
    /// None answered within the time a client waits.
    #[error("no upstream answered in time")]
    Silent,
    /// None could be reached.
    #[error("no upstream could be reached")]
    Unreachable,
    /// Too many questions are on their way, in all or below one domain.
    #[error("too many questions are waiting for upstreams; ask again")]
    TooMany,
}

/// A question and who wants to know.
pub(crate) struct Job {
    pub(crate) asked: Asked,
    /// When it is given up.
    pub(crate) deadline: Instant,
    /// When this one is told that nobody has answered yet, while the question goes on for others.
    pub(crate) patience: Option<Instant>,
    pub(crate) done: Done,
}

impl Job {
    fn give_up(self) {
        (self.done)(Err(AskError::Unreachable));
    }
}

/// What the engine needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) order: Order,
    /// Threads that ask; one does some hundred thousand questions in a second.
    pub(crate) threads: usize,
    /// Questions on their way at once, in all.
    pub(crate) in_flight: usize,
    /// The longest one upstream is waited for before another is asked.
    pub(crate) upstream_timeout: Duration,
    /// How long a question is worked on in all.
    pub(crate) query_timeout: Duration,
    /// How long a client waits that could have an answer past its life.
    pub(crate) client_patience: Duration,
    /// How long a silent upstream is passed over.
    pub(crate) rest: Duration,
}

impl From<&ResolverConfig> for Config {
    fn from(config: &ResolverConfig) -> Self {
        let limits = &config.limits;
        Self {
            upstreams: config.upstreams.clone(),
            order: config.order,
            threads: limits.upstream_threads,
            in_flight: limits.in_flight,
            upstream_timeout: limits.upstream_timeout,
            query_timeout: limits.query_timeout,
            client_patience: limits.client_patience,
            rest: limits.upstream_rest,
        }
    }
}

/// The upstreams of a node. Ends with its stop token, or when it is dropped, after what is on its way.
pub(crate) struct Upstreams {
    threads: Vec<Way>,
    keys: RandomState,
    own: Arc<OwnAddresses>,
    counters: Vec<(Upstream, Arc<Counters>)>,
    order: Order,
    query_timeout: Duration,
    client_patience: Duration,
    _end: DropGuard,
}

/// Where everybody finds the upstreams of the moment. What was asked of those before is still answered
/// by them.
pub(crate) type UpstreamsCell = Arc<ArcSwap<Upstreams>>;

/// The way to one thread.
struct Way {
    jobs: mpsc::Sender<Job>,
    waker: Arc<Waker>,
    in_flight: Arc<AtomicUsize>,
}

impl Upstreams {
    /// Starts the threads. `tracker` waits for their end.
    ///
    /// # Errors
    /// Upstreams that cannot be asked as they are written, or a system that has nothing left.
    pub(crate) fn start(
        config: &Config,
        stop: &CancellationToken,
        tracker: &TaskTracker,
    ) -> Result<Self, UpstreamError> {
        Self::start_after(config, None, stop, tracker)
    }

    /// As [`Self::start`]; upstreams that were there `before` go on counting where they are.
    pub(crate) fn start_after(
        config: &Config,
        before: Option<&Self>,
        stop: &CancellationToken,
        tracker: &TaskTracker,
    ) -> Result<Self, UpstreamError> {
        if config.upstreams.len() > MOST {
            return Err(UpstreamError::TooMany(MOST));
        }
        let own = Arc::new(OwnAddresses::new());
        let known = |upstream: &Upstream| {
            let mut before = before.iter().flat_map(|before| &before.counters);
            let same = before.find(|(known, _)| known == upstream);
            same.map_or_else(Arc::default, |(_, counters)| counters.clone())
        };
        let counters: Vec<_> = config
            .upstreams
            .iter()
            .map(|upstream| (upstream.clone(), known(upstream)))
            .collect();
        let count = config.threads.max(1);
        let (mut ways, mut keepers) = (Vec::new(), Vec::new());
        for number in 0..count {
            let (way, thread, streams) = prepare(config, count, &counters, &own, tracker)?;
            std::thread::Builder::new()
                .name(format!("upstream-{number}"))
                .spawn(move || thread.run())?;
            ways.push(way);
            keepers.extend(streams);
        }
        let stop = stop.child_token();
        let upstreams = Self {
            keys: RandomState::new(),
            own,
            counters,
            order: config.order,
            query_timeout: config.query_timeout,
            client_patience: config.client_patience,
            _end: stop.clone().drop_guard(),
            threads: ways,
        };
        let wakers: Vec<_> = upstreams
            .threads
            .iter()
            .map(|way| way.waker.clone())
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let token = tracker.token();
        std::thread::Builder::new()
            .name("upstream-streams".into())
            .spawn(move || {
                runtime.block_on(keep_streams(keepers, stop, wakers));
                drop(token);
            })?;
        Ok(upstreams)
    }

    /// Takes a question on without waiting.
    ///
    /// # Errors
    /// The job itself, when too many wait to be taken on.
    #[expect(
        clippy::result_large_err,
        reason = "it is the caller's own, given back"
    )]
    pub(crate) fn submit(&self, job: Job) -> Result<(), Job> {
        // Equal questions meet on one thread.
        let number = match self.threads.len() {
            1 => 0,
            count => job.asked.hash(&self.keys) as usize % count,
        };
        let Some(way) = self.threads.get(number) else {
            return Err(job);
        };
        match way.jobs.try_send(job) {
            Ok(()) => {
                way.waker.wake();
                Ok(())
            }
            Err(mpsc::error::TrySendError::Full(job) | mpsc::error::TrySendError::Closed(job)) => {
                Err(job)
            }
        }
    }

    /// When a question that is asked now is to be given up.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.query_timeout
    }

    /// When a client is to be told what there is, if there is something past its life (RFC 8767 §5).
    pub(crate) fn patience(&self) -> Instant {
        Instant::now() + self.client_patience
    }

    /// The answer to a question, for whoever can wait.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn ask(&self, asked: Asked) -> Result<Answered, AskError> {
        self.ask_until(asked, None).await
    }

    /// As [`Self::ask`]; with `patience`, [`AskError::Silent`] when there is no answer by then, and the
    /// question goes on for others.
    pub(crate) async fn ask_until(
        &self,
        asked: Asked,
        patience: Option<Instant>,
    ) -> Result<Answered, AskError> {
        let (sender, receiver) = oneshot::channel();
        let job = Job {
            asked,
            deadline: self.deadline(),
            patience,
            done: Box::new(move |outcome| {
                let answered = outcome.map(|received| Answered {
                    message: received.message.to_vec(),
                    validated: received.validated,
                    upstream: received.upstream,
                });
                // Whoever asked may have gone.
                let _ = sender.send(answered);
            }),
        };
        self.submit(job).map_err(|_| AskError::TooMany)?;
        receiver.await.unwrap_or(Err(AskError::Unreachable))
    }

    /// Whether a query from this address is our own, come back to us.
    pub(crate) fn is_own_socket(&self, address: SocketAddr) -> bool {
        self.own.contain(address)
    }

    /// The one that a question is put to first, as far as is known now; `None` while all are passed
    /// over.
    pub(crate) fn first_choice(&self) -> Option<String> {
        let all = self.snapshot();
        let mut well = all.iter().filter(|upstream| !upstream.is_resting);
        let first = match self.order {
            Order::Listed => well.next(),
            Order::Fastest => well.min_by_key(|upstream| upstream.round_trip),
        };
        first.map(ToString::to_string)
    }

    /// Questions on their way, those that wait to be taken on not among them.
    pub(crate) fn in_flight(&self) -> usize {
        let ways = self.threads.iter();
        ways.map(|way| way.in_flight.load(Ordering::Relaxed)).sum()
    }

    /// How each upstream fares, in the order of the configuration.
    pub(crate) fn snapshot(&self) -> Vec<UpstreamSnapshot> {
        let all = self.counters.iter();
        all.map(|(upstream, counters)| UpstreamSnapshot::of(upstream, counters))
            .collect()
    }
}

/// An upstream's message for whoever waited for it.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) message: Vec<u8>,
    pub(crate) validated: bool,
    pub(crate) upstream: usize,
}

impl Answered {
    /// As it was received.
    pub(crate) fn received(&self) -> Received<'_> {
        Received {
            message: &self.message,
            validated: self.validated,
            upstream: self.upstream,
        }
    }
}

/// How one upstream fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSnapshot {
    /// Where it listens.
    pub address: SocketAddr,
    /// `udp`, `tcp` or `tls`.
    pub transport: &'static str,
    /// Queries sent over UDP.
    pub queries: u64,
    /// Queries sent over TCP or TLS.
    pub streams: u64,
    /// Answers to them.
    pub answers: u64,
    /// Queries that were not answered in time.
    pub timeouts: u64,
    /// Messages under the id of a query that were no answer to it.
    pub wrong: u64,
    /// Messages under ids that nobody waited for: late, doubled or guessed.
    pub strangers: u64,
    /// What an answer takes, smoothed; `None` before the first.
    pub round_trip: Option<Duration>,
    /// Whether it is passed over because it did not answer.
    pub is_resting: bool,
}

/// As `udp://192.0.2.53:53`.
impl std::fmt::Display for UpstreamSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.transport, self.address)
    }
}

impl UpstreamSnapshot {
    fn of(upstream: &Upstream, counters: &Counters) -> Self {
        let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let round_trip = of(&counters.round_trip);
        Self {
            address: upstream.address,
            transport: match upstream.transport {
                Transport::Udp => "udp",
                Transport::Tcp => "tcp",
                Transport::Tls(_) => "tls",
            },
            queries: of(&counters.queries),
            streams: of(&counters.streams),
            answers: of(&counters.answers),
            timeouts: of(&counters.timeouts),
            wrong: of(&counters.wrong),
            strangers: of(&counters.strangers),
            round_trip: (round_trip > 0).then(|| Duration::from_micros(round_trip)),
            is_resting: of(&counters.resting) != 0,
        }
    }
}

/// What keeps the connections to one upstream for one thread.
type Keeper = (Arc<Remote>, mpsc::Receiver<streams::Request>);

/// One thread, the way to it, and the keepers of its streams.
fn prepare(
    config: &Config,
    count: usize,
    counters: &[(Upstream, Arc<Counters>)],
    own: &Arc<OwnAddresses>,
    tracker: &TaskTracker,
) -> Result<(Way, Thread, Vec<Keeper>), UpstreamError> {
    let now = Instant::now();
    let patience = Patience {
        longest: config.upstream_timeout,
        rest: config.rest,
        measure: MEASURE,
    };
    let poll: Arc<OwnedFd> =
        Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC).map_err(std::io::Error::from)?);
    let waker = Arc::new(Waker::new(&poll)?);
    let (sender, ended) = mpsc::unbounded_channel();
    let events = Events {
        sender,
        waker: waker.clone(),
    };
    let (mut servers, mut ways, mut keepers) = (Vec::new(), Vec::new(), Vec::new());
    for (upstream, counters) in counters {
        let proof = match &upstream.transport {
            Transport::Tls(tls) => Some(Proof::new(tls)?),
            Transport::Udp | Transport::Tcp => None,
        };
        let remote = Remote {
            address: upstream.address,
            proof,
            patience: config.upstream_timeout,
            own: own.clone(),
            events: events.clone(),
        };
        let (way, requests) = mpsc::channel(QUEUE);
        ways.push(way);
        keepers.push((Arc::new(remote), requests));
        servers.push(Server::new(
            upstream.clone(),
            counters.clone(),
            patience,
            now,
        ));
    }
    let addresses = counters.iter().map(|(upstream, _)| upstream.address);
    let addresses = addresses.collect();
    let places = (config.in_flight / count).max(1);
    let ports = Ports::new(addresses, poll.clone(), own.clone());
    let random = Random::from_system()?;
    let engine = Engine::new(servers, config.order, places, ports, ways, random, now);
    let (jobs, queue) = mpsc::channel(places);
    let way = Way {
        jobs,
        waker: waker.clone(),
        in_flight: Arc::default(),
    };
    let thread = Thread {
        in_flight: way.in_flight.clone(),
        engine,
        poll,
        waker,
        jobs: queue,
        ended,
        grace: config.query_timeout,
        _token: tracker.token(),
    };
    Ok((way, thread, keepers))
}

/// Keeps connections until the threads have ended, and tells them when to end.
async fn keep_streams(keepers: Vec<Keeper>, stop: CancellationToken, wakers: Vec<Arc<Waker>>) {
    let tracker = TaskTracker::new();
    for (remote, requests) in keepers {
        tracker.spawn(streams::keep(remote, requests, tracker.clone()));
    }
    stop.cancelled().await;
    for waker in wakers {
        waker.end();
    }
    tracker.close();
    tracker.wait().await;
}
