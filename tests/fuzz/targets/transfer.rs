//! Whatever secondaries may send to the publisher: as it is, or with a right signature under it when the
//! first octet is odd. Each goes over TCP as one message; then the zone's SOA must still be answered.
#![no_main]

use std::{
    net::SocketAddr,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use blocklist::{
    PolicyZone, Scope,
    testing::{START, TestLog},
};
use libfuzzer_sys::fuzz_target;
use resolver::transfer::{Admission, Keys, TransferLimits, TransferServer};
use ring::hmac;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    runtime::Runtime,
    time::timeout,
};

const SECRET: &str = "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=";
const SECRET_OCTETS: &[u8] = b"one one one one one one one one!";
const NAME: &[u8] = b"\x07isp-one\x00";
const ALGORITHM: &[u8] = b"\x0bhmac-sha256\x00";
/// `rpz.qalqan.test. SOA IN`, id 0x5151.
const SOA: &[u8] =
    b"\x51\x51\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03rpz\x06qalqan\x04test\x00\x00\x06\x00\x01";
/// Only a server that stopped answering takes it.
const DEADLINE: Duration = Duration::from_secs(20);

struct Server {
    runtime: Runtime,
    running: TransferServer,
    client: UdpSocket,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let keys = format!("key \"isp-one\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};");
    let keys = Keys::parse(&keys).expect("a key");
    let here = "127.0.0.1".parse().expect("a network");
    let admission = Admission::new(&[here], keys).expect("no key is named");
    let mut log = TestLog::new(true);
    let before = PolicyZone::new(&log.fold(START).1);
    log.list("obmen.test", Scope::Subtree, 1);
    let zone = PolicyZone::new(&log.fold(START).1);
    let (running, client) = runtime.block_on(async {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = TransferServer::start(listen, admission, TransferLimits::default())
            .await
            .expect("a start");
        running.set_zone(&before).expect("a zone");
        running.set_zone(&zone).expect("a zone");
        let client = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        client.connect(running.address()).await.expect("an address");
        (running, client)
    });
    Server {
        runtime,
        running,
        client,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let Some((how, message)) = bytes.split_first() else {
        return;
    };
    let message = &message[..message.len().min(4096)];
    SERVER.runtime.block_on(async {
        if how & 1 == 1 && message.len() >= 12 {
            over_tcp(&signed(message)).await;
        } else {
            over_tcp(message).await;
        }
        soa_is_answered(SOA).await;
        soa_is_answered(&signed(SOA)).await;
    });
});

/// The message with a TSIG record (RFC 8945) at its end.
fn signed(message: &[u8]) -> Vec<u8> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("a clock").as_secs().to_be_bytes();
    let time_and_fudge = [&now[2..], &300u16.to_be_bytes()].concat();
    let class_and_ttl = [0, 255, 0, 0, 0, 0];
    let error_and_other = [0; 4];
    let variables = [
        NAME,
        &class_and_ttl,
        ALGORITHM,
        &time_and_fudge,
        &error_and_other,
    ]
    .concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET_OCTETS);
    let mac = hmac::sign(&key, &[message, &variables].concat());
    let id = &message[..2];
    let data = [
        ALGORITHM,
        &time_and_fudge,
        &[0, 32],
        mac.as_ref(),
        id,
        &error_and_other,
    ]
    .concat();
    let length = u16::try_from(data.len()).expect("short").to_be_bytes();
    let record = [NAME, &[0, 250], &class_and_ttl, &length, &data].concat();
    let mut whole = [message, &record].concat();
    let records = u16::from_be_bytes([whole[10], whole[11]]).wrapping_add(1);
    whole[10..12].copy_from_slice(&records.to_be_bytes());
    whole
}

async fn over_tcp(message: &[u8]) {
    let mut stream = TcpStream::connect(SERVER.running.address())
        .await
        .expect("a connection");
    let length = u16::try_from(message.len()).expect("short").to_be_bytes();
    // The server may hang up on nonsense at any moment.
    if stream.write_all(&[&length, message].concat()).await.is_ok()
        && stream.shutdown().await.is_ok()
    {
        let mut rest = Vec::new();
        let _ = timeout(DEADLINE, stream.read_to_end(&mut rest))
            .await
            .expect("the server ends the connection");
    }
}

async fn soa_is_answered(query: &[u8]) {
    let client = &SERVER.client;
    client.send(query).await.expect("a socket");
    let mut answer = [0; 4096];
    let length = timeout(DEADLINE, client.recv(&mut answer))
        .await
        .expect("the server answers")
        .expect("a socket");
    // NOERROR, one record.
    assert!(length > SOA.len() && answer[..2] == SOA[..2]);
    assert_eq!((answer[3] & 0x0f, &answer[6..8]), (0, &[0, 1][..]));
}
