//! One thread on one core with one socket: reads what there is, answers what it can in place, hands
//! over the rest, sends.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};

use super::{Fast, Kept, Step, Transport, ask, counters::Counters};
use crate::{
    config::UDP_PAYLOAD,
    limits::Share,
    policy::PolicyCell,
    query::Query,
    sys::{Batch, Peer, send_back},
    upstream::{AskError, Job, Outcome, UpstreamsCell},
};

/// How long a worker with nothing to do waits before it looks whether it is to stop.
const IDLE: Duration = Duration::from_millis(100);
/// How long a socket may give nothing but errors.
const PATIENCE: Duration = Duration::from_secs(5);
/// A busy worker looks after so many batches.
const LOOK: u32 = 64;
/// Batches that a worker answers at most after it was told to stop: more than the kernel holds for it.
const LAST: u32 = 256;

/// One batch in so many is timed: reading the clock costs more than many answers do.
const TIMED: u64 = 64;

/// A datagram that the full path has to answer.
pub(crate) struct Datagram {
    pub(crate) octets: Box<[u8]>,
    pub(crate) peer: Peer,
    /// The socket it came by, and the answer goes by.
    pub(crate) socket: Arc<UdpSocket>,
    /// It is only told to come by another way.
    pub(crate) is_reduced: bool,
    /// What its answer is counted in.
    pub(crate) counters: Arc<Counters>,
    pub(crate) read_at: Instant,
}

impl Datagram {
    /// Answers it. Errors are about this client alone (unreachable, gone); it asks again or it does
    /// not.
    pub(crate) fn answer(&self, octets: &[u8]) {
        if !octets.is_empty() {
            let _ = send_back(&self.socket, &self.peer, octets);
            let later = &self.counters.later;
            later.count_shared(octets);
            later.times.add(self.read_at.elapsed(), 1);
        }
    }
}

/// What a worker works with.
pub(crate) struct Worker {
    pub(crate) socket: Arc<UdpSocket>,
    pub(crate) fast: Arc<Fast>,
    pub(crate) policy: Arc<PolicyCell>,
    pub(crate) upstreams: UpstreamsCell,
    pub(crate) full: mpsc::Sender<Datagram>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) stop: CancellationToken,
}

impl Worker {
    /// Starts the thread. `core` is the core it stays on, if it is to stay; `running` is dropped
    /// when it has ended.
    pub(crate) fn start(
        self,
        number: usize,
        core: Option<usize>,
        running: TaskTrackerToken,
    ) -> std::io::Result<()> {
        self.socket.set_read_timeout(Some(IDLE))?;
        let thread = std::thread::Builder::new().name(format!("dns-{number}"));
        thread.spawn(move || {
            let _running = running;
            let _guard = AbortOnPanic;
            if let Some(core) = core {
                stay_on(core);
            }
            if let Err(error) = self.run(PATIENCE) {
                tracing::error!(%error, "a socket cannot be read any more; the process ends so that it can be started again");
                std::process::abort();
            }
        })?;
        Ok(())
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// Nothing but errors came from the socket for so long.
    fn run(self, patience: Duration) -> io::Result<()> {
        let mut batch = Batch::new();
        let mut until_look = LOOK;
        let mut failing: Option<Failing> = None;
        loop {
            let count = match batch.receive(&self.socket) {
                Ok(count) => {
                    failing = None;
                    count
                }
                Err(error) => {
                    failing.get_or_insert_default().wait(error, patience)?;
                    0
                }
            };
            self.serve(&mut batch, count);
            self.counters.rounds.add(1);
            until_look -= 1;
            if count == 0 || until_look == 0 {
                until_look = LOOK;
                if self.stop.is_cancelled() {
                    break;
                }
            }
        }
        // What waits in the socket is lost with it, unless another process holds it too.
        for _ in 0..LAST {
            let count = batch.receive_waiting(&self.socket).unwrap_or(0);
            if count == 0 {
                break;
            }
            self.serve(&mut batch, count);
        }
        Ok(())
    }

    fn serve(&self, batch: &mut Batch, count: usize) {
        if count == 0 {
            return;
        }
        let is_timed = self.counters.rounds.get().is_multiple_of(TIMED);
        let began = is_timed.then(Instant::now);
        self.answer(batch, count);
        let answered = self.count(batch, count);
        batch.send(&self.socket, count);
        if let Some(began) = began {
            let times = &self.counters.at_once.times;
            times.add(began.elapsed(), answered);
        }
    }

    /// Counts the answers of a batch, and gives how many there are.
    fn count(&self, batch: &mut Batch, count: usize) -> u64 {
        let mut answered = 0;
        for slot in 0..count {
            let (answer, length, _) = batch.datagram(slot);
            if length > 0 {
                self.counters.at_once.count(answer);
                answered += 1;
            }
        }
        answered
    }

    fn answer(&self, batch: &mut Batch, count: usize) {
        // One policy for all that were there together: a list that comes now acts on the next.
        let policy = self.policy.load();
        let now = self.fast.clock.moment();
        for slot in 0..count {
            let (buffer, length, peer) = batch.datagram(slot);
            let Some(client) = peer.client().filter(|client| client.port() != 0) else {
                batch.answer(slot, 0);
                continue;
            };
            let step = self
                .fast
                .answer(buffer, length, client.ip(), Transport::Udp, &policy, now);
            let answered = match step {
                Step::Answer(length, kind) => {
                    self.counters.of(kind).add(1);
                    length
                }
                Step::Refresh(length, query) => {
                    self.counters.cached.add(1);
                    self.refresh(query);
                    length
                }
                // A query of our own, come back by way of an upstream: the full path says so.
                Step::Ask(..) if self.upstreams.load().is_own_socket(client) => {
                    self.hand_over(buffer.get(..length).unwrap_or_default(), *peer, false);
                    0
                }
                Step::Ask(query, kept) => {
                    let octets = (&mut buffer[..], length);
                    self.ask(octets, query, kept, (client, *peer))
                }
                Step::Full | Step::FullReduced => {
                    let is_reduced = matches!(step, Step::FullReduced);
                    let octets = buffer.get(..length).unwrap_or_default();
                    self.hand_over(octets, *peer, is_reduced);
                    0
                }
                Step::Silence => {
                    self.counters.ruled.add(1);
                    0
                }
                Step::Limited => {
                    self.counters.limited.add(1);
                    0
                }
            };
            batch.answer(slot, answered);
        }
    }

    /// Asks upstreams; the answer goes to the client when it is there. Gives the length of an answer
    /// that is to be sent now, because nobody can be asked.
    fn ask(
        &self,
        (buffer, length): (&mut [u8], usize),
        query: Query,
        kept: Kept,
        (client, peer): (SocketAddr, Peer),
    ) -> usize {
        let limit = query.udp_limit(UDP_PAYLOAD);
        let Some(share) = self.fast.guard.question(client.ip()) else {
            self.counters.capped.add(1);
            return ask::failure(buffer, &query, limit, AskError::TooMany);
        };
        let patience = (kept == Kept::Stale).then(|| {
            // Nobody may wait any more when an answer comes: it is kept all the same.
            self.refresh(query);
            self.upstreams.load().patience()
        });
        let waiting = Waiting {
            fast: self.fast.clone(),
            policy: self.policy.clone(),
            full: self.full.clone(),
            query,
            datagram: self.datagram(buffer.get(..length).unwrap_or_default(), peer, false),
            _share: share,
        };
        let upstreams = self.upstreams.load();
        let job = Job {
            asked: (&query).into(),
            deadline: upstreams.deadline(),
            patience,
            done: Box::new(move |outcome| waiting.answer(outcome)),
        };
        match upstreams.submit(job) {
            Ok(()) => {
                self.counters.asked.add(1);
                0
            }
            Err(_) => {
                self.counters.overloaded.add(1);
                ask::failure(buffer, &query, limit, AskError::TooMany)
            }
        }
    }

    fn refresh(&self, query: Query) {
        self.counters.prefetched.add(1);
        let fast = self.fast.clone();
        let upstreams = self.upstreams.load();
        let job = Job {
            asked: (&query).into(),
            deadline: upstreams.deadline(),
            patience: None,
            done: Box::new(move |outcome| fast.renew(&query, outcome)),
        };
        if let Err(job) = upstreams.submit(job) {
            // Somebody else is to try, later.
            (job.done)(Err(AskError::TooMany));
        }
    }

    fn hand_over(&self, octets: &[u8], peer: Peer, is_reduced: bool) {
        match self.full.try_send(self.datagram(octets, peer, is_reduced)) {
            Ok(()) => self.counters.handed.add(1),
            Err(_) => self.counters.dropped.add(1),
        }
    }

    fn datagram(&self, octets: &[u8], peer: Peer, is_reduced: bool) -> Datagram {
        Datagram {
            octets: octets.into(),
            peer,
            socket: self.socket.clone(),
            is_reduced,
            counters: self.counters.clone(),
            read_at: Instant::now(),
        }
    }
}

/// A socket that gives errors. One alone may be the report about an earlier answer, or a moment without
/// memory; a worker that only gets errors would take a whole core and serve nobody.
struct Failing {
    since: Instant,
    pause: Duration,
}

impl Default for Failing {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            pause: Duration::from_millis(1),
        }
    }
}

impl Failing {
    /// Waits before the socket is tried again, each time longer.
    fn wait(&mut self, error: io::Error, patience: Duration) -> io::Result<()> {
        if self.since.elapsed() >= patience {
            return Err(error);
        }
        if self.pause >= IDLE {
            tracing::warn!(%error, "a socket cannot be read; it is tried again");
        }
        std::thread::sleep(self.pause);
        self.pause = (self.pause * 2).min(IDLE);
        Ok(())
    }
}

/// A client that waits for upstreams.
struct Waiting {
    fast: Arc<Fast>,
    policy: Arc<PolicyCell>,
    full: mpsc::Sender<Datagram>,
    query: Query,
    datagram: Datagram,
    /// Its place among those of its network.
    _share: Share,
}

impl Waiting {
    fn answer(self, outcome: Outcome<'_>) {
        let mut buffer = [0; UDP_PAYLOAD as usize];
        let end = self.query.question_end();
        let (to, from) = (buffer.get_mut(..end), self.datagram.octets.get(..end));
        if let (Some(to), Some(from)) = (to, from) {
            to.copy_from_slice(from);
        }
        let policy = self.policy.load();
        let length = self
            .fast
            .finish(&mut buffer, &self.query, Transport::Udp, outcome, &policy);
        match length {
            Some(length) => {
                let octets = buffer.get(..length).unwrap_or_default();
                self.datagram.answer(octets);
            }
            // Something came into force meanwhile that only the full path can answer.
            None => drop(self.full.try_send(self.datagram)),
        }
    }
}

/// A worker that died would leave its share of clients without answers while the others go on: the
/// whole process ends instead, and whoever watches over it starts it again.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(
                "a worker has failed; the process ends so that it can be started again"
            );
            std::process::abort();
        }
    }
}

/// The cores this process may use, in order.
pub(crate) fn cores() -> Vec<usize> {
    let Ok(allowed) = rustix::thread::sched_getaffinity(None) else {
        return vec![];
    };
    (0..rustix::thread::CpuSet::MAX_CPU)
        .filter(|core| allowed.is_set(*core))
        .collect()
}

fn stay_on(core: usize) {
    let mut only = rustix::thread::CpuSet::new();
    only.set(core);
    if let Err(error) = rustix::thread::sched_setaffinity(None, &only) {
        tracing::debug!(%error, core, "a worker could not be kept on its core");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{ResolverConfig, Upstream},
        policy::Policy,
        upstream::Upstreams,
    };

    #[test]
    fn a_socket_that_gives_nothing_but_errors_ends_its_worker() {
        // A descriptor that is no socket: each read of it fails.
        let (pipe, _other_end) = std::io::pipe().unwrap();
        let socket = UdpSocket::from(std::os::fd::OwnedFd::from(pipe));
        let config = ResolverConfig::new(vec![], vec![Upstream::udp(([127, 0, 0, 1], 9).into())]);
        let (stop, tracker) = (
            CancellationToken::new(),
            tokio_util::task::TaskTracker::new(),
        );
        let (full, _handed) = mpsc::channel(1);
        let worker = |stop: &CancellationToken| Worker {
            socket: Arc::new(socket.try_clone().unwrap()),
            fast: Arc::new(super::super::ask::tests::fast(0)),
            policy: Arc::new(PolicyCell::new(Policy::empty())),
            upstreams: Arc::new(arc_swap::ArcSwap::from_pointee(
                Upstreams::start(&(&config).into(), stop, &tracker).unwrap(),
            )),
            full: full.clone(),
            counters: Arc::default(),
            stop: stop.clone(),
        };
        let failed = worker(&stop).run(Duration::from_millis(20));
        assert_eq!(failed.unwrap_err().raw_os_error(), Some(libc::ENOTSOCK));
        // It still hears that it is to stop.
        stop.cancel();
        worker(&stop).run(Duration::from_secs(3600)).unwrap();
    }

    #[test]
    fn a_failing_socket_is_left_alone_for_longer_and_longer() {
        let mut failing = Failing::default();
        let mut pauses = vec![];
        for _ in 0..4 {
            pauses.push(failing.pause.as_millis());
            failing.wait(io::ErrorKind::Other.into(), PATIENCE).unwrap();
        }
        assert_eq!(pauses, [1, 2, 4, 8]);
        failing.since -= PATIENCE;
        assert!(failing.wait(io::ErrorKind::Other.into(), PATIENCE).is_err());
    }
}
