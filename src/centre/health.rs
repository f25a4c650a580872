//! How the publisher fares, for whoever watches it.

use std::sync::{Mutex, PoisonError};

use blocklist::Timestamp;
use data::publish::Published;
use resolver::metrics::Page;

/// What is known; nothing before the first look at the store.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Clone, Debug, Default)]
struct State {
    last_success: Option<Timestamp>,
    failed: bool,
    release: Option<Release>,
    overdue: Option<Overdue>,
}

/// What waits for officers longer than was promised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overdue {
    /// Lifts that no other officer has looked at.
    pub(crate) reviews: i64,
    /// Appeals.
    pub(crate) appeals: usize,
}

/// What is shown of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Release {
    serial: u32,
    size: u64,
    time: Timestamp,
    not_after: Timestamp,
    entries: u64,
    guarded: u64,
}

impl Health {
    /// The publisher looked at the store, and this is published now.
    pub(crate) fn stepped(&self, well: bool, published: Option<&Published>, now: Timestamp) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failed = !well;
        if well {
            state.last_success = Some(now);
        }
        let Some(Published { release, folded }) = published else {
            return;
        };
        // Looked at several times a second, signed once an hour.
        let held = state.release.as_ref();
        if held.is_none_or(|held| (held.size, held.time) != (release.size, release.time)) {
            state.release = Some(Release {
                serial: release.serial,
                size: release.size,
                time: release.time,
                not_after: release.not_after,
                entries: folded.entries.len() as u64,
                guarded: folded.guarded().count() as u64,
            });
        }
    }

    /// Officers were found to be late with so much.
    pub(crate) fn late(&self, overdue: Overdue) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.overdue = Some(overdue);
    }

    /// What a scrape of the publisher shows.
    pub(crate) fn metrics(&self, now: Timestamp) -> String {
        let mut page = Page::default();
        let state = self.state();
        if let Some(held) = &state.release {
            page.release(held.serial, held.size, (held.time, held.not_after), now);
            page.entries(held.entries, held.guarded);
        }
        page.into_text() + &self.metrics_of_publishing()
    }

    /// The part that is not of the release.
    pub(crate) fn metrics_of_publishing(&self) -> String {
        let mut page = Page::default();
        let state = self.state();
        if let Some(at) = state.last_success {
            page.gauge(
                "qalqan_publish_last_success_timestamp_seconds",
                "When all that waited was last published.",
                at.0,
            );
        }
        page.gauge(
            "qalqan_publish_failed",
            "Whether what waits could not be published.",
            u8::from(state.failed),
        );
        if let Some(overdue) = state.overdue {
            page.gauge(
                "qalqan_lift_reviews_overdue",
                "Lifts that no other officer looked at within a working day.",
                overdue.reviews,
            );
            page.gauge(
                "qalqan_appeals_overdue",
                "Appeals that wait longer than was promised.",
                overdue.appeals,
            );
        }
        page.into_text()
    }

    fn state(&self) -> State {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_officers_are_late_with_is_shown_once_it_is_known() {
        let health = Health::default();
        assert!(!health.metrics_of_publishing().contains("overdue"));
        health.late(Overdue {
            reviews: 2,
            appeals: 3,
        });
        let page = health.metrics(Timestamp(0));
        for line in ["qalqan_lift_reviews_overdue 2", "qalqan_appeals_overdue 3"] {
            assert!(page.lines().any(|one| one == line), "{line}\n{page}");
        }
    }

    #[test]
    fn the_page_for_operators_has_what_a_publisher_shows() {
        let health = Health::default();
        health.stepped(true, None, Timestamp(1));
        health.late(Overdue::default());
        let shown = health.metrics_of_publishing();
        let mut shown: Vec<_> = shown
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        let page = include_str!("../../docs/isp/watching.md");
        let mut documented: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | publisher |"))
            .map(|(name, _)| name)
            .collect();
        shown.sort_unstable();
        documented.sort_unstable();
        assert_eq!(shown, documented);
    }
}
