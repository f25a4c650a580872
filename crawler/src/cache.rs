//! What a crawl keeps in memory between fetching a site's pages and judging it. Both caches are
//! bounded; what falls out is read again from the host or from the evidence.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::robots::Robots;
use crate::signal::Page;

/// Pages kept; a page of 60 KB takes about 200 KB read.
const MAX_PAGES: usize = 1_000;
/// Hosts whose robots.txt is kept.
const MAX_ROBOTS: usize = 20_000;

/// robots.txt by origin.
#[derive(Default)]
pub(crate) struct RobotsCache(Mutex<HashMap<String, Arc<Robots>>>);

impl RobotsCache {
    pub(crate) fn get(&self, origin: &str) -> Option<Arc<Robots>> {
        lock(&self.0).get(origin).map(Arc::clone)
    }

    pub(crate) fn put(&self, origin: &str, robots: Robots) -> Arc<Robots> {
        let robots = Arc::new(robots);
        let mut held = lock(&self.0);
        if held.len() >= MAX_ROBOTS {
            held.clear();
        }
        held.insert(origin.to_owned(), Arc::clone(&robots));
        robots
    }
}

/// Read pages by capture id, until their site is judged.
#[derive(Default)]
pub(crate) struct PageCache(Mutex<HashMap<i64, Arc<Page>>>);

impl PageCache {
    pub(crate) fn put(&self, capture: i64, page: Arc<Page>) {
        let mut held = lock(&self.0);
        if held.len() < MAX_PAGES {
            held.insert(capture, page);
        }
    }

    pub(crate) fn take(&self, capture: i64) -> Option<Arc<Page>> {
        lock(&self.0).remove(&capture)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
