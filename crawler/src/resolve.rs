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
