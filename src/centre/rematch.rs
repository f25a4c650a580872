//! Matching sites anew and looking at what time brings, as a task beside the publisher: after each
//! release, so at once when a register was entered, and at least once an hour (releases are signed anew
//! that often), because time alone ends licences and listings, and ages snapshots. Proposals that waited
//! too long are returned at the same time.

use std::{sync::Arc, time::Duration};

use data::{
    Store,
    appeal::desk,
    decide,
    ending::{review, sweep},
    rematch,
};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use super::{
    Tasks,
    health::{Health, Overdue},
};
use crate::clock;

/// How long to wait after a failure before trying again.
const REST: Duration = Duration::from_secs(5);

/// Starts the task; each call of what it gives back makes it look once.
///
/// # Errors
/// When the store fails at the first count of what officers are late with.
pub(crate) async fn start(
    store: Store,
    health: Arc<Health>,
    tasks: &Tasks,
) -> data::Result<Arc<Notify>> {
    health.late(overdue(&store).await?);
    let released = Arc::new(Notify::new());
    let (called, stop) = (released.clone(), tasks.stop.clone());
    tasks.tracker.spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = called.notified() => {}
            }
            let looked = match look(&store).await {
                Ok(()) => dates(&store, &health).await,
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
    Ok(released)
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

/// Asks about listings whose dates have come, and says so when lifts or appeals wait too long.
async fn dates(store: &Store, health: &Health) -> data::Result<()> {
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
    let overdue = overdue(store).await?;
    health.late(overdue);
    if overdue.reviews > 0 {
        warn!(
            overdue = overdue.reviews,
            "lifts wait longer than a working day for another officer; see Reviews in the console"
        );
    }
    if overdue.appeals > 0 {
        warn!(
            overdue = overdue.appeals,
            "appeals wait longer than was promised; see Appeals in the console"
        );
    }
    Ok(())
}

/// What waits for officers too long.
async fn overdue(store: &Store) -> data::Result<Overdue> {
    let now = clock::now().0;
    Ok(Overdue {
        reviews: review::counts(store, now).await?.overdue,
        appeals: desk::overdue(store, now).await?,
    })
}
