//! The engine over real sockets, by a clock that tests turn: loopback delivers before a send returns,
//! so nothing here waits.

mod forged;
mod limits;
mod order;
mod speed;

use std::{
    net::{SocketAddr, UdpSocket},
    os::fd::OwnedFd,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rustix::event::{Timespec, epoll};
use tokio::sync::mpsc;

use super::{
    AskError, Asked, Job,
    engine::Engine,
    own::OwnAddresses,
    ports::Ports,
    question,
    random::Random,
    server::{Counters, Patience, Server},
    streams::{Ended, Request},
};
use crate::{
    config::{Order, Upstream},
    query::LowerName,
};

/// What a question came to.
type Came = Result<Vec<u8>, AskError>;

/// One fake upstream over UDP.
struct Fake {
    socket: UdpSocket,
    counters: Arc<Counters>,
}

/// A query as a fake upstream got it.
#[derive(Clone)]
struct Seen {
    octets: Vec<u8>,
    from: SocketAddr,
}

impl Fake {
    /// What has come since the last look.
    fn seen(&self) -> Vec<Seen> {
        let mut buffer = [0; 4096];
        std::iter::from_fn(|| {
            self.socket
                .recv_from(&mut buffer)
                .ok()
                .map(|(length, from)| (length, from, buffer))
        })
        .map(|(length, from, buffer)| Seen {
            octets: buffer[..length].to_vec(),
            from,
        })
        .collect()
    }

    /// The one query that has come.
    fn one(&self) -> Seen {
        let [seen] = <[Seen; 1]>::try_from(self.seen()).ok().expect("one query");
        seen
    }

    fn send(&self, to: &Seen, octets: &[u8]) {
        self.socket.send_to(octets, to.from).unwrap();
    }

    /// Answers with a response code.
    fn answer(&self, to: &Seen, code: u8) {
        self.send(to, &answer(&to.octets, code));
    }
}

/// An answer without records.
fn answer(query: &[u8], code: u8) -> Vec<u8> {
    let mut octets = query.to_vec();
    octets[2] |= 0x80;
    octets[3] = 0x80 | code;
    octets
}

/// The engine, its upstreams, and what came of questions.
struct Stage {
    engine: Engine,
    poll: Arc<OwnedFd>,
    own: Arc<OwnAddresses>,
    fakes: Vec<Fake>,
    streams: Vec<mpsc::Receiver<Request>>,
    came: Arc<Mutex<Vec<(String, Came)>>>,
    now: Instant,
}

const PATIENCE: Patience = Patience {
    longest: Duration::from_millis(1500),
    rest: Duration::from_secs(5),
    measure: Duration::from_secs(5),
};
const DEADLINE: Duration = Duration::from_millis(4500);

impl Stage {
    fn new(count: usize) -> Self {
        Self::with(count, Order::Fastest, 1000)
    }

    fn with(count: usize, order: Order, places: usize) -> Self {
        let now = Instant::now();
        let poll = Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC).unwrap());
        let own = Arc::new(OwnAddresses::new());
        let fakes: Vec<_> = (0..count)
            .map(|_| {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.set_nonblocking(true).unwrap();
                Fake {
                    socket,
                    counters: Arc::default(),
                }
            })
            .collect();
        let addresses: Vec<_> = fakes
            .iter()
            .map(|fake| fake.socket.local_addr().unwrap())
            .collect();
        let servers = fakes.iter().zip(&addresses).map(|(fake, &address)| {
            Server::new(Upstream::udp(address), fake.counters.clone(), PATIENCE, now)
        });
        let (ways, streams) = fakes.iter().map(|_| mpsc::channel(100)).unzip();
        let engine = Engine::new(
            servers.collect(),
            order,
            places,
            Ports::new(addresses, poll.clone(), own.clone()),
            ways,
            Random::from_system().unwrap(),
            now,
        );
        Self {
            engine,
            poll,
            own,
            fakes,
            streams,
            came: Arc::default(),
            now,
        }
    }

    /// Asks for the A records of a name and lets the query go.
    fn ask(&mut self, name: &str) {
        self.ask_with(name, None);
    }

    /// The same, waiting only so many milliseconds.
    fn ask_with(&mut self, name: &str, patience: Option<u64>) {
        let came = self.came.clone();
        let text = name.to_owned();
        let job = Job {
            asked: asked(name),
            deadline: self.now + DEADLINE,
            patience: patience.map(|millis| self.now + Duration::from_millis(millis)),
            done: Box::new(move |outcome| {
                let outcome = outcome.map(|received| received.message.to_vec());
                came.lock().unwrap().push((text, outcome));
            }),
        };
        self.engine.take(job, self.now);
        self.engine.flush(self.now);
    }

    /// Lets the engine read what has come.
    fn read(&mut self) {
        let mut events = Vec::with_capacity(256);
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        epoll::wait(
            &*self.poll,
            rustix::buffer::spare_capacity(&mut events),
            Some(&at_once),
        )
        .unwrap();
        for event in events {
            self.engine.readable(event.data.u64() as u32, self.now);
        }
        self.engine.flush(self.now);
    }

    /// Lets time pass.
    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.engine.tick(self.now);
        self.engine.flush(self.now);
    }

    /// What has come of questions since the last look.
    fn came(&self) -> Vec<(String, Came)> {
        std::mem::take(&mut self.came.lock().unwrap())
    }

    /// The response code that the one question that is over came to.
    fn code(&self) -> Result<u8, AskError> {
        let [(_, came)] = <[_; 1]>::try_from(self.came()).expect("one is over");
        came.map(|message| question::code(&message))
    }

    /// Asks, and the upstream that is asked answers at once.
    fn ask_and_answer(&mut self, name: &str, server: usize) {
        self.ask(name);
        let seen = self.fakes[server].one();
        self.fakes[server].answer(&seen, 0);
        self.read();
        assert_eq!(self.code(), Ok(0));
    }

    /// What is to go to an upstream over a stream.
    fn stream(&mut self, server: usize) -> Option<Request> {
        self.streams[server].try_recv().ok()
    }

    fn stream_ends(&mut self, ended: Ended) {
        self.engine.stream_ended(ended, self.now);
        self.engine.flush(self.now);
    }
}

fn wire(name: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        octets.push(label.len() as u8);
        octets.extend_from_slice(label.as_bytes());
    }
    octets.push(0);
    octets
}

fn asked(name: &str) -> Asked {
    Asked {
        name: LowerName::read(&wire(name)).unwrap(),
        kind: 1,
        recursion_desired: true,
        checking_disabled: false,
        dnssec_ok: false,
        authentic_data: false,
    }
}
