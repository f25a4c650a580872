//! The publisher's side: the zone server and the notifier, as `qalqan publish` runs them.

use std::{net::SocketAddr, path::PathBuf};

use blocklist::{
    Folded, ListingId, PolicyZone, Scope,
    fold::{Action, Entry},
    testing::{START, TestLog, name},
};
use resolver::{
    notify::{Notifier, NotifyTimes, Told},
    secondaries::{Secondaries, SecondaryStatus},
    transfer::{Admission, Keyed, Keys, TransferLimits, TransferServer},
};
use tokio::time::timeout;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::client::LONG;

/// The secret of the only key, and another for those who have it wrong.
pub const SECRET: &str = "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=";
pub const WRONG_SECRET: &str = "dHdvIHR3byB0d28gdHdvIHR3byB0d28gdHdvIHR3byE=";

/// What `tsig-keygen` prints; the same text goes into BIND's configuration.
pub fn key(secret: &str) -> String {
    format!("key \"isp-one\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{secret}\";\n}};\n")
}

/// The zone with two thousand names and these.
pub fn zone(release: u64, hosts: &[&str]) -> PolicyZone {
    let (_, folded) = TestLog::new(true).fold(START);
    let entry = |host: &str| Entry {
        name: name(host),
        scope: Scope::Subtree,
        action: Action::Block,
        listing_id: ListingId::new(2026, 1).unwrap(),
    };
    let many = (0..2_000).map(|number| entry(&format!("many-{number:04}.test")));
    let mut entries: Vec<_> = many.chain(hosts.iter().map(|host| entry(host))).collect();
    entries.sort();
    PolicyZone::new(&Folded {
        entries,
        size: folded.size + release,
        ..folded
    })
}

/// A publisher's zone server for one secondary on this machine.
pub struct Primary {
    pub address: SocketAddr,
    pub book: Secondaries,
    server: TransferServer,
    notifier: Notifier,
    _stop: DropGuard,
}

impl Primary {
    /// Listens on `listen`, admits this machine with or without the key, tells whoever is to be `told`.
    pub async fn start(
        listen: SocketAddr,
        journal: PathBuf,
        told: Option<SocketAddr>,
        key: Option<&str>,
        limits: TransferLimits,
    ) -> Self {
        let keys = Keys::parse(&self::key(SECRET)).unwrap();
        let key = key.map(str::to_owned);
        let network: Keyed<resolver::access::Prefix> = Keyed {
            key: key.clone(),
            place: "127.0.0.1".parse().unwrap(),
        };
        let key = key.and_then(|key| keys.get(&key).cloned());
        let told: Vec<_> = told
            .map(|address| Told { address, key })
            .into_iter()
            .collect();
        let admitted = network.place.single();
        let admission = Admission::new(&[network], keys).unwrap();
        let book = Secondaries::new(told.iter().map(|told| told.address), admitted);
        let server = TransferServer::start(listen, admission, limits)
            .await
            .unwrap()
            .with_journal(journal)
            .with_secondaries(book.clone());
        let stop = CancellationToken::new();
        let (times, tracker) = (NotifyTimes::default(), TaskTracker::new());
        let notifier = Notifier::start(told, &book, &times, &stop, &tracker);
        Self {
            address: server.address(),
            book,
            server,
            notifier,
            _stop: stop.drop_guard(),
        }
    }

    /// Publishes, as the publisher does.
    pub fn release(&self, zone: &PolicyZone) {
        let serial = self.server.set_zone(zone).unwrap();
        self.notifier.tell(zone.apex(), serial);
    }

    /// Waits until this is known of the secondary.
    pub async fn sees(&self, what: &str, known: impl Fn(&SecondaryStatus) -> bool) {
        let mut watch = self.book.watch();
        let seen = timeout(LONG, watch.wait_for(|book| known(&book.secondaries[0]))).await;
        drop(seen.unwrap_or_else(|_| panic!("never {what}: {:?}", self.book.watch().borrow())));
    }

    pub fn status(&self) -> SecondaryStatus {
        self.book.watch().borrow().secondaries[0].clone()
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }
}
