//! What keeps one client from harming the others, and this node from being used to harm anybody.
//!
//! 1. [`options`] is what an operator decides about it.
//! 2. `network` says who counts as one client: all addresses below one prefix, because whoever has one
//!    of them can send with the others.
//! 3. `rates` bounds how many answers a second go to one network over UDP, where a sender's address may
//!    be a lie. What is over it is dropped, and now and then cut instead, so that a client that is really
//!    there comes by TCP.
//! 4. `shares` bounds how many places one network holds: connections, and questions that wait for
//!    upstreams.
//!
//! No address is kept: tables hold numbers under keyed hashes, in memory that is taken once.

mod network;
mod options;
mod rates;
mod shares;

use std::{net::IpAddr, sync::Arc};

use network::Networks;
pub use options::ClientLimits;
pub(crate) use rates::Ticks;
use rates::{Pace, Rates};
pub(crate) use shares::Share;
use shares::Shares;

use crate::access::AccessList;

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
    questions: Arc<Shares>,
    connections: Arc<Shares>,
}

impl Guard {
    pub(crate) fn new(options: &ClientLimits) -> Self {
        Self {
            exempt: options.exempt.clone(),
            networks: Networks::new(options.network_v4, options.network_v6),
            rates: Rates::default(),
            pace_v4: Pace::new(options.rate_v4),
            pace_v6: Pace::new(options.rate_v6),
            slip: options.slip,
            questions: Arc::new(Shares::new(options.questions)),
            connections: Arc::new(Shares::new(options.tcp_connections)),
        }
    }

    /// Whether a query that came over UDP from this address is answered; asking counts.
    pub(crate) fn judge(&self, client: IpAddr, now: Ticks) -> Verdict {
        let network = self.networks.of(client);
        let pace = if network.is_v4() {
            self.pace_v4
        } else {
            self.pace_v6
        };
        let Some(pace) = pace else {
            return Verdict::Answer;
        };
        if self.exempt.admits(client) || self.rates.take(network, pace, now) {
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
