//! What an operator decides about a node. Every limit has a default that is safe on a small
//! machine; nothing here is read from the environment or from files, the binary does that.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use blocklist::Trust;

use crate::{
    access::AccessList, error::StartError, identity::Identity, limits::ClientLimits,
    source::ListSource, structured::StructuredErrors,
};

/// The largest answer sent over UDP, in octets, whatever the client offers (DNS flag day 2020):
/// larger ones are cut and the client comes back over TCP.
pub const UDP_PAYLOAD: u16 = 1232;

/// The longest time in seconds a blocked answer may be cached by a client: a lifted listing is
/// gone everywhere within this time.
pub const BLOCK_TTL: u32 = 60;

/// One server that answers what is not on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it is asked over.
    pub transport: Transport,
    /// Whether its AD bit is believed and passed on (RFC 6840 §5.8). Mark only a validating server
    /// reached over loopback or another path nobody else can write to.
    pub validates: bool,
    /// Whether names go to it in random case, which it has to repeat: harder to forge. An upstream
    /// that does not repeat it is found out, and asked in lower case from then on.
    pub mixed_case: bool,
}

/// What an upstream is asked over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// UDP, and TCP where an answer does not fit or looks forged.
    Udp,
    /// TCP alone.
    Tcp,
    /// TLS alone (RFC 7858); an upstream that cannot prove its name is not asked at all.
    Tls(Tls),
}

/// Who the other side of a TLS connection has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Its name, or its address, as its certificate says.
    pub name: String,
    /// PEM file of the authorities that may vouch for it; those of this machine when there is none.
    pub authorities: Option<PathBuf>,
}

impl Upstream {
    /// An upstream over UDP whose AD bit is not believed.
    pub fn udp(address: SocketAddr) -> Self {
        Self {
            address,
            transport: Transport::Udp,
            validates: false,
            mixed_case: true,
        }
    }
}

/// Which upstream is asked first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The one that answers fastest; the others are measured now and then.
    #[default]
    Fastest,
    /// The first of the list that answers.
    Listed,
}

/// What a client is told about a listed name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BlockAction {
    /// The name does not exist (RFC 8914 code 16 says why).
    #[default]
    NxDomain,
    /// The name exists and has no such record.
    NoData,
}

/// What a pause leaves unenforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseScope {
    /// The national list; the operator's own rules stay in force.
    List,
    /// The operator's own rules as well.
    Everything,
}

/// The extended error of what an operator's own rules answer (RFC 8914 §4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwnError {
    /// 15: the operator's policy.
    #[default]
    Blocked,
    /// 17: a filter that the client asked for.
    Filtered,
}

/// One policy zone of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// A response policy zone as a zone file.
    pub path: PathBuf,
    /// Whether what it would do is only counted.
    pub is_shadow: bool,
}

/// An operator's own rules, beside the national list and never part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnRules {
    /// Zones in order of priority.
    pub zones: Vec<PolicyFile>,
    /// Names, one a line, that no zone touches, each with all below it.
    pub allow_names: Option<PathBuf>,
    /// What the zones' answers say to clients that listen.
    pub error: OwnError,
    /// Folder for what large zones were compiled to, so that the next start need not parse them.
    pub compiled: Option<PathBuf>,
}

/// Bounds on what clients and upstreams can make a node hold at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Questions that wait for upstreams at once; over it the answer is SERVFAIL at once. Listed names
    /// are answered in any case.
    pub in_flight: usize,
    /// Tasks that read the UDP socket.
    pub workers: usize,
    /// Memory for answers that are remembered, in octets.
    pub cache: usize,
    /// Open TCP connections; further ones wait in the kernel's queue.
    pub tcp_connections: usize,
    /// Queries of one TCP connection worked on at once (RFC 7766 §6.2.1.1).
    pub tcp_pipeline: usize,
    /// A TCP connection without a query for this long is closed (RFC 7766 §6.2.3).
    pub tcp_idle: Duration,
    /// A client that does not take an answer within this time is cut off.
    pub tcp_write: Duration,
    /// How long one upstream is waited for before the next is asked.
    pub upstream_timeout: Duration,
    /// How long a client's query is worked on in all.
    pub query_timeout: Duration,
    /// How long a client waits for upstreams when there is an answer past its life that it can have; it
    /// gets that then, and the question goes on (RFC 8767 §5).
    pub client_patience: Duration,
    /// How long an upstream that did not answer is passed over while another one works.
    pub upstream_rest: Duration,
    /// Threads that ask upstreams.
    pub upstream_threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 32_768,
            workers: 2,
            cache: 64 << 20,
            tcp_connections: 512,
            tcp_pipeline: 32,
            tcp_idle: Duration::from_secs(10),
            tcp_write: Duration::from_secs(5),
            upstream_timeout: Duration::from_millis(1500),
            query_timeout: Duration::from_millis(4500),
            client_patience: Duration::from_millis(1800),
            upstream_rest: Duration::from_secs(5),
            upstream_threads: 1,
        }
    }
}

/// Where the national list comes from and where it is kept.
#[derive(Debug, Clone)]
pub struct ListConfig {
    /// A release directory or an http(s) base with the same layout.
    pub source: ListSource,
    /// What was given by hand: whose log this is.
    pub trust: Trust,
    /// Directory of this node's own copy; created when missing.
    pub state_dir: PathBuf,
    /// Whether to answer, unfiltered, before any release has ever been verified.
    pub start_empty: bool,
    /// How often the source is asked; a poke asks at once.
    pub poll: Duration,
}

/// All of a node's configuration.
#[derive(Debug, Clone)]
pub struct ResolverConfig {
    /// Addresses for UDP and TCP alike; port 0 takes a free port, the same for both.
    pub listen: Vec<SocketAddr>,
    /// Who may ask; everybody else is refused. This machine alone unless it is widened.
    pub access: AccessList,
    /// Who answers the rest; at least one.
    pub upstreams: Vec<Upstream>,
    /// Which of them is asked first.
    pub order: Order,
    /// The national list; `None` forwards everything.
    pub list: Option<ListConfig>,
    /// The operator's own rules.
    pub own: OwnRules,
    /// What clients are told about listed names.
    pub block_action: BlockAction,
    /// What programs are told that ask for it; nothing unless it is given.
    pub structured: Option<StructuredErrors>,
    /// Whether everything is answered unfiltered, and what would have been blocked only counted.
    pub dry_run: bool,
    /// Bounds.
    pub limits: Limits,
    /// What each client is held to.
    pub clients: ClientLimits,
    /// What the node says of itself.
    pub identity: Identity,
}

impl ResolverConfig {
    /// A node on `listen` that forwards to `upstreams` with default limits and no list.
    pub fn new(listen: Vec<SocketAddr>, upstreams: Vec<Upstream>) -> Self {
        Self {
            listen,
            access: AccessList::default(),
            upstreams,
            order: Order::default(),
            list: None,
            own: OwnRules::default(),
            block_action: BlockAction::default(),
            structured: None,
            dry_run: false,
            limits: Limits::default(),
            clients: ClientLimits::default(),
            identity: Identity::default(),
        }
    }

    /// Whether a node can be made of it.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        if self.listen.is_empty() {
            return Err(StartError::Config(
                "no address to listen on is given; give at least one",
            ));
        }
        if self.upstreams.is_empty() {
            return Err(StartError::Config(
                "no upstream is given; unlisted names need somebody to answer them",
            ));
        }
        Ok(())
    }
}
