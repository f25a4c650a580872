//! Looking after appeals as a task: proofs of control that owners published are looked for, unproved
//! appeals lapse, and what senders left is erased when its time is over.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use blocklist::Trust;
use crawler::{
    address_guard::{AddressGuard, LoopbackPermission},
    control::{self, Prover},
};
use data::{
    Error, Store,
    appeal::{
        AppealError,
        keep::{self, Swept},
        proof::{self, Look, Seen},
    },
};
use tokio::task::JoinSet;
use tracing::{error, info};

use super::Tasks;
use crate::clock;

/// How often it is looked whether something is due.
const EVERY: Duration = Duration::from_secs(20);

/// Hosts looked at together: one that answers slowly holds nobody up.
const AT_ONCE: usize = 16;

/// An appeal whose proof was looked for.
pub(crate) struct Looked {
    pub(crate) id: String,
    pub(crate) host: String,
    /// Whether the token was there.
    pub(crate) found: bool,
    /// Whether it is before people now.
    pub(crate) proved: bool,
    pub(crate) looks: Vec<Look>,
}

/// What one round did.
pub(crate) struct Round {
    pub(crate) looked: Vec<Looked>,
    pub(crate) swept: Swept,
}

/// Looks for proofs on the open web, through these upstreams.
pub(crate) async fn prover(store: &Store, upstreams: &[SocketAddr]) -> anyhow::Result<Prover> {
    let about = about(&store.trust().await?);
    Ok(Prover::new(
        upstreams,
        AddressGuard::public(),
        &about,
        None,
    )?)
}

/// Looks for proofs on the web of a demonstration.
pub(crate) async fn demo_prover(
    store: &Store,
    upstream: SocketAddr,
    port: u16,
) -> anyhow::Result<Prover> {
    let trust = store.trust().await?;
    let guard = AddressGuard::with_loopback(LoopbackPermission::for_demo(&trust, port)?);
    Ok(Prover::new(&[upstream], guard, &about(&trust), Some(port))?)
}

/// Where site owners read who asks.
fn about(trust: &Trust) -> String {
    format!("{}/en/appeal", trust.public_url.trim_end_matches('/'))
}

/// Looks at every host that is due, and sweeps.
pub(crate) async fn round(store: &Store, prover: &Arc<Prover>) -> data::Result<Round> {
    let mut looked = Vec::new();
    let mut looking = JoinSet::new();
    let mut more = true;
    loop {
        while more && looking.len() < AT_ONCE {
            match proof::next(store, clock::now().0).await? {
                Some(waiting) => {
                    let prover = Arc::clone(prover);
                    looking.spawn(async move {
                        let places = prover.published(&waiting.host).await;
                        (waiting, places)
                    });
                }
                None => more = false,
            }
        }
        let Some(done) = looking.join_next().await else {
            break;
        };
        let (waiting, places) = done.map_err(|error| Error::stored("appeal_check", error))?;
        for (id, token) in waiting.tokens {
            let looks = control::looks(&places, &token);
            let proved = proof::found(store, &id, &looks, clock::now().0)
                .await
                .map_err(of_store)?;
            looked.push(Looked {
                id,
                host: waiting.host.to_string(),
                found: looks.iter().any(|look| look.seen == Seen::Token),
                proved,
                looks,
            });
        }
    }
    looked.sort_by(|a, b| a.id.cmp(&b.id));
    let swept = keep::sweep(store, clock::now().0).await.map_err(of_store)?;
    Ok(Round { looked, swept })
}

/// Whoever looks decides nothing, so only the store can fail.
fn of_store(error: AppealError) -> Error {
    match error {
        AppealError::Store(error) => error,
        other => Error::stored("appeal", other),
    }
}

/// Starts the task.
pub(crate) fn start(store: Store, prover: Prover, tasks: &Tasks) {
    let (stop, prover) = (tasks.stop.clone(), Arc::new(prover));
    tasks.tracker.spawn(async move {
        loop {
            let done = tokio::select! {
                () = stop.cancelled() => return,
                done = round(&store, &prover) => done,
            };
            match done {
                Ok(done) => tell(&done),
                Err(failed) => error!(
                    error = &failed as &dyn std::error::Error,
                    "appeals are not looked after"
                ),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    });
}

fn tell(round: &Round) {
    for looked in &round.looked {
        info!(
            appeal = looked.id,
            host = looked.host,
            proved = looked.proved,
            "looked for a proof of control"
        );
    }
    let Swept { lapsed, erased } = round.swept;
    if lapsed + erased > 0 {
        info!(lapsed, erased, "appeals swept");
    }
}
