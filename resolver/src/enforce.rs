//! Putting a verified list in force, as far as its dates allow, and saying so: the one place where
//! "there is a list" turns into "names are blocked".

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use blocklist::{Timestamp, Trust};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    policy::{Freshness, Policy, PolicyCell},
    state::Held,
    status::{HeldRelease, NodeStatus},
};

/// How often the dates of the list are looked at.
const DATES: Duration = Duration::from_secs(1);
/// How often a list that should not be as it is says so again.
const ALARM: Duration = Duration::from_secs(300);

/// Tells the time; another one than the system's is for tests.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The system's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX))
    })
}

/// A node that only tries the list out: queries that would have been blocked.
#[derive(Debug, Clone, Default)]
pub(crate) struct DryRun(Arc<AtomicU64>);

impl DryRun {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn would_block(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the updating task, the answering tasks and the operator look at together.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) policy: Arc<PolicyCell>,
    pub(crate) status: watch::Sender<NodeStatus>,
    pub(crate) trust: Option<Arc<Trust>>,
    pub(crate) clock: Clock,
    /// `None` where the list is enforced.
    pub(crate) dry_run: Option<DryRun>,
    /// What is in force; locked while it changes, so that a date and a release never cross.
    held: Arc<Mutex<Option<Held>>>,
}

impl Shared {
    /// Nothing in force yet; releases come from `source`.
    pub(crate) fn new(
        source: Option<String>,
        trust: Option<Arc<Trust>>,
        clock: Clock,
        dry_run: Option<DryRun>,
    ) -> Self {
        let policy = PolicyCell::new(Policy::empty());
        policy.change_settings(|settings| settings.dry_run.clone_from(&dry_run));
        Self {
            policy: Arc::new(policy),
            status: watch::Sender::new(NodeStatus {
                source,
                dry_run: dry_run.is_some(),
                ..NodeStatus::default()
            }),
            trust,
            clock,
            dry_run,
            held: Arc::default(),
        }
    }

    /// Puts a verified list in force, as far as its dates allow.
    pub(crate) fn enforce(&self, held: &Held) {
        let mut in_force = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let freshness = Freshness::of(&held.release, (self.clock)());
        let active = freshness != Freshness::Expired;
        let policy = Policy::new(held.set.clone(), &held.zone, held.release.serial, active);
        self.policy.swap(policy);
        *in_force = Some(held.clone());
        if held.guarded > 0 {
            tracing::error!(
                guarded = held.guarded,
                "listings of protected names are in the log; they are NOT enforced"
            );
        }
        self.alarm(held, freshness);
        self.tell(held, freshness);
    }

    /// Watches the dates until told to stop, however long a source may keep others waiting.
    pub(crate) async fn watch_dates(self, stop: CancellationToken) {
        let mut dates = interval(DATES);
        dates.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut alarmed = Instant::now();
        loop {
            tokio::select! {
                _ = dates.tick() => {}
                () = stop.cancelled() => return,
            }
            let repeat = alarmed.elapsed() >= ALARM;
            if repeat {
                alarmed = Instant::now();
            }
            self.look_at_dates(repeat);
        }
    }

    /// Sees whether time alone changed what may be enforced.
    fn look_at_dates(&self, repeat: bool) {
        let in_force = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = &*in_force else {
            if repeat {
                unfiltered();
            }
            return;
        };
        let freshness = Freshness::of(&held.release, (self.clock)());
        let told = self
            .status
            .borrow()
            .release
            .as_ref()
            .map(|release| release.freshness);
        let changed = told != Some(freshness);
        if changed {
            let active = freshness != Freshness::Expired;
            self.policy.swap(self.policy.load().with_active(active));
            self.tell(held, freshness);
        }
        if changed || repeat {
            self.alarm(held, freshness);
        }
    }

    fn alarm(&self, held: &Held, freshness: Freshness) {
        alarm(held, freshness);
        if let Some(dry_run) = &self.dry_run {
            tracing::error!(
                would_block = dry_run.would_block(),
                list_active = 0,
                "answering UNFILTERED: this is a dry run, and what would be blocked is only counted"
            );
        }
    }

    /// Says again whether listed names are blocked, after the operator changed that.
    pub(crate) fn tell_whether_enforced(&self) {
        self.status.send_modify(|status| {
            // Looked at while nobody else tells: whoever is last tells what is so.
            status.list_active = self.policy.load().is_enforced();
        });
    }

    fn tell(&self, held: &Held, freshness: Freshness) {
        self.status.send_modify(|status| {
            status.list_active = self.policy.load().is_enforced();
            status.release = Some(HeldRelease::of(held, freshness));
        });
    }
}

/// Says that nothing is blocked because there is nothing to block with.
pub(crate) fn unfiltered() {
    tracing::error!(
        list_active = 0,
        "answering UNFILTERED: there is no verified list yet"
    );
}

fn alarm(held: &Held, freshness: Freshness) {
    let (serial, not_after) = (held.release.serial, held.release.not_after);
    match freshness {
        Freshness::Fresh => {}
        Freshness::Expired => {
            tracing::error!(serial, %not_after, list_active = 0, "answering UNFILTERED: the list has expired and no newer one could be had");
        }
        Freshness::ClockBehind => {
            tracing::error!(serial, made = %held.release.time, "this machine's clock is behind the list; the list stays in force, set the clock");
        }
    }
}
