//! What upstreams do, and what clients see of it.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use blocklist::{Scope, testing::TestLog};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{
        RData, Record, RecordType,
        rdata::{NULL, opt::EdnsOption},
    },
};
use resolver::{Node, Running, Upstream};
use tokio::net::UdpSocket;

use crate::support::{
    FakeUpstream, LOOPBACK, Listed, Over, address, config, ede, name, query, reply, tcp, udp,
};

async fn node(upstreams: &[Upstream]) -> Running {
    Node::open(config(upstreams))
        .unwrap()
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_upstreams_message_comes_through_whole() {
    let upstream = FakeUpstream::start(|query, _| {
        assert!(query.metadata.recursion_desired && query.metadata.checking_disabled);
        assert!(query.edns.as_ref().unwrap().flags().dnssec_ok);
        let mut answer = reply(query);
        answer.metadata.response_code = ResponseCode::ServFail;
        let mut data = 6u16.to_be_bytes().to_vec();
        data.extend_from_slice(b"DNSSEC bogus");
        answer
            .edns
            .as_mut()
            .unwrap()
            .options_mut()
            .insert(EdnsOption::Unknown(15, data));
        let unknown = RData::Unknown {
            code: RecordType::Unknown(65280),
            rdata: NULL::with(vec![1, 2, 3]),
        };
        answer.add_authority(Record::from_rdata(name("free.test."), 5, unknown));
        Some(answer)
    })
    .await;
    let node = node(&[upstream.upstream()]).await;
    let mut query = query("free.test.", RecordType::A);
    query.metadata.checking_disabled = true;
    query.edns.as_mut().unwrap().set_dnssec_ok(true);
    let answer = udp(node.addresses()[0], &query).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    assert_eq!(ede(&answer), [(6, "DNSSEC bogus".into())]);
    assert_eq!(answer.authorities.len(), 1);
    assert_eq!(
        answer.authorities[0].record_type(),
        RecordType::Unknown(65280)
    );
    assert!(answer.edns.as_ref().unwrap().flags().dnssec_ok);
}

#[tokio::test]
async fn ad_is_believed_only_from_marked_upstreams_and_told_only_to_those_who_ask() {
    let upstream = FakeUpstream::start(|query, _| {
        let mut answer = reply(query);
        answer.metadata.authentic_data = true;
        Some(answer)
    })
    .await;
    for (validates, asks, expected) in [
        (true, true, true),
        (true, false, false),
        (false, true, false),
    ] {
        let node = node(&[Upstream {
            validates,
            ..upstream.upstream()
        }])
        .await;
        let mut query = query("free.test.", RecordType::A);
        query.metadata.authentic_data = asks;
        let answer = udp(node.addresses()[0], &query).await;
        assert_eq!(
            answer.metadata.authentic_data, expected,
            "{validates} {asks}"
        );
    }
}

#[tokio::test]
async fn a_cut_answer_is_fetched_over_tcp() {
    let upstream = FakeUpstream::start(|query, over| {
        let mut answer = reply(query);
        match over {
            Over::Udp => answer.metadata.truncation = true,
            Over::Tcp => {
                for last in 0..200 {
                    answer.add_answer(address("big.test.", last));
                }
            }
        }
        Some(answer)
    })
    .await;
    let node = node(&[upstream.upstream()]).await;
    for _ in 0..3 {
        let answer = tcp(node.addresses()[0], &query("big.test.", RecordType::A)).await;
        assert_eq!(answer.answers.len(), 200);
    }
    assert_eq!(upstream.connections(), 1, "the connection is kept");
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_opened_again() {
    let last = Arc::new(AtomicU8::new(0));
    let upstream = FakeUpstream::start(move |query, over| {
        let mut answer = reply(query);
        match over {
            Over::Udp => answer.metadata.truncation = true,
            // Every second query closes the connection instead of being answered.
            Over::Tcp if last.fetch_add(1, Ordering::SeqCst) % 2 == 1 => return None,
            Over::Tcp => {
                answer.add_answer(address(&query.queries[0].name().to_ascii(), 1));
            }
        }
        Some(answer)
    })
    .await;
    let node = node(&[upstream.upstream()]).await;
    for host in ["one.test.", "two.test.", "three.test."] {
        let answer = tcp(node.addresses()[0], &query(host, RecordType::A)).await;
        assert_eq!(answer.answers.len(), 1);
    }
    assert_eq!(upstream.connections(), 3);
}

#[tokio::test]
async fn a_silent_or_unwilling_upstream_is_passed_over() {
    let silent = FakeUpstream::silent().await;
    let unwilling = FakeUpstream::start(|query, _| {
        let mut answer = reply(query);
        answer.metadata.response_code = ResponseCode::Refused;
        Some(answer)
    })
    .await;
    let good = FakeUpstream::plain().await;
    let node = node(&[silent.upstream(), unwilling.upstream(), good.upstream()]).await;
    let ask = async || udp(node.addresses()[0], &query("free.test.", RecordType::A)).await;
    assert_eq!(ask().await.answers.len(), 1);
    let asked = silent.asked();
    assert!(asked > 0 && unwilling.asked() > 0 && good.asked() > 0);
    for _ in 0..3 {
        assert_eq!(ask().await.answers.len(), 1);
    }
    assert_eq!(silent.asked(), asked, "it rests after its first silence");
}

#[tokio::test]
async fn when_nobody_answers_the_client_is_told() {
    let silent = FakeUpstream::silent().await;
    let nobody = node(&[silent.upstream()]).await;
    let answer = udp(nobody.addresses()[0], &query("free.test.", RecordType::A)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    assert_eq!(ede(&answer)[0].0, 22);

    let refused = FakeUpstream::start(|query, _| {
        let mut answer = reply(query);
        answer.metadata.response_code = ResponseCode::Refused;
        Some(answer)
    })
    .await;
    let unwilling = node(&[refused.upstream()]).await;
    let answer = udp(
        unwilling.addresses()[0],
        &query("free.test.", RecordType::A),
    )
    .await;
    assert_eq!(
        answer.metadata.response_code,
        ResponseCode::Refused,
        "the only word there is"
    );
}

#[tokio::test]
async fn answers_to_other_questions_are_not_answers() {
    let upstream = FakeUpstream::start(|query, over| {
        let mut answer = reply(query);
        match over {
            Over::Udp => {
                answer.queries[0].name = name("poison.test.");
                answer.add_answer(address("free.test.", 66));
            }
            Over::Tcp => return None,
        }
        Some(answer)
    })
    .await;
    let node = node(&[upstream.upstream()]).await;
    let answer = udp(node.addresses()[0], &query("free.test.", RecordType::A)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    assert!(answer.answers.is_empty());
}

#[tokio::test]
async fn too_many_waiting_queries_are_turned_away_and_listed_names_still_answered() {
    let (seen, mut was_seen) = tokio::sync::mpsc::unbounded_channel();
    let upstream = FakeUpstream::start(move |_: &Message, _| {
        seen.send(()).unwrap();
        None
    })
    .await;
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Host, 1);
    let node = Listed::start_with(&log, &upstream, |config| config.limits.in_flight = 1).await;
    let server = node.address();
    let waiting =
        tokio::spawn(async move { udp(server, &query("first.test.", RecordType::A)).await });
    was_seen.recv().await.unwrap();
    let turned_away = udp(server, &query("second.test.", RecordType::A)).await;
    assert_eq!(turned_away.metadata.response_code, ResponseCode::ServFail);
    assert_eq!(ede(&turned_away)[0].0, 23);
    let listed = udp(server, &query("obmen.test.", RecordType::A)).await;
    assert_eq!(listed.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(
        waiting.await.unwrap().metadata.response_code,
        ResponseCode::ServFail
    );
}

#[tokio::test]
async fn many_queries_at_once_all_get_their_own_answer() {
    let upstream = FakeUpstream::plain().await;
    let node = Arc::new(node(&[upstream.upstream()]).await);
    let asked = (0..200).map(|number| {
        let node = node.clone();
        tokio::spawn(async move {
            let host = format!("host{number}.test.");
            let answer = udp(node.addresses()[0], &query(&host, RecordType::A)).await;
            assert_eq!(answer.answers, [address(&host, 1)]);
        })
    });
    for task in asked.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_node_that_forwards_to_itself_says_so_at_once() {
    // The port is known only after another node had it.
    let before = node(&[Upstream::udp(LOOPBACK)]).await;
    let own = before.addresses()[0];
    before.stop().await;
    let mut config = config(&[Upstream::udp(own)]);
    config.listen = vec![own];
    let node = Node::open(config).unwrap().start().await.unwrap();
    let answer = udp(node.addresses()[0], &query("free.test.", RecordType::A)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    assert_eq!(ede(&answer)[0].0, 23);
}

#[tokio::test]
async fn a_question_that_comes_back_over_another_goes_no_further_round() {
    let relay = Arc::new(UdpSocket::bind(LOOPBACK).await.unwrap());
    let node = node(&[Upstream::udp(relay.local_addr().unwrap())]).await;
    let server = node.addresses()[0];
    let seen = Arc::new(AtomicU8::new(0));
    tokio::spawn({
        let (relay, seen) = (relay.clone(), seen.clone());
        async move {
            let back = UdpSocket::bind(LOOPBACK).await.unwrap();
            let mut buffer = [0; 4096];
            while let Ok(length) = relay.recv(&mut buffer).await {
                seen.fetch_add(1, Ordering::SeqCst);
                back.send_to(&buffer[..length], server).await.unwrap();
            }
        }
    });
    let answer = udp(server, &query("free.test.", RecordType::A)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    let seen = seen.load(Ordering::SeqCst);
    assert!(
        (2..=6).contains(&seen),
        "{seen}: it is asked again, and only asked again"
    );
}

#[tokio::test]
async fn a_node_without_upstreams_or_addresses_is_refused() {
    assert!(Node::open(config(&[])).is_err());
    let mut nowhere = config(&[Upstream::udp(LOOPBACK)]);
    nowhere.listen.clear();
    assert!(Node::open(nowhere).is_err());
}
