//! Names to addresses, through upstreams that the operator configured, never through the machine's
//! own resolver: that one may be our filter, and a listed site must still be revisited.
//!
//! Addresses are checked here, in the resolver that the HTTP client itself uses, so the address that
//! was checked is the one that is connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use reqwest::dns::{Name, Resolve, Resolving};

use crate::address_guard::{AddressGuard, Refusal};

/// A name that could not be resolved.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The upstreams answered with an error or not at all.
    #[error("the name could not be resolved: {0}")]
    Failed(String),
    /// No upstream is configured.
    #[error(
        "no DNS upstream is configured for the crawler; set crawl.upstreams to one or more ADDRESS:PORT"
    )]
    NoUpstream,
}

/// Why a name has no texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The name is not there, or has none; which of the two, in words.
    #[error("{0}")]
    Nothing(&'static str),
    /// The upstreams answered with an error or not at all, which says nothing of the name.
    #[error("the name could not be resolved: {0}")]
    Failed(String),
}

/// A source of addresses.
pub trait Lookup: Send + Sync {
    /// All addresses of `name`.
    fn lookup(&self, name: String) -> BoxFuture<'static, Result<Vec<IpAddr>, LookupError>>;
}

/// hickory-resolver over configured upstreams, UDP first and TCP for long answers.
pub struct Upstream {
    resolver: TokioResolver,
}

impl Upstream {
    /// Builds the resolver; it reads no hosts file and no system configuration.
    ///
    /// # Errors
    /// When the list is empty or the resolver cannot be built.
    pub fn new(upstreams: &[SocketAddr]) -> Result<Self, LookupError> {
        if upstreams.is_empty() {
            return Err(LookupError::NoUpstream);
        }
        let servers = upstreams
            .iter()
            .map(|upstream| {
                let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
                for connection in &mut connections {
                    connection.port = upstream.port();
                }
                NameServerConfig::new(upstream.ip(), true, connections)
            })
            .collect();
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.use_hosts_file = ResolveHosts::Never;
        options.timeout = Duration::from_secs(3);
        options.attempts = 2;
        options.cache_size = 4_096;
        let resolver = builder
            .build()
            .map_err(|error| LookupError::Failed(error.to_string()))?;
        Ok(Self { resolver })
    }

    /// The TXT records of a name, each with its strings put together (RFC 1035 section 3.3.14).
    ///
    /// # Errors
    /// When there are none, or nobody answers.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, TextError> {
        let found = self
            .resolver
            .lookup(format!("{name}."), RecordType::TXT)
            .await;
        let found = found.map_err(|error| match error {
            error if error.is_nx_domain() => TextError::Nothing("no such name"),
            error if error.is_no_records_found() => TextError::Nothing("no such record"),
            error => TextError::Failed(error.to_string()),
        })?;
        let texts = found
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::TXT(text) => {
                    Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned())
                }
                _ => None,
            });
        Ok(texts.collect())
    }
}

impl Lookup for Upstream {
    fn lookup(&self, name: String) -> BoxFuture<'static, Result<Vec<IpAddr>, LookupError>> {
        let resolver = self.resolver.clone();
        Box::pin(async move {
            // The final dot keeps search lists out.
            let found = resolver.lookup_ip(format!("{name}.")).await;
            found
                .map(|found| found.iter().collect())
                .map_err(|error| LookupError::Failed(error.to_string()))
        })
    }
}

/// The resolver given to the HTTP client: looks up, then lets only checked addresses through.
#[derive(Clone)]
pub struct GuardedResolver {
    lookup: Arc<dyn Lookup>,
    guard: AddressGuard,
}

impl GuardedResolver {
    /// Over a source of addresses.
    pub fn new(lookup: Arc<dyn Lookup>, guard: AddressGuard) -> Self {
        Self { lookup, guard }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().trim_end_matches('.').to_owned();
        let looking = self.lookup.lookup(name.clone());
        let guard = self.guard;
        Box::pin(async move {
            let addresses = looking.await?;
            let mut refused: Option<Refusal> = None;
            let mut allowed: Vec<SocketAddr> = Vec::new();
            for address in addresses.into_iter().take(32) {
                match guard.check_address(&name, address) {
                    Ok(()) => allowed.push(SocketAddr::new(address, 0)),
                    Err(refusal) => refused = Some(refusal),
                }
            }
            match (allowed.is_empty(), refused) {
                (false, _) => Ok(Box::new(allowed.into_iter()) as reqwest::dns::Addrs),
                (true, Some(refusal)) => Err(refusal.into()),
                (true, None) => {
                    Err(LookupError::Failed("the name has no address".to_owned()).into())
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::str::FromStr as _;

    use tokio::net::UdpSocket;

    use super::*;

    /// A DNS server of one answer: every A question gets `address`, others get none.
    async fn upstream(address: Ipv4Addr) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 1232];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let asked = &buffer[..length];
                let name_end = 12 + asked[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
                let is_a = asked[name_end..name_end + 2] == [0, 1];
                let mut answer = asked[..2].to_vec();
                answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0]);
                answer.extend(&asked[12..name_end + 4]);
                if is_a {
                    answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
                    answer.extend(address.octets());
                }
                let _ = socket.send_to(&answer, from).await;
            }
        });
        at
    }

    async fn resolve(
        address: Ipv4Addr,
        guard: AddressGuard,
        name: &str,
    ) -> Result<Vec<SocketAddr>, String> {
        let lookup = Upstream::new(&[upstream(address).await]).unwrap();
        let resolver = GuardedResolver::new(Arc::new(lookup), guard);
        let found = resolver.resolve(Name::from_str(name).unwrap()).await;
        found
            .map(Iterator::collect)
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_configured_upstream_is_asked_and_its_answer_checked() {
        let public = Ipv4Addr::new(198, 51, 99, 7);
        let found = resolve(public, AddressGuard::public(), "shop.test")
            .await
            .unwrap();
        assert_eq!(found[0].ip(), IpAddr::V4(public));
        let refused = resolve(
            Ipv4Addr::new(10, 0, 0, 1),
            AddressGuard::public(),
            "shop.test",
        )
        .await;
        assert!(refused.unwrap_err().contains("private"));
        let permission = crate::address_guard::tests::permission(8090);
        let guard = AddressGuard::with_loopback(permission);
        assert!(
            resolve(Ipv4Addr::new(127, 77, 0, 10), guard, "shop.test")
                .await
                .is_ok()
        );
        assert!(
            resolve(Ipv4Addr::new(127, 77, 0, 10), guard, "shop.example")
                .await
                .is_err()
        );
    }

    /// Answers of one name, one after another; each is a list of addresses.
    struct Turns(std::sync::Mutex<Vec<Vec<&'static str>>>);

    impl Lookup for Turns {
        fn lookup(&self, _: String) -> BoxFuture<'static, Result<Vec<IpAddr>, LookupError>> {
            let answer = self.0.lock().unwrap().remove(0);
            let parse = |text: &&str| text.parse().unwrap();
            let addresses = answer.iter().map(parse).collect();
            Box::pin(async move { Ok(addresses) })
        }
    }

    /// Rebinding: the name was public when it was first looked up. And an inner address between
    /// public ones is left out, not tried when the others do not answer.
    #[tokio::test]
    async fn each_look_up_is_checked_and_each_address_of_it() {
        let turns = vec![
            vec!["198.51.99.7"],
            vec!["127.0.0.1"],
            vec!["::ffff:169.254.169.254"],
            vec!["10.0.0.1", "198.51.99.7", "fd00::1"],
        ];
        let lookup = Arc::new(Turns(std::sync::Mutex::new(turns)));
        let resolver = GuardedResolver::new(lookup, AddressGuard::public());
        let resolve = || resolver.resolve(Name::from_str("shop.kz").unwrap());
        let public: SocketAddr = "198.51.99.7:0".parse().unwrap();
        assert_eq!(resolve().await.unwrap().collect::<Vec<_>>(), [public]);
        for class in ["loopback", "IPv4-mapped"] {
            let refused = resolve().await.err().unwrap().to_string();
            assert!(refused.contains(class), "{refused}");
        }
        assert_eq!(resolve().await.unwrap().collect::<Vec<_>>(), [public]);
    }

    #[test]
    fn no_upstream_is_an_error_that_says_what_to_do() {
        assert!(
            Upstream::new(&[])
                .err()
                .unwrap()
                .to_string()
                .contains("crawl.upstreams")
        );
    }
}
