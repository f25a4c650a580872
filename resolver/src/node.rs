//! A resolver node: opened from its own disk, started on its sockets, kept up to date from a
//! release source, stopped in order.
//!
//! The order at start is what DESIGN rule 11 asks for. A verified list on disk is in force before
//! the first socket is bound. With none, one pull must succeed first, or the node does not listen
//! at all unless it is told to.

use std::{
    net::SocketAddr,
    os::fd::OwnedFd,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use arc_swap::ArcSwap;
use blocklist::DomainName;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    answer::BlockPage,
    cache::{AnswerCache, CacheLimits},
    config::{ListConfig, ResolverConfig},
    control::{Control, ControlSocket, Source, reload},
    enforce::{DryRun, Shared, unfiltered},
    error::{PullError, StartError, StateError},
    fast::{self, Fast, counters::Counters},
    forward::Forwarder,
    handler::Resolve,
    handover::{Directory, Offer},
    inherited::Inherited,
    limits::Guard,
    metrics::Page,
    observe::Observed,
    pulse::Pulse,
    rpz::Watcher,
    server::Serve,
    sockets,
    source::Reader,
    state::StateDir,
    status::{Explanation, NodeStatus, PullFailure},
    sys,
    update::{Pulled, Updater},
    upstream::{Upstreams, UpstreamsCell},
};

/// How long work in hand may take after a stop.
const GRACE: Duration = Duration::from_secs(5);

pub use crate::enforce::{Clock, system_clock};

/// A node that is not listening yet.
pub struct Node {
    config: ResolverConfig,
    list: Option<List>,
}

/// The list's side of a node.
struct List {
    updater: Updater,
    shared: Shared,
    directory: Arc<Directory>,
    poll: Duration,
    start_empty: bool,
}

/// A node that answers.
pub struct Running {
    shared: Shared,
    observed: Observed,
    control: Arc<Control>,
    poked: Arc<Notify>,
    sockets: Vec<OwnedFd>,
    directory: Arc<Directory>,
    relieved: CancellationToken,
    stop: CancellationToken,
    tracker: TaskTracker,
    asking: Asking,
    _stop_on_drop: DropGuard,
}

/// Reloads a node that answers.
#[derive(Clone)]
pub struct Reloader(Arc<Control>);

impl Reloader {
    /// Reads the configuration again and puts it in force, or leaves all as it was. What came of it is
    /// in the log and in the node's state.
    pub async fn reload(&self) {
        if let Err(words) = self.0.reload().await {
            tracing::debug!(%words, "a reload was refused");
        }
    }
}

/// What asks upstreams: it ends after all that may still need it.
struct Asking {
    end: CancellationToken,
    tracker: TaskTracker,
    _end_on_drop: DropGuard,
}

impl Asking {
    fn new() -> Self {
        let end = CancellationToken::new();
        Self {
            tracker: TaskTracker::new(),
            _end_on_drop: end.clone().drop_guard(),
            end,
        }
    }
}

impl Node {
    /// Reads the node's own directory. Nothing is fetched and nothing listens.
    pub fn open(config: ResolverConfig) -> Result<Self, StartError> {
        Self::open_with_clock(config, system_clock())
    }

    /// As [`Node::open`], by another clock.
    pub fn open_with_clock(config: ResolverConfig, clock: Clock) -> Result<Self, StartError> {
        sys::give_back_large_blocks();
        config.check()?;
        config.identity.check()?;
        let list = config
            .list
            .as_ref()
            .map(|list| List::open(list, clock, config.dry_run.then(DryRun::default)))
            .transpose()?;
        Ok(Self { config, list })
    }

    /// Gets a list if there is none, binds, and answers.
    pub async fn start(self) -> Result<Running, StartError> {
        self.start_on(Inherited::default()).await
    }

    /// As [`Node::start`], on sockets that are there already as far as they are of its addresses. Until
    /// the list is in force nothing is read from them.
    pub async fn start_on(mut self, inherited: Inherited) -> Result<Running, StartError> {
        if let Some(list) = &mut self.list {
            list.first().await?;
        }
        let watcher = Watcher::open(&self.config.own)?;
        let workers = self.config.limits.workers;
        let bound = sockets::bind(&self.config.listen, workers, inherited).await?;
        let addresses: Vec<_> = bound.iter().map(|bound| bound.address).collect();
        let sockets = sockets::copies(&bound)?;
        let shared = self.list.as_ref().map_or_else(
            || Shared::new(None, None, system_clock(), None),
            |list| list.shared.clone(),
        );
        let (stop, tracker, poked) = (
            CancellationToken::new(),
            TaskTracker::new(),
            Arc::new(Notify::new()),
        );
        shared.policy.change_settings(|settings| {
            settings.access = self.config.access.clone();
            settings.page = BlockPage::new(self.config.block_action, shared.trust.as_deref())
                .with_structured(self.config.structured.as_ref());
        });
        let asking = Asking::new();
        let upstreams = Upstreams::start(&(&self.config).into(), &asking.end, &asking.tracker)?;
        let upstreams: UpstreamsCell = Arc::new(ArcSwap::from_pointee(upstreams));
        let fast = Arc::new(Fast {
            cache: AnswerCache::new(self.config.limits.cache),
            limits: CacheLimits::default(),
            clock: fast::Clock::start(),
            guard: Guard::new(&self.config.clients)?,
        });
        let resolve = Resolve::new(
            fast.clone(),
            shared.policy.clone(),
            Forwarder::new(upstreams.clone()),
            self.config.limits.in_flight,
        )
        .with_identity(self.config.identity.clone());
        tracker.spawn({
            let (fast, stop) = (fast.clone(), stop.clone());
            async move { fast.guard.cookies.follow(&stop).await }
        });
        let tcp = Arc::<Counters>::default();
        let serve = Serve {
            fast: fast.clone(),
            policy: shared.policy.clone(),
            upstreams: upstreams.clone(),
            resolve: Arc::new(resolve),
            tcp: tcp.clone(),
            limits: self.config.limits.clone(),
            stop: stop.clone(),
            tracker: tracker.clone(),
        };
        shared.policy.swap_zones(watcher.cell().load_full());
        let (rules, reloads) = mpsc::channel(1);
        tracker.spawn(watcher.run(shared.policy.clone(), reloads, stop.clone()));
        let observed = Observed {
            udp: serve.start(bound)?,
            tcp,
            fast,
            upstreams: upstreams.clone(),
            policy: shared.policy.clone(),
        };
        let list = self.config.list.as_ref();
        let state_dir = list.map(|list| list.state_dir.clone());
        let reloader = reload::Reloader {
            shared: shared.clone(),
            upstreams,
            rules,
            poked: poked.clone(),
            stop: asking.end.clone(),
            tracker: asking.tracker.clone(),
            config: self.config.into(),
            last: Mutex::default(),
        };
        let control = Control::new(addresses, observed.clone(), reloader, state_dir);
        control.start(&stop, &tracker);
        let mut directory = Arc::default();
        if let Some(list) = self.list {
            directory = list.directory.clone();
            tracker.spawn(shared.clone().watch_dates(stop.clone()));
            tracker.spawn(list.follow(poked.clone(), stop.clone()));
        }
        let _stop_on_drop = stop.clone().drop_guard();
        Ok(Running {
            shared,
            observed,
            control: Arc::new(control),
            poked,
            sockets,
            directory,
            relieved: CancellationToken::new(),
            stop,
            tracker,
            asking,
            _stop_on_drop,
        })
    }
}

impl Running {
    /// The bound addresses, in the order of the configuration; UDP and TCP alike.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.control.addresses()
    }

    /// Asks the source now. Any number of pokes before the next pull are one.
    pub fn poke(&self) {
        self.poked.notify_one();
    }

    /// A handle that pokes, for whoever hears of a release first.
    pub fn poker(&self) -> impl Fn() + Send + Sync + Clone + 'static {
        let poked = self.poked.clone();
        move || poked.notify_one()
    }

    /// The node's state now.
    pub fn status(&self) -> NodeStatus {
        self.shared.status.borrow().clone()
    }

    /// Queries that would have been blocked, in a dry run.
    pub fn would_block(&self) -> u64 {
        let dry_run = self.shared.dry_run.as_ref();
        dry_run.map_or(0, DryRun::would_block)
    }

    /// What a scrape shows of the node as it is then; outlives the node.
    pub fn metrics(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let (shared, observed) = (self.shared.clone(), self.observed.clone());
        move || {
            let mut page = Page::default();
            let status = shared.status.borrow();
            let would_block = shared.dry_run.as_ref().map(DryRun::would_block);
            status.write_metrics(&mut page, would_block, (shared.clock)());
            let is_paused = observed.policy.load().settings().pause.is_some();
            page.gauge(
                "qalqan_list_paused",
                "Whether an operator paused the list.",
                u8::from(is_paused),
            );
            observed.write_metrics(&mut page);
            page.into_text()
        }
    }

    /// The node's state, each time it changes.
    pub fn watch(&self) -> watch::Receiver<NodeStatus> {
        self.shared.status.subscribe()
    }

    /// What the rules say of `name`.
    pub fn explain(&self, name: &DomainName) -> Explanation {
        self.control.explain_rules(name)
    }

    /// Forgets the answers that are remembered of a name, and with `below` of all names below it;
    /// `None` forgets all. Gives how many there were.
    pub fn flush(&self, name: Option<&DomainName>, below: bool) -> usize {
        self.control.flush(name, below)
    }

    /// Answers verbs that come by `socket`; `source` is asked for the configuration on a reload.
    ///
    /// # Errors
    /// The system refuses.
    pub fn control(&self, socket: ControlSocket, source: Source) -> std::io::Result<()> {
        self.control
            .serve(socket, source, &self.stop, &self.tracker)
    }

    /// What reloads, for whoever hears of a signal.
    pub fn reloader(&self) -> Reloader {
        Reloader(self.control.clone())
    }

    /// Whether workers go round, for a watchdog.
    pub fn pulse(&self) -> Pulse {
        Pulse::new(&self.observed.udp)
    }

    /// Lets another node take this one's place without a query lost: it asks at `path`
    /// ([`Predecessor`](crate::handover::Predecessor)). `others` are further listening sockets of this
    /// process that it is to have. Give way when [`Self::relieved`] returns.
    ///
    /// # Errors
    /// Nothing can listen at `path`.
    pub fn offer(&mut self, path: &Path, others: Vec<OwnedFd>) -> Result<(), StartError> {
        let listener = Offer::listen(path)?;
        let mut sockets = std::mem::take(&mut self.sockets);
        sockets.extend(others);
        let offer = Offer {
            sockets,
            directory: self.directory.clone(),
            relieved: self.relieved.clone(),
            stop: self.stop.clone(),
        };
        self.tracker.spawn(offer.run(listener));
        Ok(())
    }

    /// Returns when another node answers on this one's sockets. Then it is time to stop.
    pub fn relieved(&self) -> impl Future<Output = ()> + Send + use<> {
        self.relieved.clone().cancelled_owned()
    }

    /// Reads no more, answers what it has and what waits in its sockets, for at most five seconds, and
    /// ends.
    pub async fn stop(self) {
        drop(self.sockets);
        self.stop.cancel();
        self.tracker.close();
        if timeout(GRACE, self.tracker.wait()).await.is_err() {
            tracing::warn!("some queries were still waiting when the node stopped");
        }
        // Only now: what was in hand needed them.
        self.asking.end.cancel();
        self.asking.tracker.close();
        let _ = timeout(GRACE, self.asking.tracker.wait()).await;
    }
}

impl List {
    fn open(
        config: &ListConfig,
        clock: Clock,
        dry_run: Option<DryRun>,
    ) -> Result<Self, StartError> {
        let state = StateDir::open(&config.state_dir)?;
        let trust = Arc::new(config.trust.clone());
        let loaded = match state.load(&trust) {
            // Half of a list is no list; it is fetched whole again.
            Err(error @ (StateError::Damaged { .. } | StateError::Io { .. })) => {
                tracing::error!(%error, "this node's own copy of the list cannot be used; it is fetched anew");
                None
            }
            other => other?,
        };
        let reader = Reader::open(&config.source)?;
        let shared = Shared::new(
            Some(config.source.to_string()),
            Some(trust.clone()),
            clock,
            dry_run,
        );
        let updater = Updater::new(trust, reader, state, loaded);
        if let Some(held) = updater.held() {
            shared.enforce(held);
        }
        Ok(Self {
            updater,
            shared,
            directory: Arc::default(),
            poll: config.poll,
            start_empty: config.start_empty,
        })
    }

    /// Makes sure that there is a list, or that the operator wants to go without.
    async fn first(&mut self) -> Result<(), StartError> {
        if self.updater.held().is_some() {
            return Ok(());
        }
        match self.pull().await {
            Ok(()) => Ok(()),
            Err(error) if self.start_empty => {
                tracing::error!(%error, "no list could be had");
                unfiltered();
                Ok(())
            }
            Err(error) => Err(StartError::NoList(error)),
        }
    }

    /// Follows the source until told to stop.
    async fn follow(mut self, poked: Arc<Notify>, stop: CancellationToken) {
        let mut poll = interval(self.poll.max(Duration::from_millis(100)));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = poked.notified() => {}
                _ = poll.tick() => {}
            }
            let directory = self.directory.clone();
            let _turn = tokio::select! {
                turn = directory.turn() => turn,
                () = stop.cancelled() => return,
            };
            // A source may keep a pull waiting for long; neither a stop nor a successor waits for it.
            let ended = tokio::select! {
                ended = self.pull() => ended,
                () = directory.wanted() => continue,
                () = stop.cancelled() => return,
            };
            match ended {
                Ok(()) => {}
                Err(error) if error.is_temporary() => {
                    tracing::warn!(%error, "the list could not be renewed");
                }
                Err(error) => {
                    tracing::error!(%error, "the list could not be renewed; the one held stays in force");
                }
            }
            tokio::select! {
                () = self.prepare() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn pull(&mut self) -> Result<(), PullError> {
        let mut pulled = self.updater.pull((self.shared.clock)()).await;
        if let Ok(Pulled::New(held)) = &pulled {
            self.shared.enforce(held);
            tracing::info!(
                serial = held.release.serial,
                size = held.release.size,
                names = held.set.len(),
                "a new list is in force"
            );
        }
        if pulled.is_ok()
            && let Err(error) = self.updater.keep().await
        {
            pulled = Err(error);
        }
        let now = (self.shared.clock)();
        self.shared.status.send_modify(|status| {
            status.pulls += 1;
            match &pulled {
                Ok(_) => {
                    status.last_pull = Some(now);
                    status.last_error = None;
                }
                Err(error) => {
                    let (words, refused) = (error.to_string(), !error.is_temporary());
                    status.last_error = Some(PullFailure {
                        at: now,
                        words,
                        refused,
                    });
                }
            }
        });
        pulled.map(|_| ())
    }

    /// Makes ready for the next release while there is time.
    async fn prepare(&mut self) {
        if let Err(error) = self.updater.prepare().await {
            tracing::warn!(%error, "this node's copy of the log could not be read");
        }
    }
}
