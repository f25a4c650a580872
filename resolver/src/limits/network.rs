//! Who counts as one client.

use std::net::IpAddr;

/// How many bits of an address make a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Networks {
    v4: u32,
    v6: u128,
}

/// The network of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Network {
    V4(u32),
    V6(u128),
}

impl Networks {
    /// Networks of so many bits; more than an address has are all it has.
    pub(super) fn new(v4: u8, v6: u8) -> Self {
        let v4 = 32u32.saturating_sub(v4.into());
        let v6 = 128u32.saturating_sub(v6.into());
        Self {
            v4: u32::MAX.checked_shl(v4).unwrap_or(0),
            v6: u128::MAX.checked_shl(v6).unwrap_or(0),
        }
    }

    /// The network that an address is in. An IPv4 address that arrives through an IPv6 socket counts as
    /// IPv4.
    pub(super) fn of(self, address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V4(address) => Network::V4(u32::from(address) & self.v4),
            IpAddr::V6(address) => Network::V6(u128::from(address) & self.v6),
        }
    }
}

impl Network {
    pub(super) fn is_v4(self) -> bool {
        matches!(self, Self::V4(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_below_one_prefix_are_one_network() {
        let same = |networks: Networks, one: &str, other: &str| {
            networks.of(one.parse().unwrap()) == networks.of(other.parse().unwrap())
        };
        let usual = Networks::new(24, 56);
        assert!(same(usual, "192.0.2.1", "192.0.2.255"));
        assert!(same(usual, "192.0.2.1", "::ffff:192.0.2.9"));
        assert!(!same(usual, "192.0.2.1", "192.0.3.1"));
        assert!(same(usual, "2001:db8:0:ff::1", "2001:db8:0:1::9"));
        assert!(!same(usual, "2001:db8:0:100::1", "2001:db8::1"));
        let single = Networks::new(32, 200);
        assert!(!same(single, "192.0.2.1", "192.0.2.2"));
        assert!(!same(single, "2001:db8::1", "2001:db8::2"));
        let all = Networks::new(0, 0);
        assert!(same(all, "192.0.2.1", "203.0.113.1"));
        assert!(same(all, "2001:db8::1", "fe80::1"));
        assert!(!same(all, "192.0.2.1", "2001:db8::1"));
    }
}
