//! What clients are told: about listed names, about everything that is not a plain query.

use std::time::Duration;

use blocklist::{Scope, testing::TestLog};
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{RData, Record, RecordType, rdata::CNAME},
};
use resolver::{BlockAction, Node, access::AccessList};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::support::{
    FakeUpstream, LONG, LOOPBACK, Listed, address, config, ede, name, query, reply, tcp,
    tcp_receive, tcp_send, udp, udp_bytes,
};

fn log() -> TestLog {
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 123);
    log.list("host.test", Scope::Host, 124);
    log
}

fn assert_blocked(answer: &Message, number: u32) {
    let header = &answer.metadata;
    assert_eq!(header.response_code, ResponseCode::NXDomain);
    assert_eq!(header.message_type, MessageType::Response);
    assert!(!header.authoritative && !header.authentic_data && !header.truncation);
    assert!(header.recursion_available && header.recursion_desired);
    assert!(answer.answers.is_empty());
    let [soa] = &answer.authorities[..] else {
        panic!("one SOA, not {:?}", answer.authorities)
    };
    assert!(soa.ttl <= 60);
    let RData::SOA(data) = &soa.data else {
        panic!("an SOA")
    };
    assert!(data.minimum <= 60);
    assert_eq!(soa.name, name("rpz.qalqan.test."));
    let words = format!("Q-2026-{number:06} https://qalqan.test/i/Q-2026-{number:06}");
    assert_eq!(ede(answer), [(16, words)]);
}

#[tokio::test]
async fn a_listed_name_has_one_answer_for_every_type_flag_and_transport() {
    let upstream = FakeUpstream::plain().await;
    let node = Listed::start(&log(), &upstream).await;
    for kind in [
        RecordType::A,
        RecordType::AAAA,
        RecordType::HTTPS,
        RecordType::MX,
        RecordType::TXT,
        RecordType::NS,
        RecordType::ANY,
        RecordType::AXFR,
        RecordType::Unknown(43),
    ] {
        for (dnssec_ok, checking_disabled) in
            [(false, false), (true, false), (false, true), (true, true)]
        {
            let mut query = query("WWW.Obmen.Test.", kind);
            query.edns.as_mut().unwrap().set_dnssec_ok(dnssec_ok);
            query.metadata.checking_disabled = checking_disabled;
            for answer in [
                udp(node.address(), &query).await,
                tcp(node.address(), &query).await,
            ] {
                assert_blocked(&answer, 123);
                assert_eq!(answer.metadata.checking_disabled, checking_disabled);
                let question = &answer.queries[0];
                assert!(
                    question.name().eq_case(&name("WWW.Obmen.Test.")),
                    "0x20 survives"
                );
            }
        }
    }
    assert_eq!(upstream.asked(), 0, "a listed name is never resolved");
}

#[tokio::test]
async fn scope_and_labels_decide_what_is_listed() {
    let upstream = FakeUpstream::plain().await;
    let node = Listed::start(&log(), &upstream).await;
    assert_blocked(
        &udp(node.address(), &query("host.test.", RecordType::A)).await,
        124,
    );
    for free in [
        "www.host.test.",
        "notobmen.test.",
        "test.",
        "obmen.test.example.test.",
    ] {
        let answer = udp(node.address(), &query(free, RecordType::A)).await;
        assert_eq!(
            answer.metadata.response_code,
            ResponseCode::NoError,
            "{free}"
        );
        assert_eq!(answer.answers, [address(free, 1)], "{free}");
    }
}

#[tokio::test]
async fn a_client_without_edns_gets_no_edns() {
    let node = Listed::start(&log(), &FakeUpstream::plain().await).await;
    for host in ["obmen.test.", "free.test."] {
        let mut query = query(host, RecordType::A);
        query.edns = None;
        assert!(udp(node.address(), &query).await.edns.is_none());
    }
}

#[tokio::test]
async fn operators_may_choose_nodata() {
    let node = Listed::start_with(&log(), &FakeUpstream::plain().await, |config| {
        config.block_action = BlockAction::NoData;
    })
    .await;
    let answer = udp(node.address(), &query("obmen.test.", RecordType::A)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    assert!(answer.answers.is_empty());
    assert_eq!(answer.authorities.len(), 1);
    assert_eq!(ede(&answer)[0].0, 16);
}

#[tokio::test]
async fn an_alias_of_a_listed_name_is_blocked_under_the_targets_listing() {
    let upstream = FakeUpstream::start(|query, _| {
        let mut answer = reply(query);
        let target = RData::CNAME(CNAME(name("CDN.obmen.test.")));
        answer.add_answer(Record::from_rdata(
            query.queries[0].name().clone(),
            300,
            target,
        ));
        answer.add_answer(address("cdn.obmen.test.", 7));
        Some(answer)
    })
    .await;
    let node = Listed::start(&log(), &upstream).await;
    assert_blocked(
        &udp(node.address(), &query("mirror.test.", RecordType::A)).await,
        123,
    );
    assert!(upstream.asked() > 0);
}

#[tokio::test]
async fn what_is_not_a_plain_query_is_refused_in_the_right_words() {
    let upstream = FakeUpstream::plain().await;
    let node = Node::open(config(&[upstream.upstream()]))
        .unwrap()
        .start()
        .await
        .unwrap();
    let server = node.addresses()[0];
    let code = |answer: Message| answer.metadata.response_code;

    let mut notify = query("free.test.", RecordType::SOA);
    notify.metadata.op_code = OpCode::Notify;
    assert_eq!(code(udp(server, &notify).await), ResponseCode::NotImp);

    let mut future = query("free.test.", RecordType::A);
    future.edns.as_mut().unwrap().set_version(1);
    assert_eq!(u16::from(code(udp(server, &future).await)), 16, "BADVERS");

    let mut two = query("free.test.", RecordType::A);
    two.add_query(Query::query(name("other.test."), RecordType::A));
    assert_eq!(code(udp(server, &two).await), ResponseCode::FormErr);

    let mut none = query("free.test.", RecordType::A);
    none.queries.clear();
    assert_eq!(code(udp(server, &none).await), ResponseCode::FormErr);

    assert_eq!(
        code(udp(server, &query("free.test.", RecordType::AXFR)).await),
        ResponseCode::Refused
    );

    let any = udp(server, &query("free.test.", RecordType::ANY)).await;
    assert_eq!(any.answers.len(), 1, "RFC 8482");
    assert_eq!(any.answers[0].record_type(), RecordType::HINFO);

    let mut cut = query("free.test.", RecordType::A).to_vec().unwrap();
    cut.truncate(20);
    let answer = udp_bytes(server, &cut).await;
    assert_eq!(
        (answer.len(), answer[3] & 15),
        (12, 1),
        "a header that says FORMERR"
    );
    assert_eq!(upstream.asked(), 0);
}

#[tokio::test]
async fn responses_and_scraps_are_met_with_silence() {
    let node = Node::open(config(&[FakeUpstream::plain().await.upstream()])).unwrap();
    let node = node.start().await.unwrap();
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.connect(node.addresses()[0]).await.unwrap();
    let mut response = query("free.test.", RecordType::A);
    response.metadata.message_type = MessageType::Response;
    let mut broken_response = response.to_vec().unwrap();
    broken_response.truncate(15);
    for silent in [
        response.to_vec().unwrap(),
        broken_response,
        vec![],
        vec![0; 11],
    ] {
        socket.send(&silent).await.unwrap();
    }
    let asked = query("free.test.", RecordType::A);
    socket.send(&asked.to_vec().unwrap()).await.unwrap();
    let mut buffer = vec![0; 4096];
    let length = timeout(LONG, socket.recv(&mut buffer))
        .await
        .unwrap()
        .unwrap();
    let first = Message::from_vec(&buffer[..length]).unwrap();
    assert_eq!(
        first.metadata.id, asked.metadata.id,
        "the first thing heard answers the query"
    );
}

#[tokio::test]
async fn no_datagram_is_larger_than_the_client_takes_or_1232_octets() {
    let upstream = FakeUpstream::start(|query, _| {
        let mut answer = reply(query);
        for last in 0..60 {
            answer.add_answer(address("a-name-that-takes-some-room.free.test.", last));
        }
        Some(answer)
    })
    .await;
    let node = Node::open(config(&[upstream.upstream()]))
        .unwrap()
        .start()
        .await
        .unwrap();
    let server = node.addresses()[0];
    let mut query = query("a-name-that-takes-some-room.free.test.", RecordType::A);
    for (payload, fits) in [
        (None, false),
        (Some(512), false),
        (Some(1232), true),
        (Some(4096), true),
    ] {
        match payload {
            None => query.edns = None,
            Some(size) => {
                query.edns.get_or_insert_default().set_max_payload(size);
            }
        }
        let bytes = udp_bytes(server, &query.to_vec().unwrap()).await;
        assert!(
            bytes.len() <= usize::from(payload.unwrap_or(512).min(1232)),
            "{payload:?}"
        );
        let answer = Message::from_vec(&bytes).unwrap();
        assert_eq!(answer.metadata.truncation, !fits, "{payload:?}");
        assert_eq!(
            answer.answers.len(),
            if fits { 60 } else { 0 },
            "{payload:?}"
        );
        assert_eq!(answer.edns.is_some(), payload.is_some());
    }
    assert_eq!(tcp(server, &query).await.answers.len(), 60);
}

#[tokio::test]
async fn tcp_answers_what_is_ready_first() {
    let upstream = FakeUpstream::start(|query, _| {
        let host = query.queries[0].name().to_ascii().to_lowercase();
        if host.starts_with("slow") {
            return None;
        }
        let mut answer = reply(query);
        answer.add_answer(address(&host, 1));
        Some(answer)
    })
    .await;
    let node = Node::open(config(&[upstream.upstream()]))
        .unwrap()
        .start()
        .await
        .unwrap();
    let mut stream = TcpStream::connect(node.addresses()[0]).await.unwrap();
    let (slow, fast) = (
        query("slow.test.", RecordType::A),
        query("fast.test.", RecordType::A),
    );
    tcp_send(&mut stream, &slow).await;
    tcp_send(&mut stream, &fast).await;
    let first = tcp_receive(&mut stream).await.unwrap();
    let second = tcp_receive(&mut stream).await.unwrap();
    assert_eq!(
        [first.metadata.id, second.metadata.id],
        [fast.metadata.id, slow.metadata.id]
    );
    assert_eq!(second.metadata.response_code, ResponseCode::ServFail);
}

#[tokio::test]
async fn idle_connections_are_closed_and_places_are_bounded() {
    let mut config = config(&[FakeUpstream::plain().await.upstream()]);
    config.limits.tcp_connections = 1;
    config.limits.tcp_idle = Duration::from_millis(200);
    let node = Node::open(config).unwrap().start().await.unwrap();
    let server = node.addresses()[0];
    let mut idle = TcpStream::connect(server).await.unwrap();
    // Half a message holds the place no longer than nothing does.
    idle.write_all(&[0, 40, 1, 2, 3]).await.unwrap();
    // The second connection is served only once the first one is thrown out.
    let answer = tcp(server, &query("free.test.", RecordType::A)).await;
    assert_eq!(answer.answers.len(), 1);
    assert!(
        tcp_receive(&mut idle).await.is_none(),
        "the idle one was closed"
    );
}

#[tokio::test]
async fn a_stopped_node_frees_its_port() {
    let node = Node::open(config(&[FakeUpstream::plain().await.upstream()])).unwrap();
    let node = node.start().await.unwrap();
    let server = node.addresses()[0];
    node.stop().await;
    UdpSocket::bind(server).await.unwrap();
}

#[tokio::test]
async fn who_is_not_admitted_is_refused_and_costs_nothing() {
    let upstream = FakeUpstream::plain().await;
    let mut config = config(&[upstream.upstream()]);
    config.access = AccessList::new(vec!["192.0.2.0/24".parse().unwrap()]);
    let running = Node::open(config).unwrap().start().await.unwrap();
    let server = running.addresses()[0];
    let asked = query("plain.test", RecordType::A);
    for answer in [udp(server, &asked).await, tcp(server, &asked).await] {
        assert_eq!(answer.metadata.response_code, ResponseCode::Refused);
        assert!(answer.to_vec().unwrap().len() <= asked.to_vec().unwrap().len());
    }
    assert_eq!(upstream.asked(), 0);
    running.stop().await;
}
