//! Where the crawler may connect: public hosts by name, on the web's own ports. Nothing else.
//!
//! A hostile page can point anywhere: at our own database, at a cloud's metadata address, at a name
//! that resolves to one address when checked and another when used. So the URL is checked before the
//! first request and at each redirect, and the addresses are checked again inside the resolver that
//! the HTTP client uses, which closes rebinding: no address is ever used that was not checked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use blocklist::Trust;
use url::{Host, Url};

/// Why an address or URL is not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither http nor https.
    #[error("only http and https are fetched, not {0}")]
    Scheme(String),
    /// A URL whose host is an address.
    #[error("{0} is an address; only names are fetched")]
    Literal(String),
    /// User name or password in the URL.
    #[error("a URL with credentials is not fetched")]
    Credentials,
    /// A port other than 80, 443.
    #[error("port {0} is not a port of the web; only 80 and 443 are fetched")]
    Port(u16),
    /// No host.
    #[error("the URL has no host")]
    NoHost,
    /// The name leads to an address that is not public.
    #[error("{name} leads to {address}, which is {class}; only public addresses are fetched")]
    Address {
        /// The name asked for.
        name: String,
        /// The refused address.
        address: IpAddr,
        /// What kind of address it is.
        class: &'static str,
    },
}

/// A trust file that does not allow loopback.
#[derive(Debug, thiserror::Error)]
#[error("loopback may be crawled only under a demo log; the trust file of {origin} is not one")]
pub struct NotDemo {
    origin: String,
}

/// Permission to reach 127.0.0.0/8 for names under `.test`. Exists only under a demo log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopbackPermission {
    port: u16,
}

impl LoopbackPermission {
    /// Given by the trust file of a demo log; `port` is where the demo web listens.
    ///
    /// # Errors
    /// When the log is not a demo log.
    pub fn for_demo(trust: &Trust, port: u16) -> Result<Self, NotDemo> {
        if trust.demo {
            Ok(Self { port })
        } else {
            Err(NotDemo {
                origin: trust.origin.clone(),
            })
        }
    }
}

/// The check itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddressGuard {
    loopback: Option<LoopbackPermission>,
}

impl AddressGuard {
    /// Public addresses only.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// Public addresses, and the demo web.
    #[must_use]
    pub fn with_loopback(permission: LoopbackPermission) -> Self {
        Self {
            loopback: Some(permission),
        }
    }

    /// Checks a URL before it is requested.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn check_url(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let name = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name,
            Some(Host::Ipv4(address)) => return Err(Refusal::Literal(address.to_string())),
            Some(Host::Ipv6(address)) => return Err(Refusal::Literal(address.to_string())),
            _ => return Err(Refusal::NoHost),
        };
        let port = url.port_or_known_default().unwrap_or(0);
        let demo = self
            .loopback
            .is_some_and(|allowed| allowed.port == port && is_test(name));
        if matches!(port, 80 | 443) || demo {
            Ok(())
        } else {
            Err(Refusal::Port(port))
        }
    }

    /// Checks an address that `name` resolved to.
    ///
    /// # Errors
    /// When the address is not public, with what it is.
    pub fn check_address(&self, name: &str, address: IpAddr) -> Result<(), Refusal> {
        let Some(class) = not_public(address) else {
            return Ok(());
        };
        let loopback = matches!(address, IpAddr::V4(v4) if v4.is_loopback());
        if loopback && self.loopback.is_some() && is_test(name) {
            return Ok(());
        }
        Err(Refusal::Address {
            name: name.to_owned(),
            address,
            class,
        })
    }
}

fn is_test(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() > 5 && name.to_ascii_lowercase().ends_with(".test")
}

/// What kind of non-public address this is, `None` for a public one. From the IANA special-purpose
/// registries (RFC 6890 and its updates).
#[must_use]
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => not_public_v4(v4),
        IpAddr::V6(v6) => not_public_v6(v6),
    }
}

fn not_public_v4(v4: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = v4.octets();
    let class = match (a, b, c) {
        (0, ..) => "this network (RFC 791)",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "private (RFC 1918)",
        (127, ..) => "loopback (RFC 1122)",
        (169, 254, _) => "link-local (RFC 3927)",
        (100, 64..=127, _) => "carrier-grade NAT (RFC 6598)",
        (192, 0, 0) => "protocol assignments (RFC 6890)",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "documentation (RFC 5737)",
        (192, 31, 196) | (192, 52, 193) | (192, 175, 48) => "AS112 or AMT (RFC 7534)",
        (192, 88, 99) => "6to4 relay (RFC 7526)",
        (198, 18..=19, _) => "benchmarking (RFC 2544)",
        (224..=239, ..) => "multicast (RFC 5771)",
        (240..=255, ..) => "reserved or broadcast (RFC 1112)",
        _ => return None,
    };
    Some(class)
}

fn not_public_v6(v6: Ipv6Addr) -> Option<&'static str> {
    let s = v6.segments();
    // Only 2000::/3 is global unicast; this refuses loopback, mapped, unique local, link-local,
    // site-local, multicast, NAT64 (64:ff9b::/96) and whatever is not assigned.
    if s[0] & 0xE000 != 0x2000 {
        return Some(match s {
            [0, 0, 0, 0, 0, 0, 0, 1] => "loopback (RFC 4291)",
            [0, 0, 0, 0, 0, 0xFFFF, ..] => "IPv4-mapped (RFC 4291)",
            [0x64, 0xFF9B, ..] => "NAT64 (RFC 6052)",
            [first, ..] if first & 0xFE00 == 0xFC00 => "unique local (RFC 4193)",
            [first, ..] if first & 0xFFC0 == 0xFE80 => "link-local (RFC 4291)",
            [first, ..] if first & 0xFF00 == 0xFF00 => "multicast (RFC 4291)",
            _ => "not global unicast (RFC 4291)",
        });
    }
    match s {
        [0x2002, ..] => Some("6to4 (RFC 3056)"),
        [0x2001, second, ..] if second < 0x200 => Some("Teredo or protocol assignments (RFC 6890)"),
        [0x2001, 0xDB8, ..] => Some("documentation (RFC 3849)"),
        [0x3FFF, second, ..] if second < 0x1000 => Some("documentation (RFC 9637)"),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A permission as a demo log's trust file would give it.
    pub(crate) fn permission(port: u16) -> LoopbackPermission {
        LoopbackPermission { port }
    }

    fn check(url: &str) -> Result<(), Refusal> {
        AddressGuard::public().check_url(&Url::parse(url).unwrap())
    }

    /// Ways inward: what a hostile page, a redirect or a name server of its owner can say.
    enum Way {
        /// A URL.
        Url(&'static str),
        /// A harmless name, and the address it leads to.
        Leads(&'static str),
    }

    fn refusal(way: &Way) -> Option<Refusal> {
        let guard = AddressGuard::public();
        match way {
            // What is no URL cannot be requested at all.
            Way::Url(text) => match Url::parse(text) {
                Ok(url) => guard.check_url(&url).err(),
                Err(_) => Some(Refusal::NoHost),
            },
            Way::Leads(address) => {
                let address = address.parse().unwrap();
                guard.check_address("shop.kz", address).err()
            }
        }
    }

    #[test]
    fn every_way_inward_is_refused() {
        use Way::{Leads, Url};
        let ways = [
            // Loopback, in the spellings that URLs allow.
            Url("http://127.0.0.1/"),
            Url("http://127.0.0.1./"),
            Url("http://127.1/"),
            Url("http://2130706433/"),
            Url("http://0177.0.0.1/"),
            Url("http://0x7f000001/"),
            Url("http://0x7f.0.0.0x1/"),
            Url("http://①②⑦.0.0.1/"),
            Url("http://１２７。０。０。１/"),
            Url("http://%31%32%37.0.0.1/"),
            Url("http://shop.kz@127.0.0.1/"),
            Url("http://[::1]/"),
            Url("http://[::ffff:127.0.0.1]/"),
            Url("http://[::ffff:a9fe:a9fe]/"),
            Url("http://[fe80::1%25eth0]/"),
            Url("http://[64:ff9b::10.0.0.1]/"),
            // Public, but not by name; other doors of a host; other schemes.
            Url("http://8.8.8.8/"),
            Url("http://shop.kz:5432/"),
            Url("http://shop.kz:22/"),
            Url("https://admin:secret@shop.kz/"),
            Url("file:///etc/passwd"),
            Url("gopher://shop.kz/"),
            // IANA special-purpose addresses, version 4.
            Leads("0.0.0.0"),
            Leads("10.1.2.3"),
            Leads("100.64.0.1"),
            Leads("127.0.0.53"),
            Leads("169.254.169.254"),
            Leads("172.16.0.1"),
            Leads("172.31.255.255"),
            Leads("192.0.0.8"),
            Leads("192.0.2.1"),
            Leads("192.88.99.1"),
            Leads("192.168.1.1"),
            Leads("198.18.0.1"),
            Leads("198.51.100.7"),
            Leads("203.0.113.7"),
            Leads("224.0.0.1"),
            Leads("240.0.0.1"),
            Leads("255.255.255.255"),
            // Version 6, and version 4 inside version 6.
            Leads("::"),
            Leads("::1"),
            Leads("::127.0.0.1"),
            Leads("::ffff:10.0.0.1"),
            Leads("64:ff9b::127.0.0.1"),
            Leads("64:ff9b:1::10.0.0.1"),
            Leads("100::1"),
            Leads("2001::1"),
            Leads("2001:20::1"),
            Leads("2001:db8::1"),
            Leads("2002:7f00:1::"),
            Leads("3fff::1"),
            Leads("5f00::1"),
            Leads("fc00::1"),
            Leads("fd12:3456::1"),
            Leads("fe80::1"),
            Leads("fec0::1"),
            Leads("ff02::1"),
        ];
        assert!(ways.len() >= 40);
        for way in &ways {
            let (Url(text) | Leads(text)) = way;
            assert!(refusal(way).is_some(), "{text}");
        }
    }

    #[test]
    fn public_names_and_addresses_are_allowed() {
        use Way::{Leads, Url};
        for way in [
            Url("https://example.kz/x?y"),
            Url("http://example.kz:80/"),
            Url("https://example.kz./"),
            Url("https://127.0.0.1.example.kz/"),
            Url("https://айырбас.қаз/"),
            Leads("8.8.8.8"),
            Leads("100.128.0.1"),
            Leads("172.32.0.1"),
            Leads("192.0.1.1"),
            Leads("2606:4700::1111"),
            Leads("2a00:1450:4001::1"),
        ] {
            let (Url(text) | Leads(text)) = &way;
            assert_eq!(refusal(&way), None, "{text}");
        }
    }

    #[test]
    fn a_refusal_names_what_was_refused() {
        for (text, expected) in [
            ("http://0x7f.1/", Refusal::Literal("127.0.0.1".to_owned())),
            ("ftp://example.kz/", Refusal::Scheme("ftp".to_owned())),
            ("http://a:b@example.kz/", Refusal::Credentials),
            ("http://example.kz:5432/", Refusal::Port(5432)),
        ] {
            assert_eq!(check(text), Err(expected), "{text}");
        }
        let refused = refusal(&Way::Leads("169.254.169.254")).unwrap().to_string();
        assert!(refused.contains("link-local (RFC 3927)"), "{refused}");
    }

    #[test]
    fn loopback_only_for_test_names_on_the_demo_port() {
        let guard = AddressGuard::with_loopback(permission(8090));
        let url = |text: &str| guard.check_url(&Url::parse(text).unwrap());
        assert_eq!(url("http://shop.test:8090/"), Ok(()));
        assert_eq!(url("http://shop.test:5432/"), Err(Refusal::Port(5432)));
        assert_eq!(url("http://shop.example:8090/"), Err(Refusal::Port(8090)));
        assert_eq!(
            url("http://127.0.0.1:8090/"),
            Err(Refusal::Literal("127.0.0.1".to_owned()))
        );
        let loopback: IpAddr = "127.0.2.1".parse().unwrap();
        assert_eq!(guard.check_address("shop.test", loopback), Ok(()));
        assert!(guard.check_address("shop.example", loopback).is_err());
        assert!(
            guard
                .check_address("shop.test", "10.0.0.1".parse().unwrap())
                .is_err()
        );
        assert!(
            guard
                .check_address("shop.test", "::1".parse().unwrap())
                .is_err()
        );
        assert!(
            AddressGuard::public()
                .check_address("shop.test", loopback)
                .is_err()
        );
    }

    #[test]
    fn permission_needs_a_demo_log() {
        let trust = |demo| Trust {
            origin: "log.qalqan.test".to_owned(),
            log_key: String::new(),
            genesis: blocklist::Digest::of(b""),
            public_url: String::new(),
            demo,
        };
        assert!(LoopbackPermission::for_demo(&trust(true), 80).is_ok());
        assert!(LoopbackPermission::for_demo(&trust(false), 80).is_err());
    }

    proptest! {
        #[test]
        fn embedded_v4_never_passes(v4 in any::<u32>()) {
            let v4 = Ipv4Addr::from(v4);
            prop_assert!(not_public(IpAddr::V6(v4.to_ipv6_mapped())).is_some());
            let [a, b, c, d] = v4.octets();
            let nat64 = Ipv6Addr::new(0x64, 0xFF9B, 0, 0, 0, 0, u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            prop_assert!(not_public(IpAddr::V6(nat64)).is_some());
        }
    }
}
