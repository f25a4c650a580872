//! Sockets for UDP and TCP: bound together, served together, stopped together.
//!
//! The listeners are ours rather than hickory-server's: its UDP path starts a task per packet
//! without a bound and logs each client's address, and its TCP path neither limits connections nor
//! works on more than one query of a connection at a time. Requests are parsed by it and answered
//! through the same [`RequestHandler`](hickory_server::server::RequestHandler).

use std::{net::SocketAddr, sync::Arc};

use hickory_net::xfer::Protocol;
use hickory_proto::{
    op::{Header, MessageType, Metadata, ResponseCode},
    serialize::binary::{BinDecodable, BinDecoder},
};
use hickory_server::server::Request;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    answer::{self, Answer},
    config::Limits,
    error::StartError,
    handler::{Decision, Resolve},
    stream,
};

/// A largest query worth reading from a datagram; longer ones are cut by the kernel and refused.
const MAX_QUERY: usize = 4096;
/// How often another free port is tried when the one UDP got is taken on TCP.
const PORT_TRIES: usize = 16;

/// The sockets of one address.
pub(crate) struct Bound {
    pub(crate) udp: UdpSocket,
    pub(crate) tcp: TcpListener,
    pub(crate) address: SocketAddr,
}

/// Binds UDP and TCP on each address. With port 0 both get the same free port.
pub(crate) async fn bind(listen: &[SocketAddr]) -> Result<Vec<Bound>, StartError> {
    let mut bound = Vec::with_capacity(listen.len());
    for &wanted in listen {
        bound.push(bind_pair(wanted).await?);
    }
    Ok(bound)
}

async fn bind_pair(wanted: SocketAddr) -> Result<Bound, StartError> {
    let failed = |source| StartError::Bind {
        address: wanted,
        source,
    };
    for _ in 0..PORT_TRIES {
        let udp = UdpSocket::bind(wanted).await.map_err(failed)?;
        let address = udp.local_addr().map_err(failed)?;
        match TcpListener::bind(address).await {
            Ok(tcp) => return Ok(Bound { udp, tcp, address }),
            Err(error) if wanted.port() == 0 && error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(std::io::ErrorKind::AddrInUse.into()))
}

/// Serves until `stop` is cancelled; work in hand is finished by tasks of `tracker`.
pub(crate) fn serve(
    bound: Vec<Bound>,
    resolve: &Arc<Resolve>,
    limits: &Limits,
    stop: &CancellationToken,
    tracker: &TaskTracker,
) {
    for Bound { udp, tcp, .. } in bound {
        let udp = Arc::new(udp);
        for _ in 0..limits.workers.max(1) {
            tracker.spawn(udp_worker(
                udp.clone(),
                resolve.clone(),
                stop.clone(),
                tracker.clone(),
            ));
        }
        let listener = stream::Listener::new(resolve.clone(), limits.clone(), stop.clone());
        tracker.spawn(listener.run(tcp, tracker.clone()));
    }
}

async fn udp_worker(
    socket: Arc<UdpSocket>,
    resolve: Arc<Resolve>,
    stop: CancellationToken,
    tracker: TaskTracker,
) {
    let mut buffer = vec![0; MAX_QUERY];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = stop.cancelled() => return,
        };
        // Errors are reports about earlier sends (ICMP); the socket itself stays good.
        let Ok((length, client)) = received else {
            continue;
        };
        if client.port() == 0 {
            continue;
        }
        let Some(bytes) = buffer.get(..length) else {
            continue;
        };
        match take(&resolve, bytes, client, Protocol::Udp) {
            Taken::Nothing => {}
            Taken::Bytes(bytes) => send(&socket, &bytes, client),
            Taken::Answer(request, answer) => send(&socket, &answer.to_udp(&request), client),
            Taken::Forward(request, permit) => {
                let (socket, resolve) = (socket.clone(), resolve.clone());
                tracker.spawn(async move {
                    let answer = resolve.forward(&request).await;
                    send(&socket, &answer.to_udp(&request), client);
                    drop(permit);
                });
            }
        }
    }
}

/// A full socket buffer loses the answer, as the network might; the client asks again.
fn send(socket: &UdpSocket, bytes: &[u8], client: SocketAddr) {
    if !bytes.is_empty() {
        let _ = socket.try_send_to(bytes, client);
    }
}

/// What became of a message before any waiting.
pub(crate) enum Taken {
    /// Too short to answer, or no query.
    Nothing,
    /// Not readable past the header.
    Bytes(Vec<u8>),
    /// Answered.
    Answer(Box<Request>, Box<Answer>),
    /// To be forwarded.
    Forward(Box<Request>, tokio::sync::OwnedSemaphorePermit),
}

/// Reads one message and decides about it. Any bytes at all are acceptable input.
pub(crate) fn take(
    resolve: &Resolve,
    bytes: &[u8],
    client: SocketAddr,
    protocol: Protocol,
) -> Taken {
    let Ok(request) = Request::from_bytes(bytes.to_vec(), client, protocol) else {
        return match Header::read(&mut BinDecoder::new(bytes)) {
            Ok(header) if header.metadata.message_type == MessageType::Query => {
                let metadata = Metadata::response_from_request(&header.metadata);
                Taken::Bytes(answer::bare(metadata, ResponseCode::FormErr))
            }
            _ => Taken::Nothing,
        };
    };
    match resolve.decide(&request) {
        Decision::Answer(answer) => Taken::Answer(Box::new(request), answer),
        Decision::Forward(permit) => Taken::Forward(Box::new(request), permit),
        Decision::Silence => Taken::Nothing,
    }
}
