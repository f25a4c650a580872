//! The zone for other name servers: SOA over UDP and TCP, AXFR over TCP (RFC 5936) in as many
//! messages as it takes, IXFR (RFC 1995) from a bounded journal of differences. A serial the journal
//! does not know gets the whole zone, one that is up to date the SOA alone.
//!
//! One zone is served, swapped whole together with its journal; a transfer that has begun goes on
//! with the zone it began with. Networks that are not admitted get REFUSED over UDP and no connection
//! over TCP; a network may be asked for signatures (TSIG, RFC 8945), and what is asked with one is
//! answered with one, message by message.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use blocklist::PolicyZone;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    error::StartError,
    secondaries::Secondaries,
    sockets,
    transfer::{
        journal::{Delta, Journal},
        serve::Context,
    },
    zone::{ZoneError, ZoneImage},
};

mod admission;
mod answer;
mod journal;
mod kept;
mod keys;
mod outgoing;
mod places;
mod serve;
mod signature;

pub use admission::{Admission, Keyed, UnknownKey};
pub use keys::{Keys, KeysError};

/// Bounds on secondaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLimits {
    /// Open connections; further ones wait in the kernel's queue.
    pub connections: usize,
    /// Of these, how many may come from within one admitted network; further ones are closed.
    pub of_network: usize,
    /// Of these, how many from one address: an IPv4 address, or the /64 that an IPv6 customer has.
    pub of_address: usize,
    /// Octets the kernel may hold for one connection; it doubles them for its own needs.
    pub send_buffer: usize,
    /// A connection without a query for this long is closed.
    pub idle: Duration,
    /// A secondary that does not take one message within this time is cut off.
    pub write: Duration,
    /// A whole transfer may take this long.
    pub transfer: Duration,
    /// Octets of differences kept for secondaries that missed releases.
    pub journal: usize,
}

impl Default for TransferLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            of_network: 32,
            of_address: 8,
            send_buffer: 256 << 10,
            idle: Duration::from_secs(10),
            write: Duration::from_secs(10),
            transfer: Duration::from_secs(600),
            journal: 4 << 20,
        }
    }
}

/// Serves zone transfers until stopped or dropped.
pub struct TransferServer {
    address: SocketAddr,
    served: Arc<ArcSwapOption<Served>>,
    secondaries: Arc<OnceLock<Secondaries>>,
    journal_octets: usize,
    journal_file: Option<PathBuf>,
    stop: CancellationToken,
    tracker: TaskTracker,
    _stop_on_drop: DropGuard,
}

/// What is served: a zone, and what led to it.
struct Served {
    zone: ZoneImage,
    journal: Journal,
}

impl TransferServer {
    /// Binds UDP and TCP on `listen` (port 0 takes a free one) and serves whom `admission` admits.
    /// Until a zone is set the answer is SERVFAIL.
    pub async fn start(
        listen: SocketAddr,
        admission: Admission,
        limits: TransferLimits,
    ) -> Result<Self, StartError> {
        let (udp, tcp, address) = sockets::bind_pair(listen).await?;
        // Inherited by its connections. Left alone, it grows to megabytes for whoever does not read.
        let octets = limits.send_buffer;
        if let Err(error) = rustix::net::sockopt::set_socket_send_buffer_size(&tcp, octets) {
            let error = std::io::Error::from(error);
            tracing::warn!(%error, "the kernel holds more for slow secondaries than it was told to");
        }
        let served = Arc::new(ArcSwapOption::empty());
        let secondaries = Arc::new(OnceLock::new());
        let journal_octets = limits.journal;
        let context = Arc::new(Context {
            served: served.clone(),
            secondaries: secondaries.clone(),
            admission,
            limits,
        });
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        tracker.spawn(serve::udp(udp, context.clone(), stop.clone()));
        tracker.spawn(serve::tcp(tcp, context, stop.clone(), tracker.clone()));
        let _stop_on_drop = stop.clone().drop_guard();
        Ok(Self {
            address,
            served,
            secondaries,
            journal_octets,
            journal_file: None,
            stop,
            tracker,
            _stop_on_drop,
        })
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Keeps the journal in this file, so that it outlives the process.
    #[must_use]
    pub fn with_journal(mut self, file: PathBuf) -> Self {
        self.journal_file = Some(file);
        self
    }

    /// Notes in this book what the secondaries it knows have fetched; nothing of anybody else.
    #[must_use]
    pub fn with_secondaries(self, book: Secondaries) -> Self {
        let _ = self.secondaries.set(book);
        self
    }

    /// Serves `zone` from the next query on; gives its serial. On an error the zone before stays.
    pub fn set_zone(&self, zone: &PolicyZone) -> Result<u32, ZoneError> {
        let zone = ZoneImage::new(zone)?;
        let serial = zone.serial();
        let before = self.served.load_full();
        if before.as_ref().is_some_and(|before| before.zone == zone) {
            return Ok(serial);
        }
        let journal = match before {
            None => self.kept_journal(&zone),
            Some(before) => self.continue_journal(&before, &zone),
        };
        self.served.store(Some(Arc::new(Served { zone, journal })));
        if let Some(book) = self.secondaries.get() {
            book.serving(serial);
        }
        Ok(serial)
    }

    fn kept_journal(&self, zone: &ZoneImage) -> Journal {
        let file = self.journal_file.as_deref();
        file.map_or_else(Journal::default, |file| {
            kept::load(file, zone, self.journal_octets)
        })
    }

    fn continue_journal(&self, before: &Served, zone: &ZoneImage) -> Journal {
        let mut journal = Journal::default();
        if let Some(delta) = Delta::between(&before.zone, zone) {
            journal = before.journal.clone();
            journal.push(delta, self.journal_octets);
        } else {
            tracing::error!(
                before = before.zone.serial(),
                now = zone.serial(),
                "the zone changed and its serial did not grow; secondaries that have it keep what they have"
            );
        }
        if let Some(file) = &self.journal_file
            && let Err(error) = kept::save(file, &journal, zone)
        {
            tracing::warn!(path = %file.display(), %error, "the journal of the zone cannot be written; after a restart secondaries get the whole zone");
        }
        journal
    }

    /// The serial being served.
    pub fn serial(&self) -> Option<u32> {
        let served = self.served.load();
        served.as_ref().map(|served| served.zone.serial())
    }

    /// Stops; transfers that have begun are broken off.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
