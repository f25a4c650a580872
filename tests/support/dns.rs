//! Asks a name server over UDP, as any client would.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RData, RecordType, rdata::opt::EdnsOption},
};
use tokio::net::UdpSocket;

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Between two questions about the same name.
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// EDNS option code of extended DNS errors (RFC 8914), and info code 16: censored by a third party.
const EDE: u16 = 15;
const CENSORED: u16 = 16;

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One or more addresses.
    Address,
    /// NXDOMAIN with EDE 16 and this text.
    Blocked(String),
    /// Anything else, in words.
    Other(String),
}

/// Asks once for the address of `name`.
pub(crate) async fn ask(server: SocketAddr, name: &str) -> Answer {
    match tokio::time::timeout(ANSWER_WITHIN, exchange(server, name)).await {
        Ok(message) => read(&message),
        Err(_) => Answer::Other("no answer".into()),
    }
}

/// Asks until the answer is `good`; gives when, and the answer. Panics after `within`.
pub(crate) async fn until(
    server: SocketAddr,
    name: &str,
    within: Duration,
    good: impl Fn(&Answer) -> bool,
) -> (Instant, Answer) {
    let since = Instant::now();
    let mut again = tokio::time::interval(ASK_AGAIN);
    loop {
        again.tick().await;
        let answer = ask(server, name).await;
        if good(&answer) {
            return (Instant::now(), answer);
        }
        assert!(since.elapsed() < within, "{name}: still {answer:?}");
    }
}

async fn exchange(server: SocketAddr, name: &str) -> Message {
    static ID: AtomicU16 = AtomicU16::new(1);
    let id = ID.fetch_add(1, Ordering::Relaxed);
    let mut query = Message::new(id, MessageType::Query, OpCode::Query);
    query.metadata.recursion_desired = true;
    let name = Name::from_ascii(format!("{name}.")).unwrap();
    query.add_query(Query::query(name, RecordType::A));
    let mut edns = Edns::new();
    edns.set_max_payload(1232);
    query.set_edns(edns);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(&query.to_vec().unwrap()).await.unwrap();
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).await.unwrap();
    let answer = Message::from_vec(&bytes[..length]).unwrap();
    assert_eq!(answer.metadata.id, id);
    answer
}

fn read(message: &Message) -> Answer {
    let code = message.metadata.response_code;
    let addresses = message
        .answers
        .iter()
        .filter(|record| matches!(record.data, RData::A(_)))
        .count();
    match code {
        ResponseCode::NoError if addresses > 0 => Answer::Address,
        ResponseCode::NXDomain => censored(message).map_or_else(
            || Answer::Other("NXDOMAIN without EDE 16".into()),
            Answer::Blocked,
        ),
        code => Answer::Other(code.to_string()),
    }
}

/// The text of EDE 16, if the answer carries it.
fn censored(message: &Message) -> Option<String> {
    let options = message.edns.as_ref()?.options().as_ref();
    options.iter().find_map(|(_, option)| match option {
        EdnsOption::Unknown(EDE, bytes) => {
            let (code, text) = bytes.split_first_chunk::<2>()?;
            let censored = u16::from_be_bytes(*code) == CENSORED;
            censored.then(|| String::from_utf8_lossy(text).into_owned())
        }
        _ => None,
    })
}
