//! The verbs on a running node, through the program itself: one process answers, others ask it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::Path,
    process::{Child, ChildStderr, Stdio},
};

use blocklist::{Scope, statement::Statement, testing::TestLog};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record},
};
use serde_json::Value;
use tokio::net::UdpSocket;

use super::{
    DONE, Ended, NEGATIVE, TEMPORARY, USAGE, binary,
    dns::{self, Answer},
    now, qalqan,
    schema::conforms,
};

/// An upstream that has one address for every name.
async fn upstream() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
            let question = query.queries[0].clone();
            let data = RData::A(std::net::Ipv4Addr::new(192, 0, 2, 1).into());
            answer.add_answer(Record::from_rdata(question.name().clone(), 300, data));
            answer.add_query(question);
            let octets = answer.to_vec().unwrap();
            socket.send_to(&octets, client).await.unwrap();
        }
    });
    address
}

/// A directory with a release that lists `obmen.test` and all below it.
fn listed() -> tempfile::TempDir {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), TestLog::new(true));
    let mut statement = log.list_statement("obmen.test", Scope::Subtree, 1);
    statement.effective_at = now().plus(-60);
    statement.review_at = now().plus(86_400);
    statement.expires_at = now().plus(2 * 86_400);
    log.push_officers(Statement::List(statement));
    log.write(&dir.path().join("release"), now());
    fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
    dir
}

/// A node that runs; it is killed when this is dropped.
struct Node {
    child: Child,
    /// Kept open: a node that cannot say anything more would fail.
    _said: BufReader<ChildStderr>,
    address: SocketAddr,
}

impl Node {
    /// Starts `qalqan resolver`, and waits until it says that it answers.
    fn start(data: &Path, options: &[&str]) -> Self {
        let mut child = binary::qalqan()
            .arg("--data")
            .arg(data)
            .args(["--color", "never", "resolver", "--listen", "127.0.0.1:0"])
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut all = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "it ended: {all}");
            if let Some((_, address)) = line.split_once("dns is ready address=") {
                break address.trim().parse().unwrap();
            }
            all += &line;
        };
        Self {
            child,
            _said: said,
            address,
        }
    }

    async fn is_blocked(&self, name: &str) -> bool {
        matches!(dns::ask(self.address, name).await, Answer::Blocked(_))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks the node; what it says has to be what the schema says.
async fn verb(data: &Path, args: &[&str], code: i32) -> (Ended, Value) {
    let json = [&["--format", "json", "resolver"], args].concat();
    let json = qalqan(data, json).await;
    json.with(code, "");
    conforms(&format!("resolver-{}", args[0]), &json.out);
    let value = json.json();
    (json, value)
}

/// What a verb says to people.
async fn words(data: &Path, args: &[&str], code: i32) -> String {
    let said = qalqan(data, [&["resolver"], args].concat()).await;
    said.with(code, "");
    said.out
}

#[tokio::test]
async fn verbs_ask_and_tell_a_running_node() {
    let (dir, upstream) = (listed(), upstream().await.to_string());
    let data = dir.path();
    let (list, trust) = (data.join("release"), data.join("trust.json"));
    let (list, trust) = (list.to_str().unwrap(), trust.to_str().unwrap());
    let options = ["--forward", &upstream, "--list", list, "--trust", trust];
    let node = Node::start(data, &[&options[..], &["--accept-demo"]].concat());

    let (_, status) = verb(data, &["status"], DONE).await;
    assert_eq!(status["listen"][0], node.address.to_string());
    assert_eq!(status["list"]["list_active"], true, "{status}");
    let said = words(data, &["status"], DONE).await;
    for part in [
        "all is well",
        "enforced, from",
        "1 names",
        "no zones of your own",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }

    let (_, tested) = verb(data, &["selftest", "--also", "free.test"], DONE).await;
    let checks = tested["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 10, "five names over UDP and TCP: {tested}");
    assert!(
        checks.iter().all(|check| check["verdict"] == "ok"),
        "{tested}"
    );

    let (_, told) = verb(data, &["explain", "www.OBMEN.test"], DONE).await;
    assert_eq!(told["outcome"], "blocked");
    assert_eq!(told["listing"]["name"], "obmen.test");
    assert_eq!(told["listing"]["scope"], "subtree");
    assert!(told["listing"]["order"].is_string(), "{told}");
    let said = words(data, &["explain", "www.obmen.test"], DONE).await;
    for part in [
        "blocked by the national list",
        "(subtree), since",
        "order ",
        "/i/Q-2026-",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_, told) = verb(data, &["explain", "new.test"], DONE).await;
    assert_eq!(
        (&told["outcome"], &told["listing"]),
        (&"asked".into(), &Value::Null)
    );
    assert_eq!(told["upstream"], format!("udp://{upstream}"));
    assert_eq!(dns::ask(node.address, "new.test").await, Answer::Address);
    let (_, told) = verb(data, &["explain", "new.test", "--type", "a"], DONE).await;
    assert_eq!(told["outcome"], "remembered", "{told}");
    let (_, told) = verb(data, &["explain", "new.test", "--type", "mx"], DONE).await;
    assert_eq!(
        (&told["outcome"], &told["type"]),
        (&"asked".into(), &"MX".into())
    );
    words(data, &["explain", "new.test"], DONE).await;

    let (_, flushed) = verb(data, &["flush", "test", "--subtree"], DONE).await;
    assert!(flushed["answers"].as_u64().unwrap() > 0, "{flushed}");
    let (_, told) = verb(data, &["explain", "new.test"], DONE).await;
    assert_eq!(told["outcome"], "asked");

    let pause = ["pause", "--for", "30m", "--reason", "a\u{1b}[2J test"];
    assert!(node.is_blocked("obmen.test").await);
    verb(data, &pause, DONE).await;
    assert_eq!(dns::ask(node.address, "obmen.test").await, Answer::Address);
    let (_, status) = verb(data, &["status"], NEGATIVE).await;
    assert_eq!(status["paused"]["reason"], "a\u{fffd}[2J test");
    assert_eq!(status["list"]["list_active"], false);
    let said = words(data, &["status"], NEGATIVE).await;
    assert!(said.contains("AMISS: paused until"), "{said}");
    let (_, tested) = verb(data, &["selftest"], NEGATIVE).await;
    let failed = |what: &str| {
        let checks = tested["checks"].as_array().unwrap();
        checks
            .iter()
            .any(|check| check["what"] == what && check["verdict"] == "failed")
    };
    assert!(failed("listed") && failed("always_blocked") && !failed("unlisted"));
    let (_, told) = verb(data, &["explain", "obmen.test"], DONE).await;
    assert_eq!(
        (&told["blocked"], &told["outcome"]),
        (&false.into(), &"remembered".into())
    );
    let (_, ended) = verb(data, &["pause", "--end"], DONE).await;
    assert_eq!(ended["ended"]["reason"], "a\u{fffd}[2J test");
    assert!(node.is_blocked("obmen.test").await, "without a flush");
    verb(data, &["status"], DONE).await;
    let (_, ended) = verb(data, &["pause", "--end"], DONE).await;
    assert_eq!(ended["ended"], Value::Null);
}

#[tokio::test]
async fn a_reload_takes_what_it_can_and_names_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let (data, upstream) = (dir.path(), upstream().await.to_string());
    let policy = data.join("own.rpz");
    let rules = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n";
    fs::write(&policy, format!("{rules}one.test CNAME .\n")).unwrap();
    let file = data.join("qalqan.toml");
    let config = |more: &str| {
        let text = format!("[resolver]\nforward = [\"{upstream}\"]\n{more}\n");
        fs::write(&file, text).unwrap();
    };
    config("");
    let node = Node::start(data, &[]);
    let code = async |name| match dns::ask(node.address, name).await {
        Answer::Address => ResponseCode::NoError,
        _ => ResponseCode::NXDomain,
    };
    assert_eq!(code("one.test").await, ResponseCode::NoError);
    let (_, told) = verb(data, &["reload"], DONE).await;
    assert_eq!(told["changed"], Value::Array(vec![]), "{told}");

    let own = format!("policy = [\"{}\"]\n", policy.display());
    config(&own);
    let (_, told) = verb(data, &["reload"], DONE).await;
    assert_eq!(told["changed"][0], "rules of your own", "{told}");
    assert_eq!(
        code("one.test").await,
        ResponseCode::NXDomain,
        "at the next packet"
    );
    let (_, told) = verb(data, &["explain", "one.test"], DONE).await;
    assert_eq!(
        (&told["outcome"], &told["own_rules"][0]["action"]),
        (&"own_rule".into(), &"nxdomain".into())
    );
    words(data, &["explain", "one.test"], DONE).await;

    // Nothing of a configuration that cannot be taken whole is taken.
    config(&format!(
        "{own}allow = [\"192.0.2.0/24\"]\nforward-ca = \"missing\"\npolicy-shadow = [\"missing.rpz\"]"
    ));
    let refused = qalqan(data, ["resolver", "reload"]).await;
    refused.with(USAGE, "missing.rpz");
    assert_eq!(code("one.test").await, ResponseCode::NXDomain);
    let said = words(data, &["status"], NEGATIVE).await;
    assert!(
        said.contains("AMISS: the last reload was refused"),
        "{said}"
    );
    config("forwards = []");
    qalqan(data, ["resolver", "reload"])
        .await
        .with(USAGE, "qalqan.toml:3:1: `forwards` is not a key");
    words(data, &["status"], NEGATIVE).await;

    // What only a restart takes over is said by name, each time.
    for _ in 0..2 {
        config("workers = 1\nallow = [\"127.0.0.0/8\"]");
        let (_, told) = verb(data, &["reload"], NEGATIVE).await;
        assert_eq!(told["restart"][0], "--workers", "{told}");
    }
    assert_eq!(code("one.test").await, ResponseCode::NoError);

    // SIGHUP is the same; this machine may not ask any more.
    config("allow = [\"192.0.2.0/24\"]");
    let pid = rustix::process::Pid::from_child(&node.child);
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    let refused =
        |answer: &Answer| matches!(answer, Answer::Other(words) if words.contains("Refused"));
    dns::until(node.address, "one.test", super::DEADLINE, refused).await;
    let said = words(data, &["selftest"], NEGATIVE).await;
    assert!(said.contains("see --allow"), "{said}");
    assert!(said.contains("this node follows no list"), "{said}");
}

#[tokio::test]
async fn the_socket_is_its_owners_and_passes_from_the_dead_to_the_living() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    qalqan(data, ["resolver", "status"])
        .await
        .with(TEMPORARY, "is one running with this data directory?");

    let options = ["--forward", "127.0.0.1:9"];
    let mut first = Node::start(data, &options);
    let socket = data.join("control.sock");
    let metadata = fs::metadata(&socket).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let second = [&["resolver", "--listen", "127.0.0.1:0"][..], &options].concat();
    qalqan(data, second)
        .await
        .with(USAGE, "another node is at work in")
        .with(USAGE, "--data");
    words(data, &["status"], DONE).await;

    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(socket.exists(), "a node that was killed leaves it behind");
    qalqan(data, ["resolver", "status"])
        .await
        .with(TEMPORARY, "no node answers");
    let mut third = Node::start(data, &options);
    words(data, &["status"], DONE).await;
    let pid = rustix::process::Pid::from_child(&third.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(third.child.wait().unwrap().success());
    assert!(!socket.exists(), "a node that ends takes it away");
}

#[tokio::test]
async fn the_socket_of_a_directory_with_a_long_path_works_too() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("a".repeat(90)).join("b".repeat(90));
    let _node = Node::start(&data, &["--forward", "127.0.0.1:9"]);
    words(&data, &["status"], DONE).await;
}
