//! Matching sites anew and looking at what time brings, as a task beside the publisher: after each
//! release, so at once when a register was entered, and at least once an hour (releases are signed anew
//! that often), because time alone ends licences and listings, and ages snapshots. Proposals that waited
//! too long are returned at the same time.

use std::{sync::Arc, time::Duration};

use data::{
    Store, decide,
    ending::{review, sweep},
    rematch,
};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use super::Tasks;
use crate::clock;

/// How long to wait after a failure before trying again.
const REST: Duration = Duration::from_secs(5);

/// Starts the task; each call of what it gives back makes it look once.
pub(crate) fn start(store: Store, tasks: &Tasks) -> Arc<Notify> {
    let released = Arc::new(Notify::new());
    let (called, stop) = (released.clone(), tasks.stop.clone());
    tasks.tracker.spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = called.notified() => {}
            }
            let looked = match look(&store).await {
                Ok(()) => dates(&store).await,
                failed => failed,
            };
            if let Err(failed) = looked {
                error!(
                    error = &failed as &dyn std::error::Error,
                    "what time brings is not looked for"
                );
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(REST) => called.notify_one(),
                }
            }
        }
    });
    released
}

async fn look(store: &Store) -> data::Result<()> {
    let lapsed = decide::expire_proposals(store, clock::now().0).await?;
    if !lapsed.is_empty() {
        info!(cases = ?lapsed, "proposals waited too long for their second signature");
    }
    let began = std::time::Instant::now();
    let Some(done) = rematch::run(store, clock::now().0).await? else {
        return Ok(());
    };
    info!(
        sites = done.sites,
        changed = done.changed,
        opened = done.opened.len(),
        closed = done.closed.len(),
        revisits = done.revisits,
        took_ms = began.elapsed().as_millis(),
        "sites matched anew"
    );
    Ok(())
}

/// Asks about listings whose dates have come, and says so when lifts wait too long for a second look.
async fn dates(store: &Store) -> data::Result<()> {
    let now = clock::now().0;
    let swept = sweep::sweep(store, now).await?;
    if swept != sweep::Swept::default() {
        info!(
            asked = swept.asked.len(),
            revisits = swept.revisits,
            expired = swept.expired.len(),
            "dates of listings have come"
        );
    }
    let lifts = review::counts(store, now).await?;
    if lifts.overdue > 0 {
        warn!(
            overdue = lifts.overdue,
            "lifts wait longer than a working day for another officer; see Reviews in the console"
        );
    }
    Ok(())
}
