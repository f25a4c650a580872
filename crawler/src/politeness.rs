//! Politeness: how often one host may be asked. One governor per host; a host's `Crawl-delay`
//! lengthens its interval, up to a bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// The shortest interval; zero is not a rate.
const SHORTEST: Duration = Duration::from_millis(1);

/// Rates of all hosts being crawled.
pub struct Politeness {
    interval: Duration,
    longest: Duration,
    hosts: Mutex<HashMap<String, Host>>,
}

/// The rate of one host.
struct Host {
    interval: Duration,
    limiter: Arc<DefaultDirectRateLimiter>,
}

impl Host {
    fn new(interval: Duration) -> Self {
        Self {
            interval,
            limiter: Arc::new(limiter(interval)),
        }
    }
}

impl Politeness {
    /// `interval` between two requests to a host; a `Crawl-delay` counts up to `longest`.
    #[must_use]
    pub fn new(interval: Duration, longest: Duration) -> Self {
        Self {
            interval: interval.max(SHORTEST),
            longest,
            hosts: Mutex::new(HashMap::new()),
        }
    }

    /// The interval that a host with this `Crawl-delay` gets.
    #[must_use]
    pub fn interval(&self, crawl_delay: Option<Duration>) -> Duration {
        crawl_delay.map_or(self.interval, |delay| {
            delay.min(self.longest).max(self.interval)
        })
    }

    /// Sets a host's interval from its robots.txt. The next request still waits for a full interval.
    pub fn set_delay(&self, host: &str, crawl_delay: Option<Duration>) {
        let rate = Host::new(self.interval(crawl_delay));
        // The robots.txt request was the first of the new interval.
        let _ = rate.limiter.check();
        self.lock().insert(host.to_owned(), rate);
    }

    /// The interval in force for a host.
    #[must_use]
    pub fn interval_of(&self, host: &str) -> Duration {
        self.lock()
            .get(host)
            .map_or(self.interval, |held| held.interval)
    }

    /// Waits until the host may be asked once more.
    pub async fn ready(&self, host: &str) {
        let limiter = {
            let mut hosts = self.lock();
            let held = hosts
                .entry(host.to_owned())
                .or_insert_with(|| Host::new(self.interval));
            Arc::clone(&held.limiter)
        };
        limiter.until_ready().await;
    }

    /// Forgets a host whose pages are all done, so that memory stays bounded by hosts in work.
    pub fn forget(&self, host: &str) {
        self.lock().remove(host);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limiter(interval: Duration) -> DefaultDirectRateLimiter {
    let quota = Quota::with_period(interval.max(SHORTEST))
        .unwrap_or_else(|| Quota::per_second(std::num::NonZeroU32::MIN));
    RateLimiter::direct(quota)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawl_delay_counts_up_to_the_bound() {
        let politeness = Politeness::new(Duration::from_secs(1), Duration::from_secs(30));
        assert_eq!(politeness.interval(None), Duration::from_secs(1));
        assert_eq!(
            politeness.interval(Some(Duration::from_millis(10))),
            Duration::from_secs(1)
        );
        assert_eq!(
            politeness.interval(Some(Duration::from_secs(5))),
            Duration::from_secs(5)
        );
        assert_eq!(
            politeness.interval(Some(Duration::from_secs(3600))),
            Duration::from_secs(30)
        );
    }

    #[test]
    fn a_host_asked_once_is_not_ready_and_others_are() {
        let politeness = Politeness::new(Duration::from_secs(3600), Duration::from_secs(3600));
        politeness.set_delay("a.test", None);
        assert_eq!(
            politeness.interval_of("a.test"),
            Duration::from_secs(3600),
            "what other crawls wait for"
        );
        let held = Arc::clone(&politeness.lock().get("a.test").unwrap().limiter);
        assert!(held.check().is_err());
        assert!(limiter(politeness.interval(None)).check().is_ok());
        politeness.forget("a.test");
        assert!(politeness.lock().is_empty());
    }
}
