//! Which addresses this node asks from. A query that comes from one of them is our own, come back
//! through an upstream that points at us.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

const WORDS: usize = 65_536 / 64;

/// The local addresses of sockets to upstreams, for any thread to look at.
pub(super) struct OwnAddresses {
    /// A bit for each port: nearly every client's is clear, and then that is all there is to do.
    ports: Box<[AtomicU64]>,
    addresses: Mutex<HashSet<SocketAddr>>,
}

impl OwnAddresses {
    pub(super) fn new() -> Self {
        Self {
            ports: (0..WORDS).map(|_| AtomicU64::new(0)).collect(),
            addresses: Mutex::default(),
        }
    }

    fn word(&self, port: u16) -> Option<(&AtomicU64, u64)> {
        let word = self.ports.get(usize::from(port / 64))?;
        Some((word, 1 << (port % 64)))
    }

    pub(super) fn add(&self, address: SocketAddr) {
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        addresses.insert(address);
        if let Some((word, bit)) = self.word(address.port()) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    pub(super) fn remove(&self, address: SocketAddr) {
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        addresses.remove(&address);
        let port = address.port();
        if !addresses.iter().any(|other| other.port() == port)
            && let Some((word, bit)) = self.word(port)
        {
            word.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    pub(super) fn contain(&self, address: SocketAddr) -> bool {
        let has_port = self
            .word(address.port())
            .is_some_and(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0);
        has_port && {
            let addresses = self
                .addresses
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            addresses.contains(&plain(address))
        }
    }
}

/// An IPv4 client of an IPv6 socket is an IPv4 address.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_ours_until_its_last_socket_closes() {
        let own = OwnAddresses::new();
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        own.add(at("127.0.0.1:4000"));
        own.add(at("192.0.2.1:4000"));
        assert!(own.contain(at("127.0.0.1:4000")));
        assert!(own.contain(at("[::ffff:127.0.0.1]:4000")));
        assert!(!own.contain(at("127.0.0.2:4000")));
        assert!(!own.contain(at("127.0.0.1:4001")));
        own.remove(at("127.0.0.1:4000"));
        assert!(!own.contain(at("127.0.0.1:4000")));
        assert!(own.contain(at("192.0.2.1:4000")));
        own.remove(at("192.0.2.1:4000"));
        assert!(!own.contain(at("192.0.2.1:4000")));
    }
}
