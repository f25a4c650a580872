//! DNS cookies through the front door: who has one is not held to a rate.

use std::{net::SocketAddr, os::unix::fs::PermissionsExt as _};

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{
        RecordType,
        rdata::opt::{EdnsCode, EdnsOption},
    },
};
use resolver::{ClientLimits, Running};
use tokio::{net::UdpSocket, time::timeout};

use crate::{
    limits::{GREEDY, asker, clients, start},
    support::{FakeUpstream, LONG, config, query, tcp, udp},
};

const OWN: [u8; 8] = *b"a client";

fn with_cookie(kind: RecordType, cookie: &[u8]) -> Message {
    let mut message = query("plain.test.", kind);
    let edns = message.edns.as_mut().unwrap();
    let option = EdnsOption::Unknown(10, cookie.to_vec());
    edns.options_mut().insert(option);
    message
}

/// The whole cookie of an answer.
fn cookie(answer: &Message) -> Vec<u8> {
    let edns = answer.edns.as_ref().expect("EDNS");
    let all = edns.options().get_all(EdnsCode::Cookie);
    let [EdnsOption::Unknown(10, data)] = all[..] else {
        panic!("one cookie: {answer}");
    };
    assert_eq!((&data[..8], data.len()), (&OWN[..], 24));
    data.clone()
}

async fn ask(socket: &UdpSocket, query: &Message) -> Message {
    socket.send(&query.to_vec().unwrap()).await.unwrap();
    let mut buffer = vec![0; 4096];
    let length = timeout(LONG, socket.recv(&mut buffer)).await;
    Message::from_vec(&buffer[..length.expect("an answer").unwrap()]).unwrap()
}

/// A node that lets one answer a second go to each address, and says so of all beyond it.
async fn strict(upstream: &FakeUpstream) -> Running {
    let mut config = config(&[upstream.upstream()]);
    config.limits.workers = 1;
    config.clients = ClientLimits {
        rate_v4: 1,
        slip: 1,
        ..clients()
    };
    start(config).await
}

/// Asks without a cookie until the rate is used up.
async fn use_up(socket: &UdpSocket) {
    while !ask(socket, &query("plain.test.", RecordType::A))
        .await
        .metadata
        .truncation
    {}
}

#[tokio::test]
async fn a_client_with_a_cookie_has_no_rate() {
    let upstream = FakeUpstream::plain().await;
    let node = strict(&upstream).await;
    let server = node.addresses()[0];
    let greedy = asker(GREEDY, server).await;
    use_up(&greedy).await;
    // It is not given up on: it is told its cookie, and with that it is served.
    let told = loop {
        let answer = ask(&greedy, &with_cookie(RecordType::A, &OWN)).await;
        if answer.metadata.response_code == ResponseCode::BADCOOKIE {
            assert!(answer.answers.is_empty() && !answer.metadata.truncation);
            break cookie(&answer);
        }
    };
    for kind in [RecordType::A, RecordType::ANY] {
        for _ in 0..50 {
            let answer = ask(&greedy, &with_cookie(kind, &told)).await;
            assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
            assert_eq!(answer.answers.len(), 1);
            assert_eq!(cookie(&answer), told, "it stays as it is for half an hour");
        }
    }
    // Somebody else cannot use it.
    let thief = asker("127.0.0.67:0", server).await;
    use_up(&thief).await;
    let answers = [RecordType::A, RecordType::ANY].map(|kind| with_cookie(kind, &told));
    for asked in &answers {
        let refused = loop {
            let answer = ask(&thief, asked).await;
            if answer.answers.is_empty() {
                break answer;
            }
        };
        assert_eq!(refused.metadata.response_code, ResponseCode::BADCOOKIE);
        assert_ne!(cookie(&refused), told);
    }
}

#[tokio::test]
async fn every_answer_to_a_cookie_carries_one() {
    let upstream = FakeUpstream::plain().await;
    let node = start(config(&[upstream.upstream()])).await;
    let server = node.addresses()[0];
    let asked = with_cookie(RecordType::A, &OWN);
    // Asked for, remembered, and over TCP; and by the full path.
    for answer in [
        udp(server, &asked).await,
        udp(server, &asked).await,
        tcp(server, &asked).await,
    ] {
        cookie(&answer);
        assert_eq!(answer.answers.len(), 1);
    }
    for kind in [RecordType::ANY, RecordType::AXFR] {
        cookie(&udp(server, &with_cookie(kind, &OWN)).await);
    }
    let mut iterative = asked.clone();
    iterative.metadata.recursion_desired = false;
    cookie(&udp(server, &iterative).await);

    let mut no_question = asked.clone();
    no_question.queries.clear();
    let answer = udp(server, &no_question).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    cookie(&answer);

    for length in [0, 7, 9, 15, 41] {
        let answer = udp(server, &with_cookie(RecordType::A, &vec![1; length])).await;
        assert_eq!(
            answer.metadata.response_code,
            ResponseCode::FormErr,
            "{length}"
        );
    }
    let without = udp(server, &query("plain.test.", RecordType::A)).await;
    assert!(without.edns.unwrap().options().options.is_empty());
}

#[tokio::test]
async fn nodes_with_one_secret_take_each_others_cookies() {
    let upstream = FakeUpstream::plain().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cookies");
    std::fs::write(&file, "00112233445566778899aabbccddeeff\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let node = async |secret| {
        let mut config = config(&[upstream.upstream()]);
        config.clients.cookie_secret = secret;
        start(config).await
    };
    let shared = [node(Some(file.clone())).await, node(Some(file)).await];
    let alone = node(None).await;
    let given = |server: SocketAddr, shown: Vec<u8>| async move {
        cookie(&udp(server, &with_cookie(RecordType::A, &shown)).await)
    };
    let told = given(shared[0].addresses()[0], OWN.to_vec()).await;
    assert_eq!(given(shared[1].addresses()[0], told.clone()).await, told);
    assert_ne!(given(alone.addresses()[0], told.clone()).await, told);
}
