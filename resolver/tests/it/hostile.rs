//! Messages that nobody means well with, clients that take without giving, and upstreams that die.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, RecordType},
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    limits::{asker, start},
    support::{
        FakeUpstream, LONG, Over, address, config, ede, query, reply, tcp, tcp_receive, tcp_send,
        udp,
    },
};

const FORMERR: u8 = 1;
const REFUSED: u8 = 5;

/// A header with these counts, and what follows it.
fn message(counts: [u16; 4], rest: &[&[u8]]) -> Vec<u8> {
    let counts = counts.iter().flat_map(|count| count.to_be_bytes());
    let header = [0xab, 0xcd, 1, 0].into_iter().chain(counts);
    header.chain(rest.concat()).collect()
}

const NAME: &[u8] = b"\x05plain\x04test\x00";
const A_IN: &[u8] = &[0, 1, 0, 1];
const OPT: &[u8] = &[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

/// What is sent, and the response code that comes back; `None` is silence.
fn hostile() -> Vec<(&'static str, Vec<u8>, Option<u8>)> {
    let one = [1, 0, 0, 0];
    let plain = message(one, &[NAME, A_IN]);
    let mut answer = plain.clone();
    answer[2] |= 0x80;
    let mut cut_answer = answer.clone();
    cut_answer.truncate(20);
    let too_long = [&b"\x3f"[..], &[b'a'; 63]].concat().repeat(5);
    let mut cases = vec![
        ("nothing", vec![], None),
        ("eleven octets", plain[..11].to_vec(), None),
        ("a response", answer, None),
        ("part of a response", cut_answer, None),
        ("a header alone", plain[..12].to_vec(), Some(FORMERR)),
        (
            "a pointer to itself",
            message(one, &[&[0xc0, 12], A_IN]),
            Some(FORMERR),
        ),
        (
            "two pointers to each other",
            message(one, &[&[0xc0, 14, 0xc0, 12], A_IN]),
            Some(FORMERR),
        ),
        (
            "a pointer behind the end",
            message(one, &[&[0xff, 0xff], A_IN]),
            Some(FORMERR),
        ),
        (
            "a name that goes round",
            message(one, &[b"\x01a\xc0\x0c", A_IN]),
            Some(FORMERR),
        ),
        (
            "a label of an unknown kind",
            message(one, &[&[0x41, 0], NAME, A_IN]),
            Some(FORMERR),
        ),
        (
            "a name of 321 octets",
            message(one, &[&too_long, &[0], A_IN]),
            Some(FORMERR),
        ),
        (
            "65,535 questions",
            message([u16::MAX, 0, 0, 0], &[NAME, A_IN]),
            Some(FORMERR),
        ),
        (
            "two questions",
            message([2, 0, 0, 0], &[NAME, A_IN, NAME, A_IN]),
            Some(FORMERR),
        ),
        (
            "65,535 records that are not there",
            message([1, 0, 0, u16::MAX], &[NAME, A_IN]),
            Some(FORMERR),
        ),
        (
            "an OPT record twice",
            message([1, 0, 0, 2], &[NAME, A_IN, OPT, OPT]),
            Some(FORMERR),
        ),
        (
            "an OPT record in the answer section",
            message([1, 1, 0, 0], &[NAME, A_IN, OPT]),
            Some(FORMERR),
        ),
        (
            "an option longer than its record",
            message([1, 0, 0, 1], &[NAME, A_IN, &OPT[..9], &[0, 4, 0, 10, 0, 8]]),
            Some(FORMERR),
        ),
        (
            "a class that is none",
            message(one, &[NAME, &[0, 1, 0xde, 0xad]]),
            Some(REFUSED),
        ),
        (
            "two thousand zeros behind a header",
            message(one, &[&[0; 2000]]),
            Some(REFUSED),
        ),
    ];
    for end in 13..plain.len() {
        cases.push(("a query cut off", plain[..end].to_vec(), Some(FORMERR)));
    }
    cases
}

#[tokio::test]
async fn hostile_messages_get_a_word_or_nothing_and_harm_nobody() {
    let upstream = FakeUpstream::plain().await;
    let node = start(config(&[upstream.upstream()])).await;
    let server = node.addresses()[0];
    let socket = asker("127.0.0.1:0", server).await;
    // The full path takes this one, after whatever it was handed before.
    let mark = query("mark.test.", RecordType::ANY).to_vec().unwrap();
    let mut buffer = vec![0; 4096];
    for (what, octets, expected) in hostile() {
        socket.send(&octets).await.unwrap();
        socket.send(&mark).await.unwrap();
        let mut codes = vec![];
        loop {
            let received = timeout(LONG, socket.recv(&mut buffer)).await;
            let length = received.unwrap_or_else(|_| panic!("{what}: gone")).unwrap();
            if buffer[..2] == mark[..2] {
                break;
            }
            assert!(
                length <= octets.len().max(12) + 11,
                "{what}: {length} octets"
            );
            codes.push(buffer[3] & 0x0f);
        }
        assert_eq!(codes, Vec::from_iter(expected), "{what}");
    }
    // What no buffer holds is not looked at.
    socket.send(&[0; 4000]).await.unwrap();
    socket.send(&[0xff; 65_000]).await.unwrap();
    // Over TCP the same messages end in the same words, or in the end of the connection.
    for (what, octets, expected) in hostile() {
        let mut stream = TcpStream::connect(server).await.unwrap();
        stream.write_u16(octets.len() as u16).await.unwrap();
        stream.write_all(&octets).await.unwrap();
        let answer = tcp_receive(&mut stream).await;
        let code = answer.map(|answer| u16::from(answer.metadata.response_code) as u8);
        assert_eq!(code, expected, "{what}");
    }
    assert_eq!(upstream.asked(), 0);
    let asked = query("plain.test.", RecordType::A);
    assert_eq!(udp(server, &asked).await.answers.len(), 1);
}

#[tokio::test]
async fn a_flood_of_names_below_a_dead_domain_leaves_room_for_others() {
    let upstream = FakeUpstream::start(|asked, _| {
        let host = asked.queries[0].name().to_ascii().to_lowercase();
        if host.ends_with("victim.kz.") {
            return None;
        }
        let mut answer = reply(asked);
        answer.add_answer(address(&host, 1));
        Some(answer)
    })
    .await;
    let mut config = config(&[upstream.upstream()]);
    config.limits.in_flight = 400;
    config.limits.query_timeout = LONG * 2;
    let node = start(config).await;
    let server = node.addresses()[0];
    let flood = asker("127.0.0.1:0", server).await;
    for number in 0..1000 {
        let asked = query(&format!("r{number}.victim.kz."), RecordType::A);
        flood.send(&asked.to_vec().unwrap()).await.unwrap();
        // Others ask in between, through the same address, and each is answered.
        if number % 10 == 9 {
            let asked = query(&format!("www.shop{number}.kz."), RecordType::A);
            assert_eq!(udp(server, &asked).await.answers.len(), 1, "{number}");
        }
    }
    let mut buffer = vec![0; 4096];
    let length = timeout(LONG, flood.recv(&mut buffer)).await.unwrap();
    let turned_away = Message::from_vec(&buffer[..length.unwrap()]).unwrap();
    assert_eq!(ede(&turned_away)[0].0, 23, "the flood did fill its share");
}

/// An upstream whose answers live for a second, until it is switched off.
async fn mortal() -> (FakeUpstream, Arc<AtomicBool>) {
    let lives = Arc::new(AtomicBool::new(true));
    let switch = lives.clone();
    let upstream = FakeUpstream::start(move |asked, _| {
        let mut answer = reply(asked);
        let mut record = address(&asked.queries[0].name().to_ascii(), 1);
        record.ttl = 1;
        answer.add_answer(record);
        switch.load(Ordering::SeqCst).then_some(answer)
    })
    .await;
    (upstream, lives)
}

#[tokio::test]
async fn one_dead_upstream_is_not_noticed_and_with_all_dead_there_are_old_answers() {
    let ((one, one_lives), (other, other_lives)) = (mortal().await, mortal().await);
    let mut config = config(&[one.upstream(), other.upstream()]);
    config.limits.client_patience = Duration::from_millis(50);
    let node = start(config).await;
    let server = node.addresses()[0];
    let known = query("known.test.", RecordType::A);
    assert_eq!(udp(server, &known).await.answers[0].ttl, 1);

    one_lives.store(false, Ordering::SeqCst);
    for number in 0..20 {
        let asked = query(&format!("n{number}.test."), RecordType::A);
        assert_eq!(udp(server, &asked).await.answers.len(), 1);
    }

    other_lives.store(false, Ordering::SeqCst);
    let is_stale = |answer: &Message| ede(answer).iter().any(|(code, _)| *code == 3);
    let stale = async |over_tcp: bool| {
        loop {
            let answer = match over_tcp {
                false => udp(server, &known).await,
                true => tcp(server, &known).await,
            };
            assert!(
                matches!(answer.answers[0].data, RData::A(_)),
                "an answer each time"
            );
            if is_stale(&answer) {
                return answer;
            }
        }
    };
    assert_eq!(
        timeout(LONG, stale(false)).await.unwrap().answers[0].ttl,
        30
    );
    assert_eq!(timeout(LONG, stale(true)).await.unwrap().answers[0].ttl, 30);
    let unknown = udp(server, &query("unknown.test.", RecordType::A)).await;
    assert_eq!(unknown.metadata.response_code, ResponseCode::ServFail);
}

#[tokio::test]
async fn a_question_goes_on_after_its_client_got_an_old_answer() {
    let (upstream, lives) = mortal().await;
    let mut config = config(&[upstream.upstream()]);
    config.limits.client_patience = Duration::from_millis(1);
    config.limits.query_timeout = LONG;
    let node = start(config).await;
    let server = node.addresses()[0];
    let known = query("known.test.", RecordType::A);
    udp(server, &known).await;
    lives.store(false, Ordering::SeqCst);
    let until = async |is_stale: bool| {
        loop {
            let answer = udp(server, &known).await;
            assert_eq!(answer.answers.len(), 1);
            if ede(&answer).iter().any(|(code, _)| *code == 3) == is_stale {
                return;
            }
        }
    };
    timeout(LONG, until(true)).await.unwrap();
    // For half a minute nobody asks again; what was asked then brings the new answer.
    lives.store(true, Ordering::SeqCst);
    timeout(LONG, until(false)).await.unwrap();
}

/// Whether somebody else is served over TCP, once whoever holds the only place is thrown out.
async fn is_served(server: SocketAddr) -> bool {
    let answer = tcp(server, &query("other.test.", RecordType::A)).await;
    !answer.answers.is_empty()
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let upstream = FakeUpstream::start(|asked, over| {
        let mut answer = reply(asked);
        match over {
            Over::Udp => answer.metadata.truncation = true,
            Over::Tcp => {
                for number in 0..600 {
                    answer.add_answer(address("big.test.", number as u8));
                }
            }
        }
        Some(answer)
    })
    .await;
    let mut config = config(&[upstream.upstream()]);
    config.limits.tcp_connections = 1;
    config.limits.tcp_idle = LONG * 2;
    config.limits.tcp_write = Duration::from_millis(200);
    let node = start(config).await;
    let server = node.addresses()[0];
    let big = query("big.test.", RecordType::A);
    assert_eq!(tcp(server, &big).await.answers.len(), 600);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let mut lazy = socket.connect(server).await.unwrap();
    // More answers than any buffer on the way holds.
    for _ in 0..2000 {
        tcp_send(&mut lazy, &big).await;
    }
    assert!(is_served(server).await);
}

#[tokio::test]
async fn a_client_that_sends_drop_by_drop_is_cut_off() {
    let upstream = FakeUpstream::plain().await;
    let mut config = config(&[upstream.upstream()]);
    config.limits.tcp_connections = 1;
    config.limits.tcp_idle = Duration::from_millis(300);
    let node = start(config).await;
    let server = node.addresses()[0];
    let mut slow = TcpStream::connect(server).await.unwrap();
    slow.write_u16(60_000).await.unwrap();
    let drops = async {
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        while slow.write_u8(0).await.is_ok() {
            tick.tick().await;
        }
    };
    let (served, ()) = tokio::join!(is_served(server), drops);
    assert!(served);
}
