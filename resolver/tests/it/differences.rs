//! What secondaries get that have an older zone (RFC 1995).

use blocklist::{
    Folded, ListingId, PolicyZone, Scope,
    fold::{Action, Entry},
    testing::{START, TestLog, name as domain},
};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata::SOA},
};
use resolver::transfer::{Admission, TransferLimits, TransferServer};

use crate::{
    support::{LOOPBACK, name, query, tcp, udp},
    transfers::{APEX, transfer, zone, zone_of},
};

/// The zone of a log of `size` leaves that lists these hosts.
fn listing(size: u64, hosts: &[(&str, Scope)]) -> PolicyZone {
    let (_, folded) = TestLog::new(true).fold(START);
    let entry = |&(host, scope): &(&str, Scope)| Entry {
        name: domain(host),
        scope,
        action: Action::Block,
        listing_id: ListingId::new(2026, 1).unwrap(),
    };
    let entries = hosts.iter().map(entry).collect();
    PolicyZone::new(&Folded {
        entries,
        size,
        ..folded
    })
}

pub fn ixfr(serial: u32) -> Message {
    let mut query = query(APEX, RecordType::IXFR);
    let (ns, mailbox) = (name("ns.qalqan.test."), name("h.qalqan.test."));
    let soa = SOA::new(ns, mailbox, serial, 1, 1, 1, 1);
    query.add_authority(Record::from_rdata(name(APEX), 60, RData::SOA(soa)));
    query
}

fn text(record: &Record) -> String {
    match &record.data {
        RData::SOA(soa) => format!("SOA {}", soa.serial),
        data => format!("{} {data}", record.name),
    }
}

async fn server(limits: TransferLimits) -> TransferServer {
    let server = TransferServer::start(LOOPBACK, Admission::default(), limits);
    server.await.unwrap()
}

#[tokio::test]
async fn a_secondary_gets_each_change_since_its_serial_in_order() {
    let server = server(TransferLimits::default()).await;
    let (host, subtree) = (Scope::Host, Scope::Subtree);
    let serials: Vec<_> = [
        listing(10, &[("a.test", host), ("b.test", subtree)]),
        listing(
            11,
            &[("a.test", host), ("a.test.kz", host), ("b.test", host)],
        ),
        listing(13, &[("a.test.kz", host), ("b.test", host)]),
    ]
    .iter()
    .map(|zone| server.set_zone(zone).unwrap())
    .collect();
    let [first, second, third] = serials[..] else {
        panic!("three serials")
    };

    let (records, messages) = transfer(server.address(), &ixfr(first)).await;
    assert_eq!(messages, 1);
    let sent: Vec<_> = records.iter().map(text).collect();
    assert_eq!(
        sent,
        [
            format!("SOA {third}"),
            format!("SOA {first}"),
            "*.b.test.rpz.qalqan.test. .".into(),
            format!("SOA {second}"),
            "a.test.kz.rpz.qalqan.test. .".into(),
            format!("SOA {second}"),
            "a.test.rpz.qalqan.test. .".into(),
            format!("SOA {third}"),
            format!("SOA {third}"),
        ]
    );
    let (records, _) = transfer(server.address(), &ixfr(second)).await;
    assert_eq!(records.len(), 5, "the last change alone");

    let by_datagram = udp(server.address(), &ixfr(first)).await;
    let sent: Vec<_> = by_datagram.answers.iter().map(text).collect();
    assert_eq!(sent, [format!("SOA {third}")]);
    let current = tcp(server.address(), &ixfr(third)).await;
    assert_eq!(current.answers.len(), 1);
    let later = tcp(server.address(), &ixfr(third + 1)).await;
    assert_eq!(later.answers.len(), 1);
    let without_serial = tcp(server.address(), &query(APEX, RecordType::IXFR)).await;
    assert_eq!(without_serial.metadata.response_code, ResponseCode::FormErr);
    for unknown in [first - 1, first + 2, third.wrapping_sub(1 << 30)] {
        let (records, _) = transfer(server.address(), &ixfr(unknown)).await;
        assert_eq!(
            records.len(),
            9,
            "SOA, NS, two names, four for monitoring, SOA"
        );
        assert_eq!(records[1].record_type(), RecordType::NS);
    }
}

#[tokio::test]
async fn a_change_of_many_names_takes_many_messages() {
    let server = server(TransferLimits::default()).await;
    let small = server.set_zone(&zone_of(10, 5_000..5_010)).unwrap();
    let zone = zone_of(11, 0..5_000);
    let serial = server.set_zone(&zone).unwrap();
    let (records, messages) = transfer(server.address(), &ixfr(small)).await;
    // The difference is larger than the zone by what goes, so the zone is sent.
    assert_eq!(records.len(), zone.records().len() + 1);
    assert!(messages > 5);
    server.set_zone(&zone_of(12, 0..0)).unwrap();
    let (records, _) = transfer(server.address(), &ixfr(serial)).await;
    assert_eq!(records.len(), 7, "the zone is less than what went");
}

#[tokio::test]
async fn differences_over_the_bound_are_forgotten() {
    let tight = TransferLimits {
        journal: 500,
        ..TransferLimits::default()
    };
    let server = server(tight).await;
    let host = Scope::Host;
    let serials: Vec<_> = [
        listing(10, &[("a.test", host)]),
        listing(11, &[("b.test", host)]),
        listing(12, &[("c.test", host)]),
        listing(13, &[("d.test", host)]),
    ]
    .iter()
    .map(|zone| server.set_zone(zone).unwrap())
    .collect();
    let (records, _) = transfer(server.address(), &ixfr(serials[2])).await;
    assert_eq!(records[1].record_type(), RecordType::SOA, "a difference");
    let (records, _) = transfer(server.address(), &ixfr(serials[0])).await;
    assert_eq!(records[1].record_type(), RecordType::NS, "the zone");
}

#[tokio::test]
async fn a_publisher_that_starts_again_still_knows_the_differences() {
    let folder = tempfile::tempdir().unwrap();
    let start = || async {
        let server = server(TransferLimits::default()).await;
        server.with_journal(folder.path().join("journal"))
    };
    let host = Scope::Host;
    let (old, new) = (
        listing(10, &[("a.test", host)]),
        listing(11, &[("a.test", host), ("b.test", host)]),
    );
    let server = start().await;
    let first = server.set_zone(&old).unwrap();
    server.set_zone(&new).unwrap();
    server.stop().await;
    let server = start().await;
    let second = server.set_zone(&new).unwrap();
    let (records, _) = transfer(server.address(), &ixfr(first)).await;
    assert_eq!(records.len(), 5, "SOA, old SOA, new SOA, the name, SOA");
    server.set_zone(&new).unwrap();
    let third = listing(12, &[("b.test", host)]);
    server.set_zone(&third).unwrap();
    server.stop().await;
    let server = start().await;
    server.set_zone(&third).unwrap();
    for serial in [first, second] {
        let (records, _) = transfer(server.address(), &ixfr(serial)).await;
        assert_eq!(records[1].record_type(), RecordType::SOA, "{serial}");
    }
}

#[tokio::test]
async fn one_change_of_a_long_list_is_a_few_records() {
    let server = server(TransferLimits::default()).await;
    let before = server.set_zone(&zone(20_000)).unwrap();
    let after = zone_of(1, (0..20_000).filter(|number| *number != 7_000));
    server.set_zone(&after).unwrap();
    let (records, _) = transfer(server.address(), &ixfr(before)).await;
    let sent: Vec<_> = records[2..4].iter().map(text).collect();
    let name = "obmen-7000.test.rpz.qalqan.test. .";
    assert_eq!(sent, [name.to_owned(), format!("*.{name}")]);
    assert_eq!(records.len(), 6);
}
