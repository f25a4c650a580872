//! Whatever arrives on port 53, through the whole node: each input goes to its UDP socket, and over
//! TCP as one message; then a listed name must still be answered.
#![no_main]

use std::{sync::LazyLock, time::Duration};

use blocklist::{
    Scope, Timestamp,
    testing::{START, TestLog},
};
use libfuzzer_sys::fuzz_target;
use resolver::{ListConfig, ListSource, Node, ResolverConfig, Running, Upstream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    runtime::Runtime,
    time::timeout,
};

/// `obmen.test. A IN`, recursion desired, id 0x5151.
const LISTED: &[u8] =
    b"\x51\x51\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05obmen\x04test\x00\x00\x01\x00\x01";
const NXDOMAIN: u8 = 3;
/// Long enough for any machine; only a node that stopped answering takes it.
const DEADLINE: Duration = Duration::from_secs(20);

struct Server {
    runtime: Runtime,
    running: Running,
    client: UdpSocket,
    _dir: tempfile::TempDir,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 1);
    log.write(&dir.path().join("release"), START);
    let (running, client) = runtime.block_on(async {
        // Nothing listens there: what is forwarded fails at once.
        let upstream = Upstream::udp("127.0.0.1:9".parse().expect("an address"));
        let mut config = ResolverConfig::new(
            vec!["127.0.0.1:0".parse().expect("an address")],
            vec![upstream],
        );
        config.list = Some(ListConfig {
            source: ListSource::Directory(dir.path().join("release")),
            trust: log.trust.clone(),
            state_dir: dir.path().join("node"),
            start_empty: false,
            poll: Duration::from_secs(3600),
        });
        let clock = std::sync::Arc::new(|| Timestamp(START.0 + 60));
        let running = Node::open_with_clock(config, clock)
            .expect("a node")
            .start()
            .await
            .expect("a start");
        let client = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        client
            .connect(running.addresses()[0])
            .await
            .expect("an address");
        (running, client)
    });
    Server {
        runtime,
        running,
        client,
        _dir: dir,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let bytes = &bytes[..bytes.len().min(4096)];
    SERVER.runtime.block_on(async {
        let client = &SERVER.client;
        let _ = client.send(bytes).await;
        // A first octet of 0xf? tries the stream transport too; it is slower.
        if bytes.first().is_some_and(|first| first >> 4 == 0xf) {
            over_tcp(&bytes[1..]).await;
        }
        client.send(LISTED).await.expect("a socket");
        let mut answer = [0; 4096];
        loop {
            let length = timeout(DEADLINE, client.recv(&mut answer))
                .await
                .expect("the node answers")
                .expect("a socket");
            if length >= LISTED.len()
                && answer[..2] == LISTED[..2]
                && answer[12..].starts_with(&LISTED[12..])
            {
                assert_eq!(answer[3] & 0x0f, NXDOMAIN);
                break;
            }
        }
    });
});

async fn over_tcp(bytes: &[u8]) {
    let mut stream = TcpStream::connect(SERVER.running.addresses()[0])
        .await
        .expect("a connection");
    let length = u16::try_from(bytes.len())
        .expect("at most 4096")
        .to_be_bytes();
    // The node may hang up on nonsense at any moment.
    if stream.write_all(&[&length, bytes].concat()).await.is_ok() && stream.shutdown().await.is_ok()
    {
        let mut rest = Vec::new();
        let _ = timeout(DEADLINE, stream.read_to_end(&mut rest))
            .await
            .expect("the node ends the connection");
    }
}
