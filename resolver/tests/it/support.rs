//! A client, an upstream that can misbehave, and nodes over test logs.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use blocklist::{
    Timestamp,
    testing::{START, TestLog},
};
use hickory_proto::{
    op::{Edns, Message, Query},
    rr::{Name, RData, Record, RecordType, rdata::opt::EdnsOption},
};
use resolver::{
    Limits, ListConfig, ListSource, Node, NodeStatus, ResolverConfig, Running, Upstream,
    node::Clock,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    time::timeout,
};

/// Longer than anything here takes; a test that waits this long has failed.
pub const LONG: Duration = Duration::from_secs(20);

pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// A query with EDNS and RD, as programs send it.
pub fn query(host: &str, kind: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name(host), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(4096);
    message.set_edns(edns);
    message
}

/// Sends octets over UDP; the octets that come back.
pub async fn udp_bytes(server: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(bytes).await.unwrap();
    let mut buffer = vec![0; 65_535];
    let length = timeout(LONG, socket.recv(&mut buffer))
        .await
        .expect("an answer")
        .unwrap();
    buffer.truncate(length);
    buffer
}

pub async fn udp(server: SocketAddr, query: &Message) -> Message {
    let bytes = udp_bytes(server, &query.to_vec().unwrap()).await;
    let answer = Message::from_vec(&bytes).unwrap();
    assert_eq!(answer.metadata.id, query.metadata.id);
    answer
}

pub async fn tcp_send(stream: &mut TcpStream, query: &Message) {
    let bytes = query.to_vec().unwrap();
    stream.write_u16(bytes.len() as u16).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
}

/// The next message; `None` when the other side closed.
pub async fn tcp_receive(stream: &mut TcpStream) -> Option<Message> {
    let length = timeout(LONG, stream.read_u16())
        .await
        .expect("an answer or an end")
        .ok()?;
    let mut bytes = vec![0; usize::from(length)];
    timeout(LONG, stream.read_exact(&mut bytes))
        .await
        .expect("the rest")
        .ok()?;
    Some(Message::from_vec(&bytes).unwrap())
}

pub async fn tcp(server: SocketAddr, query: &Message) -> Message {
    let mut stream = TcpStream::connect(server).await.unwrap();
    tcp_send(&mut stream, query).await;
    tcp_receive(&mut stream).await.expect("an answer")
}

/// The extended errors of an answer: code and text.
pub fn ede(answer: &Message) -> Vec<(u16, String)> {
    let options = answer
        .edns
        .iter()
        .flat_map(|edns| edns.options().options.iter());
    options
        .filter_map(|(_, option)| match option {
            EdnsOption::Unknown(15, data) => {
                let code = u16::from_be_bytes([data[0], data[1]]);
                Some((code, String::from_utf8(data[2..].to_vec()).unwrap()))
            }
            _ => None,
        })
        .collect()
}

/// An A record.
pub fn address(host: &str, last: u8) -> Record {
    Record::from_rdata(
        name(host),
        300,
        RData::A(Ipv4Addr::new(192, 0, 2, last).into()),
    )
}

/// What an upstream was asked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Udp,
    Tcp,
}

/// An upstream that answers as a function says; `None` is silence, and the end of a connection.
pub struct FakeUpstream {
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl FakeUpstream {
    pub async fn start(
        answer: impl Fn(&Message, Over) -> Option<Message> + Send + Sync + 'static,
    ) -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind(LOOPBACK).await.unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().unwrap();
        let (answer, asked) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        let connections = Arc::new(AtomicUsize::new(0));
        tokio::spawn({
            let (answer, asked) = (answer.clone(), asked.clone());
            async move {
                let mut buffer = vec![0; 4096];
                loop {
                    let (length, client) = udp.recv_from(&mut buffer).await.unwrap();
                    asked.fetch_add(1, Ordering::SeqCst);
                    let query = Message::from_vec(&buffer[..length]).unwrap();
                    if let Some(message) = answer(&query, Over::Udp) {
                        udp.send_to(&message.to_vec().unwrap(), client)
                            .await
                            .unwrap();
                    }
                }
            }
        });
        tokio::spawn({
            let (asked, connections) = (asked.clone(), connections.clone());
            async move {
                while let Ok((mut stream, _)) = tcp.accept().await {
                    connections.fetch_add(1, Ordering::SeqCst);
                    let (answer, asked) = (answer.clone(), asked.clone());
                    tokio::spawn(async move {
                        while let Some(query) = tcp_receive_idle(&mut stream).await {
                            asked.fetch_add(1, Ordering::SeqCst);
                            match answer(&query, Over::Tcp) {
                                Some(message) => tcp_send(&mut stream, &message).await,
                                None => break,
                            }
                        }
                    });
                }
            }
        });
        Self {
            address,
            asked,
            connections,
        }
    }

    /// Answers every A query with 192.0.2.1.
    pub async fn plain() -> Self {
        Self::start(|query, _| {
            let mut answer = reply(query);
            let host = query.queries[0].name().to_ascii();
            answer.add_answer(address(&host, 1));
            Some(answer)
        })
        .await
    }

    /// Never answers.
    pub async fn silent() -> Self {
        Self::start(|_, _| None).await
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// TCP connections opened so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn upstream(&self) -> Upstream {
        Upstream::udp(self.address)
    }
}

async fn tcp_receive_idle(stream: &mut TcpStream) -> Option<Message> {
    let length = stream.read_u16().await.ok()?;
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await.ok()?;
    Message::from_vec(&bytes).ok()
}

/// The beginning of an answer to `query`.
pub fn reply(query: &Message) -> Message {
    let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
    answer.metadata.recursion_desired = query.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    answer.add_query(query.queries[0].clone());
    answer.set_edns(Edns::new());
    answer
}

/// A clock that tests turn.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A minute after test logs begin.
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START.0 + 60)))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let now = self.0.clone();
        Arc::new(move || Timestamp(now.load(Ordering::SeqCst)))
    }
}

/// Short times, so that waiting out an upstream does not hold up the tests, and a small memory: that of
/// many nodes takes long to be given back without optimisation.
pub fn quick() -> Limits {
    Limits {
        cache: 1 << 20,
        upstream_timeout: Duration::from_millis(1000),
        query_timeout: Duration::from_millis(3000),
        ..Limits::default()
    }
}

/// A node that forwards to `upstreams` and has no list.
pub fn config(upstreams: &[Upstream]) -> ResolverConfig {
    ResolverConfig {
        limits: quick(),
        ..ResolverConfig::new(vec![LOOPBACK], upstreams.to_vec())
    }
}

/// A node that follows the release below `base` and keeps it in `state`. It pulls when poked.
pub fn list_config(log: &TestLog, base: &Path, state: &Path, upstream: Upstream) -> ResolverConfig {
    let list = ListConfig {
        source: ListSource::Directory(base.into()),
        trust: log.trust.clone(),
        state_dir: state.into(),
        start_empty: false,
        poll: Duration::from_secs(3600),
    };
    ResolverConfig {
        list: Some(list),
        ..config(&[upstream])
    }
}

/// A node under a release made of `log` at [`START`], with its directories.
pub struct Listed {
    pub running: Running,
    pub base: tempfile::TempDir,
    pub state: tempfile::TempDir,
    pub clock: TestClock,
}

impl Listed {
    pub async fn start(log: &TestLog, upstream: &FakeUpstream) -> Self {
        Self::start_with(log, upstream, |_| {}).await
    }

    pub async fn start_with(
        log: &TestLog,
        upstream: &FakeUpstream,
        change: impl FnOnce(&mut ResolverConfig),
    ) -> Self {
        let (base, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        log.write(base.path(), START);
        let clock = TestClock::new();
        let mut config = list_config(log, base.path(), state.path(), upstream.upstream());
        change(&mut config);
        let node = Node::open_with_clock(config, clock.clock()).unwrap();
        let running = node.start().await.unwrap();
        Self {
            running,
            base,
            state,
            clock,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.running.addresses()[0]
    }

    /// Pokes and waits until that pull is over; the status after it.
    pub async fn pull(&self) -> NodeStatus {
        pull(&self.running).await
    }
}

/// Pokes and waits for a pull that began after the poke.
pub async fn pull(running: &Running) -> NodeStatus {
    // One pull may be under way already; the one after it has begun after this call.
    for _ in 0..2 {
        let before = running.status().pulls;
        running.poke();
        wait(running, |status| status.pulls > before).await;
    }
    running.status()
}

/// Waits for a status.
pub async fn wait(running: &Running, wanted: impl Fn(&NodeStatus) -> bool) -> NodeStatus {
    let mut status = running.watch();
    let found = timeout(LONG, status.wait_for(|status| wanted(status)))
        .await
        .expect("the status");
    found.unwrap().clone()
}
