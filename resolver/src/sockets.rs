//! Binding the sockets of a node: for each address one TCP listener and as many UDP sockets as there
//! are workers. The kernel spreads clients over sockets that share a port (`SO_REUSEPORT`), each
//! client always to the same one.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
};

use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use tokio::net::TcpListener;

use crate::{error::StartError, sys};

/// How often another free port is tried when the one TCP got is taken on UDP.
const PORT_TRIES: usize = 16;
/// Octets the kernel may hold for a worker that is busy; it grants less where less is allowed.
const RECEIVE_BUFFER: usize = 4 << 20;

/// The sockets of one address.
pub(crate) struct Bound {
    /// One for each worker.
    pub(crate) udp: Vec<Arc<UdpSocket>>,
    pub(crate) tcp: TcpListener,
    pub(crate) address: SocketAddr,
}

/// Binds each address for so many workers. With port 0 UDP and TCP get the same free port.
pub(crate) async fn bind(listen: &[SocketAddr], workers: usize) -> Result<Vec<Bound>, StartError> {
    let mut bound = Vec::with_capacity(listen.len());
    for &wanted in listen {
        bound.push(bind_all(wanted, workers.max(1)).await?);
    }
    Ok(bound)
}

/// Binds one address for a server that reads its one UDP socket itself.
pub(crate) async fn bind_pair(
    wanted: SocketAddr,
) -> Result<(tokio::net::UdpSocket, TcpListener, SocketAddr), StartError> {
    let Bound {
        mut udp,
        tcp,
        address,
    } = bind_all(wanted, 1).await?;
    let failed = |source| StartError::Bind { address, source };
    let udp = udp.pop().and_then(Arc::into_inner);
    let udp = udp.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    udp.set_nonblocking(true).map_err(failed)?;
    let udp = tokio::net::UdpSocket::from_std(udp).map_err(failed)?;
    Ok((udp, tcp, address))
}

/// TCP comes first: it does not share its port, so that a second node on the same address is told
/// that the address is taken instead of getting every other query of the first.
async fn bind_all(wanted: SocketAddr, workers: usize) -> Result<Bound, StartError> {
    let failed = |source| StartError::Bind {
        address: wanted,
        source,
    };
    for _ in 0..PORT_TRIES {
        let tcp = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        let udp: io::Result<Vec<_>> = (0..workers)
            .map(|_| bind_udp(address).map(Arc::new))
            .collect();
        match udp {
            Ok(udp) => return Ok(Bound { udp, tcp, address }),
            Err(error) if wanted.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::ErrorKind::AddrInUse.into()))
}

fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let socket = net::socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    // More than the system's bound only with the right to; either way the socket works.
    if sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER).is_err() {
        let _ = sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
    }
    let _ = sockopt::set_socket_send_buffer_size(&socket, RECEIVE_BUFFER);
    net::bind(&socket, &address)?;
    let socket = UdpSocket::from(socket);
    if address.ip().is_unspecified() {
        sys::tell_local_address(&socket)?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn workers_share_an_address_and_nodes_do_not() {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = bind(&[free], 3).await.unwrap();
        assert_eq!(bound[0].udp.len(), 3);
        for socket in &bound[0].udp {
            assert_eq!(socket.local_addr().unwrap(), bound[0].address);
        }
        let again = bind(&[bound[0].address], 1).await;
        assert!(matches!(again, Err(StartError::Bind { .. })));
    }
}
