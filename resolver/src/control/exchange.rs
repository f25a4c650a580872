//! Asking a name server as any client would, over UDP or TCP.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use blocklist::DomainName;
use hickory_proto::{
    op::{Edns, Message, Query},
    rr::{Name, RecordType},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::config::UDP_PAYLOAD;

/// How long one answer is waited for: longer than a node works on a question.
const WITHIN: Duration = Duration::from_secs(6);

/// The answer of a server, or in words why there is none.
pub(super) async fn ask(
    server: SocketAddr,
    name: &DomainName,
    over_tcp: bool,
) -> Result<Message, String> {
    let query = query(name).map_err(|error| error.to_string())?;
    let octets = query.to_vec().map_err(|error| error.to_string())?;
    let exchange = async {
        if over_tcp {
            exchange_tcp(server, &octets).await
        } else {
            exchange_udp(server, &octets).await
        }
    };
    let answer = match timeout(WITHIN, exchange).await {
        Ok(answer) => answer.map_err(|error| error.to_string())?,
        Err(_) => return Err(format!("no answer within {} s", WITHIN.as_secs())),
    };
    let answer = Message::from_vec(&answer).map_err(|error| error.to_string())?;
    if answer.metadata.id != query.metadata.id {
        return Err("an answer to another query came".to_owned());
    }
    Ok(answer)
}

/// A query for the address of a name, with EDNS.
pub(super) fn query(name: &DomainName) -> Result<Message, hickory_proto::ProtoError> {
    let mut query = Message::query();
    query.metadata.recursion_desired = true;
    let name = Name::from_ascii(format!("{name}."))?;
    query.add_query(Query::query(name, RecordType::A));
    let mut edns = Edns::new();
    edns.set_max_payload(UDP_PAYLOAD);
    query.set_edns(edns);
    Ok(query)
}

async fn exchange_udp(server: SocketAddr, octets: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(octets).await?;
    let mut answer = vec![0; usize::from(u16::MAX)];
    let length = socket.recv(&mut answer).await?;
    answer.truncate(length);
    Ok(answer)
}

async fn exchange_tcp(server: SocketAddr, octets: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    // Written in one piece (RFC 7766 §8).
    let length = (octets.len() as u16).to_be_bytes();
    stream.write_all(&[&length, octets].concat()).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
