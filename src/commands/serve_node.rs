//! Running a node from the moment its configuration stands: on sockets that a service manager or the
//! node before it holds, until it is told to stop or the next one has taken its place.

use std::{net::SocketAddr, os::fd::AsFd as _, path::PathBuf, sync::Arc};

use ::resolver::{Inherited, Node, ResolverConfig, Running, handover::Predecessor, metrics};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    failure::Failure,
    progress::Progress,
    service::{self, Manager},
    telemetry,
};

/// Runs it to its end. `handover` is where it may be replaced, and replaces who is there.
pub(crate) async fn run(
    mut config: ResolverConfig,
    metrics_at: Option<SocketAddr>,
    handover: Option<PathBuf>,
) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let (mut sockets, predecessor) = sockets(handover.as_ref(), &mut config, metrics_at).await?;
    let scrapes = match metrics_at {
        Some(address) => Some(sockets.listen(address).await?),
        None => None,
    };
    let progress = Progress::begin("fetching and verifying the list");
    let mut running = tokio::select! {
        started = Node::open(config)?.start_on(sockets) => started?,
        () = signals.stop() => return Ok(()),
    };
    drop(progress);
    if let Some(predecessor) = predecessor {
        predecessor.relieve().await?;
    }
    if let Some(path) = handover {
        let others = scrapes.iter().map(|it| it.as_fd().try_clone_to_owned());
        running.offer(&path, others.collect::<Result<_, _>>()?)?;
    }
    for address in running.addresses() {
        telemetry::ready("dns", *address);
    }
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    if let Some(listener) = scrapes {
        serve_scrapes(listener, &running, &stop, &tracker)?;
    }
    let manager = Manager::find();
    manager.ready(&running.status());
    tokio::select! {
        () = signals.stop() => manager.stopping(),
        () = running.relieved() => {}
        () = manager.keep_told(&running) => {}
    }
    running.stop().await;
    stop.cancel();
    Ok(())
}

/// What asks this process to end. Heard from before anybody is told that it is ready.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The sockets that are there already, and the node that has them. A service manager's stand in place
/// of the addresses that were configured.
async fn sockets(
    handover: Option<&PathBuf>,
    config: &mut ResolverConfig,
    metrics_at: Option<SocketAddr>,
) -> Result<(Inherited, Option<Predecessor>), Failure> {
    if let Some(held) = service::sockets()? {
        config.listen = held.addresses();
        config.listen.retain(|address| Some(*address) != metrics_at);
        return Ok((held, None));
    }
    let predecessor = match handover {
        Some(path) => Predecessor::find(path).await?,
        None => None,
    };
    let Some(mut predecessor) = predecessor else {
        return Ok((Inherited::default(), None));
    };
    Ok((predecessor.sockets(), Some(predecessor)))
}

fn serve_scrapes(
    listener: TcpListener,
    running: &Running,
    stop: &CancellationToken,
    tracker: &TaskTracker,
) -> Result<(), Failure> {
    telemetry::ready("metrics", listener.local_addr()?);
    let source = Arc::new(running.metrics());
    metrics::serve_on(listener, source, stop.clone(), tracker);
    Ok(())
}
