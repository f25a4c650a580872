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
    use std::net::SocketAddr;

    use tokio::net::UdpSocket;

    use super::*;
    use crate::{Node, ResolverConfig, Upstream, access::AccessList};

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

    #[tokio::test]
    async fn every_worker_answers_its_share_of_clients() {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config =
            ResolverConfig::new(vec![free], vec![Upstream::udp(([127, 0, 0, 1], 9).into())]);
        config.limits.workers = 2;
        // Nobody may ask, so that everybody is answered at once.
        config.access = AccessList::new(vec![]);
        let running = Node::open(config).unwrap().start().await.unwrap();
        let query =
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04free\x04test\x00\x00\x01\x00\x01";
        for _ in 0..64 {
            let client = UdpSocket::bind(free).await.unwrap();
            client.send_to(query, running.addresses()[0]).await.unwrap();
            let mut buffer = [0; 512];
            let (length, _) = client.recv_from(&mut buffer).await.unwrap();
            assert_eq!((length, buffer[3] & 0x0f), (query.len(), 5), "refused");
        }
        let workers = running.pulse().workers;
        let answered: Vec<_> = workers.iter().map(|(one, _)| one.refused.get()).collect();
        assert_eq!(answered.len(), 2);
        assert!(answered.iter().all(|count| *count > 0), "{answered:?}");
        assert_eq!(answered.iter().sum::<u64>(), 64);
        running.stop().await;
    }
}
