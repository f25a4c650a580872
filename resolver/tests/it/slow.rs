//! Secondaries that take their time, and those that want every place.

use std::{net::SocketAddr, time::Duration};

use hickory_proto::rr::RecordType;
use resolver::{
    secondaries::{Book, Refusal, Secondaries},
    transfer::{Admission, TransferLimits, TransferServer},
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    support::{LONG, LOOPBACK, query, tcp_receive, tcp_send},
    transfers::{APEX, zone},
};

/// A server of a zone that fits no socket buffer on the way, and a book that knows both clients.
struct Stage {
    server: TransferServer,
    book: Secondaries,
}

const GREEDY: &str = "127.0.0.1:0";
const OTHER: &str = "127.0.0.2:0";

impl Stage {
    async fn start(limits: TransferLimits) -> Self {
        let clients = [GREEDY, OTHER].map(|client| client.parse().unwrap());
        let book = Secondaries::new(clients, []);
        let limits = TransferLimits {
            send_buffer: 16 << 10,
            ..limits
        };
        let server = TransferServer::start(LOOPBACK, Admission::default(), limits);
        let server = server.await.unwrap().with_secondaries(book.clone());
        server.set_zone(&zone(20_000)).unwrap();
        Self { server, book }
    }

    /// A connection from this address, with hardly any room for what comes.
    async fn connect(&self, from: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        socket.bind(from.parse::<SocketAddr>().unwrap()).unwrap();
        socket.connect(self.server.address()).await.unwrap()
    }

    /// The same, with the whole zone asked for and nothing read.
    async fn idle_reader(&self, from: &str) -> TcpStream {
        let mut stream = self.connect(from).await;
        tcp_send(&mut stream, &query(APEX, RecordType::AXFR)).await;
        stream
    }

    /// Whether a connection from this address is answered.
    async fn answers(&self, from: &str) -> bool {
        let mut stream = self.connect(from).await;
        // Closed by the other side already, perhaps.
        tcp_send(&mut stream, &query(APEX, RecordType::SOA)).await;
        tcp_receive(&mut stream).await.is_some()
    }

    /// Waits until the greedy client was refused so often for this.
    async fn refused(&self, why: Refusal, times: u64) -> Book {
        let mut watch = self.book.watch();
        let count = |book: &Book| book.secondaries[0].refused.get(&why).copied();
        let known = timeout(LONG, watch.wait_for(|book| count(book) >= Some(times)));
        known.await.expect("a refusal").unwrap().clone()
    }
}

#[tokio::test]
async fn one_machine_cannot_hold_all_places() {
    let limits = TransferLimits {
        connections: 4,
        of_address: 2,
        ..TransferLimits::default()
    };
    let stage = Stage::start(limits).await;
    let held = [
        stage.idle_reader(GREEDY).await,
        stage.idle_reader(GREEDY).await,
    ];
    let mut third = stage.connect(GREEDY).await;
    assert!(tcp_receive(&mut third).await.is_none(), "closed at once");
    let book = stage.refused(Refusal::Places, 1).await;
    assert!(stage.answers(OTHER).await);
    assert!(book.secondaries[1].refused.is_empty(), "{book:?}");
    drop(held);
}

#[tokio::test]
async fn a_secondary_that_does_not_read_is_cut_off() {
    let limits = TransferLimits {
        connections: 1,
        write: Duration::from_millis(200),
        ..TransferLimits::default()
    };
    let stage = Stage::start(limits).await;
    let _idle = stage.idle_reader(GREEDY).await;
    // The only place becomes free when the idle one is thrown out.
    assert!(stage.answers(OTHER).await);
    let book = stage.refused(Refusal::Slow, 1).await;
    assert_eq!(
        book.secondaries[0].fetched, None,
        "half of it is none of it"
    );
}

#[tokio::test]
async fn a_secondary_that_reads_drop_by_drop_is_cut_off_when_the_transfer_is_over_its_time() {
    let limits = TransferLimits {
        transfer: Duration::from_millis(500),
        ..TransferLimits::default()
    };
    let stage = Stage::start(limits).await;
    let mut slow = stage.idle_reader(GREEDY).await;
    let drops = async {
        let mut tick = tokio::time::interval(Duration::from_millis(1));
        let mut octets = [0; 16];
        while slow.read(&mut octets).await.is_ok_and(|read| read > 0) {
            tick.tick().await;
        }
    };
    let book = tokio::select! {
        book = stage.refused(Refusal::Slow, 1) => book,
        () = drops => stage.refused(Refusal::Slow, 1).await,
    };
    assert_eq!(book.secondaries[0].fetched, None, "{book:?}");
}
