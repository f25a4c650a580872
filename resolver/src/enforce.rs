//! Putting a verified list in force, as far as its dates allow, and saying so: the one place where
//! "there is a list" turns into "names are blocked".

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use blocklist::{Timestamp, Trust};
use tokio::sync::watch;

use crate::{
    policy::{Freshness, Policy, PolicyCell},
    state::Held,
    status::{HeldRelease, NodeStatus},
};

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

/// What the updating task, the answering tasks and the operator look at together.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) policy: Arc<PolicyCell>,
    pub(crate) status: watch::Sender<NodeStatus>,
    pub(crate) trust: Option<Arc<Trust>>,
    pub(crate) clock: Clock,
}

impl Shared {
    pub(crate) fn without_list() -> Self {
        Self {
            policy: Arc::new(PolicyCell::new(Policy::empty())),
            status: watch::Sender::new(NodeStatus::default()),
            trust: None,
            clock: system_clock(),
        }
    }

    /// Puts a verified list in force, as far as its dates allow.
    pub(crate) fn enforce(&self, held: &Held) {
        let freshness = Freshness::of(&held.release, (self.clock)());
        let active = freshness != Freshness::Expired;
        self.policy.swap(Policy::new(
            held.set.clone(),
            &held.zone,
            held.release.serial,
            active,
        ));
        if held.guarded > 0 {
            tracing::error!(
                guarded = held.guarded,
                "listings of protected names are in the log; they are NOT enforced"
            );
        }
        alarm(held, freshness);
        self.tell(held, freshness);
    }

    /// Sees whether time alone changed what may be enforced.
    pub(crate) fn look_at_dates(&self, held: Option<&Held>, repeat: bool) {
        let Some(held) = held else {
            if repeat {
                tracing::error!(
                    list_active = 0,
                    "answering UNFILTERED: there is no verified list yet"
                );
            }
            return;
        };
        let freshness = Freshness::of(&held.release, (self.clock)());
        let before = self
            .status
            .borrow()
            .release
            .as_ref()
            .map(|release| release.freshness);
        if before == Some(freshness) {
            if repeat {
                alarm(held, freshness);
            }
            return;
        }
        let policy = self
            .policy
            .load()
            .with_active(freshness != Freshness::Expired);
        self.policy.swap(policy);
        alarm(held, freshness);
        self.tell(held, freshness);
    }

    fn tell(&self, held: &Held, freshness: Freshness) {
        self.status.send_modify(|status| {
            status.list_active = freshness != Freshness::Expired;
            status.release = Some(HeldRelease::of(held, freshness));
        });
    }
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
