//! One zone file in BIND and here: for every name and type both do the same. Without `named` this says
//! that it did not run; with `QALQAN_REQUIRE_TOOLS=1` a missing tool is a failure.
//!
//! Unbound is no judge: 1.17 takes a CNAME to its own owner for any other CNAME, and how far a wildcard
//! reaches past deeper names depends there on the order of names.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener, UdpSocket},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Message, MessageType, Query as Question, ResponseCode},
    rr::{Name, RData, Record, RecordType},
};

use super::{Action, Zone, tests};

const LOOPBACK: &str = "127.0.0.1:0";
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

const RULES: &str = "\
*.w.test CNAME .
a.b.w.test CNAME rpz-passthru.
*.deep.w.test A 192.0.2.9
ent.x.y.v.test CNAME .
*.v.test CNAME *.
data.test A 192.0.2.1
data.test A 192.0.2.2
data.test TXT hi
alias.test 20 CNAME garden.example.
*.many.test CNAME *.garden.example.
old.test CNAME old.test.
*.self.test CNAME www.self.test.
tcp.test CNAME rpz-tcp-only.
drop.test CNAME rpz-drop.
CASE.test CNAME .
*.both.test CNAME .
both.test CNAME *.
";

const NAMES: &[&str] = &[
    "w.test",
    "x.w.test",
    "a.b.w.test",
    "c.b.w.test",
    "b.w.test",
    "z.a.b.w.test",
    "q.x.w.test",
    "deep.w.test",
    "q.deep.w.test",
    "r.q.deep.w.test",
    "v.test",
    "a.v.test",
    "y.v.test",
    "x.y.v.test",
    "q.y.v.test",
    "q.x.y.v.test",
    "ent.x.y.v.test",
    "zz.ent.x.y.v.test",
    "data.test",
    "x.data.test",
    "alias.test",
    "k.many.test",
    "l.k.many.test",
    "many.test",
    "old.test",
    "www.self.test",
    "k.self.test",
    "tcp.test",
    "drop.test",
    "case.test",
    "both.test",
    "x.both.test",
    "plain.test",
];

const TYPES: [RecordType; 4] = [
    RecordType::A,
    RecordType::TXT,
    RecordType::AAAA,
    RecordType::CNAME,
];

/// A name server that has an address for every name.
fn upstream() -> SocketAddr {
    let socket = UdpSocket::bind(LOOPBACK).unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, client)) = socket.recv_from(&mut buffer) {
            let Ok(mut message) = Message::from_vec(&buffer[..length]) else {
                continue;
            };
            let question = message.queries[0].clone();
            message.metadata.message_type = MessageType::Response;
            message.metadata.recursion_available = true;
            if question.query_type() == RecordType::A {
                let data = RData::A(std::net::Ipv4Addr::new(192, 0, 2, 80).into());
                let record = Record::from_rdata(question.name().clone(), 300, data);
                message.add_answer(record);
            }
            let _ = socket.send_to(&message.to_vec().unwrap(), client);
        }
    });
    address
}

struct Bind {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Drop for Bind {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bind {
    fn start(zone: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let port = TcpListener::bind(LOOPBACK)
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = format!(
            "options {{ directory \"{path}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
             pid-file none; session-keyfile none; recursion yes; forward only;
             forwarders {{ 127.0.0.1 port {}; }}; dnssec-validation no;
             response-policy {{ zone \"rpz.test\"; }} qname-wait-recurse no break-dnssec yes max-policy-ttl 60; }};
             controls {{ }};
             zone \"rpz.test\" {{ type primary; file \"rpz.zone\"; }};",
            upstream().port()
        );
        std::fs::write(folder.path().join("rpz.zone"), zone).unwrap();
        let file = folder.path().join("named.conf");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("named")
            .args(["-g", "-n", "1", "-c"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let required = std::env::var_os("QALQAN_REQUIRE_TOOLS").is_some();
                assert!(!required, "named is missing (package bind9)");
                // Past the capturing of test output, so that it is seen.
                let line = b"NOT RUN: named is missing (package bind9)\n";
                let _ = std::io::stderr().write_all(line);
                return None;
            }
            Err(error) => panic!("named: {error}"),
        };
        let bind = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            _folder: folder,
        };
        let began = Instant::now();
        while bind.ask("plain.test", RecordType::A).as_deref() != Some("through") {
            assert!(began.elapsed() < LONG, "named does not answer");
        }
        Some(bind)
    }

    /// What is answered, in words; `None` when nothing comes.
    fn ask(&self, name: &str, kind: RecordType) -> Option<String> {
        let socket = UdpSocket::bind(LOOPBACK).unwrap();
        socket.connect(self.address).unwrap();
        let wait = Duration::from_secs(2);
        socket.set_read_timeout(Some(wait)).unwrap();
        let mut query = Message::query();
        query.metadata.recursion_desired = true;
        let name = Name::from_ascii(format!("{name}.")).unwrap();
        query.add_query(Question::query(name, kind));
        socket.send(&query.to_vec().unwrap()).ok()?;
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).ok()?;
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        let head = &answer.metadata;
        // What the target of a CNAME leads to is the upstream's.
        let data = answer
            .answers
            .iter()
            .map(|record| (&record.data, record.ttl));
        let mut said: Vec<_> = match answer.answers.first().map(|record| &record.data) {
            Some(RData::CNAME(_)) => data.take(1).map(|(data, _)| data.to_string()).collect(),
            _ => data.map(|(data, _)| data.to_string()).collect(),
        };
        said.sort();
        Some(match (head.truncation, head.response_code) {
            (true, _) => "truncated".into(),
            (_, ResponseCode::NXDomain) => "no name".into(),
            _ if said == ["192.0.2.80"] => "through".into(),
            _ => said.join(" "),
        })
    }
}

/// The same of our zone.
fn ours(zone: &Zone, name: &str, kind: RecordType) -> Option<String> {
    let wire = tests::wire(name);
    let through = if kind == RecordType::A { "through" } else { "" };
    let Some(hit) = zone.find(&wire) else {
        return Some(through.into());
    };
    Some(match hit.action {
        Action::NxDomain => "no name".into(),
        Action::NoData => String::new(),
        Action::Passthru => through.into(),
        Action::Drop => return None,
        Action::TcpOnly => "truncated".into(),
        Action::Data(data) => match data.target_parts(&wire) {
            Some((before, after)) => {
                format!("{}.", super::Shown(&[before, after].concat()))
            }
            None => {
                let records = data
                    .records()
                    .filter(|record| record.kind == u16::from(kind));
                let mut said: Vec<_> = records
                    .map(|record| match kind {
                        RecordType::A => {
                            let octets: [u8; 4] = record.data.try_into().unwrap();
                            std::net::Ipv4Addr::from(octets).to_string()
                        }
                        _ => String::from_utf8(record.data[1..].to_vec()).unwrap(),
                    })
                    .collect();
                said.sort();
                said.join(" ")
            }
        },
    })
}

#[test]
fn bind_does_the_same_with_the_same_file() {
    let text = format!("{}{RULES}", tests::HEAD);
    let zone = tests::load(&text).unwrap();
    assert_eq!(zone.report().problems, []);
    let Some(bind) = Bind::start(&text) else {
        return;
    };
    for name in NAMES {
        for kind in TYPES {
            let theirs = bind.ask(name, kind);
            assert_eq!(ours(&zone, name, kind), theirs, "{name} {kind}");
        }
    }
}
