//! Who may ask: a short list of network prefixes.

use std::{fmt, net::IpAddr, str::FromStr};

/// A network prefix such as `192.0.2.0/24`, `2001:db8::/32` or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// A text that is not a network prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a network such as 192.0.2.0/24 or 2001:db8::/32")]
pub struct PrefixError(String);

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let refused = || PrefixError(text.chars().take(80).collect());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refused())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) => length
                .parse()
                .ok()
                .filter(|length| *length <= widest)
                .ok_or_else(refused)?,
            None => widest,
        };
        Ok(Self { address, length })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl Prefix {
    /// The address, where the prefix holds one alone.
    pub fn single(&self) -> Option<IpAddr> {
        let widest = if self.address.is_ipv4() { 32 } else { 128 };
        (self.length == widest).then_some(self.address)
    }

    /// Whether `address` lies within. An IPv4 address that arrives through an IPv6 socket counts as
    /// IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(prefix), IpAddr::V4(address)) => {
                let differs = u32::from(prefix) ^ u32::from(address);
                u32::from(self.length) <= differs.leading_zeros()
            }
            (IpAddr::V6(prefix), IpAddr::V6(address)) => {
                let differs = u128::from(prefix) ^ u128::from(address);
                u32::from(self.length) <= differs.leading_zeros()
            }
            _ => false,
        }
    }
}

/// Everybody within one of the prefixes; by default this machine alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessList(Vec<Prefix>);

impl AccessList {
    /// Admits these networks and nobody else.
    pub fn new(prefixes: Vec<Prefix>) -> Self {
        Self(prefixes)
    }

    /// The networks.
    pub(crate) fn prefixes(&self) -> &[Prefix] {
        &self.0
    }

    /// Whether `address` may ask.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.0.iter().any(|prefix| prefix.contains(address))
    }
}

impl Default for AccessList {
    fn default() -> Self {
        let v4 = Prefix {
            address: std::net::Ipv4Addr::new(127, 0, 0, 0).into(),
            length: 8,
        };
        let v6 = Prefix {
            address: std::net::Ipv6Addr::LOCALHOST.into(),
            length: 128,
        };
        Self(vec![v4, v6])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_hold_what_they_say() {
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        let holds = |text: &str, address: &str| prefix(text).contains(address.parse().unwrap());
        assert!(holds("192.0.2.0/24", "192.0.2.255"));
        assert!(!holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("::/0", "2001:db8::1"));
        for wrong in [
            "",
            "/24",
            "192.0.2.0/33",
            "192.0.2.0/-1",
            "::/129",
            "here",
            "1.2.3.4/",
        ] {
            assert!(wrong.parse::<Prefix>().is_err(), "{wrong}");
        }
        assert_eq!(prefix("192.0.2.1").single(), "192.0.2.1".parse().ok());
        assert_eq!(prefix("2001:db8::1/127").single(), None);
        assert!(AccessList::default().admits("127.9.9.9".parse().unwrap()));
        assert!(!AccessList::default().admits("192.0.2.1".parse().unwrap()));
    }
}
