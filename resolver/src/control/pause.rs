//! A pause: for a while nothing is enforced, and nobody can miss it. It says so when it begins, every
//! minute and when it ends, stands in metrics and in the node's state, and ends by itself, at the
//! latest with the process: a node that starts enforces.

use std::{sync::Arc, time::Duration};

use blocklist::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{config::PauseScope, enforce::Shared};

/// How often a pause says that it is there.
const SAY: Duration = Duration::from_secs(60);

/// A pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Why, as its operator said.
    pub reason: String,
    /// What is not enforced.
    pub scope: PauseScope,
}

/// A pause with its end by a clock that nobody sets.
#[derive(Debug, Clone)]
struct Running {
    paused: Paused,
    end: Instant,
}

/// Begins and ends pauses.
#[derive(Clone)]
pub(crate) struct Pauser {
    shared: Shared,
    now: Arc<watch::Sender<Option<Running>>>,
}

impl Pauser {
    /// No pause.
    pub(crate) fn new(shared: Shared) -> Self {
        Self {
            shared,
            now: Arc::new(watch::Sender::new(None)),
        }
    }

    /// The pause there is.
    pub(crate) fn current(&self) -> Option<Paused> {
        self.now.borrow().as_ref().map(|now| now.paused.clone())
    }

    /// Begins a pause, in place of the one there is. The next packet is answered by it.
    pub(crate) fn begin(&self, seconds: u64, reason: &str, scope: PauseScope) -> Paused {
        let since = (self.shared.clock)();
        let paused = Paused {
            since,
            until: since.plus(seconds.cast_signed()),
            reason: visible(reason),
            scope,
        };
        let end = Instant::now() + Duration::from_secs(seconds);
        self.now.send_modify(|now| {
            self.enforce(Some(scope));
            let paused = paused.clone();
            *now = Some(Running { paused, end });
        });
        say(&paused, "begins");
        paused
    }

    /// Ends the pause there is, and gives it.
    pub(crate) fn end(&self) -> Option<Paused> {
        self.end_if(|_| true)
    }

    fn end_if(&self, is_over: impl Fn(&Running) -> bool) -> Option<Paused> {
        let mut ended = None;
        self.now.send_if_modified(|now| {
            ended = now.take_if(|now| is_over(now));
            if ended.is_some() {
                self.enforce(None);
            }
            ended.is_some()
        });
        let paused = ended?.paused;
        tracing::warn!(reason = %paused.reason, "the pause is over; what was paused is enforced again");
        Some(paused)
    }

    fn enforce(&self, pause: Option<PauseScope>) {
        let policy = &self.shared.policy;
        policy.change_settings(|settings| settings.pause = pause);
        self.shared.tell_whether_enforced();
    }

    /// Ends pauses when they are over, and says that they are there while they are.
    pub(crate) async fn keep(self, stop: CancellationToken) {
        let mut changes = self.now.subscribe();
        loop {
            let running = changes.borrow_and_update().clone();
            let Some(Running { paused, end }) = running else {
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = stop.cancelled() => return,
                }
                continue;
            };
            let mut say_again = interval_at(Instant::now() + SAY, SAY);
            say_again.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = changes.changed() => break,
                    () = sleep_until(end) => {
                        // Another one may have taken its place this moment.
                        self.end_if(|now| now.end <= Instant::now());
                        break;
                    }
                    _ = say_again.tick() => say(&paused, "goes on"),
                    () = stop.cancelled() => return,
                }
            }
        }
    }
}

fn say(paused: &Paused, what: &str) {
    let Paused {
        until,
        reason,
        scope,
        ..
    } = paused;
    let own = match scope {
        PauseScope::List => "rules of the operator's own stay in force",
        PauseScope::Everything => "rules of the operator's own are paused too",
    };
    tracing::error!(%until, %reason, list_active = 0, "answering UNFILTERED: a pause {what}; {own}");
}

/// A reason goes into logs: one line, and nothing in it that drives a terminal.
fn visible(reason: &str) -> String {
    let visible = |c: char| match c {
        c if blocklist::text::deceives(c) => '\u{fffd}',
        c => c,
    };
    reason
        .trim()
        .replace(['\n', '\t'], " ")
        .chars()
        .map(visible)
        .collect()
}
