//! Whether workers go round: what a watchdog wants to know before it is told that all is well.

use std::sync::Arc;

use crate::fast::counters::Counters;

/// Remembers how often each worker had gone round when it was last looked at.
pub struct Pulse {
    workers: Vec<(Arc<Counters>, Option<u64>)>,
}

impl Pulse {
    pub(crate) fn new(workers: &[Arc<Counters>]) -> Self {
        let workers = workers.iter().map(|worker| (worker.clone(), None));
        Self {
            workers: workers.collect(),
        }
    }

    /// Whether every worker has gone round since the last look. A worker goes round ten times a second
    /// when it has nothing to do; look less often than that.
    pub fn is_beating(&mut self) -> bool {
        let mut all = true;
        for (worker, last) in &mut self.workers {
            let now = worker.rounds.get();
            all &= last.replace(now) != Some(now);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_that_stands_still_is_noticed() {
        let workers = [Arc::<Counters>::default(), Arc::default()];
        let mut pulse = Pulse::new(&workers);
        for worker in &workers {
            worker.rounds.add(1);
        }
        assert!(pulse.is_beating());
        workers[0].rounds.add(1);
        assert!(!pulse.is_beating(), "the second stands still");
        workers[0].rounds.add(1);
        workers[1].rounds.add(9);
        assert!(pulse.is_beating());
        assert!(!pulse.is_beating());
    }
}
