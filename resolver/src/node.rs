//! A resolver node: opened from its own disk, started on its sockets, kept up to date from a
//! release source, stopped in order.
//!
//! The order at start is what DESIGN rule 11 asks for. A verified list on disk is in force before
//! the first socket is bound. With none, one pull must succeed first, or the node does not listen
//! at all unless it is told to.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use blocklist::DomainName;
use tokio::{
    sync::{Notify, watch},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    answer::BlockPage,
    cache::{AnswerCache, CacheLimits},
    config::{ListConfig, OwnRules, ResolverConfig},
    enforce::{DryRun, Shared, unfiltered},
    error::{PullError, StartError, StateError},
    fast::{self, Fast, counters::Counters},
    forward::Forwarder,
    handler::Resolve,
    metrics::Page,
    observe::Observed,
    rpz::{Hit, Watcher},
    server::Serve,
    sockets,
    source::Reader,
    state::StateDir,
    status::{Explanation, NodeStatus, OwnRule, PullFailure},
    sys,
    update::{Pulled, Updater},
    upstream::Upstreams,
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
    poll: Duration,
    start_empty: bool,
}

/// A node that answers.
pub struct Running {
    addresses: Vec<SocketAddr>,
    shared: Shared,
    observed: Observed,
    poked: Arc<Notify>,
    stop: CancellationToken,
    tracker: TaskTracker,
    _stop_on_drop: DropGuard,
}

impl Node {
    /// Reads the node's own directory. Nothing is fetched and nothing listens.
    pub fn open(config: ResolverConfig) -> Result<Self, StartError> {
        Self::open_with_clock(config, system_clock())
    }

    /// As [`Node::open`], by another clock.
    pub fn open_with_clock(config: ResolverConfig, clock: Clock) -> Result<Self, StartError> {
        sys::give_back_large_blocks();
        if config.listen.is_empty() {
            return Err(StartError::Config(
                "no address to listen on is given; give at least one",
            ));
        }
        if config.upstreams.is_empty() {
            return Err(StartError::Config(
                "no upstream is given; unlisted names need somebody to answer them",
            ));
        }
        let list = config
            .list
            .as_ref()
            .map(|list| List::open(list, clock, config.dry_run.then(DryRun::default)))
            .transpose()?;
        Ok(Self { config, list })
    }

    /// Gets a list if there is none, binds, and answers.
    pub async fn start(mut self) -> Result<Running, StartError> {
        if let Some(list) = &mut self.list {
            list.first().await?;
        }
        let watcher = Watcher::open(&self.config.own)?;
        let bound = sockets::bind(&self.config.listen, self.config.limits.workers).await?;
        let addresses = bound.iter().map(|bound| bound.address).collect();
        let shared = self.list.as_ref().map_or_else(
            || Shared::new(None, None, system_clock(), None),
            |list| list.shared.clone(),
        );
        let (stop, tracker, poked) = (
            CancellationToken::new(),
            TaskTracker::new(),
            Arc::new(Notify::new()),
        );
        let upstreams = Arc::new(Upstreams::start(&(&self.config).into(), &stop, &tracker)?);
        let fast = Arc::new(Fast {
            access: self.config.access.clone(),
            page: BlockPage::new(self.config.block_action, shared.trust.as_deref()),
            dry_run: shared.dry_run.clone(),
            cache: AnswerCache::new(self.config.limits.cache),
            limits: CacheLimits::default(),
            clock: fast::Clock::start(),
        });
        let resolve = Resolve::new(
            fast.clone(),
            shared.policy.clone(),
            Forwarder::new(upstreams.clone()),
            self.config.limits.in_flight,
        );
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
        if self.config.own != OwnRules::default() {
            let reload = Arc::<Notify>::default();
            tracker.spawn(watcher.run(shared.policy.clone(), reload, stop.clone()));
        }
        let observed = Observed {
            udp: serve.start(bound)?,
            tcp,
            fast,
            upstreams,
            policy: shared.policy.clone(),
        };
        if let Some(list) = self.list {
            tracker.spawn(shared.clone().watch_dates(stop.clone()));
            tracker.spawn(list.follow(poked.clone(), stop.clone()));
        }
        let _stop_on_drop = stop.clone().drop_guard();
        Ok(Running {
            addresses,
            shared,
            observed,
            poked,
            stop,
            tracker,
            _stop_on_drop,
        })
    }
}

impl Running {
    /// The bound addresses, in the order of the configuration; UDP and TCP alike.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
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
            observed.write_metrics(&mut page);
            page.into_text()
        }
    }

    /// The node's state, each time it changes.
    pub fn watch(&self) -> watch::Receiver<NodeStatus> {
        self.shared.status.subscribe()
    }

    /// What would happen to a query for `name`.
    pub fn explain(&self, name: &DomainName) -> Explanation {
        let policy = self.shared.policy.load();
        let wire = name.to_wire();
        let listing = policy.find_listed(&wire);
        let url = listing.as_ref().zip(self.shared.trust.as_ref());
        Explanation {
            name: name.to_string(),
            blocked: policy.find(&wire).is_some() && self.shared.dry_run.is_none(),
            url: url.map(|(listing, trust)| trust.listing_url(listing)),
            listing_id: listing,
            own_rules: policy.zones().explain(&wire).map(own_rule).collect(),
            own_allowed: policy.zones().allows(&wire),
            list_active: policy.is_active() && self.shared.dry_run.is_none(),
            release: self.status().release,
        }
    }

    /// Forgets the answers that are remembered of a name, and with `below` of all names below it;
    /// `None` forgets all. Gives how many there were.
    pub fn flush(&self, name: Option<&DomainName>, below: bool) -> usize {
        let cache = &self.observed.fast.cache;
        match name {
            Some(name) => cache.flush_name(&name.to_wire(), below),
            None => cache.flush(),
        }
    }

    /// Stops listening, finishes what is in hand for at most five seconds, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tracker.close();
        if timeout(GRACE, self.tracker.wait()).await.is_err() {
            tracing::warn!("some queries were still waiting when the node stopped");
        }
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
            // A source may keep a pull waiting for long; a stop does not wait for it.
            let ended = tokio::select! {
                ended = self.pull() => ended,
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

fn own_rule(hit: Hit<'_>) -> OwnRule {
    OwnRule {
        rule: hit.to_string(),
        shadow: hit.zone.is_shadow(),
    }
}
