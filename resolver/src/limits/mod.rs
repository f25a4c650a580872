//! What keeps one client from harming the others, and this node from being used to harm anybody.
//!
//! 1. [`options`] is what an operator decides about it.
//! 2. `network` says who counts as one client: all addresses below one prefix, because whoever has one
//!    of them can send with the others.
//! 3. `cookies` tell a client that has received an answer of ours from one that only says where it is.
//!    Whoever has one is not held to what follows.
//! 4. `rates` bounds how many answers a second go to one network over UDP, where a sender's address may
//!    be a lie. What is over it is dropped, and now and then cut instead, so that a client that is really
//!    there comes by TCP.
//! 5. `shares` bounds how many places one network holds: connections, and questions that wait for
//!    upstreams.
//! 6. [`Guard::most`] bounds what an answer weighs by what its query weighs, so that nobody who lies about
//!    where it is can send others more than some times what it spends.
//!
//! No address is kept: tables hold numbers under keyed hashes, in memory that is taken once.

mod cookies;
mod network;
mod options;
mod rates;
mod secrets;
mod shares;

use std::{net::IpAddr, sync::Arc};

pub(crate) use cookies::{COOKIE_OPTION, Checked, Cookies, OPTION, Received};
use network::Networks;
pub use options::ClientLimits;
pub(crate) use rates::Ticks;
use rates::{Pace, Rates};
pub use secrets::SecretError;
pub(crate) use shares::Share;
use shares::Shares;

use crate::{access::AccessList, config::UDP_PAYLOAD, query::Query};

/// What becomes of a query that came over UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Answer,
    /// Its network asks too much; it is told to come by another way.
    Reduce,
    /// Its network asks too much; nothing is sent.
    Drop,
}

/// What is known of clients, and what they are held to.
pub(crate) struct Guard {
    exempt: AccessList,
    networks: Networks,
    rates: Rates,
    pace_v4: Option<Pace>,
    pace_v6: Option<Pace>,
    slip: u32,
    pub(crate) cookies: Cookies,
    multiple: u16,
    questions: Arc<Shares>,
    connections: Arc<Shares>,
}

impl Guard {
    /// # Errors
    /// Secrets of cookies that cannot be had.
    pub(crate) fn new(options: &ClientLimits) -> Result<Self, SecretError> {
        let cookies = Cookies::open(options.cookie_secret.as_deref())?;
        Ok(Self::with(options, cookies))
    }

    pub(crate) fn with(options: &ClientLimits, cookies: Cookies) -> Self {
        Self {
            exempt: options.exempt.clone(),
            networks: Networks::new(options.network_v4, options.network_v6),
            rates: Rates::default(),
            pace_v4: Pace::new(options.rate_v4),
            pace_v6: Pace::new(options.rate_v6),
            slip: options.slip,
            cookies,
            multiple: options.multiple,
            questions: Arc::new(Shares::new(options.questions)),
            connections: Arc::new(Shares::new(options.tcp_connections)),
        }
    }

    /// Looks at the cookie of a query: its answer will carry one. Gives whether the client's address is
    /// its own.
    pub(crate) fn recognise(&self, query: &mut Query, client: IpAddr) -> bool {
        let Some(received) = query.edns.and_then(|edns| edns.cookie) else {
            return false;
        };
        let checked = self.cookies.check(&received, client);
        query.cookie = Some(checked.option);
        checked.is_known
    }

    /// Whether a query that came over UDP from this address is answered; asking counts. `query` is
    /// `None` when only the full path can read it.
    pub(crate) fn meet(&self, query: Option<&mut Query>, client: IpAddr, now: Ticks) -> Verdict {
        if let Some(query) = query {
            if self.recognise(query, client) {
                return Verdict::Answer;
            }
            query.most = self.most(client, usize::from(query.length));
        }
        if self.exempt.admits(client) {
            Verdict::Answer
        } else {
            self.judge(client, now)
        }
    }

    /// What the answer to a query of so many octets may weigh over UDP when its client has shown no
    /// cookie.
    pub(crate) fn most(&self, client: IpAddr, query: usize) -> u16 {
        if self.multiple == 0 || self.exempt.admits(client) {
            return UDP_PAYLOAD;
        }
        let most = usize::from(self.multiple.max(2)).saturating_mul(query);
        u16::try_from(most).unwrap_or(u16::MAX).min(UDP_PAYLOAD)
    }

    fn judge(&self, client: IpAddr, now: Ticks) -> Verdict {
        let network = self.networks.of(client);
        let pace = if network.is_v4() {
            self.pace_v4
        } else {
            self.pace_v6
        };
        let Some(pace) = pace else {
            return Verdict::Answer;
        };
        if self.rates.take(network, pace, now) {
            Verdict::Answer
        } else if self.rates.one_of(self.slip) {
            Verdict::Reduce
        } else {
            Verdict::Drop
        }
    }

    /// A place for a question that has to wait for upstreams; `None` when the network of its client
    /// has too many.
    pub(crate) fn question(&self, client: IpAddr) -> Option<Share> {
        self.share(&self.questions, client)
    }

    /// A place for a connection, likewise.
    pub(crate) fn connection(&self, client: IpAddr) -> Option<Share> {
        self.share(&self.connections, client)
    }

    fn share(&self, shares: &Arc<Shares>, client: IpAddr) -> Option<Share> {
        if self.exempt.admits(client) {
            return Some(Share::default());
        }
        shares.enter(self.networks.of(client))
    }
}
