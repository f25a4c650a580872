//! Sockets that were there before this process: a service manager holds them between two runs, or the
//! node that ran before hands them over. What waits in such a socket while nobody reads it is answered
//! by whoever reads it next, so that a restart loses no query.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    os::fd::OwnedFd,
};

use rustix::net::{SocketType, sockopt};

use crate::{error::StartError, sys};

/// The most descriptors that are taken over: 256 workers on a few addresses.
pub(crate) const MOST: usize = 4096;

/// Sockets to serve, instead of binding new ones to their addresses.
#[derive(Debug, Default)]
pub struct Inherited {
    udp: Vec<(SocketAddr, UdpSocket)>,
    tcp: Vec<(SocketAddr, TcpListener)>,
    may_grow: bool,
}

impl Inherited {
    /// The sockets a service manager started this process with: `count` descriptors from 3 on
    /// (`LISTEN_FDS`, sd_listen_fds(3)). To be called once, before anything is listened on.
    ///
    /// # Errors
    /// A descriptor that is no socket of DNS: no UDP socket and no listening TCP socket.
    pub fn from_manager(count: usize) -> Result<Self, StartError> {
        if count > MOST {
            return Err(StartError::Config(
                "more sockets are handed over than a node can serve; give fewer",
            ));
        }
        let descriptors = sys::inherited(count)
            .map_err(|(number, source)| StartError::Inherited { number, source })?;
        Self::sort(descriptors, false)
    }

    /// The sockets of the node that ran before.
    pub(crate) fn from_predecessor(descriptors: Vec<OwnedFd>) -> Result<Self, StartError> {
        Self::sort(descriptors, true)
    }

    fn sort(descriptors: Vec<OwnedFd>, may_grow: bool) -> Result<Self, StartError> {
        let mut sorted = Self {
            may_grow,
            ..Self::default()
        };
        for (number, descriptor) in (3..).zip(descriptors) {
            sorted
                .add(descriptor)
                .map_err(|source| StartError::Inherited { number, source })?;
        }
        Ok(sorted)
    }

    fn add(&mut self, descriptor: OwnedFd) -> std::io::Result<()> {
        let kind = sockopt::socket_type(&descriptor)?;
        let is_listening = sockopt::socket_acceptconn(&descriptor)?;
        match kind {
            SocketType::DGRAM => {
                let socket = UdpSocket::from(descriptor);
                self.udp.push((socket.local_addr()?, socket));
            }
            SocketType::STREAM if is_listening => {
                let socket = TcpListener::from(descriptor);
                self.tcp.push((socket.local_addr()?, socket));
            }
            _ => return Err(std::io::ErrorKind::InvalidInput.into()),
        }
        Ok(())
    }

    /// The addresses of the sockets that are left, each once, in the order in which they came.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        let udp = self.udp.iter().map(|(address, _)| *address);
        for address in udp.chain(self.tcp.iter().map(|(address, _)| *address)) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// All UDP sockets of an address.
    pub(crate) fn take_udp(&mut self, wanted: SocketAddr) -> Vec<UdpSocket> {
        let all = self.udp.extract_if(.., |(address, _)| *address == wanted);
        all.map(|(_, socket)| socket).collect()
    }

    /// Listens on an address over TCP, for something beside DNS: on the socket that is there, or on a
    /// new one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn listen(
        &mut self,
        address: SocketAddr,
    ) -> Result<tokio::net::TcpListener, StartError> {
        let listener = match self.take_tcp(address) {
            Some(there) => there
                .set_nonblocking(true)
                .and_then(|()| tokio::net::TcpListener::from_std(there)),
            None => tokio::net::TcpListener::bind(address).await,
        };
        listener.map_err(|source| StartError::Bind { address, source })
    }

    /// The listening TCP socket of an address, if there is one.
    pub(crate) fn take_tcp(&mut self, wanted: SocketAddr) -> Option<TcpListener> {
        let place = self.tcp.iter().position(|(at, _)| *at == wanted)?;
        Some(self.tcp.swap_remove(place).1)
    }

    /// Whether more sockets may be bound beside these: they end with this process, and what waits in
    /// them is lost then, unless this process hands them over in its turn.
    pub(crate) fn may_grow(&self) -> bool {
        self.may_grow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_by_address_and_kind() {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let (udp_at, tcp_at) = (udp.local_addr().unwrap(), tcp.local_addr().unwrap());
        let twin = udp.try_clone().unwrap();
        let descriptors = vec![udp.into(), tcp.into(), twin.into()];
        let mut inherited = Inherited::from_predecessor(descriptors).unwrap();
        assert_eq!(inherited.addresses(), [udp_at, tcp_at]);
        assert!(inherited.take_tcp(udp_at).is_none() && inherited.take_udp(tcp_at).is_empty());
        assert_eq!(inherited.take_udp(udp_at).len(), 2);
        assert!(inherited.take_tcp(tcp_at).is_some());
        assert!(inherited.addresses().is_empty());
    }

    #[test]
    fn what_is_no_socket_of_dns_is_refused() {
        let file: OwnedFd = std::fs::File::open("/dev/null").unwrap().into();
        assert!(Inherited::from_predecessor(vec![file]).is_err());
        // A connection is no listening socket.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(Inherited::from_predecessor(vec![stream.into()]).is_err());
    }
}
