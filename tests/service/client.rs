//! A client that asks without a pause and knows what it has to be told.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RData, RecordType, rdata::opt::EdnsOption},
};

use crate::node::PATIENCE;

/// Questions of one client on their way at once.
const WINDOW: usize = 16;
/// EDNS option code of extended errors (RFC 8914); info code 16 is "censored".
const EDE: u16 = 15;
const CENSORED: [u8; 2] = [0, 16];

/// The question of a number: every other one is about a listed name, no two about the same.
pub(crate) fn question(number: u32) -> Vec<u8> {
    let id = (number % 65_536) as u16;
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name(number), RecordType::A));
    message.set_edns(Edns::new());
    message.to_vec().unwrap()
}

fn name(number: u32) -> Name {
    let parent = if is_listed(number) { "listed" } else { "free" };
    Name::from_ascii(format!("n{number}.{parent}.test.")).unwrap()
}

fn is_listed(number: u32) -> bool {
    number.is_multiple_of(2)
}

/// Which question this answers, and rightly so.
pub(crate) fn check(octets: &[u8]) -> u32 {
    let message = Message::from_vec(octets).unwrap();
    let asked = message.queries[0].name().to_ascii();
    let number = asked.split('.').next().unwrap()[1..].parse().unwrap();
    assert_eq!(asked, name(number).to_ascii());
    assert_eq!(u32::from(message.metadata.id), number % 65_536);
    let code = message.metadata.response_code;
    if is_listed(number) {
        assert_eq!(code, ResponseCode::NXDomain, "{asked} is listed: {message}");
        let options = message.edns.as_ref().unwrap().options().as_ref();
        let mut errors = options.iter().filter_map(|(_, option)| match option {
            EdnsOption::Unknown(EDE, octets) => octets.get(..2),
            _ => None,
        });
        assert!(errors.any(|code| code == CENSORED), "{message}");
    } else {
        assert_eq!(code, ResponseCode::NoError, "{asked} is not: {message}");
        let data: Vec<_> = message.answers.iter().map(|one| &one.data).collect();
        assert_eq!(data, [&RData::A(Ipv4Addr::new(192, 0, 2, 1).into())]);
    }
    number
}

/// How many answers came, for whoever waits for more.
#[derive(Default)]
struct Progress {
    answers: Mutex<usize>,
    more: Condvar,
}

impl Progress {
    fn one(&self) {
        *self.answers.lock().unwrap() += 1;
        self.more.notify_all();
    }
}

/// Clients that ask until they are told to stop.
pub(crate) struct Clients {
    stop: Arc<AtomicBool>,
    progress: Arc<Progress>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    /// So many over UDP, each from a port of its own, and one over TCP.
    pub(crate) fn start(server: SocketAddr, udp: u32) -> Self {
        let mut clients = Self {
            stop: Arc::default(),
            progress: Arc::default(),
            threads: Vec::new(),
        };
        for number in 0..udp {
            clients.spawn(move |stop, progress| ask_udp(server, number << 24, stop, progress));
        }
        clients.spawn(move |stop, progress| ask_tcp(server, udp << 24, stop, progress));
        clients
    }

    fn spawn(&mut self, ask: impl FnOnce(&AtomicBool, &Progress) + Send + 'static) {
        let (stop, progress) = (self.stop.clone(), self.progress.clone());
        self.threads
            .push(thread::spawn(move || ask(&stop, &progress)));
    }

    /// Waits until so many more answers have come.
    pub(crate) fn after(&self, more: usize) {
        let answers = self.progress.answers.lock().unwrap();
        let wanted = *answers + more;
        let waited = self
            .progress
            .more
            .wait_timeout_while(answers, PATIENCE, |there| *there < wanted);
        let (there, late) = waited.unwrap();
        assert!(!late.timed_out(), "{} of {wanted} answers", *there);
    }

    /// Lets each wait for what is still due, and looks at how they fared.
    pub(crate) fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        *self.progress.answers.lock().unwrap()
    }
}

/// Never asks again: what is not answered is noticed, and what is answered twice.
fn ask_udp(server: SocketAddr, first: u32, stop: &AtomicBool, progress: &Progress) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut due = BTreeMap::new();
    let mut next = first;
    let mut buffer = [0; 4096];
    loop {
        let is_over = stop.load(Ordering::Relaxed);
        while !is_over && due.len() < WINDOW {
            socket.send(&question(next)).unwrap();
            due.insert(next, ());
            next += 1;
        }
        if due.is_empty() {
            break;
        }
        let length = socket
            .recv(&mut buffer)
            .unwrap_or_else(|error| panic!("{error}; unanswered: {:?}", due.keys()));
        let number = check(&buffer[..length]);
        assert_eq!(due.remove(&number), Some(()), "{number} was answered twice");
        progress.one();
    }
    socket.set_nonblocking(true).unwrap();
    let more = socket.recv(&mut buffer);
    assert_eq!(more.unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// Asks on one connection as long as it lasts, and again on the next where the server said the end
/// before it answered (RFC 7766 §6.2.4). It is never cut off.
fn ask_tcp(server: SocketAddr, first: u32, stop: &AtomicBool, progress: &Progress) {
    let mut stream = None;
    let mut number = first;
    while !stop.load(Ordering::Relaxed) {
        let connected = stream.get_or_insert_with(|| TcpStream::connect(server).unwrap());
        connected.set_read_timeout(Some(PATIENCE)).unwrap();
        let question = question(number);
        let length = (question.len() as u16).to_be_bytes();
        // What is written to a connection that the server has ended is not an error yet.
        let _ = connected.write_all(&[&length[..], &question].concat());
        let mut length = [0; 2];
        match connected.read(&mut length) {
            Ok(0) => {
                stream = None;
                continue;
            }
            Ok(1) => connected.read_exact(&mut length[1..]).unwrap(),
            Ok(_) => {}
            Err(error) => panic!("{number} over TCP: {error}"),
        }
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        connected.read_exact(&mut answer).unwrap();
        assert_eq!(check(&answer), number);
        progress.one();
        number += 1;
    }
}
