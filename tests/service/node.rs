//! The program as a process, with an upstream and a list to enforce.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::PathBuf,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use blocklist::{Scope, Timestamp, testing::TestLog};
use hickory_proto::{
    op::{Message, MessageType},
    rr::{RData, Record},
};
use tempfile::TempDir;

use crate::binary;

/// How long anything may take that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Questions that the upstream holds back until others come, so that some are always in hand.
const HELD_BACK: usize = 8;

/// What a node is started over.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    upstream: SocketAddr,
}

impl Place {
    /// A list with `listed.test` and all below it.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut log = TestLog::new(true);
        log.list("listed.test", Scope::Subtree, 1);
        log.write(&dir.path().join("release"), now());
        fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
        Self {
            dir,
            upstream: upstream(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The options of a node, without where it listens.
    pub(crate) fn options(&self, workers: usize) -> Vec<String> {
        let path = |name| self.path(name).to_str().unwrap().to_owned();
        let text = [
            "--data",
            &path("data"),
            "resolver",
            "--forward",
            &self.upstream.to_string(),
            "--list",
            &path("release"),
            "--trust",
            &path("trust.json"),
            "--accept-demo",
            "--workers",
            &workers.to_string(),
        ]
        .map(str::to_owned);
        text.into()
    }

    /// A node that listens by itself.
    pub(crate) fn command(&self, listen: SocketAddr, workers: usize) -> Command {
        let mut command = binary::qalqan();
        command.args(self.options(workers));
        command.args(["--listen", &listen.to_string()]);
        command
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(since.as_secs().cast_signed())
}

/// A port that was free a moment ago.
pub(crate) fn free() -> SocketAddr {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}

/// Answers every question with one address, some of them late.
fn upstream() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // Held back for no longer than this when no others come.
    let rest = Some(Duration::from_millis(20));
    socket.set_read_timeout(rest).unwrap();
    thread::spawn(move || {
        let mut waiting = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let received = socket.recv_from(&mut buffer);
            if let Ok((length, from)) = &received {
                waiting.push((answer(&buffer[..*length]), *from));
            }
            let keep = if received.is_ok() { HELD_BACK } else { 0 };
            while waiting.len() > keep {
                let (answer, to) = waiting.remove(0);
                let _ = socket.send_to(&answer, to);
            }
        }
    });
    address
}

fn answer(query: &[u8]) -> Vec<u8> {
    let mut message = Message::from_vec(query).unwrap();
    message.metadata.message_type = MessageType::Response;
    let name = message.queries[0].name().clone();
    let address = RData::A(Ipv4Addr::new(192, 0, 2, 1).into());
    message.add_answer(Record::from_rdata(name, 60, address));
    message.to_vec().unwrap()
}

/// A node that runs; killed when dropped.
pub(crate) struct Node {
    pub(crate) child: Child,
    said: std::io::Lines<BufReader<ChildStderr>>,
}

impl Node {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said }
    }

    /// Reads what it says until it is ready for DNS.
    pub(crate) fn until_ready(mut self) -> Self {
        let mut said = String::new();
        for line in &mut self.said {
            let line = line.unwrap();
            if line.contains("dns is ready") {
                return self;
            }
            said = said + &line + "\n";
        }
        panic!("it ended before it was ready:\n{said}");
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// How it ended, and what else it said.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let said: Vec<_> = (&mut self.said).map_while(Result::ok).collect();
        (self.child.wait().unwrap(), said.join("\n"))
    }
}

/// It ended because it was told to, with nobody left waiting.
pub(crate) fn assert_well_ended(status: ExitStatus, said: &str) {
    assert!(status.success(), "{status}: {said}");
    assert!(!said.contains("still waiting"), "{said}");
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
