//! The sockets of zone transfer: who gets a place, and how long a slow reader keeps it.
//!
//! What a connection costs at most: the query (64 KiB), one message of the answer (16 KiB), what the
//! kernel holds of it (twice [`TransferLimits::send_buffer`]), and a share of the zone it began with.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use arc_swap::ArcSwapOption;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream, UdpSocket, tcp::OwnedWriteHalf},
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Served, TransferLimits,
    admission::Admission,
    answer::{Heard, Reply, Transport, answer},
    outgoing::Transfer,
    places::Places,
};
use crate::{
    secondaries::{Refusal, Secondaries},
    stream::{accept, read_message},
};

pub(super) struct Context {
    pub(super) served: Arc<ArcSwapOption<Served>>,
    pub(super) secondaries: Arc<OnceLock<Secondaries>>,
    pub(super) admission: Admission,
    pub(super) limits: TransferLimits,
}

impl Context {
    /// Decides about a query and notes what it says of the client.
    fn answer(&self, query: &[u8], client: IpAddr, transport: Transport) -> Option<Reply> {
        let served = self.served.load_full();
        let decided = answer(query, client, &self.admission, served.as_ref(), transport);
        let (heard, reply) = decided?;
        match (heard, self.secondaries.get()) {
            (Heard::Asked(has), Some(book)) => book.asked(client, has),
            (Heard::Refused(why), _) => self.refused(client, why),
            _ => {}
        }
        reply
    }

    fn refused(&self, client: IpAddr, why: Refusal) {
        if let Some(book) = self.secondaries.get() {
            book.refused(client, why);
        }
    }
}

pub(super) async fn udp(socket: UdpSocket, context: Arc<Context>, stop: CancellationToken) {
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
        if let Some(Reply::One(answer)) = context.answer(query, client.ip(), Transport::Udp)
            // The two octets of length are for streams.
            && let Some(datagram) = answer.get(2..)
        {
            let _ = socket.try_send_to(datagram, client);
        }
    }
}

pub(super) async fn tcp(
    socket: TcpListener,
    context: Arc<Context>,
    stop: CancellationToken,
    tracker: TaskTracker,
) {
    let all = Arc::new(Semaphore::new(context.limits.connections.max(1)));
    let places = Places::new(&context.limits);
    while let Some((stream, client, one_of_all)) = accept(&socket, &all, &stop).await {
        let client = client.ip();
        let Some(network) = context.admission.network_of(client) else {
            context.refused(client, Refusal::Address);
            continue;
        };
        let Some(place) = places.take(network, client) else {
            context.refused(client, Refusal::Places);
            continue;
        };
        let (context, stop) = (context.clone(), stop.clone());
        tracker.spawn(async move {
            tokio::select! {
                () = serve(stream, client, &context) => {}
                () = stop.cancelled() => {}
            }
            drop((place, one_of_all));
        });
    }
}

/// Answers one query after the other.
async fn serve(stream: TcpStream, client: IpAddr, context: &Context) {
    let (mut reader, mut writer) = stream.into_split();
    while let Ok(Ok(query)) = timeout(context.limits.idle, read_message(&mut reader)).await {
        let deadline = Instant::now() + context.limits.transfer;
        let sent = match context.answer(&query, client, Transport::Tcp) {
            None => return,
            Some(Reply::One(bytes)) => write(&mut writer, &bytes, context, deadline).await,
            Some(Reply::Many(transfer)) => {
                send(&mut writer, *transfer, client, context, deadline).await
            }
        };
        match sent {
            Sent::All => {}
            Sent::Gone => return,
            Sent::TooSlow => return context.refused(client, Refusal::Slow),
        }
    }
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    All,
    /// The other side closed, or the answer cannot be made.
    Gone,
    TooSlow,
}

async fn send(
    writer: &mut OwnedWriteHalf,
    mut transfer: Transfer,
    client: IpAddr,
    context: &Context,
    deadline: Instant,
) -> Sent {
    while let Some(bytes) = transfer.next_message() {
        let sent = write(writer, &bytes, context, deadline).await;
        if sent != Sent::All {
            return sent;
        }
    }
    if !transfer.is_done() {
        return Sent::Gone;
    }
    if let Some(book) = context.secondaries.get() {
        book.fetched(client, transfer.serial(), transfer.is_whole());
    }
    Sent::All
}

async fn write(
    writer: &mut OwnedWriteHalf,
    bytes: &[u8],
    context: &Context,
    deadline: Instant,
) -> Sent {
    let limit = deadline.min(Instant::now() + context.limits.write);
    match timeout_at(limit, writer.write_all(bytes)).await {
        Ok(Ok(())) => Sent::All,
        Ok(Err(_)) => Sent::Gone,
        Err(_) => Sent::TooSlow,
    }
}
