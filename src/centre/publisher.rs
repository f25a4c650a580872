//! The publisher as a task: woken at once in this process and, on PostgreSQL, from any other; by a
//! short poll otherwise.

use std::{sync::Arc, time::Duration};

use data::{
    pool::wake::Wakeups,
    publish::{PublishError, Published, Publisher},
};
use resolver::{
    notify::{Notifier, NotifyTimes, Told},
    secondaries::{Book, Secondaries},
    transfer::{Admission, Keys, TransferLimits, TransferServer},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::{Tasks, health::Health, rematch};
use crate::{cli::Zone, clock, failure::Failure, paths::DataDir};

/// How often the store is looked at when no other process can call.
const POLL: Duration = Duration::from_millis(200);

/// How often it is looked at all the same when one can: a call may be lost, and time alone moves
/// listings, in whole seconds.
const LOOK: Duration = Duration::from_secs(1);

/// How often at most what is known of secondaries is written down.
const NOTE: Duration = Duration::from_secs(1);

/// How long to wait after a failure before trying again.
const REST: Duration = Duration::from_secs(2);

/// What a publisher needs beside the store.
pub(crate) struct PublisherParts {
    /// Wakes the publisher after a decision was stored.
    pub(crate) waker: Arc<Notify>,
    /// Serves the zone, and knows who is told of each release.
    pub(crate) transfer: Transfer,
    /// Hears how each look at the store went.
    pub(crate) health: Arc<Health>,
    /// Hears of each release after it is written.
    pub(crate) on_release: Box<dyn Fn(&Published) + Send>,
}

/// The zone's side of a publisher.
pub(crate) struct Transfer {
    server: TransferServer,
    told: Vec<Told>,
    book: Secondaries,
}

impl Transfer {
    /// Where the zone is served.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.server.address()
    }

    /// What a scrape shows of the secondaries: who has which release, and what was refused.
    pub(crate) fn metrics(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let book = self.book.watch();
        move || resolver::secondaries::metrics::text(&book.borrow())
    }
}

/// Binds the zone transfer server; its journal lies in `dir`.
pub(crate) async fn bind_transfer(
    dir: &DataDir,
    listen: std::net::SocketAddr,
    zone: &Zone,
) -> Result<Transfer, Failure> {
    let keys = match &zone.keys {
        Some(file) => Keys::read(file).map_err(Failure::usage)?,
        None => Keys::default(),
    };
    let mut told = Vec::with_capacity(zone.notify.len());
    for secondary in &zone.notify {
        told.push(Told {
            address: secondary.place,
            key: secondary.find_key(&keys).map_err(Failure::usage)?,
        });
    }
    let admission = Admission::new(&zone.allow, keys).map_err(Failure::usage)?;
    let admitted = zone.allow.iter().filter_map(|keyed| keyed.place.single());
    let book = Secondaries::new(told.iter().map(|told| told.address), admitted);
    // A cache, and written anew soon: what cannot be read is only not known.
    let before = std::fs::read(dir.secondaries()).ok();
    if let Some(before) = before.and_then(|json| serde_json::from_slice::<Book>(&json).ok()) {
        book.remember(&before);
    }
    let server = TransferServer::start(listen, admission, TransferLimits::default()).await?;
    let server = server
        .with_journal(dir.zone_journal())
        .with_secondaries(book.clone());
    Ok(Transfer { server, told, book })
}

/// Takes the lease, publishes what waits, and goes on until stopped. Gives back once the first
/// release stands. While another publisher has the lease: refuses, or waits for its end.
pub(crate) async fn start(
    store: data::Store,
    dir: &DataDir,
    parts: PublisherParts,
    standby: bool,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let publisher = loop {
        match begin(&store, dir).await {
            Err(error) if standby && error.is_temporary() => {
                debug!(error = &error as &dyn std::error::Error, "standing by");
                tokio::time::sleep(LOOK).await;
            }
            other => break other?,
        }
    };
    let wakeups = store.wakeups().await?;
    let notifier = Notifier::start(
        parts.transfer.told.clone(),
        &parts.transfer.book,
        &NotifyTimes::default(),
        &tasks.stop,
        &tasks.tracker,
    );
    tasks.tracker.spawn(keep_book(
        parts.transfer.book.clone(),
        dir.secondaries(),
        tasks.stop.clone(),
    ));
    parts
        .health
        .stepped(true, publisher.published(), clock::now());
    announce(&publisher, &parts, &notifier);
    let rematch = rematch::start(store, parts.health.clone(), tasks).await?;
    rematch.notify_one();
    tasks.tracker.spawn(go_on(
        publisher,
        wakeups,
        parts,
        notifier,
        rematch,
        tasks.clone(),
    ));
    Ok(())
}

async fn begin(store: &data::Store, dir: &DataDir) -> Result<Publisher, PublishError> {
    let mut publisher = Publisher::open(store.clone(), dir.path(), clock::now().0).await?;
    publisher.step(clock::now().0).await?;
    Ok(publisher)
}

async fn go_on(
    mut publisher: Publisher,
    mut wakeups: Wakeups,
    parts: PublisherParts,
    notifier: Notifier,
    rematch: Arc<Notify>,
    tasks: Tasks,
) {
    let quiet = if wakeups.hears() { LOOK } else { POLL };
    loop {
        let stepped = publisher.step(clock::now().0).await;
        parts
            .health
            .stepped(stepped.is_ok(), publisher.published(), clock::now());
        match &stepped {
            Ok(true) => {
                announce(&publisher, &parts, &notifier);
                rematch.notify_one();
            }
            Ok(false) => {}
            Err(error) => {
                // What is published stays; a person must look at why it does not move on.
                error!(
                    error = error as &dyn std::error::Error,
                    "nothing new is published"
                );
            }
        }
        let pause = if stepped.is_ok() { quiet } else { REST };
        tokio::select! {
            () = tasks.stop.cancelled() => break,
            () = parts.waker.notified() => {}
            () = wakeups.next(), if stepped.is_ok() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    parts.transfer.server.stop().await;
}

/// Hands a new release to zone transfer, secondaries and whoever listens in this process.
fn announce(publisher: &Publisher, parts: &PublisherParts, notifier: &Notifier) {
    let Some(published) = publisher.published() else {
        return;
    };
    info!(
        serial = published.release.serial,
        size = published.release.size,
        "released"
    );
    for listing in published.folded.guarded() {
        error!(name = %listing.statement.name, listing = %listing.statement.listing_id, "a listing is held back by the guard");
    }
    for remark in &published.folded.remarks {
        warn!(remark, "a leaf to look into");
    }
    (parts.on_release)(published);
    let zone = blocklist::PolicyZone::new(&published.folded);
    match parts.transfer.server.set_zone(&zone) {
        Ok(serial) => notifier.tell(zone.apex(), serial),
        Err(error) => error!(
            error = &error as &dyn std::error::Error,
            "the zone cannot be served"
        ),
    }
}

/// Writes what is known of the secondaries, when it changed, for whoever looks.
async fn keep_book(book: Secondaries, file: std::path::PathBuf, stop: CancellationToken) {
    let mut watch = book.watch();
    watch.mark_changed();
    loop {
        tokio::select! {
            Ok(()) = watch.changed() => {}
            () = stop.cancelled() => return,
            else => return,
        }
        let known = watch.borrow_and_update().clone();
        let beside = file.with_extension("new");
        let written = serde_json::to_vec_pretty(&known)
            .map_err(std::io::Error::from)
            .and_then(|json| std::fs::write(&beside, json))
            .and_then(|()| std::fs::rename(&beside, &file));
        if let Err(error) = written {
            warn!(path = %file.display(), %error, "what secondaries have cannot be written down");
        }
        tokio::select! {
            () = tokio::time::sleep(NOTE) => {}
            () = stop.cancelled() => return,
        }
    }
}
