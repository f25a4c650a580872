//! Binding the sockets of a node: for each address one TCP listener and as many UDP sockets as there
//! are workers. The kernel spreads clients over sockets that share a port (`SO_REUSEPORT`), each
//! client always to the same one. Sockets that are there already ([`Inherited`]) are taken as they are.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use tokio::net::TcpListener;

use crate::{error::StartError, inherited::Inherited, sys};

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

/// Binds each address for so many workers, or takes what was inherited of it. With port 0 UDP and TCP
/// get the same free port.
pub(crate) async fn bind(
    listen: &[SocketAddr],
    workers: usize,
    mut inherited: Inherited,
) -> Result<Vec<Bound>, StartError> {
    let mut bound = Vec::with_capacity(listen.len());
    for &wanted in listen {
        let failed = |source| StartError::Bind {
            address: wanted,
            source,
        };
        let (udp, tcp) = (inherited.take_udp(wanted), inherited.take_tcp(wanted));
        let sockets = if udp.is_empty() {
            // TCP alone says nothing about which UDP sockets are to be read.
            drop(tcp);
            bind_all(wanted, workers.max(1)).await?
        } else {
            let may_grow = inherited.may_grow();
            take_all(wanted, udp, tcp, workers, may_grow)
                .await
                .map_err(failed)?
        };
        bound.push(sockets);
    }
    for address in inherited.addresses() {
        tracing::warn!(%address, "a socket that was handed over is not listened on; it is closed");
    }
    Ok(bound)
}

/// The same sockets under descriptors of their own, to be handed over.
pub(crate) fn copies(bound: &[Bound]) -> Result<Vec<OwnedFd>, StartError> {
    let mut copies = Vec::new();
    for one in bound {
        // Workers may share one.
        let own = |(place, socket): &(usize, &Arc<UdpSocket>)| {
            !one.udp
                .iter()
                .take(*place)
                .any(|before| Arc::ptr_eq(before, socket))
        };
        let udp = one.udp.iter().enumerate().filter(own);
        let udp = udp.map(|(_, socket)| socket.as_fd());
        for socket in udp.chain([one.tcp.as_fd()]) {
            let copy = socket.try_clone_to_owned();
            copies.push(copy.map_err(|source| StartError::Bind {
                address: one.address,
                source,
            })?);
        }
    }
    Ok(copies)
}

/// Serves sockets that are there. Each of them is read, however many workers were wanted: clients are
/// spread over all. Workers beyond them get sockets of their own where those would not be lost.
async fn take_all(
    address: SocketAddr,
    udp: Vec<UdpSocket>,
    tcp: Option<std::net::TcpListener>,
    workers: usize,
    may_grow: bool,
) -> io::Result<Bound> {
    for socket in &udp {
        // Whoever holds it too shares this with us.
        socket.set_nonblocking(false)?;
        prepare(socket)?;
    }
    let tcp = match tcp {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)?
        }
        None => TcpListener::bind(address).await?,
    };
    let mut udp: Vec<_> = udp.into_iter().map(Arc::new).collect();
    let there = udp.len();
    for number in there..workers {
        let new = may_grow.then(|| bind_udp(address)).and_then(Result::ok);
        let shared = || udp.get(number % there).cloned();
        if let Some(socket) = new.map(Arc::new).or_else(shared) {
            udp.push(socket);
        }
    }
    Ok(Bound { udp, tcp, address })
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
    net::bind(&socket, &address)?;
    let socket = UdpSocket::from(socket);
    prepare(&socket)?;
    Ok(socket)
}

/// Gives a bound socket room for what comes at once, and has the kernel say to which address it came.
fn prepare(socket: &UdpSocket) -> io::Result<()> {
    // More than the system's bound only with the right to; either way the socket works.
    if sockopt::set_socket_recv_buffer_size_force(socket, RECEIVE_BUFFER).is_err() {
        let _ = sockopt::set_socket_recv_buffer_size(socket, RECEIVE_BUFFER);
    }
    let _ = sockopt::set_socket_send_buffer_size(socket, RECEIVE_BUFFER);
    if socket.local_addr()?.ip().is_unspecified() {
        sys::tell_local_address(socket)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies of the sockets, as another process gets them.
    fn handed_over(bound: &[Bound]) -> Inherited {
        Inherited::from_predecessor(copies(bound).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn what_waits_in_a_socket_is_read_by_whoever_has_it_next() {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = bind(&[free], 1, Inherited::default()).await.unwrap();
        let address = first[0].address;
        let client = UdpSocket::bind(free).unwrap();
        client.send_to(b"waiting", address).unwrap();
        let inherited = handed_over(&first);
        drop(first);
        // One worker more than there were sockets, and an address of its own.
        let second = bind(&[address, free], 2, inherited).await.unwrap();
        assert_eq!((second[0].udp.len(), second[1].udp.len()), (2, 2));
        assert_eq!(second[0].address, address);
        assert_ne!(second[1].address, address);
        let mut buffer = [0; 16];
        let (length, from) = second[0].udp[0].recv_from(&mut buffer).unwrap();
        assert_eq!(
            (&buffer[..length], from),
            (&b"waiting"[..], client.local_addr().unwrap())
        );
        // Fewer workers than sockets: none stays unread.
        let inherited = handed_over(&second[..1]);
        let third = bind(&[address], 1, inherited).await.unwrap();
        assert_eq!(third[0].udp.len(), 2);
    }

    #[tokio::test]
    async fn workers_share_an_address_and_nodes_do_not() {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = bind(&[free], 3, Inherited::default()).await.unwrap();
        assert_eq!(bound[0].udp.len(), 3);
        for socket in &bound[0].udp {
            assert_eq!(socket.local_addr().unwrap(), bound[0].address);
        }
        let again = bind(&[bound[0].address], 1, Inherited::default()).await;
        assert!(matches!(again, Err(StartError::Bind { .. })));
    }
}
