//! How an operator writes an upstream down.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use crate::config::{Tls, Transport, Upstream};

/// Behind an upstream that cannot be asked in mixed case.
const LOWER_CASE: &str = ",lowercase";
const PORT: u16 = 53;
/// RFC 7858 §3.1.
const TLS_PORT: u16 = 853;

/// Text that is no upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an upstream; write 192.0.2.1, 192.0.2.1:5353, [2001:db8::1]:53, tcp://192.0.2.1 or tls://192.0.2.1#name-in-its-certificate"
)]
pub struct UpstreamSyntax;

impl FromStr for Upstream {
    type Err = UpstreamSyntax;

    /// An address with or without a port, of UDP unless `tcp://` or `tls://` stands before it. Behind
    /// `#` stands the name that the certificate has to carry, else it is the address. `,lowercase` at
    /// the end: names go there in lower case.
    fn from_str(text: &str) -> Result<Self, UpstreamSyntax> {
        let lower = text.strip_suffix(LOWER_CASE);
        let mixed_case = lower.is_none();
        let text = lower.unwrap_or(text);
        let (transport, rest) = text.split_once("://").unwrap_or(("udp", text));
        let (place, name) = match rest.split_once('#') {
            Some((place, name)) => (place, Some(name)),
            None => (rest, None),
        };
        let (address, transport) = match (transport, name) {
            ("udp", None) => (address(place, PORT)?, Transport::Udp),
            ("tcp", None) => (address(place, PORT)?, Transport::Tcp),
            ("tls", Some("")) => return Err(UpstreamSyntax),
            ("tls", name) => {
                let address = address(place, TLS_PORT)?;
                let name = name.map_or_else(|| address.ip().to_string(), ToOwned::to_owned);
                let authorities = None;
                (address, Transport::Tls(Tls { name, authorities }))
            }
            _ => return Err(UpstreamSyntax),
        };
        Ok(Self {
            address,
            transport,
            validates: false,
            mixed_case,
        })
    }
}

fn address(text: &str, port: u16) -> Result<SocketAddr, UpstreamSyntax> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let ip = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port));
    let address = text.parse().or(ip).map_err(|_| UpstreamSyntax)?;
    if address.port() == 0 || address.ip().is_unspecified() {
        return Err(UpstreamSyntax);
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        let tls = |name: &str| {
            Transport::Tls(Tls {
                name: name.into(),
                authorities: None,
            })
        };
        for (text, address, transport) in [
            ("192.0.2.1", "192.0.2.1:53", Transport::Udp),
            ("192.0.2.1:5353", "192.0.2.1:5353", Transport::Udp),
            ("udp://192.0.2.1", "192.0.2.1:53", Transport::Udp),
            ("2001:db8::1", "[2001:db8::1]:53", Transport::Udp),
            ("[2001:db8::1]", "[2001:db8::1]:53", Transport::Udp),
            ("tcp://[2001:db8::1]:54", "[2001:db8::1]:54", Transport::Tcp),
            ("tls://192.0.2.1", "192.0.2.1:853", tls("192.0.2.1")),
            (
                "tls://192.0.2.1:443#dns.test",
                "192.0.2.1:443",
                tls("dns.test"),
            ),
        ] {
            let upstream: Upstream = text.parse().unwrap();
            assert_eq!(upstream.address.to_string(), address, "{text}");
            assert_eq!(upstream.transport, transport, "{text}");
            assert!(upstream.mixed_case && !upstream.validates);
        }
        let lower: Upstream = "192.0.2.1,lowercase".parse().unwrap();
        assert!(!lower.mixed_case);
    }

    #[test]
    fn what_is_no_upstream_is_refused() {
        for text in [
            "",
            "ns.test",
            "192.0.2.1:0",
            "192.0.2.1#name",
            "tcp://192.0.2.1#name",
            "tls://192.0.2.1#",
            "https://192.0.2.1",
            "tls://ns.test",
            "0.0.0.0",
            "192.0.2.1,upper",
        ] {
            assert_eq!(text.parse::<Upstream>(), Err(UpstreamSyntax), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(udp://|tcp://|tls://)?[0-9a-f.:\\[\\]]{0,20}(#\\PC{0,5})?\\PC{0,5}") {
            let _ = text.parse::<Upstream>();
        }
    }
}
