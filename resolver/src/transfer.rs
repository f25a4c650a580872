//! The zone for other name servers: SOA over UDP and TCP, AXFR over TCP (RFC 5936) in as many
//! messages as it takes. IXFR (RFC 1995) is answered with the whole zone, or with the SOA alone to
//! a secondary that is up to date; differences and TSIG have their place in `answer`, beside this file.
//!
//! One zone is served, swapped whole; a transfer that has begun goes on with the zone it began
//! with. Networks that are not admitted get REFUSED over UDP and no connection over TCP.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use blocklist::PolicyZone;
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
    transfer::answer::{Part, Reply, Transport, answer, zone_message},
    zone::{ZoneError, ZoneImage},
};

mod answer;

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
