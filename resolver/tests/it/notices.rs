//! How secondaries are told of a release (RFC 1996), and what is known of them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use domain::{
    base::{Message, MessageBuilder, Rtype, iana::Opcode, iana::Rcode},
    rdata::tsig::Time48,
    tsig::{Key, ServerTransaction},
};
use hickory_proto::rr::RecordType;
use resolver::{
    notify::{Notifier, NotifyTimes, Told},
    secondaries::{Book, Secondaries, SecondaryStatus},
    transfer::{Admission, Keys, TransferLimits, TransferServer},
};
use tokio::{net::UdpSocket, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    differences::ixfr,
    support::{LONG, LOOPBACK, query, udp},
    transfers::{APEX, transfer, zone},
};

fn key(secret: &str) -> Arc<Key> {
    let text = format!("key one {{ algorithm hmac-sha512; secret \"{secret}\"; }};");
    Keys::parse(&text).unwrap().get("one").unwrap().clone()
}

const SECRET: &str = "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=";
const OTHER: &str = "dHdvIHR3byB0d28gdHdvIHR3byB0d28gdHdvIHR3byE=";

/// A secondary that answers from its `from`-th message on.
async fn secondary(from: usize, code: Rcode, key: Option<Arc<Key>>) -> SocketAddr {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut buffer, mut heard) = (vec![0; 512], 0);
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            heard += 1;
            let mut message = Message::from_octets(buffer[..length].to_vec()).unwrap();
            let signer = key.as_ref().map(|key| {
                let signer = ServerTransaction::request(key, &mut message, Time48::now());
                signer.unwrap().expect("a signed NOTIFY")
            });
            assert_eq!(message.header().opcode(), Opcode::NOTIFY);
            assert!(message.header().aa() && !message.header().qr());
            let question = message.sole_question().unwrap();
            assert_eq!(question.qname().to_string() + ".", APEX);
            assert_eq!(question.qtype(), Rtype::SOA);
            if heard >= from {
                let answer = MessageBuilder::new_vec();
                let mut answer = answer.start_answer(&message, code).unwrap().additional();
                if let Some(signer) = signer {
                    signer.answer(&mut answer, Time48::now()).unwrap();
                }
                socket.send_to(&answer.finish(), client).await.unwrap();
            }
        }
    });
    address
}

/// Tells one secondary of serial 7 and waits until something is known of it.
async fn outcome(address: SocketAddr, key: Option<Arc<Key>>) -> SecondaryStatus {
    let book = Secondaries::new([address], []);
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let times = NotifyTimes {
        tries: 3,
        wait: Duration::from_millis(100),
    };
    let notifier = Notifier::start(vec![Told { address, key }], &book, &times, &stop, &tracker);
    notifier.tell(APEX, 7);
    let mut watch = book.watch();
    let known = |book: &Book| {
        let status = &book.secondaries[0];
        status.acknowledged.is_some() || status.error.is_some()
    };
    let book = timeout(LONG, watch.wait_for(known)).await.unwrap().unwrap();
    let status = book.secondaries[0].clone();
    drop(book);
    stop.cancel();
    tracker.close();
    timeout(LONG, tracker.wait()).await.expect("tasks end");
    status
}

#[tokio::test]
async fn secondaries_are_told_again_until_they_hear() {
    for (from, key) in [
        (1, None),
        (2, None),
        (1, Some(key(SECRET))),
        (3, Some(key(SECRET))),
    ] {
        let address = secondary(from, Rcode::NOERROR, key.clone()).await;
        let status = outcome(address, key).await;
        assert_eq!(status.acknowledged.unwrap().serial, 7);
        assert_eq!(status.error, None);
    }
}

#[tokio::test]
async fn what_went_wrong_is_said() {
    let words = |status: SecondaryStatus| {
        assert_eq!(status.acknowledged, None);
        status.error.unwrap()
    };
    let stranger = secondary(1, Rcode::NOTAUTH, None).await;
    assert!(words(outcome(stranger, None).await).contains("NOTAUTH"));
    let deaf = secondary(usize::MAX, Rcode::NOERROR, None).await;
    assert!(words(outcome(deaf, None).await).contains("did not answer"));
    let nobody = UdpSocket::bind(LOOPBACK)
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    assert!(words(outcome(nobody, None).await).contains("did not answer"));
    let unsigned = secondary(1, Rcode::NOERROR, None).await;
    assert!(words(outcome(unsigned, Some(key(OTHER))).await).contains("signed"));
}

#[tokio::test]
async fn a_newer_release_is_told_at_once_instead_of_the_older() {
    let address = secondary(2, Rcode::NOERROR, None).await;
    let book = Secondaries::new([address], []);
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    // The first message is not heard, and waiting would outlast the test.
    let times = NotifyTimes {
        tries: 2,
        wait: LONG * 10,
    };
    let told = vec![Told { address, key: None }];
    let notifier = Notifier::start(told, &book, &times, &stop, &tracker);
    let mut watch = book.watch();
    let mut serial = 7;
    let heard = async {
        watch
            .wait_for(|book| book.secondaries[0].acknowledged.is_some())
            .await
            .unwrap()
            .secondaries[0]
            .clone()
    };
    tokio::pin!(heard);
    let status = loop {
        notifier.tell(APEX, serial);
        match timeout(Duration::from_millis(50), &mut heard).await {
            Ok(status) => break status,
            Err(_) => serial += 1,
        }
        assert!(serial < 400, "never heard");
    };
    assert!(status.acknowledged.unwrap().serial > 7);
    let _stop = stop.drop_guard();
}

#[tokio::test]
async fn what_a_secondary_fetched_is_known_and_nothing_of_others() {
    let (ours, other) = (
        "127.0.0.1:53".parse().unwrap(),
        "127.0.0.2:53".parse().unwrap(),
    );
    let book = Secondaries::new([ours, other], []);
    let server = TransferServer::start(LOOPBACK, Admission::default(), TransferLimits::default());
    let server = server.await.unwrap().with_secondaries(book.clone());
    let zone = zone(3);
    server.set_zone(&zone).unwrap();
    udp(server.address(), &query(APEX, RecordType::SOA)).await;
    let asked = book.watch().borrow().secondaries.clone();
    assert!(asked[0].asked.is_some() && asked[1].asked.is_none());
    assert_eq!(asked[0].has, None, "asking is not having");
    transfer(server.address(), &query(APEX, RecordType::AXFR)).await;
    let mut watch = book.watch();
    let fetched = |book: &Book| book.secondaries[0].fetched.is_some();
    let all = timeout(LONG, watch.wait_for(fetched))
        .await
        .unwrap()
        .unwrap()
        .secondaries
        .clone();
    assert_eq!(all[0].fetched.unwrap().serial, zone.serial());
    assert_eq!(all[0].behind(zone.serial()), Some(0));
    assert_eq!((all[0].whole, all[0].differences), (1, 0));
    assert_eq!((all[1].fetched, all[1].whole), (None, 0));
    // A secondary that asks for differences says what it has.
    udp(server.address(), &ixfr(zone.serial() - 3)).await;
    let all = book.watch().borrow().secondaries.clone();
    assert_eq!(all[0].behind(zone.serial()), Some(3));
}
