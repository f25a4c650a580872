//! The journal of the zone as a publisher that is started again finds it: what is fuzzed stands behind the
//! right beginning and before the right hash, and a secondary then asks for differences.
#![no_main]

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use blocklist::{
    Digest, PolicyZone, Scope,
    testing::{START, TestLog},
};
use libfuzzer_sys::fuzz_target;
use resolver::transfer::{Admission, Keys, TransferLimits, TransferServer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    runtime::Runtime,
    time::timeout,
};

/// Octets before the differences: the line that says what it is, and the hash of the zone.
const BEGINNING: usize = b"qalqan zone journal 1\n".len() + 32;
/// `rpz.qalqan.test. IXFR IN` and the SOA with a serial at its place.
const QUERY: &[u8] = b"\x51\x51\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\
    \x03rpz\x06qalqan\x04test\x00\x00\xfb\x00\x01\
    \xc0\x0c\x00\x06\x00\x01\x00\x00\x00\x00\x00\x16\x00\x00";
/// Refresh, retry, expire, minimum.
const TIMES: [u8; 16] = [0; 16];
/// Only a server that stopped answering takes it.
const DEADLINE: Duration = Duration::from_secs(20);

struct Stage {
    runtime: Runtime,
    zone: PolicyZone,
    /// A journal that was written, up to its differences.
    beginning: Vec<u8>,
    file: PathBuf,
    _dir: tempfile::TempDir,
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("journal");
    let mut log = TestLog::new(true);
    let before = PolicyZone::new(&log.fold(START).1);
    log.list("obmen.test", Scope::Subtree, 1);
    let zone = PolicyZone::new(&log.fold(START).1);
    runtime.block_on(async {
        let server = start(&file).await;
        server.set_zone(&before).expect("a zone");
        server.set_zone(&zone).expect("a zone");
        server.stop().await;
    });
    let written = fs::read(&file).expect("the journal");
    Stage {
        runtime,
        zone,
        beginning: written[..BEGINNING].to_vec(),
        file,
        _dir: dir,
    }
});

async fn start(journal: &std::path::Path) -> TransferServer {
    let here = "127.0.0.0/8".parse().expect("a network");
    let admission = Admission::new(&[here], Keys::default()).expect("no key is named");
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    TransferServer::start(listen, admission, TransferLimits::default())
        .await
        .expect("a start")
        .with_journal(journal.to_owned())
}

/// A connection from an address that had none for a while: one that was closed holds its port for a
/// minute, and a thousand servers a second each look for a free one on theirs.
async fn connect(server: SocketAddr) -> TcpStream {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let [.., high, low] = LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let socket = TcpSocket::new_v4().expect("a socket");
    let from = SocketAddr::from((Ipv4Addr::new(127, 1, high, low), 0));
    socket.bind(from).expect("an address of this machine");
    socket.connect(server).await.expect("a server")
}

fuzz_target!(|bytes: &[u8]| {
    let Some((serial, differences)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let stage = &*STAGE;
    let mut journal = [&stage.beginning[..], differences].concat();
    journal.extend_from_slice(&Digest::of(&journal).0);
    fs::write(&stage.file, journal).expect("a file");
    stage.runtime.block_on(async {
        let server = start(&stage.file).await;
        server.set_zone(&stage.zone).expect("a zone");
        let mut stream = connect(server.address()).await;
        let query = [QUERY, serial, &TIMES].concat();
        let length = u16::try_from(query.len()).expect("short").to_be_bytes();
        let asked = [&length[..], &query].concat();
        stream.write_all(&asked).await.expect("a connection");
        stream.shutdown().await.expect("a connection");
        let mut answer = Vec::new();
        timeout(DEADLINE, stream.read_to_end(&mut answer))
            .await
            .expect("the server ends the connection")
            .expect("a connection");
        // NOERROR, and at least one record.
        assert!(answer.len() > 14 && answer[5] & 0x0f == 0 && answer[8..10] != [0, 0]);
        server.stop().await;
    });
});
