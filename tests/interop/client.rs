//! A client of the secondary, and the upstream behind it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use hickory_proto::{
    op::{Message, MessageType, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType},
};
use tokio::{
    net::UdpSocket,
    time::{Instant, interval, timeout},
};

/// Longer than anything here takes; a test that waits this long has failed.
pub const LONG: Duration = Duration::from_secs(60);
/// How often something is looked at that cannot call.
pub const LOOK: Duration = Duration::from_millis(5);

pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A name server that knows an address for every name.
pub async fn upstream() -> SocketAddr {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            let Ok(mut message) = Message::from_vec(&buffer[..length]) else {
                continue;
            };
            let query = message.queries[0].clone();
            message.metadata.message_type = MessageType::Response;
            message.metadata.recursion_available = true;
            if query.query_type() == RecordType::A {
                let data = RData::A(Ipv4Addr::new(192, 0, 2, 80).into());
                // Long enough that a cache would show if it came before the list.
                message.add_answer(Record::from_rdata(query.name().clone(), 300, data));
            }
            let _ = socket.send_to(&message.to_vec().unwrap(), client).await;
        }
    });
    address
}

/// A port that was free a moment ago, for a program that cannot choose one itself.
pub fn free_port() -> u16 {
    loop {
        let udp = std::net::UdpSocket::bind(LOOPBACK).unwrap();
        let address = udp.local_addr().unwrap();
        if std::net::TcpListener::bind(address).is_ok() {
            return address.port();
        }
    }
}

/// How it shows on a server that a name is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// A filter: the name does not exist. Other names have an address.
    AsNxdomain,
    /// A copy of the zone: the name has a record in it. Other names have none.
    AsRecords,
}

impl Shows {
    /// The name to ask for, and its type.
    fn question(self, host: &str) -> Query {
        let (host, kind) = match self {
            Self::AsNxdomain => (format!("{host}."), RecordType::A),
            Self::AsRecords => (format!("{host}.rpz.qalqan.test."), RecordType::CNAME),
        };
        Query::query(Name::from_ascii(host).unwrap(), kind)
    }

    /// What is answered of a name that is listed, or is not.
    pub fn answer(self, listed: bool) -> ResponseCode {
        if listed == (self == Self::AsNxdomain) {
            ResponseCode::NXDomain
        } else {
            ResponseCode::NoError
        }
    }
}

/// What `server` says of a name; `None` when it says nothing.
async fn ask(server: SocketAddr, shows: Shows, host: &str) -> Option<ResponseCode> {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.connect(server).await.unwrap();
    let mut query = Message::query();
    query.metadata.recursion_desired = true;
    query.add_query(shows.question(host));
    socket.send(&query.to_vec().unwrap()).await.ok()?;
    let mut buffer = vec![0; 4096];
    let received = timeout(Duration::from_secs(1), socket.recv(&mut buffer)).await;
    let length = received.ok()?.ok()?;
    let answer = Message::from_vec(&buffer[..length]).ok()?;
    (answer.metadata.id == query.metadata.id).then_some(answer.metadata.response_code)
}

/// Asks until the name is listed, or is not; gives how long that took.
pub async fn until(server: SocketAddr, shows: Shows, host: &str, listed: bool) -> Duration {
    let (began, wanted) = (Instant::now(), shows.answer(listed));
    let (mut look, mut last) = (interval(LOOK), None);
    while began.elapsed() < LONG {
        look.tick().await;
        last = ask(server, shows, host).await;
        if last == Some(wanted) {
            return began.elapsed();
        }
    }
    panic!("{host} never became {wanted}; at last {last:?}");
}

/// Asks until there is any answer.
pub async fn answers(server: SocketAddr, shows: Shows, host: &str) -> ResponseCode {
    let (began, mut look) = (Instant::now(), interval(LOOK));
    while began.elapsed() < LONG {
        look.tick().await;
        if let Some(answer) = ask(server, shows, host).await {
            return answer;
        }
    }
    panic!("{server} never answered");
}
