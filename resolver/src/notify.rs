//! Telling secondaries that there is a new zone (RFC 1996): a NOTIFY over UDP to each, a few times,
//! until it says that it heard. A secondary that never hears still asks by itself when the SOA's
//! refresh is over.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use futures_util::future::join_all;
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
};
use tokio::{
    net::UdpSocket,
    time::{Instant, timeout_at},
};

/// How patiently secondaries are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyTimes {
    /// Messages sent to one secondary at most.
    pub tries: u32,
    /// Wait after the first; each further wait is twice as long.
    pub wait: Duration,
}

impl Default for NotifyTimes {
    fn default() -> Self {
        Self {
            tries: 5,
            wait: Duration::from_secs(1),
        }
    }
}

/// Why a secondary could not be told.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The zone's name is no name.
    #[error("`{0}` is not a zone name")]
    Zone(String),
    /// It never answered.
    #[error("{0} did not answer; it will ask by itself when the refresh time is over")]
    Silent(SocketAddr),
    /// It answered with an error.
    #[error("{secondary} answered {code}; is the zone configured there, with us as its primary?")]
    Refused {
        /// The secondary.
        secondary: SocketAddr,
        /// Its answer.
        code: ResponseCode,
    },
    /// No socket could be had.
    #[error("{secondary}: {source}")]
    Io {
        /// The secondary.
        secondary: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Tells all of `secondaries` at once that `zone` (its apex) changed; one result each, in order.
pub async fn notify(
    zone: &str,
    secondaries: &[SocketAddr],
    times: &NotifyTimes,
) -> Vec<Result<(), NotifyError>> {
    join_all(
        secondaries
            .iter()
            .map(|&secondary| tell(zone, secondary, times)),
    )
    .await
}

async fn tell(zone: &str, secondary: SocketAddr, times: &NotifyTimes) -> Result<(), NotifyError> {
    let apex = Name::from_ascii(zone).map_err(|_| NotifyError::Zone(zone.to_owned()))?;
    let failed = |source| NotifyError::Io { secondary, source };
    let local: SocketAddr = if secondary.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(local).await.map_err(failed)?;
    // Connected: the kernel drops what others send.
    socket.connect(secondary).await.map_err(failed)?;
    let mut message = Message::query();
    message.metadata.op_code = OpCode::Notify;
    message.metadata.recursion_desired = false;
    message.metadata.authoritative = true;
    message.add_query(Query::query(apex, RecordType::SOA));
    let bytes = message
        .to_vec()
        .map_err(|_| NotifyError::Zone(zone.to_owned()))?;
    let mut wait = times.wait;
    for _ in 0..times.tries {
        // A port without a listener reports an error on the next call; it may listen again soon.
        let _ = socket.send(&bytes).await;
        if let Some(code) = response(&socket, message.metadata.id, Instant::now() + wait).await {
            return match code {
                ResponseCode::NoError => Ok(()),
                code => Err(NotifyError::Refused { secondary, code }),
            };
        }
        wait *= 2;
    }
    Err(NotifyError::Silent(secondary))
}

/// The rcode of the response with our id that comes before the deadline.
async fn response(socket: &UdpSocket, id: u16, deadline: Instant) -> Option<ResponseCode> {
    let mut buffer = [0; 512];
    loop {
        match timeout_at(deadline, socket.recv(&mut buffer)).await {
            Err(_) => return None,
            Ok(Err(_)) => {
                // Refused by the other machine: wait the time out, then try again.
                tokio::time::sleep_until(deadline).await;
                return None;
            }
            Ok(Ok(length)) => {
                let parsed = buffer
                    .get(..length)
                    .and_then(|bytes| Message::from_vec(bytes).ok());
                if let Some(message) = parsed
                    && message.metadata.id == id
                    && message.metadata.message_type == MessageType::Response
                    && message.metadata.op_code == OpCode::Notify
                {
                    return Some(message.metadata.response_code);
                }
            }
        }
    }
}
