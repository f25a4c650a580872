//! The policy zone as secondaries get it.

use std::net::SocketAddr;

use blocklist::{
    Folded, ListingId, PolicyZone, Scope,
    fold::{Action, Entry},
    testing::{START, TestLog, name as domain},
    zone::RecordData,
};
use hickory_proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{RData, Record, RecordType},
};
use resolver::{
    access::AccessList,
    transfer::{Admission, TransferLimits, TransferServer},
};
use tokio::net::TcpStream;

use crate::support::{LOOPBACK, name, query, tcp, tcp_receive, tcp_send, udp};

pub const APEX: &str = "rpz.qalqan.test.";

/// A zone of `count` listed hosts, every tenth with its subtree.
pub fn zone(count: u32) -> PolicyZone {
    zone_of(0, 0..count)
}

/// The same with these numbers, `later` leaves later.
pub fn zone_of(later: u64, numbers: impl Iterator<Item = u32>) -> PolicyZone {
    let (_, folded) = TestLog::new(true).fold(START);
    let mut entries: Vec<_> = numbers
        .map(|number| Entry {
            name: domain(&format!("obmen-{number}.test")),
            scope: if number % 10 == 0 {
                Scope::Subtree
            } else {
                Scope::Host
            },
            action: if number % 97 == 0 {
                Action::PassThrough
            } else {
                Action::Block
            },
            listing_id: ListingId::new(2026, number + 1).unwrap(),
        })
        .collect();
    entries.sort();
    let size = folded.size + later;
    PolicyZone::new(&Folded {
        entries,
        size,
        ..folded
    })
}

pub async fn server(zone: &PolicyZone) -> TransferServer {
    let server = TransferServer::start(LOOPBACK, Admission::default(), TransferLimits::default());
    let server = server.await.unwrap();
    server.set_zone(zone).unwrap();
    server
}

/// Reads one transfer: all its answer records, and the number of messages. Its end is the newest SOA
/// where no difference can begin.
pub async fn transfer(server: SocketAddr, query: &Message) -> (Vec<Record>, usize) {
    let mut stream = TcpStream::connect(server).await.unwrap();
    tcp_send(&mut stream, query).await;
    let (mut records, mut messages) = (Vec::new(), 0);
    loop {
        let message = tcp_receive(&mut stream)
            .await
            .expect("the rest of the zone");
        assert_eq!(message.metadata.id, query.metadata.id);
        assert_eq!(message.metadata.response_code, ResponseCode::NoError);
        assert!(message.metadata.authoritative);
        records.extend(message.answers);
        messages += 1;
        if is_whole(&records) {
            return (records, messages);
        }
    }
}

/// Whether these records are a whole transfer, told as secondaries tell it: the newest SOA comes
/// twice in a zone, and in differences once more for the last of them.
fn is_whole(records: &[Record]) -> bool {
    let differences = records
        .get(1)
        .is_some_and(|second| second.record_type() == RecordType::SOA);
    let newest = records.first();
    let times = records
        .iter()
        .filter(|record| Some(*record) == newest)
        .count();
    times == if differences { 3 } else { 2 }
}

#[tokio::test]
async fn a_zone_of_fifty_thousand_names_is_read_back_equal() {
    let zone = zone(50_000);
    let server = server(&zone).await;
    let (records, messages) = transfer(server.address(), &query(APEX, RecordType::AXFR)).await;
    assert!(messages > 10, "many messages");
    assert!(records.len() / messages > 100, "many records a message");
    assert_eq!(records.first(), records.last(), "SOA first and last");
    assert_eq!(records.len(), zone.records().len() + 1);
    for (sent, meant) in records.iter().zip(zone.records()) {
        assert_eq!(sent.name, name(&meant.owner));
        assert_eq!(sent.ttl, blocklist::zone::TTL);
        match (&sent.data, &meant.data) {
            (RData::CNAME(target), RecordData::Cname(meant)) => assert_eq!(target.0, name(meant)),
            (RData::NS(target), RecordData::Ns(meant)) => assert_eq!(target.0, name(meant)),
            (RData::SOA(sent), RecordData::Soa(meant)) => {
                assert_eq!(sent.serial, meant.serial);
                assert_eq!(sent.mname, name(&meant.mname));
                assert_eq!(sent.rname, name(&meant.rname));
                assert_eq!(sent.expire, meant.expire as i32);
                assert_eq!(sent.minimum, meant.minimum);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_empty_list_is_a_zone_too() {
    let zone = zone(0);
    let (records, messages) = transfer(
        server(&zone).await.address(),
        &query(APEX, RecordType::AXFR),
    )
    .await;
    let says = "SOA, NS, two names for monitoring and what is below them, SOA";
    assert_eq!((records.len(), messages), (7, 1), "{says}");
}

#[tokio::test]
async fn the_soa_is_told_over_both_transports_and_nothing_else_is() {
    let zone = zone(5);
    let server = server(&zone).await;
    let soa = query("RPZ.qalqan.TEST.", RecordType::SOA);
    for answer in [
        udp(server.address(), &soa).await,
        tcp(server.address(), &soa).await,
    ] {
        assert!(answer.metadata.authoritative && answer.edns.is_some());
        let RData::SOA(data) = &answer.answers[0].data else {
            panic!("an SOA")
        };
        assert_eq!(data.serial, zone.serial());
    }
    for (host, kind) in [
        ("obmen-1.test.rpz.qalqan.test.", RecordType::CNAME),
        (APEX, RecordType::A),
        (APEX, RecordType::ANY),
        ("qalqan.test.", RecordType::SOA),
        ("qalqan.test.", RecordType::AXFR),
    ] {
        let answer = tcp(server.address(), &query(host, kind)).await;
        assert_eq!(
            answer.metadata.response_code,
            ResponseCode::Refused,
            "{host} {kind}"
        );
    }
    let by_datagram = udp(server.address(), &query(APEX, RecordType::AXFR)).await;
    assert_eq!(by_datagram.metadata.response_code, ResponseCode::Refused);
    let mut update = query(APEX, RecordType::SOA);
    update.metadata.op_code = OpCode::Update;
    assert_eq!(
        udp(server.address(), &update).await.metadata.response_code,
        ResponseCode::NotImp
    );
}

#[tokio::test]
async fn a_new_zone_is_served_at_once_and_none_is_said_so() {
    let server = TransferServer::start(LOOPBACK, Admission::default(), TransferLimits::default());
    let server = server.await.unwrap();
    let soa = query(APEX, RecordType::SOA);
    assert_eq!(
        udp(server.address(), &soa).await.metadata.response_code,
        ResponseCode::ServFail
    );
    let zone = zone(1);
    server.set_zone(&zone).unwrap();
    assert_eq!(server.serial(), Some(zone.serial()));
    assert_eq!(udp(server.address(), &soa).await.answers.len(), 1);
}

#[tokio::test]
async fn other_networks_are_refused() {
    let elsewhere = AccessList::new(vec!["192.0.2.0/24".parse().unwrap()]);
    let server = TransferServer::start(LOOPBACK, elsewhere.into(), TransferLimits::default())
        .await
        .unwrap();
    server.set_zone(&zone(1)).unwrap();
    let answer = udp(server.address(), &query(APEX, RecordType::SOA)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::Refused);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    assert!(tcp_receive(&mut stream).await.is_none(), "closed");
}
