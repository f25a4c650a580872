//! A client that never stops asking while releases come: each question has its one answer, and what is
//! listed is never let through. One client, because several take all cores and the kernel then has none
//! to write releases to the disk with.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use blocklist::{
    Scope,
    testing::{START, TestLog},
};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::RecordType,
    serialize::binary::{BinDecodable as _, BinEncodable as _},
};

use tokio::sync::watch;

use crate::support::{FakeUpstream, LONG, Listed, query, udp};

/// Releases that come while the client asks.
const RELEASES: u32 = 12;

/// A client that asks one name after the other, each until it is answered.
struct Client {
    rounds: watch::Receiver<u64>,
    thread: thread::JoinHandle<()>,
}

impl Client {
    fn start(server: SocketAddr, ended: &Arc<AtomicBool>) -> Self {
        let (round, rounds) = watch::channel(0);
        let ended = ended.clone();
        let thread = thread::spawn(move || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect(server).unwrap();
            // Only a lost answer takes so long.
            socket.set_read_timeout(Some(LONG)).unwrap();
            while !ended.load(Ordering::Relaxed) {
                for (host, code) in [
                    ("listed.test.", ResponseCode::NXDomain),
                    ("free.test.", ResponseCode::NoError),
                    ("a.below.listed.test.", ResponseCode::NXDomain),
                    ("also.free.test.", ResponseCode::NoError),
                ] {
                    let asked = query(host, RecordType::A);
                    socket.send(&asked.to_bytes().unwrap()).unwrap();
                    let mut buffer = [0; 2048];
                    let length = socket.recv(&mut buffer).unwrap();
                    let answer = Message::from_bytes(&buffer[..length]).unwrap();
                    assert_eq!(
                        answer.metadata.id, asked.metadata.id,
                        "{host}: another's, or a second one"
                    );
                    assert_eq!(answer.metadata.response_code, code, "{host}");
                }
                round.send_modify(|round| *round += 1);
            }
        });
        Self { rounds, thread }
    }

    /// Waits until it has had all its names answered once more, from first to last.
    async fn goes_on(&mut self) {
        let since = *self.rounds.borrow();
        // An error says that it is over; joining it says why.
        let _ = self.rounds.wait_for(|round| *round >= since + 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_let_through_while_releases_come() {
    let mut log = TestLog::new(true);
    log.list("listed.test", Scope::Subtree, 1);
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    let ended = Arc::<AtomicBool>::default();
    let mut client = Client::start(node.address(), &ended);
    for number in 2..2 + RELEASES {
        let host = format!("host{number}.test");
        log.list(&host, Scope::Host, number);
        // What is remembered must not outlive the listing.
        let asked = query(&format!("{host}."), RecordType::A);
        let before = udp(node.address(), &asked).await;
        assert_eq!(
            before.metadata.response_code,
            ResponseCode::NoError,
            "{host}"
        );
        log.write(node.base.path(), START.plus(number.into()));
        assert_eq!(node.pull().await.last_error, None);
        let after = udp(node.address(), &asked).await;
        assert_eq!(
            after.metadata.response_code,
            ResponseCode::NXDomain,
            "{host}"
        );
        client.goes_on().await;
    }
    ended.store(true, Ordering::Relaxed);
    client.thread.join().unwrap();
}
