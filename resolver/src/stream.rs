//! DNS over TCP (RFC 7766): a bounded number of connections, each with a bounded number of queries
//! worked on at once and answered as they are ready, closed when idle or when the other side does
//! not take its answers.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hickory_net::xfer::Protocol;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::Limits,
    handler::Resolve,
    server::{Taken, take},
};

/// Serves one listening TCP socket.
pub(crate) struct Listener {
    resolve: Arc<Resolve>,
    limits: Limits,
    stop: CancellationToken,
    connections: Arc<Semaphore>,
}

impl Listener {
    pub(crate) fn new(resolve: Arc<Resolve>, limits: Limits, stop: CancellationToken) -> Self {
        let connections = Arc::new(Semaphore::new(limits.tcp_connections.max(1)));
        Self {
            resolve,
            limits,
            stop,
            connections,
        }
    }

    pub(crate) async fn run(self, socket: TcpListener, tracker: TaskTracker) {
        loop {
            let Some((stream, client, permit)) =
                accept(&socket, &self.connections, &self.stop).await
            else {
                return;
            };
            let (resolve, limits, stop) =
                (self.resolve.clone(), self.limits.clone(), self.stop.clone());
            let inner = tracker.clone();
            tracker.spawn(async move {
                serve(stream, client, &resolve, &limits, &stop, &inner).await;
                drop(permit);
            });
        }
    }
}

/// The next connection with its place; `None` when it is time to stop. Errors of accepting (no
/// descriptors left) are waited out rather than spun on.
pub(crate) async fn accept(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    loop {
        let accepted = async {
            let place = places.clone().acquire_owned().await.ok()?;
            Some((socket.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted?,
            () = stop.cancelled() => return None,
        };
        match accepted {
            Ok((stream, client)) => return Some((stream, client, place)),
            Err(error) => {
                tracing::warn!(%error, "a TCP connection could not be accepted");
                drop(place);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    client: SocketAddr,
    resolve: &Arc<Resolve>,
    limits: &Limits,
    stop: &CancellationToken,
    tracker: &TaskTracker,
) {
    let _ = stream.set_nodelay(true);
    let (mut reader, writer) = stream.into_split();
    let (answers, queue) = mpsc::channel(limits.tcp_pipeline.max(1));
    let pipeline = Arc::new(Semaphore::new(limits.tcp_pipeline.max(1)));
    let gone = CancellationToken::new();
    tracker.spawn(write_answers(writer, queue, limits.tcp_write, gone.clone()));
    loop {
        let message = tokio::select! {
            message = timeout(limits.tcp_idle, read_message(&mut reader)) => message,
            () = stop.cancelled() => return,
            () = gone.cancelled() => return,
        };
        let Ok(Ok(bytes)) = message else { return };
        let Ok(place) = pipeline.clone().acquire_owned().await else {
            return;
        };
        let whole = match take(resolve, &bytes, client, Protocol::Tcp) {
            Taken::Nothing => return,
            Taken::Bytes(bytes) => bytes,
            Taken::Answer(request, answer) => answer.to_tcp(&request),
            Taken::Forward(request, permit) => {
                let (resolve, answers) = (resolve.clone(), answers.clone());
                tracker.spawn(async move {
                    let answer = resolve.forward(&request).await;
                    drop(permit);
                    let _ = answers.send(answer.to_tcp(&request)).await;
                    drop(place);
                });
                continue;
            }
        };
        if answers.send(whole).await.is_err() {
            return;
        }
    }
}

/// Writes answers in the order in which they are ready; a client that does not read is cut off.
async fn write_answers(
    mut writer: OwnedWriteHalf,
    mut queue: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
    gone: CancellationToken,
) {
    while let Some(answer) = queue.recv().await {
        if !matches!(
            timeout(patience, write_message(&mut writer, &answer)).await,
            Ok(Ok(()))
        ) {
            break;
        }
    }
    gone.cancel();
}

/// One message with its two octets of length in one write (RFC 7766 §8).
pub(crate) async fn write_message(
    writer: &mut OwnedWriteHalf,
    message: &[u8],
) -> std::io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut framed = Vec::with_capacity(message.len() + 2);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    writer.write_all(&framed).await
}

/// One message, at most 65,535 octets, without its length.
pub(crate) async fn read_message(reader: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let length = reader.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    reader.read_exact(&mut message).await?;
    Ok(message)
}
