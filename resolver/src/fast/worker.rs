//! One thread on one core with one socket: reads what there is, answers what it can in place, hands
//! over the rest, sends.

use std::{
    net::UdpSocket,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};

use super::{Fast, Step, Transport, ask, counters::Counters};
use crate::{
    config::UDP_PAYLOAD,
    policy::PolicyCell,
    query::Query,
    sys::{Batch, Peer, send_back},
    upstream::{AskError, Job, Outcome, Upstreams},
};

/// How long a worker with nothing to do waits before it looks whether it is to stop.
const IDLE: Duration = Duration::from_millis(100);
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
    pub(crate) upstreams: Arc<Upstreams>,
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
            self.run();
        })?;
        Ok(())
    }

    fn run(self) {
        let mut batch = Batch::new();
        let mut until_look = LOOK;
        loop {
            let count = read(batch.receive(&self.socket));
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
            let count = read(batch.receive_waiting(&self.socket));
            if count == 0 {
                return;
            }
            self.serve(&mut batch, count);
        }
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
        let now = self.fast.clock.now();
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
                Step::Ask(_) if self.upstreams.is_own_socket(client) => {
                    self.hand_over(buffer.get(..length).unwrap_or_default(), *peer);
                    0
                }
                Step::Ask(query) => self.ask(buffer, length, query, *peer),
                Step::Full => {
                    self.hand_over(buffer.get(..length).unwrap_or_default(), *peer);
                    0
                }
                Step::Silence => {
                    self.counters.ruled.add(1);
                    0
                }
            };
            batch.answer(slot, answered);
        }
    }

    /// Asks upstreams; the answer goes to the client when it is there. Gives the length of an answer
    /// that is to be sent now, because nobody can be asked.
    fn ask(&self, buffer: &mut [u8], length: usize, query: Query, peer: Peer) -> usize {
        let waiting = Waiting {
            fast: self.fast.clone(),
            policy: self.policy.clone(),
            full: self.full.clone(),
            query,
            datagram: self.datagram(buffer.get(..length).unwrap_or_default(), peer),
        };
        let job = Job {
            asked: (&query).into(),
            deadline: self.upstreams.deadline(),
            done: Box::new(move |outcome| waiting.answer(outcome)),
        };
        match self.upstreams.submit(job) {
            Ok(()) => {
                self.counters.asked.add(1);
                0
            }
            Err(_) => {
                self.counters.overloaded.add(1);
                let limit = query.udp_limit(UDP_PAYLOAD);
                ask::failure(buffer, &query, limit, AskError::TooMany)
            }
        }
    }

    fn refresh(&self, query: Query) {
        self.counters.prefetched.add(1);
        let fast = self.fast.clone();
        let job = Job {
            asked: (&query).into(),
            deadline: self.upstreams.deadline(),
            done: Box::new(move |outcome| fast.renew(&query, outcome)),
        };
        if let Err(job) = self.upstreams.submit(job) {
            // Somebody else is to try, later.
            (job.done)(Err(AskError::TooMany));
        }
    }

    fn hand_over(&self, octets: &[u8], peer: Peer) {
        match self.full.try_send(self.datagram(octets, peer)) {
            Ok(()) => self.counters.handed.add(1),
            Err(_) => self.counters.dropped.add(1),
        }
    }

    fn datagram(&self, octets: &[u8], peer: Peer) -> Datagram {
        Datagram {
            octets: octets.into(),
            peer,
            socket: self.socket.clone(),
            counters: self.counters.clone(),
            read_at: Instant::now(),
        }
    }
}

/// How many datagrams came.
fn read(received: std::io::Result<usize>) -> usize {
    received.unwrap_or_else(|error| {
        // Reports about earlier sends; the socket itself stays good.
        tracing::debug!(%error, "a batch could not be read");
        0
    })
}

/// A client that waits for upstreams.
struct Waiting {
    fast: Arc<Fast>,
    policy: Arc<PolicyCell>,
    full: mpsc::Sender<Datagram>,
    query: Query,
    datagram: Datagram,
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
