//! What an operator decides about the limits of clients; docs/isp/limits.md says why each default is
//! what it is.

use std::path::PathBuf;

use crate::access::AccessList;

/// What one client network is held to. A *network* is all addresses below a prefix: somebody who has
/// one of them, or can pretend to, has them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLimits {
    /// Networks that none of this is applied to: nobody else can send with their addresses. This
    /// machine alone unless it is widened.
    pub exempt: AccessList,
    /// Bits of an IPv4 address that make a network, at most 32.
    pub network_v4: u8,
    /// Bits of an IPv6 address that make a network, at most 128.
    pub network_v6: u8,
    /// Answers over UDP in a second to one IPv4 network, and at once; 0 is no limit.
    pub rate_v4: u32,
    /// Answers over UDP in a second to one IPv6 network, and at once; 0 is no limit.
    pub rate_v6: u32,
    /// Beyond the rate one answer in so many is sent after all, without records: "come by TCP". 0 sends
    /// none.
    pub slip: u32,
    /// An answer over UDP is at most so many times as long as its query; a longer one becomes "come by
    /// TCP". At least 2, because a cookie makes an answer longer than its query; 0 is no limit.
    pub multiple: u16,
    /// Open TCP connections of one network; 0 is no limit of its own.
    pub tcp_connections: u32,
    /// Questions of one network that wait for upstreams; 0 is no limit of its own.
    pub questions: u32,
    /// File of the secrets of DNS cookies, for nodes that answer behind one address; one secret a
    /// line of 32 hexadecimal digits: the current one, and below it one that is taken as well. Without
    /// a file there is a random one.
    pub cookie_secret: Option<PathBuf>,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            exempt: AccessList::default(),
            network_v4: 24,
            network_v6: 56,
            rate_v4: 20_000,
            rate_v6: 2_000,
            slip: 2,
            multiple: 16,
            tcp_connections: 128,
            questions: 4096,
            cookie_secret: None,
        }
    }
}
