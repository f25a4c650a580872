//! Proof of control through a real name server and a real web server, from the appeal that waits to
//! the officer's desk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use blocklist::testing::name;
use crawler::address_guard::{AddressGuard, LoopbackPermission};
use crawler::control::{FILE, Prover, looks};
use data::appeal::proof::{self, Seen};
use data::appeal::receive::{NewAppeal, receive};
use data::appeal::{Kind, State, sender};
use data::testing::{Centre, NOW, proposal};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, TXT};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

const HOST: &str = "obmen.test";

/// What a name server says: texts by name; every other `.test` name is at 127.0.0.1, `gone.test`
/// does not exist, and `broken.test` is answered with a failure.
async fn name_server(texts: BTreeMap<String, String>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1_232];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let asked = Message::from_vec(&buffer[..length]).unwrap();
            let question = asked.queries[0].clone();
            let wanted = question.name().to_ascii().trim_end_matches('.').to_owned();
            let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
            answer.add_query(question.clone());
            let data = match question.query_type() {
                RecordType::TXT => texts.get(&wanted).map(|text| {
                    // Two strings in one record: they are one text.
                    let (a, b) = text.split_at(text.len() / 2);
                    RData::TXT(TXT::new(vec![a.to_owned(), b.to_owned()]))
                }),
                RecordType::A if !wanted.ends_with("gone.test") => {
                    Some(RData::A(A(Ipv4Addr::LOCALHOST)))
                }
                _ => None,
            };
            if wanted.ends_with("broken.test") {
                answer.metadata.response_code = ResponseCode::ServFail;
            } else if let Some(data) = data {
                answer.add_answer(Record::from_rdata(question.name().clone(), 60, data));
            } else if wanted.ends_with("gone.test") {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            let _ = socket.send_to(&answer.to_vec().unwrap(), from).await;
        }
    });
    at
}

/// A web of one answer a host: status line and headers, body. Gives its port.
async fn web(answers: BTreeMap<&'static str, (String, String)>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut buffer = [0; 4_096];
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut buffer).await {
                        Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
                        _ => return,
                    }
                }
                let request = String::from_utf8_lossy(&request).to_lowercase();
                let here = request.starts_with(&format!("get {FILE} "));
                let host = answers
                    .iter()
                    .find(|(host, _)| request.contains(&format!("host: {host}:")));
                let (head, body) = match host {
                    Some((_, answer)) if here => answer.clone(),
                    _ => ("404 Not Found".to_owned(), String::new()),
                };
                let answer = format!(
                    "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let answer = answer.replace("{port}", &port.to_string());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

fn prover(centre: &Centre, names: SocketAddr, port: u16) -> Prover {
    let permission = LoopbackPermission::for_demo(&centre.trust, port).unwrap();
    let guard = AddressGuard::with_loopback(permission);
    Prover::new(&[names], guard, "http://qalqan.test/en/appeal", Some(port)).unwrap()
}

/// What was seen of a token at a host, each place with what it said.
async fn seen(prover: &Prover, host: &str, token: &str) -> Vec<(Seen, String)> {
    let places = prover.published(&name(host)).await;
    let looks = looks(&places, token);
    looks.into_iter().map(|l| (l.seen, l.detail)).collect()
}

#[tokio::test]
async fn control_is_proved_by_a_record_or_a_file_and_by_nothing_else() {
    let token = "0123456789abcdef0123456789abcdef";
    let published = format!("qalqan-appeal={token}");
    let texts = BTreeMap::from([
        ("_qalqan.record.test".to_owned(), published.clone()),
        ("_qalqan.other.test".to_owned(), "v=spf1 -all".to_owned()),
        // Of the domain above, and beside the label: no proof for this host.
        ("_qalqan.shop.test".to_owned(), published.clone()),
        ("sub.shop.test".to_owned(), published.clone()),
    ]);
    let names = name_server(texts).await;
    let ok = |body: String| ("200 OK".to_owned(), body);
    let elsewhere = format!("302 Found\r\nlocation: http://file.test:{{port}}{FILE}");
    let port = web(BTreeMap::from([
        (
            "file.test",
            ok(format!("\u{feff}# ours\r\n{published}\r\n")),
        ),
        (
            "other.test",
            ok("<script>alert(1)</script>\u{202e}".to_owned()),
        ),
        (
            "long.test",
            ok(format!("{}\n{published}", "x".repeat(9_000))),
        ),
        ("away.test", (elsewhere, String::new())),
    ]))
    .await;
    let centre = Centre::new().await;
    let prover = prover(&centre, names, port);
    for (host, record, file) in [
        (
            "record.test",
            (Seen::Token, published.as_str()),
            (Seen::Nothing, "HTTP 404"),
        ),
        (
            "file.test",
            (Seen::Nothing, "no such record"),
            (Seen::Token, published.as_str()),
        ),
        (
            "other.test",
            (Seen::Other, "v=spf1 -all"),
            (Seen::Other, "<script>"),
        ),
        (
            "long.test",
            (Seen::Nothing, "no such record"),
            (Seen::Other, "xxx"),
        ),
        (
            "away.test",
            (Seen::Nothing, "no such record"),
            (Seen::Nothing, "redirected to another host"),
        ),
        (
            "sub.shop.test",
            (Seen::Nothing, "no such record"),
            (Seen::Nothing, "HTTP 404"),
        ),
        (
            "gone.test",
            (Seen::Nothing, "no such name"),
            (Seen::NoAnswer, "could not be resolved"),
        ),
        (
            "broken.test",
            (Seen::NoAnswer, "Server Failure"),
            (Seen::NoAnswer, "could not be resolved"),
        ),
    ] {
        let found = seen(&prover, host, token).await;
        assert_eq!(found.len(), 2, "{host}");
        for ((seen, detail), (expected, says)) in found.iter().zip([record, file]) {
            assert_eq!(*seen, expected, "{host}: {detail}");
            assert!(detail.contains(says), "{host}: {detail}");
        }
    }
    // An address inside: the guard refuses it, whatever is published there.
    let public = Prover::new(
        &[names],
        AddressGuard::public(),
        "http://qalqan.test/",
        None,
    )
    .unwrap();
    let found = seen(&public, "file.test", token).await;
    assert_eq!(found.len(), 3);
    for (seen, detail) in &found[1..] {
        assert_eq!(*seen, Seen::NoAnswer);
        assert!(detail.contains("loopback"), "{detail}");
    }
}

#[tokio::test]
async fn an_appeal_goes_on_to_people_once_its_token_is_published() {
    let centre = Centre::new().await;
    let listing = centre.approved(HOST, proposal()).await;
    let host = name(HOST);
    let new = NewAppeal {
        listing_id: &listing,
        host: &host,
        kind: Kind::Owner,
        text: "These are flowers, nothing else.",
        contact: None,
        receipt: None,
    };
    let received = receive(&centre.store, new, NOW).await.unwrap();
    let another = NewAppeal {
        text: "I say that it is mine, too.",
        ..new
    };
    let stranger = receive(&centre.store, another, NOW).await.unwrap();
    let token = received.token.clone().unwrap();
    let texts = BTreeMap::from([(format!("_qalqan.{HOST}"), format!("qalqan-appeal={token}"))]);
    let port = web(BTreeMap::new()).await;
    let prover = prover(&centre, name_server(texts).await, port);

    let waiting = proof::next(&centre.store, NOW).await.unwrap().unwrap();
    assert_eq!(waiting.tokens.len(), 2);
    let places = prover.published(&waiting.host).await;
    for (id, token) in &waiting.tokens {
        proof::found(&centre.store, id, &looks(&places, token), NOW)
            .await
            .unwrap();
    }
    let status = async |receipt| {
        sender::status(&centre.store, receipt)
            .await
            .unwrap()
            .unwrap()
    };
    assert_eq!(status(&received.receipt).await.state, State::Proved);
    // Whoever filed beside the owner proved nothing by the owner's record.
    let stranger = status(&stranger.receipt).await;
    assert_eq!(stranger.state, State::ProofWanted);
    let look = &stranger.proof.unwrap().looks[0];
    assert_eq!(look.asked, format!("TXT _qalqan.{HOST}"));
    assert_eq!(
        (look.seen, look.detail.clone()),
        (Seen::Other, format!("qalqan-appeal={token}"))
    );
}
