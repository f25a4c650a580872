//! Options of `resolver` on what clients are held to; docs/isp/limits.md explains them.

use std::path::PathBuf;

use clap::Args;
use resolver::{ClientLimits, Identity, access::AccessList};

/// What one client network may take, and what the node says of itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "What clients are held to")]
pub(crate) struct Clients {
    /// Answers over UDP in a second to one IPv4 network without a DNS cookie; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) client_rate: u32,
    /// The same for one IPv6 network
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) client_rate_v6: u32,
    /// Beyond the rate one answer in N says "come by TCP", the others are dropped; 0: all are
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) client_slip: u32,
    /// An answer over UDP is at most N times its query without a DNS cookie; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) client_multiple: u16,
    /// Questions of one network that wait for forwarders; 0: no limit of its own
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub(crate) client_questions: u32,
    /// TCP connections of one network; 0: no limit of its own
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub(crate) client_connections: u32,
    /// Bits of an IPv4 address that make a network
    #[arg(long, value_name = "BITS", default_value_t = 24, value_parser = clap::value_parser!(u8).range(8..=32))]
    pub(crate) client_network: u8,
    /// Bits of an IPv6 address that make a network
    #[arg(long, value_name = "BITS", default_value_t = 56, value_parser = clap::value_parser!(u8).range(16..=128))]
    pub(crate) client_network_v6: u8,
    /// Network that is held to none of this; repeat for several
    #[arg(long, value_name = "NET", default_values = ["127.0.0.0/8", "::1/128"])]
    pub(crate) client_exempt: Vec<resolver::access::Prefix>,
    /// Secrets of DNS cookies, for several nodes behind one address; a random one unless given
    #[arg(long, value_name = "FILE")]
    pub(crate) cookie_secret: Option<PathBuf>,
    /// What id.server and hostname.bind say; refused unless given
    #[arg(long, value_name = "TEXT")]
    pub(crate) server_id: Option<String>,
    /// What version.server and version.bind say; refused where it is empty
    #[arg(long, value_name = "TEXT", default_value = "qalqan")]
    pub(crate) server_version: String,
}

impl Clients {
    /// As the resolver takes them.
    pub(crate) fn into_parts(self) -> (ClientLimits, Identity) {
        let limits = ClientLimits {
            exempt: AccessList::new(self.client_exempt),
            network_v4: self.client_network,
            network_v6: self.client_network_v6,
            rate_v4: self.client_rate,
            rate_v6: self.client_rate_v6,
            slip: self.client_slip,
            multiple: self.client_multiple,
            tcp_connections: self.client_connections,
            questions: self.client_questions,
            cookie_secret: self.cookie_secret,
        };
        let identity = Identity {
            name: self.server_id,
            version: Some(self.server_version).filter(|version| !version.is_empty()),
        };
        (limits, identity)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn what_is_not_said_is_as_the_resolver_has_it() {
        let cli = Cli::try_parse_from(["qalqan", "resolver"]).unwrap();
        let Command::Resolver(options) = cli.command else {
            panic!("the resolver");
        };
        let usual = (ClientLimits::default(), Identity::default());
        assert_eq!(options.clients.into_parts(), usual);
    }
}
