//! Running a node from the moment its configuration stands: on sockets that a service manager or the
//! node before it holds, until it is told to stop or the next one has taken its place.

use std::{net::SocketAddr, os::fd::AsFd as _, path::PathBuf, sync::Arc};

use ::resolver::{
    Inherited, Node, ResolverConfig, Running,
    control::{ControlSocket, Source},
    handover::Predecessor,
    metrics,
    node::Reloader,
};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::resolver::bind_control;
use crate::{
    failure::Failure,
    paths::DataDir,
    progress::Progress,
    service::{self, Manager},
    telemetry,
};

/// What an operator asks and tells it by.
pub(crate) struct Verbs {
    /// Where verbs find it.
    pub(crate) dir: DataDir,
    /// What a reload asks for the configuration.
    pub(crate) source: Source,
}

/// Runs it to its end. `handover` is where it may be replaced, and replaces who is there.
pub(crate) async fn run(
    mut config: ResolverConfig,
    metrics_at: Option<SocketAddr>,
    handover: Option<PathBuf>,
    verbs: Verbs,
) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let configured = config.listen.clone();
    let (mut sockets, predecessor) = sockets(handover.as_ref(), &mut config, metrics_at).await?;
    let source = if config.listen == configured {
        verbs.source
    } else {
        listening_on(config.listen.clone(), verbs.source)
    };
    let scrapes = match metrics_at {
        Some(address) => Some(sockets.listen(address).await?),
        None => None,
    };
    // Two nodes in one directory would be mistaken for each other, except while one replaces the other.
    let mut control = match predecessor {
        None => bind_control(&verbs.dir)?,
        Some(_) => None,
    };
    let progress = Progress::begin("fetching and verifying the list");
    let mut running = tokio::select! {
        started = Node::open(config)?.start_on(sockets) => started?,
        () = signals.stop() => return Ok(()),
    };
    drop(progress);
    let (place, freed) = oneshot::channel();
    if let Some(predecessor) = predecessor {
        predecessor.relieve().await?;
        wait_for_place(&verbs.dir, place);
    } else if let Some(socket) = control.take() {
        let _ = place.send(socket);
    }
    reload_on_hangup(running.reloader())?;
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
    let mut freed = Some(freed);
    loop {
        tokio::select! {
            socket = of(&mut freed) => {
                if let Some(socket) = socket {
                    running.control(socket, source.clone())?;
                }
            }
            () = signals.stop() => {
                manager.stopping();
                break;
            }
            () = running.relieved() => break,
            () = manager.keep_told(&running) => break,
        }
    }
    running.stop().await;
    stop.cancel();
    Ok(())
}

/// A source of configurations that leaves the addresses as they are, where a service manager's stand in
/// place of those that were configured.
fn listening_on(listen: Vec<SocketAddr>, source: Source) -> Source {
    Arc::new(move || {
        let mut fresh = source()?;
        fresh.config.listen.clone_from(&listen);
        Ok(fresh)
    })
}

/// What comes once, and nothing after it.
async fn of(awaited: &mut Option<oneshot::Receiver<ControlSocket>>) -> Option<ControlSocket> {
    match awaited {
        Some(receiver) => {
            let received = receiver.await;
            *awaited = None;
            received.ok()
        }
        None => std::future::pending().await,
    }
}

/// The node that was replaced is found by verbs until it has ended; then this one is. A thread of its
/// own waits, for a lock has no other way to be waited for, and the process does not wait for it.
fn wait_for_place(dir: &DataDir, place: oneshot::Sender<ControlSocket>) {
    let path = dir.control_socket();
    std::thread::spawn(move || match ControlSocket::bind_when_free(&path) {
        Ok(socket) => drop(place.send(socket)),
        Err(error) => tracing::warn!(%error, "verbs cannot reach this node"),
    });
}

/// SIGHUP reloads, for as long as the process lives.
fn reload_on_hangup(reload: Reloader) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload.reload().await;
        }
    });
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
