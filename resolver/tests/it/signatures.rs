//! Transfers to secondaries that sign (TSIG, RFC 8945), checked message by message.

use std::net::SocketAddr;

use domain::{
    base::{Message, MessageBuilder, Name, Rtype, Serial, Ttl, iana::Rcode, iana::TsigRcode},
    rdata::{
        Soa,
        tsig::{Time48, Tsig},
    },
    tsig::{Algorithm, ClientSequence, Key},
};
use resolver::transfer::{Admission, Keys, TransferLimits, TransferServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    dig::dig,
    support::{LONG, LOOPBACK, udp_bytes},
    transfers::{APEX, zone, zone_of},
};

const FILE: &str = r#"
key "isp-one" { algorithm hmac-sha256; secret "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE="; };
key "isp-two" { algorithm hmac-sha512; secret "dHdvIHR3byB0d28gdHdvIHR3byB0d28gdHdvIHR3byE="; };
"#;

/// A server that gives the zone to whoever signs with `isp-one`; its last release took a name off.
async fn server() -> TransferServer {
    let networks = ["isp-one@127.0.0.0/8".parse().unwrap()];
    let admission = Admission::new(&networks, Keys::parse(FILE).unwrap()).unwrap();
    let server = TransferServer::start(LOOPBACK, admission, TransferLimits::default());
    let server = server.await.unwrap();
    server.set_zone(&zone(5_000)).unwrap();
    server.set_zone(&zone_of(1, 1..5_000)).unwrap();
    server
}

fn key(name: &str, algorithm: Algorithm, secret: &[u8]) -> Key {
    let name: Name<Vec<u8>> = name.parse().unwrap();
    let name = domain::base::ToName::try_to_name(&name).unwrap();
    Key::new(algorithm, secret, name, None, None).unwrap()
}

fn one() -> Key {
    key(
        "ISP-one",
        Algorithm::Sha256,
        b"one one one one one one one one!",
    )
}

/// A signed query, and what checks its answers.
fn signed(
    key: Key,
    kind: Rtype,
    serial: Option<u32>,
    now: Time48,
) -> (Vec<u8>, ClientSequence<Key>) {
    let apex: Name<Vec<u8>> = APEX.parse().unwrap();
    let mut query = MessageBuilder::new_vec().question();
    query.header_mut().set_id(4711);
    query.push((&apex, kind)).unwrap();
    let mut authority = query.authority();
    if let Some(serial) = serial {
        let zero = Ttl::ZERO;
        let soa = Soa::new(&apex, &apex, Serial(serial), zero, zero, zero, zero);
        authority.push((&apex, zero, soa)).unwrap();
    }
    let mut query = authority.additional();
    let sequence = ClientSequence::request(key, &mut query, now).unwrap();
    (query.finish(), sequence)
}

fn now() -> Time48 {
    Time48::now()
}

async fn receive(stream: &mut TcpStream) -> Message<Vec<u8>> {
    let read = async {
        let length = stream.read_u16().await.unwrap();
        let mut bytes = vec![0; usize::from(length)];
        stream.read_exact(&mut bytes).await.unwrap();
        bytes
    };
    Message::from_octets(timeout(LONG, read).await.expect("a message")).unwrap()
}

async fn ask(server: SocketAddr, query: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_u16(query.len() as u16).await.unwrap();
    stream.write_all(query).await.unwrap();
    stream
}

/// Reads `records` records, every message of them signed.
async fn transfer(server: SocketAddr, kind: Rtype, serial: Option<u32>, records: usize) -> usize {
    let (query, mut sequence) = signed(one(), kind, serial, now());
    let mut stream = ask(server, &query).await;
    let (mut seen, mut messages) = (0, 0);
    while seen < records {
        let mut message = receive(&mut stream).await;
        sequence
            .answer(&mut message, now())
            .expect("a right signature");
        assert_eq!(message.header().rcode(), Rcode::NOERROR);
        seen += usize::from(message.header_counts().ancount());
        messages += 1;
    }
    assert_eq!(seen, records);
    sequence.done().unwrap();
    messages
}

/// The rcode of a refusal and what it says of the signature.
fn refusal(message: &Message<Vec<u8>>) -> (Rcode, Option<TsigRcode>) {
    let mut signatures = message.additional().unwrap().limit_to::<Tsig<_, _>>();
    let error = signatures.next().map(|tsig| tsig.unwrap().data().error());
    (message.header().rcode(), error)
}

#[tokio::test]
async fn every_message_of_a_transfer_is_signed() {
    let server = server().await;
    let whole = zone_of(1, 1..5_000).records().len() + 1;
    let messages = transfer(server.address(), Rtype::AXFR, None, whole).await;
    assert!(messages > 5, "{messages}");
    let old = zone(0).serial();
    let messages = transfer(server.address(), Rtype::IXFR, Some(old), 6).await;
    assert_eq!(messages, 1, "SOA, old SOA, two names, new SOA, SOA");
    let (query, mut sequence) = signed(one(), Rtype::SOA, None, now());
    let answer = udp_bytes(server.address(), &query).await;
    let mut answer = Message::from_octets(answer).unwrap();
    sequence.answer(&mut answer, now()).unwrap();
    assert_eq!(answer.header_counts().ancount(), 1);
}

#[tokio::test]
async fn a_wrong_signature_is_refused_in_the_words_of_the_standard() {
    let server = server().await;
    let secret = b"one one one one one one one one!";
    let hour_ago = Time48::from_u64(u64::from(now()) - 3600);
    let hour_ahead = Time48::from_u64(u64::from(now()) + 3600);
    let sha256 = Algorithm::Sha256;
    for (key, time, error) in [
        (
            key("isp-one", sha256, b"another secret, also 32 octets!!"),
            now(),
            TsigRcode::BADSIG,
        ),
        (key("isp-three", sha256, secret), now(), TsigRcode::BADKEY),
        (
            key("isp-one", Algorithm::Sha512, secret),
            now(),
            TsigRcode::BADKEY,
        ),
        (
            key("isp-one", Algorithm::Sha1, secret),
            now(),
            TsigRcode::BADKEY,
        ),
        (one(), hour_ago, TsigRcode::BADTIME),
        (one(), hour_ahead, TsigRcode::BADTIME),
    ] {
        let (query, mut sequence) = signed(key, Rtype::AXFR, None, time);
        let mut answer = receive(&mut ask(server.address(), &query).await).await;
        assert_eq!(refusal(&answer), (Rcode::NOTAUTH, Some(error)));
        assert_eq!(answer.header_counts().ancount(), 0);
        let by_datagram = udp_bytes(server.address(), &query).await;
        let by_datagram = Message::from_octets(by_datagram).unwrap();
        assert_eq!(refusal(&by_datagram), (Rcode::NOTAUTH, Some(error)));
        if error == TsigRcode::BADTIME {
            // Signed, so that the other side may believe it (RFC 8945 §5.2.3).
            let told = sequence.answer(&mut answer, time).unwrap_err();
            let told = told.to_string();
            assert!(told.to_lowercase().contains("time"), "{told}");
        }
    }
}

#[tokio::test]
async fn without_a_signature_or_with_anothers_the_zone_is_refused() {
    let server = server().await;
    let two = key(
        "isp-two",
        Algorithm::Sha512,
        b"two two two two two two two two!",
    );
    let (query, mut sequence) = signed(two, Rtype::AXFR, None, now());
    let mut answer = receive(&mut ask(server.address(), &query).await).await;
    sequence.answer(&mut answer, now()).unwrap();
    assert_eq!(answer.header().rcode(), Rcode::REFUSED);
    for kind in [Rtype::AXFR, Rtype::SOA] {
        let apex: Name<Vec<u8>> = APEX.parse().unwrap();
        let mut query = MessageBuilder::new_vec().question();
        query.push((apex, kind)).unwrap();
        let answer = receive(&mut ask(server.address(), &query.finish()).await).await;
        assert_eq!(refusal(&answer), (Rcode::REFUSED, None));
    }
}

#[tokio::test]
async fn dig_believes_the_signatures_and_names_the_errors() {
    let server = server().await;
    let address = server.address();
    let right = "hmac-sha256:isp-one:b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=";
    let Some(text) = dig(address, &["-y", right, APEX, "AXFR"]).await else {
        return;
    };
    let names = text.matches("CNAME").count();
    assert_eq!(names, zone_of(1, 1..5_000).records().len() - 2);
    assert!(text.contains("XFR size") && !text.contains("verify"));
    let serial = format!("IXFR={}", zone(0).serial());
    let text = dig(address, &["-y", right, APEX, &serial]).await.unwrap();
    assert_eq!(text.matches("CNAME").count(), 2, "{text}");
    let wrong = right.replace("b25l", "d25l");
    let text = dig(address, &["-y", &wrong, APEX, "SOA"]).await.unwrap();
    assert!(
        text.contains("BADSIG") && text.contains("NOTAUTH"),
        "{text}"
    );
    let late = ["+fuzztime=1000000", "-y", right, APEX, "SOA"];
    let text = dig(address, &late).await.unwrap();
    assert!(text.contains("BADTIME"), "{text}");
}
