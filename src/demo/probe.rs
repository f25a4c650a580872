//! Asks a name server as `dig` would, over UDP and TCP.

use std::{net::SocketAddr, time::Duration};

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RData, RecordType, rdata::opt::EdnsOption},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
};

use crate::failure::Failure;

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(3);

/// EDNS option code of extended DNS errors (RFC 8914).
const EDE: u16 = 15;

/// EDE info code 16: censored, an external legal requirement.
const CENSORED: u16 = 16;

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// One or more addresses.
    Address,
    /// The name does not exist, and the answer says under which listing.
    Blocked(String),
    /// Something else, in words.
    Other(String),
}

/// The two transports every answer must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// Asks `server` for the address of `name`.
pub(crate) async fn ask(
    server: SocketAddr,
    name: &str,
    transport: Transport,
) -> Result<Seen, Failure> {
    let query = query(name)?;
    let exchange = async {
        match transport {
            Transport::Udp => over_udp(server, &query).await,
            Transport::Tcp => over_tcp(server, &query).await,
        }
    };
    match tokio::time::timeout(WITHIN, exchange).await {
        Ok(bytes) => Ok(read(&Message::from_vec(&bytes?)?)),
        Err(_) => Ok(Seen::Other("no answer".into())),
    }
}

fn query(name: &str) -> Result<Vec<u8>, Failure> {
    let mut id = [0; 2];
    data::seal::random(&mut id)?;
    let mut message = Message::new(u16::from_be_bytes(id), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(
        Name::from_ascii(format!("{name}."))?,
        RecordType::A,
    ));
    let mut edns = Edns::new();
    edns.set_max_payload(1232);
    message.set_edns(edns);
    Ok(message.to_vec()?)
}

async fn over_udp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut answer = vec![0; 65_535];
    let length = socket.recv(&mut answer).await?;
    answer.truncate(length);
    Ok(answer)
}

async fn over_tcp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.len()).unwrap_or(u16::MAX);
    stream
        .write_all(&[&length.to_be_bytes()[..], query].concat())
        .await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

fn read(message: &Message) -> Seen {
    match message.metadata.response_code {
        ResponseCode::NoError
            if message
                .answers
                .iter()
                .any(|r| matches!(r.data, RData::A(_))) =>
        {
            Seen::Address
        }
        ResponseCode::NXDomain => {
            censored(message).map_or(Seen::Other("NXDOMAIN without EDE 16".into()), Seen::Blocked)
        }
        other => Seen::Other(format!("{other}")),
    }
}

/// The text of EDE 16, if the answer carries it.
fn censored(message: &Message) -> Option<String> {
    let edns = message.edns.as_ref()?;
    edns.options()
        .as_ref()
        .iter()
        .find_map(|(_, option)| match option {
            EdnsOption::Unknown(EDE, bytes) => {
                let (code, text) = bytes.split_first_chunk::<2>()?;
                let censored = u16::from_be_bytes(*code) == CENSORED;
                censored.then(|| String::from_utf8_lossy(text).into_owned())
            }
            _ => None,
        })
}
