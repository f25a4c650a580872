//! Verbs on a running node: `resolver status`, `explain`, `selftest`, `pause`, `flush` and `reload`
//! reach it through a Unix socket in its data directory, one request and one answer a connection.
//!
//! 1. [`request`] is what a verb asks, read within bounds; [`socket`] the node's end and [`client`]
//!    the verb's.
//! 2. [`overview`] is how the node fares, with `rates`; [`explain`] what would happen to a query, with
//!    what the log says of a `listings`; [`selftest`] asks the node from outside (`exchange`).
//! 3. `pause` and `reload` change what is in force, at the next packet.

pub mod client;
mod exchange;
pub mod explain;
mod listings;
pub mod overview;
pub(crate) mod pause;
mod rates;
pub mod reload;
pub mod request;
pub mod selftest;
pub mod socket;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use blocklist::{DomainName, Timestamp};
use hickory_proto::op::ResponseCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    client::{ControlError, ask},
    explain::{Explained, Outcome, Remembered, record_type},
    listings::Listing,
    overview::{Amiss, Overview},
    pause::Paused,
    rates::{Counts, Rates},
    reload::{Fresh, LastReload, Reloaded, Source},
    request::{LONGEST_PAUSE, LONGEST_REASON, Request, RequestError},
    socket::{ControlSocket, SocketError},
};
use self::{pause::Pauser, rates::Sampled, reload::Reloader};
use crate::{
    config::PauseScope,
    enforce::Shared,
    observe::Observed,
    rpz::Hit,
    status::{Explanation, OwnRule},
};

/// What a flush forgot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flushed {
    /// Answers.
    pub answers: u64,
}

/// What verbs act on.
pub(crate) struct Control {
    addresses: Vec<SocketAddr>,
    shared: Shared,
    observed: Observed,
    sampled: Sampled,
    pauser: Pauser,
    reloader: Reloader,
    /// Where the node keeps its list, if it follows one.
    state_dir: Option<PathBuf>,
    started: Timestamp,
    /// Where a new configuration comes from; set once the node answers.
    source: std::sync::OnceLock<Source>,
}

impl Control {
    pub(crate) fn new(
        addresses: Vec<SocketAddr>,
        observed: Observed,
        reloader: Reloader,
        state_dir: Option<PathBuf>,
    ) -> Self {
        let shared = reloader.shared.clone();
        Self {
            addresses,
            sampled: Sampled::new(observed.clone()),
            pauser: Pauser::new(shared.clone()),
            started: (shared.clock)(),
            shared,
            observed,
            reloader,
            state_dir,
            source: std::sync::OnceLock::new(),
        }
    }

    /// Where the node listens.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Starts what goes on beside the verbs.
    pub(crate) fn start(&self, stop: &CancellationToken, tracker: &TaskTracker) {
        tracker.spawn(self.pauser.clone().keep(stop.clone()));
        tracker.spawn(self.sampled.clone().keep(stop.clone()));
    }

    /// Answers verbs that come by `socket`.
    pub(crate) fn serve(
        self: &Arc<Self>,
        socket: ControlSocket,
        source: Source,
        stop: &CancellationToken,
        tracker: &TaskTracker,
    ) -> std::io::Result<()> {
        // Only the first one is taken, and there is only one.
        let _ = self.source.set(source);
        socket.serve(self.clone(), stop.clone(), tracker)
    }

    /// Does what is asked. An error is in words for whoever asked.
    async fn answer(self: &Arc<Self>, request: Request) -> Result<Value, String> {
        match request {
            Request::Status => json(&self.overview()),
            Request::Explain { name, kind } => {
                let control = self.clone();
                json(&beside(move || control.explain(&name, kind)).await?)
            }
            Request::Selftest => {
                let control = self.clone();
                json(&beside(move || control.plan()).await?)
            }
            Request::Pause {
                scope: PauseScope::List,
                ..
            } if self.state_dir.is_none() => Err(
                "this node follows no list; with --own-rules-too rules of your own are paused"
                    .to_owned(),
            ),
            Request::Pause {
                seconds,
                reason,
                scope,
            } => json(&self.pauser.begin(seconds, &reason, scope)),
            Request::Resume => json(&self.pauser.end()),
            Request::Flush { name, subtree } => {
                let control = self.clone();
                let flushed = beside(move || control.flush(name.as_ref(), subtree)).await?;
                let answers = flushed as u64;
                tracing::warn!(
                    answers,
                    "answers were forgotten because an operator said so"
                );
                json(&Flushed { answers })
            }
            Request::Reload => json(&self.reload().await?),
        }
    }

    /// Reads the configuration again and puts it in force.
    pub(crate) async fn reload(&self) -> Result<Reloaded, String> {
        match self.source.get() {
            Some(source) => self.reloader.reload(source).await,
            None => Err("this node has no configuration to read again".to_owned()),
        }
    }

    /// Forgets the answers that are remembered of a name, and with `below` of all names below it;
    /// `None` forgets all. Gives how many there were.
    pub(crate) fn flush(&self, name: Option<&DomainName>, below: bool) -> usize {
        let cache = &self.observed.fast.cache;
        match name {
            Some(name) => cache.flush_name(&name.to_wire(), below),
            None => cache.flush(),
        }
    }

    /// What rules say of a name.
    pub(crate) fn explain_rules(&self, name: &DomainName) -> Explanation {
        let policy = self.shared.policy.load_full();
        let wire = name.to_wire();
        let listing = policy.find_listed(&wire);
        let url = listing.as_ref().zip(self.shared.trust.as_ref());
        Explanation {
            name: name.to_string(),
            blocked: policy.find(&wire).is_some(),
            url: url.map(|(listing, trust)| trust.listing_url(listing)),
            listing_id: listing,
            own_rules: policy.zones().explain(&wire).map(own_rule).collect(),
            own_allowed: policy.zones().allows(&wire),
            list_active: policy.is_enforced(),
            release: self.shared.status.borrow().release.clone(),
        }
    }
}

fn own_rule(hit: Hit<'_>) -> OwnRule {
    OwnRule {
        rule: hit.to_string(),
        action: hit.word().to_owned(),
        file: hit.zone.path().display().to_string(),
        serial: hit.zone.serial(),
        shadow: hit.zone.is_shadow(),
    }
}

/// A response code as people write it, such as `NXDOMAIN`.
fn mnemonic(code: ResponseCode) -> String {
    format!("{code:?}").to_uppercase()
}

fn json(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

/// Does what takes a while where nobody waits for the thread.
async fn beside<T: Send + 'static>(does: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(does).await;
    done.map_err(|error| error.to_string())
}
