//! Shares of the open connections, so that neither one machine nor one network holds them all.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::TransferLimits;

/// Whose share a connection counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    /// An admitted network, by its place in the list.
    Network(usize),
    /// An address, or what one customer has of IPv6.
    Address(IpAddr),
}

/// Who holds how many; never more entries than there are connections.
#[derive(Debug)]
pub(super) struct Places {
    held: Arc<Mutex<HashMap<Holder, usize>>>,
    of_network: usize,
    of_address: usize,
}

/// A place of a connection, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    held: Arc<Mutex<HashMap<Holder, usize>>>,
    holders: [Holder; 2],
}

impl Places {
    /// Nobody holds any yet; a share is one place at least.
    pub(super) fn new(limits: &TransferLimits) -> Self {
        Self {
            held: Arc::default(),
            of_network: limits.of_network.max(1),
            of_address: limits.of_address.max(1),
        }
    }

    /// A place for a connection of this address, which lies in that network; `None` when either has
    /// its share.
    pub(super) fn take(&self, network: usize, address: IpAddr) -> Option<Place> {
        let holders = [Holder::Network(network), Holder::Address(customer(address))];
        let mut held = lock(&self.held);
        let full = std::iter::zip(holders, [self.of_network, self.of_address])
            .any(|(holder, most)| held.get(&holder).is_some_and(|count| *count >= most));
        if full {
            return None;
        }
        for holder in holders {
            *held.entry(holder).or_default() += 1;
        }
        let held = self.held.clone();
        Some(Place { held, holders })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        for holder in self.holders {
            if let Some(count) = held.get_mut(&holder) {
                *count -= 1;
                if *count == 0 {
                    held.remove(&holder);
                }
            }
        }
    }
}

fn lock(held: &Mutex<HashMap<Holder, usize>>) -> MutexGuard<'_, HashMap<Holder, usize>> {
    // Counts are whole between any two statements.
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The address itself, or the /64 around an IPv6 address: within it a machine may take any.
fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_taken_and_given_back() {
        let limits = TransferLimits {
            of_network: 3,
            of_address: 2,
            ..TransferLimits::default()
        };
        let places = Places::new(&limits);
        let take = |network, address: &str| places.take(network, address.parse().unwrap());
        let first = take(0, "192.0.2.1").unwrap();
        let mapped = take(0, "::ffff:192.0.2.1").unwrap();
        assert!(take(0, "192.0.2.1").is_none(), "the address has two");
        let other = take(0, "192.0.2.2").unwrap();
        assert!(take(0, "192.0.2.3").is_none(), "the network has three");
        let apart = take(1, "198.51.100.1").unwrap();
        drop(first);
        let again = take(0, "192.0.2.1").unwrap();
        drop((mapped, other, apart, again));
        assert!(lock(&places.held).is_empty());
        let _first = take(2, "2001:db8::1").unwrap();
        let _second = take(2, "2001:db8::2").unwrap();
        assert!(take(2, "2001:db8::3").is_none(), "one customer");
        assert!(take(2, "2001:db8:0:1::1").is_some());
    }
}
