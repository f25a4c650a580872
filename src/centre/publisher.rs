//! The publisher as a task: woken at once in this process and, on PostgreSQL, from any other; by a
//! short poll otherwise.

use std::{sync::Arc, time::Duration};

use data::{
    pool::wake::Wakeups,
    publish::{PublishError, Published, Publisher},
};
use resolver::{
    notify::{NotifyTimes, notify},
    transfer::{Admission, Keys, TransferLimits, TransferServer},
};
use tokio::sync::Notify;
use tracing::{debug, error, info, warn};

use super::{Tasks, rematch};
use crate::{cli::Zone, clock, failure::Failure, paths::DataDir};

/// How often the store is looked at when no other process can call.
const POLL: Duration = Duration::from_millis(200);

/// How often it is looked at all the same when one can: a call may be lost, and time alone moves
/// listings, in whole seconds.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait after a failure before trying again.
const REST: Duration = Duration::from_secs(2);

/// What a publisher needs beside the store.
pub(crate) struct PublisherParts {
    /// Wakes the publisher after a decision was stored.
    pub(crate) waker: Arc<Notify>,
    /// Serves the zone.
    pub(crate) transfer: TransferServer,
    /// Who is told of each release.
    pub(crate) zone: Zone,
    /// Hears of each release after it is written.
    pub(crate) on_release: Box<dyn Fn(&Published) + Send>,
}

/// Binds the zone transfer server; its journal lies in `dir`.
pub(crate) async fn bind_transfer(
    dir: &DataDir,
    listen: std::net::SocketAddr,
    zone: &Zone,
) -> Result<TransferServer, Failure> {
    let keys = match &zone.keys {
        Some(file) => Keys::read(file).map_err(Failure::usage)?,
        None => Keys::default(),
    };
    let admission = Admission::new(&zone.allow, keys).map_err(Failure::usage)?;
    let server = TransferServer::start(listen, admission, TransferLimits::default()).await?;
    Ok(server.with_journal(dir.zone_journal()))
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
    announce(&publisher, &parts, tasks);
    let rematch = rematch::start(store, tasks);
    rematch.notify_one();
    tasks
        .tracker
        .spawn(go_on(publisher, wakeups, parts, rematch, tasks.clone()));
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
    rematch: Arc<Notify>,
    tasks: Tasks,
) {
    let quiet = if wakeups.hears() { LOOK } else { POLL };
    loop {
        let stepped = publisher.step(clock::now().0).await;
        match &stepped {
            Ok(true) => {
                announce(&publisher, &parts, &tasks);
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
    parts.transfer.stop().await;
}

/// Hands a new release to zone transfer, secondaries and whoever listens in this process.
fn announce(publisher: &Publisher, parts: &PublisherParts, tasks: &Tasks) {
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
        warn!(remark, "a leaf that changes nothing");
    }
    (parts.on_release)(published);
    let zone = blocklist::PolicyZone::new(&published.folded);
    match parts.transfer.set_zone(&zone) {
        Ok(_) => tell_secondaries(zone.apex().to_owned(), parts, tasks),
        Err(error) => error!(
            error = &error as &dyn std::error::Error,
            "the zone cannot be served"
        ),
    }
}

fn tell_secondaries(apex: String, parts: &PublisherParts, tasks: &Tasks) {
    if parts.zone.notify.is_empty() {
        return;
    }
    let secondaries: Vec<_> = parts.zone.notify.iter().map(|told| told.place).collect();
    let stop = tasks.stop.clone();
    tasks.tracker.spawn(async move {
        let times = NotifyTimes::default();
        tokio::select! {
            () = stop.cancelled() => {}
            results = notify(&apex, &secondaries, &times) => {
                for failed in results.into_iter().filter_map(Result::err) {
                    warn!(error = &failed as &dyn std::error::Error, "a secondary was not told");
                }
            }
        }
    });
}
