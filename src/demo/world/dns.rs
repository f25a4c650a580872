//! A name server for the demo world's names, over UDP and TCP on loopback.
//!
//! It is authoritative for everything: a name of the world answers its address, another type of it
//! answers NODATA, any other name NXDOMAIN, both with an SOA so that they may be cached (RFC 2308).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, SOA};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Time to live of every answer, in seconds.
const TTL: u32 = 60;
/// The UDP payload size we offer (RFC 9715 advice).
const UDP_PAYLOAD: u16 = 1232;
/// TCP connections held at once; more wait in the system's queue.
const MAX_TCP: usize = 32;
/// A TCP connection that says nothing for this long is closed.
const TCP_IDLE: Duration = Duration::from_secs(5);

/// The names of the world and their addresses.
#[derive(Debug)]
pub(crate) struct Zone {
    addresses: BTreeMap<Name, Ipv4Addr>,
    /// Names that exist only because something stands below them: NODATA, not NXDOMAIN (RFC 8020).
    empty: BTreeSet<Name>,
    test: Name,
}

impl Zone {
    /// Builds the zone; a name that is no DNS name is left out and logged.
    pub(crate) fn new<'a>(names: impl Iterator<Item = (&'a str, Ipv4Addr)>) -> Self {
        let mut zone = Self {
            addresses: BTreeMap::new(),
            empty: BTreeSet::from([Name::root()]),
            test: Name::root(),
        };
        for (host, address) in names {
            match Name::from_ascii(format!("{host}.")) {
                Ok(name) => {
                    let mut above = name.base_name();
                    while !above.is_root() {
                        zone.empty.insert(above.clone());
                        above = above.base_name();
                    }
                    zone.addresses.insert(name, address);
                }
                Err(error) => tracing::error!(host, %error, "not a DNS name"),
            }
        }
        if let Ok(test) = Name::from_ascii("test.") {
            zone.test = test;
        }
        zone
    }

    /// Answers one query message. `None`: it is a response, or too broken to answer.
    pub(crate) fn answer(&self, query: &[u8]) -> Option<Message> {
        let query = match Message::from_vec(query) {
            Ok(query) => query,
            Err(_) => {
                let id = u16::from_be_bytes([*query.first()?, *query.get(1)?]);
                let is_query = query.get(2)? & 0x80 == 0;
                return is_query
                    .then(|| Message::error_msg(id, OpCode::Query, ResponseCode::FormErr));
            }
        };
        if query.metadata.message_type != MessageType::Query {
            return None;
        }
        let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
        reply.metadata.recursion_desired = query.metadata.recursion_desired;
        // A demo resolver forwards here and expects a recursive server's answer.
        reply.metadata.recursion_available = true;
        reply.metadata.checking_disabled = query.metadata.checking_disabled;
        reply.add_queries(query.queries.iter().cloned());
        if let Some(asked) = &query.edns {
            let mut edns = Edns::new();
            edns.set_max_payload(UDP_PAYLOAD)
                .set_dnssec_ok(asked.flags().dnssec_ok);
            reply.set_edns(edns);
            if asked.version() != 0 {
                // BADVERS is 16: its upper bits travel in the OPT record.
                reply.metadata.response_code = ResponseCode::BADVERS;
                return Some(reply);
            }
        }
        if query.metadata.op_code != OpCode::Query {
            reply.metadata.response_code = ResponseCode::NotImp;
            return Some(reply);
        }
        let [question] = query.queries.as_slice() else {
            reply.metadata.response_code = ResponseCode::FormErr;
            return Some(reply);
        };
        if question.query_class() != DNSClass::IN {
            reply.metadata.response_code = ResponseCode::Refused;
            return Some(reply);
        }
        self.fill(&mut reply, question.name(), question.query_type());
        Some(reply)
    }

    fn fill(&self, reply: &mut Message, name: &Name, kind: RecordType) {
        reply.metadata.authoritative = true;
        match self.addresses.get(name) {
            Some(address) if matches!(kind, RecordType::A | RecordType::ANY) => {
                reply.add_answer(Record::from_rdata(name.clone(), TTL, RData::A(A(*address))));
                return;
            }
            Some(_) => {}
            None if self.empty.contains(name) => {}
            None => reply.metadata.response_code = ResponseCode::NXDomain,
        }
        let apex = if self.test.zone_of(name) {
            self.test.clone()
        } else {
            Name::root()
        };
        reply.add_authority(Record::from_rdata(
            apex.clone(),
            TTL,
            RData::SOA(soa(&apex)),
        ));
    }
}

/// The SOA of a negative answer; `minimum` is the negative TTL.
fn soa(apex: &Name) -> SOA {
    let below = |label: &str| {
        Name::from_ascii(label)
            .and_then(|n| n.append_domain(apex))
            .unwrap_or_else(|_| apex.clone())
    };
    SOA::new(below("ns"), below("hostmaster"), 1, 3600, 600, 86_400, TTL)
}

/// Answers UDP queries until `stop`.
pub(crate) async fn serve_udp(zone: Arc<Zone>, socket: UdpSocket, stop: CancellationToken) {
    let mut buffer = vec![0; 4096];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = socket.recv_from(&mut buffer) => received,
        };
        // An ICMP error from an earlier answer surfaces here; the socket itself is fine.
        let Ok((length, from)) = received else {
            continue;
        };
        if let Some(reply) = zone
            .answer(&buffer[..length])
            .and_then(|message| message.to_vec().ok())
        {
            send(&socket, &reply, from).await;
        }
    }
}

async fn send(socket: &UdpSocket, reply: &[u8], to: SocketAddr) {
    if let Err(error) = socket.send_to(reply, to).await {
        tracing::debug!(%to, %error, "demo DNS answer not sent");
    }
}

/// Answers TCP queries until `stop`.
pub(crate) async fn serve_tcp(zone: Arc<Zone>, listener: TcpListener, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(MAX_TCP));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (zone, stop) = (Arc::clone(&zone), stop.clone());
        tokio::spawn(async move {
            let _permit = permit;
            tokio::select! {
                () = stop.cancelled() => {}
                _ = converse(&zone, stream) => {}
            }
        });
    }
}

async fn converse(zone: &Zone, mut stream: TcpStream) -> std::io::Result<()> {
    loop {
        let read = tokio::time::timeout(TCP_IDLE, async {
            let length = stream.read_u16().await?;
            let mut query = vec![0; usize::from(length)];
            stream.read_exact(&mut query).await?;
            Ok::<_, std::io::Error>(query)
        });
        let Ok(query) = read.await else { return Ok(()) };
        let Some(reply) = zone
            .answer(&query?)
            .and_then(|message| message.to_vec().ok())
        else {
            return Ok(());
        };
        let length = u16::try_from(reply.len()).unwrap_or(0);
        let framed = [&length.to_be_bytes(), reply.as_slice()].concat();
        let sent = tokio::time::timeout(TCP_IDLE, stream.write_all(&framed));
        let Ok(sent) = sent.await else { return Ok(()) };
        sent?;
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::Query;
    use proptest::prelude::*;

    use super::*;

    fn zone() -> Zone {
        Zone::new(
            [
                ("a.test", Ipv4Addr::new(127, 77, 0, 9)),
                ("x.b.test", Ipv4Addr::new(127, 77, 0, 10)),
            ]
            .into_iter(),
        )
    }

    fn ask(name: &str, kind: RecordType) -> Message {
        let mut query = Message::query();
        query.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
        let reply = zone().answer(&query.to_vec().unwrap()).unwrap();
        assert_eq!(reply.metadata.id, query.metadata.id);
        assert!(reply.edns.is_none(), "no OPT was sent, so none comes back");
        reply
    }

    #[test]
    fn a_name_answers_its_address_in_any_case() {
        let reply = ask("A.TeSt.", RecordType::A);
        assert_eq!(
            reply.answers[0].data,
            RData::A(A(Ipv4Addr::new(127, 77, 0, 9)))
        );
        assert_eq!(reply.answers[0].ttl, 60);
        assert!(reply.metadata.authoritative);
    }

    #[test]
    fn other_types_and_empty_names_are_nodata_and_others_nxdomain() {
        for (name, kind, code, apex) in [
            ("a.test.", RecordType::AAAA, ResponseCode::NoError, "test."),
            ("b.test.", RecordType::A, ResponseCode::NoError, "test."),
            ("c.test.", RecordType::A, ResponseCode::NXDomain, "test."),
            ("example.com.", RecordType::A, ResponseCode::NXDomain, "."),
        ] {
            let reply = ask(name, kind);
            assert_eq!(reply.metadata.response_code, code, "{name}");
            assert!(reply.answers.is_empty());
            assert_eq!(reply.authorities[0].record_type(), RecordType::SOA);
            assert_eq!(reply.authorities[0].name.to_string(), apex);
        }
    }

    #[test]
    fn edns_is_echoed_and_an_unknown_version_is_badvers() {
        for (version, code) in [(0, ResponseCode::NoError), (1, ResponseCode::BADVERS)] {
            let mut query = Message::query();
            query.add_query(Query::query(
                Name::from_ascii("a.test.").unwrap(),
                RecordType::A,
            ));
            let mut edns = Edns::new();
            edns.set_dnssec_ok(true).set_version(version);
            query.set_edns(edns);
            let bytes = zone()
                .answer(&query.to_vec().unwrap())
                .unwrap()
                .to_vec()
                .unwrap();
            let reply = Message::from_vec(&bytes).unwrap();
            // 16 is BADVERS here and BADSIG elsewhere: the number is what travels.
            assert_eq!(u16::from(reply.metadata.response_code), u16::from(code));
            let edns = reply.edns.unwrap();
            assert!(edns.flags().dnssec_ok);
            assert_eq!(edns.max_payload(), UDP_PAYLOAD);
        }
    }

    #[test]
    fn garbage_is_formerr_and_a_response_gets_no_answer() {
        let reply = zone()
            .answer(&[1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 70])
            .unwrap();
        assert_eq!(
            (reply.metadata.id, reply.metadata.response_code),
            (0x0102, ResponseCode::FormErr)
        );
        assert!(zone().answer(&[1, 2, 0x80, 0, 0, 1]).is_none());
        assert!(zone().answer(&[1]).is_none());
    }

    proptest! {
        #[test]
        fn any_packet_gets_at_most_an_answer_that_can_be_sent(packet in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Some(reply) = zone().answer(&packet) {
                prop_assert_eq!(reply.metadata.id.to_be_bytes(), [packet[0], packet[1]]);
                prop_assert!(reply.to_vec().is_ok());
            }
        }
    }
}
