//! The zone for other name servers: SOA over UDP and TCP, AXFR over TCP (RFC 5936) in as many
//! messages as it takes. IXFR (RFC 1995) is answered with the whole zone, or with the SOA alone to
//! a secondary that is up to date; differences and TSIG have their place in `answer`.
//!
//! One zone is served, swapped whole; a transfer that has begun goes on with the zone it began
//! with. Networks that are not admitted get REFUSED over UDP and no connection over TCP.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use blocklist::PolicyZone;
use domain::base::{
    Message, Rtype, Serial,
    iana::{Class, Opcode, Rcode},
};
use domain::rdata::Soa;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, UdpSocket, tcp::OwnedWriteHalf},
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    access::AccessList,
    error::StartError,
    server,
    stream::{accept, read_message},
    zone::{Cursor, ZoneError, ZoneImage, message},
};

/// Size of a transfer message in octets: compression pointers reach no further than 16 KiB.
const MESSAGE: usize = 16_000;
/// Size of a single answer in octets; an SOA with its question never comes near.
const SINGLE: usize = 1232;

/// Bounds on secondaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLimits {
    /// Open connections; further ones wait in the kernel's queue.
    pub connections: usize,
    /// A connection without a query for this long is closed.
    pub idle: Duration,
    /// A secondary that does not take one message within this time is cut off.
    pub write: Duration,
    /// A whole transfer may take this long.
    pub transfer: Duration,
}

impl Default for TransferLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            idle: Duration::from_secs(10),
            write: Duration::from_secs(10),
            transfer: Duration::from_secs(600),
        }
    }
}

/// Serves zone transfers until stopped or dropped.
pub struct TransferServer {
    address: SocketAddr,
    zone: Arc<ArcSwapOption<ZoneImage>>,
    stop: CancellationToken,
    tracker: TaskTracker,
    _stop_on_drop: DropGuard,
}

struct Context {
    zone: Arc<ArcSwapOption<ZoneImage>>,
    access: AccessList,
    limits: TransferLimits,
}

impl TransferServer {
    /// Binds UDP and TCP on `listen` (port 0 takes a free one) and serves `access`. Until a zone is
    /// set the answer is SERVFAIL.
    pub async fn start(
        listen: SocketAddr,
        access: AccessList,
        limits: TransferLimits,
    ) -> Result<Self, StartError> {
        let mut bound = server::bind(&[listen]).await?;
        let Some(server::Bound { udp, tcp, address }) = bound.pop() else {
            return Err(StartError::Config("no address for zone transfers"));
        };
        let zone = Arc::new(ArcSwapOption::empty());
        let context = Arc::new(Context {
            zone: zone.clone(),
            access,
            limits,
        });
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        tracker.spawn(serve_udp(udp, context.clone(), stop.clone()));
        tracker.spawn(serve_tcp(tcp, context, stop.clone(), tracker.clone()));
        let _stop_on_drop = stop.clone().drop_guard();
        Ok(Self {
            address,
            zone,
            stop,
            tracker,
            _stop_on_drop,
        })
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `zone` from the next query on; gives its serial. On an error the zone before stays.
    pub fn set_zone(&self, zone: &PolicyZone) -> Result<u32, ZoneError> {
        let image = ZoneImage::new(zone)?;
        let serial = image.serial();
        self.zone.store(Some(Arc::new(image)));
        Ok(serial)
    }

    /// The serial being served.
    pub fn serial(&self) -> Option<u32> {
        self.zone.load().as_ref().map(|zone| zone.serial())
    }

    /// Stops; transfers that have begun are broken off.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

async fn serve_udp(socket: UdpSocket, context: Arc<Context>, stop: CancellationToken) {
    let mut buffer = vec![0; 4096];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = stop.cancelled() => return,
        };
        let Ok((length, client)) = received else {
            continue;
        };
        let Some(query) = buffer.get(..length) else {
            continue;
        };
        let zone = context.zone.load_full();
        let admitted = context.access.admits(client.ip());
        if let Some(Reply::One(answer)) = answer(query, zone.as_ref(), admitted, Transport::Udp)
            // The two octets of length are for streams.
            && let Some(datagram) = answer.get(2..)
        {
            let _ = socket.try_send_to(datagram, client);
        }
    }
}

async fn serve_tcp(
    socket: TcpListener,
    context: Arc<Context>,
    stop: CancellationToken,
    tracker: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(context.limits.connections.max(1)));
    while let Some((stream, client, place)) = accept(&socket, &places, &stop).await {
        if !context.access.admits(client.ip()) {
            continue;
        }
        let (context, stop) = (context.clone(), stop.clone());
        tracker.spawn(async move {
            let (mut reader, mut writer) = stream.into_split();
            let served = async {
                while let Ok(Ok(query)) =
                    timeout(context.limits.idle, read_message(&mut reader)).await
                {
                    if !serve_query(&query, &context, &mut writer).await {
                        break;
                    }
                }
            };
            tokio::select! {
                () = served => {}
                () = stop.cancelled() => {}
            }
            drop(place);
        });
    }
}

/// Answers one query; false when the connection is to be closed.
async fn serve_query(query: &[u8], context: &Context, writer: &mut OwnedWriteHalf) -> bool {
    let zone = context.zone.load_full();
    let deadline = Instant::now() + context.limits.transfer;
    match answer(query, zone.as_ref(), true, Transport::Tcp) {
        None => false,
        Some(Reply::One(bytes)) => write(writer, &bytes, context, deadline).await,
        Some(Reply::Zone(zone)) => {
            let mut cursor = zone.cursor();
            let mut part = Part::First;
            while part != Part::Done {
                // Built one at a time: a slow reader holds one message, not the zone.
                let Some((bytes, next)) = zone_message(query, &zone, &mut cursor, part) else {
                    return false;
                };
                if !write(writer, &bytes, context, deadline).await {
                    return false;
                }
                part = next;
            }
            true
        }
    }
}

async fn write(
    writer: &mut OwnedWriteHalf,
    bytes: &[u8],
    context: &Context,
    deadline: Instant,
) -> bool {
    let limit = deadline.min(Instant::now() + context.limits.write);
    matches!(timeout_at(limit, writer.write_all(bytes)).await, Ok(Ok(())))
}

/// How a query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

/// What to send back.
enum Reply {
    /// One message, its length before it.
    One(Vec<u8>),
    /// The whole zone.
    Zone(Arc<ZoneImage>),
}

/// Decides about one message; `None` for what is not a query at all. Any bytes are acceptable.
fn answer(
    query: &[u8],
    zone: Option<&Arc<ZoneImage>>,
    admitted: bool,
    transport: Transport,
) -> Option<Reply> {
    let message = Message::from_slice(query).ok()?;
    if message.header().qr() {
        return None;
    }
    let code = |rcode| single(message, rcode, None).map(Reply::One);
    if message.header().opcode() != Opcode::QUERY {
        return code(Rcode::NOTIMP);
    }
    let Ok(question) = message.sole_question() else {
        return code(Rcode::FORMERR);
    };
    if !admitted {
        return code(Rcode::REFUSED);
    }
    let Some(zone) = zone else {
        return code(Rcode::SERVFAIL);
    };
    if question.qclass() != Class::IN || *question.qname() != *zone.apex() {
        return code(Rcode::REFUSED);
    }
    match (question.qtype(), transport) {
        (Rtype::SOA, _) => single(message, Rcode::NOERROR, Some(zone.soa())).map(Reply::One),
        (Rtype::AXFR, Transport::Tcp) => Some(Reply::Zone(zone.clone())),
        // Over UDP the SOA alone says "come by TCP" (RFC 1995 §2).
        (Rtype::IXFR, Transport::Udp) => {
            single(message, Rcode::NOERROR, Some(zone.soa())).map(Reply::One)
        }
        (Rtype::IXFR, Transport::Tcp) => match client_serial(message) {
            None => code(Rcode::FORMERR),
            // RFC 1995 §2: nothing newer, so the SOA alone.
            Some(serial) if serial >= Serial(zone.serial()) => {
                single(message, Rcode::NOERROR, Some(zone.soa())).map(Reply::One)
            }
            Some(_) => Some(Reply::Zone(zone.clone())),
        },
        _ => code(Rcode::REFUSED),
    }
}

/// The serial an IXFR client says it has: the SOA in its authority section.
fn client_serial(message: &Message<[u8]>) -> Option<Serial> {
    let authority = message.authority().ok()?;
    let record = authority.limit_to_in::<Soa<_>>().next()?.ok()?;
    Some(record.data().serial())
}

/// One message with at most the SOA in it.
fn single(query: &Message<[u8]>, rcode: Rcode, soa: Option<Cursor<'_>>) -> Option<Vec<u8>> {
    let mut answer = message(SINGLE).ok()?.start_answer(query, rcode).ok()?;
    if let Some(mut soa) = soa {
        answer.header_mut().set_aa(true);
        soa.fill(&mut answer);
    }
    let mut additional = answer.additional();
    if query.opt().is_some() {
        additional
            .opt(|opt| {
                opt.set_udp_payload_size(SINGLE as u16);
                Ok(())
            })
            .ok()?;
    }
    Some(additional.finish().into_target().as_stream_slice().to_vec())
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Middle,
    /// Only the closing SOA is still to be sent.
    Closing,
    Done,
}

/// The next message of a transfer: the zone from its SOA on, and the SOA once more.
fn zone_message(
    query: &[u8],
    zone: &ZoneImage,
    cursor: &mut Cursor<'_>,
    part: Part,
) -> Option<(Vec<u8>, Part)> {
    let query = Message::from_slice(query).ok()?;
    let mut builder = message(MESSAGE).ok()?;
    let mut answer = if part == Part::First {
        builder.start_answer(query, Rcode::NOERROR).ok()?
    } else {
        // RFC 5936 §2.2.1: the question need only be in the first message.
        let header = builder.header_mut();
        header.set_id(query.header().id());
        header.set_qr(true);
        header.set_opcode(Opcode::QUERY);
        header.set_rcode(Rcode::NOERROR);
        builder.answer()
    };
    answer.header_mut().set_aa(true);
    let before = answer.counts().ancount();
    let all_sent = part == Part::Closing || cursor.fill(&mut answer);
    let next = match all_sent {
        true if zone.soa().fill(&mut answer) => Part::Done,
        true => Part::Closing,
        false => Part::Middle,
    };
    if answer.counts().ancount() == before {
        // No record fits an empty message: an endless transfer otherwise.
        tracing::error!("a record of the policy zone does not fit a message");
        return None;
    }
    let mut additional = answer.additional();
    if part == Part::First && query.opt().is_some() {
        additional.clear_push_limit();
        additional
            .opt(|opt| {
                opt.set_udp_payload_size(SINGLE as u16);
                Ok(())
            })
            .ok()?;
    }
    Some((
        additional.finish().into_target().as_stream_slice().to_vec(),
        next,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_answered_or_dropped(query in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(Reply::One(bytes)) = answer(&query, None, true, Transport::Tcp) {
                prop_assert!(bytes.len() > 12);
            }
        }
    }
}
