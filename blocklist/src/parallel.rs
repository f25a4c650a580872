//! Work on many things that do not depend on each other, by every core.

use std::{num::NonZero, panic, thread};

/// Does `work` on each of `items` and gives the results in their order. A thread takes `least` items or more,
/// so that it is worth its start; where the system starts none, the work is done all the same.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    least: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(items.len() / least.max(1)).max(1);
    let mut shares = items.chunks(items.len().div_ceil(threads).max(1));
    let own = shares.next().unwrap_or_default();
    let done = |share: &[T]| share.iter().map(&work).collect::<Vec<R>>();
    thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|share| {
                let done = &done;
                let started = thread::Builder::new().spawn_scoped(scope, move || done(share));
                (share, started)
            })
            .collect();
        let mut results = done(own);
        for (share, started) in others {
            results.extend(match started.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(some)) => some,
                Ok(Err(panicked)) => panic::resume_unwind(panicked),
                Err(_) => done(share),
            });
        }
        results
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_item_is_worked_on_once_and_keeps_its_place() {
        for count in [0, 1, 2, 7, 100, 1_001] {
            let items: Vec<u32> = (0..count).collect();
            let twice: Vec<u32> = items.iter().map(|item| item * 2).collect();
            assert_eq!(super::map(&items, 3, |item| item * 2), twice);
        }
    }
}
