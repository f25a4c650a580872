//! Telling secondaries that there is a new zone (RFC 1996): a NOTIFY over UDP to each, signed where
//! they share a key with us, again with growing waits until each says that it heard. A newer release
//! takes the place of an older one that is still being told. A secondary that never hears still asks
//! by itself when the SOA's refresh is over.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use domain::{
    base::{
        Message, MessageBuilder, Name, Rtype,
        iana::{Opcode, Rcode},
    },
    rdata::tsig::Time48,
    tsig::{ClientTransaction, Key},
};
use tokio::{
    net::UdpSocket,
    sync::watch,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::secondaries::Secondaries;

/// How patiently secondaries are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyTimes {
    /// Messages sent to one secondary at most, for one release.
    pub tries: u32,
    /// Wait after the first; each further wait is twice as long.
    pub wait: Duration,
}

impl Default for NotifyTimes {
    /// Seven in about two minutes: longer than a name server takes to start anew.
    fn default() -> Self {
        Self {
            tries: 7,
            wait: Duration::from_secs(1),
        }
    }
}

/// Why a secondary could not be told.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// It never answered.
    #[error("it did not answer; it will ask by itself when the refresh time is over")]
    Silent,
    /// It answered with an error.
    #[error("it answered {0}; is the zone configured there, with us as its primary?")]
    Refused(Rcode),
    /// It answered without the right signature.
    #[error("its answer is not signed as it should be: {0}; do both sides have the same key?")]
    Signature(String),
    /// No socket could be had, or no message be made.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A secondary that wants to be told.
#[derive(Debug, Clone)]
pub struct Told {
    /// Where.
    pub address: SocketAddr,
    /// The key to sign with.
    pub key: Option<Arc<Key>>,
}

/// A zone and its serial.
type News = (Name<Vec<u8>>, u32);

/// Tells secondaries until stopped.
pub struct Notifier {
    news: watch::Sender<Option<News>>,
}

impl Notifier {
    /// Begins a task for each secondary; what becomes of it stands in `book`.
    pub fn start(
        secondaries: Vec<Told>,
        book: &Secondaries,
        times: &NotifyTimes,
        stop: &CancellationToken,
        tracker: &TaskTracker,
    ) -> Self {
        let news = watch::Sender::new(None);
        for told in secondaries {
            let follow = follow(told, news.subscribe(), book.clone(), times.clone());
            let stop = stop.clone();
            tracker.spawn(async move {
                tokio::select! {
                    () = follow => {}
                    () = stop.cancelled() => {}
                }
            });
        }
        Self { news }
    }

    /// Has `zone` (its apex, with the final dot) told with this serial.
    pub fn tell(&self, zone: &str, serial: u32) {
        match Name::vec_from_str(zone) {
            Ok(apex) => drop(self.news.send_replace(Some((apex, serial)))),
            Err(error) => tracing::error!(zone, %error, "secondaries cannot be told of this name"),
        }
    }
}

async fn follow(
    told: Told,
    mut news: watch::Receiver<Option<News>>,
    book: Secondaries,
    times: NotifyTimes,
) {
    while news.changed().await.is_ok() {
        let Some((apex, serial)) = news.borrow_and_update().clone() else {
            continue;
        };
        let newer = async {
            let newer = |now: &Option<News>| now.as_ref().is_some_and(|now| now.1 != serial);
            news.wait_for(newer).await.is_ok()
        };
        let result = tokio::select! {
            result = tell(&apex, &told, &times) => Some(result),
            true = newer => None,
        };
        let Some(result) = result else {
            // Told at once instead.
            news.mark_changed();
            continue;
        };
        if let Err(error) = &result {
            tracing::warn!(secondary = %told.address, %error, "a secondary was not told");
        }
        let error = result.err().map(|error| error.to_string());
        book.told(told.address, serial, error.as_deref());
    }
}

async fn tell(apex: &Name<Vec<u8>>, told: &Told, times: &NotifyTimes) -> Result<(), NotifyError> {
    let local: SocketAddr = if told.address.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(local).await?;
    // Connected: the kernel drops what others send, and a random port is ours for each release.
    socket.connect(told.address).await?;
    let mut wait = times.wait;
    let mut failed = NotifyError::Silent;
    for _ in 0..times.tries {
        // Signed anew each time: the signature holds the time.
        let (bytes, transaction) = message(apex, told)?;
        // A port without a listener reports an error on the next call; it may listen again soon.
        let _ = socket.send(&bytes).await;
        match response(&socket, &bytes, transaction.as_ref(), Instant::now() + wait).await {
            None => {}
            Some(Ok(Rcode::NOERROR)) => return Ok(()),
            Some(Ok(code)) => failed = NotifyError::Refused(code),
            Some(Err(error)) => failed = error,
        }
        wait = wait.saturating_mul(2);
    }
    Err(failed)
}

type Transaction = ClientTransaction<Arc<Key>>;

fn message(
    apex: &Name<Vec<u8>>,
    told: &Told,
) -> Result<(Vec<u8>, Option<Transaction>), NotifyError> {
    let failed = |_| NotifyError::Io(std::io::ErrorKind::InvalidInput.into());
    let mut builder = MessageBuilder::new_vec();
    let header = builder.header_mut();
    // Random; `domain` would need another generator for it.
    header.set_id(hickory_proto::op::Message::query().metadata.id);
    header.set_opcode(Opcode::NOTIFY);
    header.set_aa(true);
    let mut question = builder.question();
    question.push((apex, Rtype::SOA)).map_err(failed)?;
    let mut additional = question.additional();
    let transaction = match &told.key {
        Some(key) => Some(
            ClientTransaction::request(key.clone(), &mut additional, Time48::now())
                .map_err(failed)?,
        ),
        None => None,
    };
    Ok((additional.finish(), transaction))
}

/// What the response with our id says that comes before the deadline. After an error the deadline is
/// waited for, so that tries are spaced.
async fn response(
    socket: &UdpSocket,
    query: &[u8],
    transaction: Option<&Transaction>,
    deadline: Instant,
) -> Option<Result<Rcode, NotifyError>> {
    let mut buffer = [0; 1232];
    let mut failed = None;
    loop {
        let length = match timeout_at(deadline, socket.recv(&mut buffer)).await {
            Err(_) => return failed.map(Err),
            Ok(Err(_)) => {
                // Refused by the other machine: wait the time out, then try again.
                tokio::time::sleep_until(deadline).await;
                return failed.map(Err);
            }
            Ok(Ok(length)) => length,
        };
        let octets = buffer.get(..length).unwrap_or_default().to_vec();
        let Ok(mut message) = Message::from_octets(octets) else {
            continue;
        };
        let header = message.header();
        if message.as_slice().get(..2) != query.get(..2)
            || !header.qr()
            || header.opcode() != Opcode::NOTIFY
        {
            continue;
        }
        let verified =
            transaction.map(|transaction| transaction.answer(&mut message, Time48::now()));
        match (verified, message.header().rcode()) {
            (Some(Err(error)), _) => failed = Some(NotifyError::Signature(error.to_string())),
            (_, Rcode::NOERROR) => return Some(Ok(Rcode::NOERROR)),
            (_, code) => failed = Some(NotifyError::Refused(code)),
        }
    }
}
