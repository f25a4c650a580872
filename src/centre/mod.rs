//! The long-running parts of a centre, each a task that ends when it is told to.

pub(crate) mod appeals;
pub(crate) mod crawl;
pub(crate) mod health;
pub(crate) mod publisher;
pub(crate) mod rematch;
pub(crate) mod web;

use std::{collections::BTreeMap, net::SocketAddr};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What was bound, by the names used in `ports.json`.
pub(crate) type Ports = BTreeMap<&'static str, SocketAddr>;

/// The tasks of this process: one token stops them, one tracker waits for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) stop: CancellationToken,
    pub(crate) tracker: TaskTracker,
}

impl Tasks {
    /// Tells every task to end and waits until all have.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
