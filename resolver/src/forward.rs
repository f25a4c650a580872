//! Asking upstreams. A query goes out as a whole message over UDP from a random port with a random
//! id, again over TCP when the answer was cut, and to the next upstream when one stays silent. The
//! upstream's message comes back whole: its rcode, its EDE and its AD bit are facts to pass on.
//!
//! No cache and no measuring of upstreams here yet; both have their place behind [`Forwarder`].

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::StreamExt;
use hickory_net::{
    DnsHandle, NetError,
    runtime::TokioRuntimeProvider,
    tcp::TcpClientStream,
    udp::UdpClientStream,
    xfer::{DnsExchange, DnsRequestSender},
};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, Edns, Message, Query, ResponseCode};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout, timeout_at},
};

use crate::config::{Limits, UDP_PAYLOAD, Upstream};

/// Requests in flight on one TCP connection to an upstream.
const TCP_ACTIVE: usize = 4096;
/// Silence after which the same upstream is sent the query again.
const RETRY_AFTER: Duration = Duration::from_millis(400);

/// What a client wants to know, as far as upstreams need to know it.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) query: Query,
    pub(crate) recursion_desired: bool,
    pub(crate) checking_disabled: bool,
    pub(crate) dnssec_ok: bool,
    pub(crate) authentic_data: bool,
}

/// An upstream's message.
#[derive(Debug)]
pub(crate) struct Forwarded {
    pub(crate) message: Message,
    /// Whether its AD bit may be believed.
    pub(crate) validated: bool,
}

/// Why no upstream answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForwardError {
    /// None answered within the time a client waits.
    #[error("no upstream answered in time")]
    Silent,
    /// All could not be reached or answered nonsense.
    #[error("no upstream could be reached")]
    Unreachable,
}

/// The upstreams of a node.
pub(crate) struct Forwarder {
    servers: Vec<Server>,
    started: Instant,
    limits: Limits,
}

struct Server {
    upstream: Upstream,
    /// Milliseconds after `started` until which this one is passed over; 0 is well.
    resting_until: AtomicU64,
    tcp: Mutex<Option<DnsExchange<TokioRuntimeProvider>>>,
    /// Owns the tasks behind kept connections: they end with it.
    provider: TokioRuntimeProvider,
}

impl Forwarder {
    pub(crate) fn new(upstreams: &[Upstream], limits: &Limits) -> Self {
        let servers = upstreams
            .iter()
            .map(|&upstream| Server {
                upstream,
                resting_until: AtomicU64::new(0),
                tcp: Mutex::new(None),
                provider: TokioRuntimeProvider::new(),
            })
            .collect();
        Self {
            servers,
            started: Instant::now(),
            limits: limits.clone(),
        }
    }

    /// The first useful answer. REFUSED and NOTIMP are useful only when nobody says better;
    /// SERVFAIL is an answer, since it may mean that validation failed.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Forwarded, ForwardError> {
        let deadline = Instant::now() + self.limits.query_timeout;
        let mut unwilling = None;
        let mut last = ForwardError::Unreachable;
        for server in self.in_order() {
            match timeout_at(deadline, server.exchange(question, &self.limits)).await {
                Ok(Ok(message)) => {
                    server.resting_until.store(0, Ordering::Relaxed);
                    let code = message.metadata.response_code;
                    let validated = server.upstream.validates;
                    let forwarded = Forwarded { message, validated };
                    if !matches!(code, ResponseCode::Refused | ResponseCode::NotImp) {
                        return Ok(forwarded);
                    }
                    unwilling.get_or_insert(forwarded);
                }
                Ok(Err(error)) => {
                    self.rest(server);
                    last = match error {
                        NetError::Timeout => ForwardError::Silent,
                        _ => ForwardError::Unreachable,
                    };
                    tracing::debug!(upstream = %server.upstream.address, %error, "no answer from an upstream");
                }
                Err(_) => {
                    self.rest(server);
                    last = ForwardError::Silent;
                    break;
                }
            }
        }
        unwilling.ok_or(last)
    }

    /// Upstreams that are well, in the operator's order, then the resting ones: when all are
    /// silent each query still tries, so the first one back is found at once.
    fn in_order(&self) -> impl Iterator<Item = &Server> {
        let now = self.now();
        let well = move |server: &&Server| server.resting_until.load(Ordering::Relaxed) <= now;
        let resting = move |server: &&Server| server.resting_until.load(Ordering::Relaxed) > now;
        self.servers
            .iter()
            .filter(well)
            .chain(self.servers.iter().filter(resting))
    }

    fn rest(&self, server: &Server) {
        let until = self.now() + self.limits.upstream_rest.as_millis() as u64;
        if server.resting_until.swap(until, Ordering::Relaxed) == 0 {
            tracing::warn!(upstream = %server.upstream.address, "an upstream does not answer; asking it last for a while");
        }
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

impl Server {
    async fn exchange(&self, question: &Question, limits: &Limits) -> Result<Message, NetError> {
        let answer = self.over_udp(question, limits).await?;
        if !answer.metadata.truncation {
            return Ok(answer);
        }
        match timeout(limits.upstream_timeout, self.over_tcp(question, limits)).await {
            Ok(result) => result,
            Err(_) => Err(NetError::Timeout),
        }
    }

    async fn over_udp(&self, question: &Question, limits: &Limits) -> Result<Message, NetError> {
        let mut stream = UdpClientStream::builder(self.upstream.address, self.provider.clone())
            .with_timeout(Some(limits.upstream_timeout))
            .with_retry_interval_floor(RETRY_AFTER.as_millis() as u64)
            .build();
        let answer = stream.send_message(question.request()).next().await;
        checked(question, answer)
    }

    async fn over_tcp(&self, question: &Question, limits: &Limits) -> Result<Message, NetError> {
        // A kept connection may have been closed by the other side since; a new one is tried once.
        for fresh in [false, true] {
            let Some(exchange) = self.tcp_exchange(fresh, limits).await? else {
                continue;
            };
            match checked(question, exchange.send(question.request()).next().await) {
                Err(error) if !fresh && !matches!(error, NetError::Timeout) => {
                    tracing::debug!(upstream = %self.upstream.address, %error, "opening a new connection to an upstream");
                }
                result => return result,
            }
        }
        Err(NetError::NoConnections)
    }

    /// The kept connection, or a new one which is kept; `None` when an old one is asked for and
    /// there is none.
    async fn tcp_exchange(
        &self,
        fresh: bool,
        limits: &Limits,
    ) -> Result<Option<DnsExchange<TokioRuntimeProvider>>, NetError> {
        let mut kept = self.tcp.lock().await;
        if fresh {
            *kept = None;
            let exchange = TcpClientStream::exchange(
                self.upstream.address,
                None,
                limits.upstream_timeout,
                Some(TCP_ACTIVE),
                self.provider.clone(),
            )
            .await?;
            *kept = Some(exchange);
        }
        Ok(kept.clone())
    }
}

impl Question {
    fn request(&self) -> DnsRequest {
        let mut message = Message::query();
        message.metadata.recursion_desired = self.recursion_desired;
        message.metadata.checking_disabled = self.checking_disabled;
        message.metadata.authentic_data = self.authentic_data;
        message.add_query(self.query.clone());
        let mut edns = Edns::new();
        edns.set_max_payload(UDP_PAYLOAD);
        edns.set_dnssec_ok(self.dnssec_ok);
        message.set_edns(edns);
        let mut options = DnsRequestOptions::default();
        options.retry_interval = RETRY_AFTER;
        DnsRequest::new(message, options)
    }
}

/// hickory has matched address, port and id; the question must be ours too, on every transport.
fn checked(
    question: &Question,
    answer: Option<Result<hickory_proto::op::DnsResponse, NetError>>,
) -> Result<Message, NetError> {
    let message = answer.ok_or(NetError::Timeout)??.into_message();
    let ours = message.queries.len() == 1 && message.queries.first() == Some(&question.query);
    if ours && message.metadata.message_type == hickory_proto::op::MessageType::Response {
        Ok(message)
    } else {
        Err(NetError::Message("the answer is to another question"))
    }
}
