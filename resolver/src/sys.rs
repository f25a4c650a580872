//! Many datagrams in one system call, and what else the kernel is asked for directly. The only file
//! of this room with `unsafe` in it; what it offers is safe to use.
//!
//! A [`Batch`] owns its buffers for good: a worker reads up to [`SLOTS`] datagrams into them, writes
//! the answers over the queries, and sends those that have one. Nothing is allocated after it is made.
#![allow(
    unsafe_code,
    reason = "recvmmsg, sendmmsg and descriptors by their number have no safe form in the standard library"
)]

use std::{
    io, mem,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket},
    os::fd::{AsRawFd, FromRawFd as _, IntoRawFd as _, OwnedFd, RawFd},
    ptr,
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::net::{AddressFamily, sockopt};

/// Datagrams in one system call.
pub(crate) const SLOTS: usize = 64;
/// Octets of one buffer: more than any answer sent over UDP and any query worth reading.
pub(crate) const BUFFER: usize = 2048;
/// Octets of ancillary data: one `IP_PKTINFO` or `IPV6_PKTINFO`.
const CONTROL: usize = 64;
/// Octets of the larger of `sockaddr_in` and `sockaddr_in6`.
const ADDRESS: usize = mem::size_of::<libc::sockaddr_in6>();

/// Octets of a block of memory that is given back by itself.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 1 << 20;

/// Has large blocks of memory given back to the kernel when they are dropped. glibc learns from the first
/// that it should not, and then a node grows with every list it takes.
pub(crate) fn give_back_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes two numbers and sets one of the allocator's, under the allocator's own lock.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// Where a datagram came from, and on which of this machine's addresses: an answer goes back by
/// the same pair, or the client does not know it for an answer.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Peer {
    control: [u8; CONTROL],
    address: [u8; ADDRESS],
    address_length: u32,
    control_length: u32,
}

impl Peer {
    const EMPTY: Self = Self {
        control: [0; CONTROL],
        address: [0; ADDRESS],
        address_length: 0,
        control_length: 0,
    };

    /// The sender. `None` for a family that is neither IPv4 nor IPv6.
    pub(crate) fn client(&self) -> Option<SocketAddr> {
        let octets = self.address.get(..self.address_length as usize)?;
        let family = libc::c_int::from(u16::from_ne_bytes(*octets.first_chunk()?));
        let port = u16::from_be_bytes(octets.get(2..4)?.try_into().ok()?);
        match family {
            libc::AF_INET => {
                let address: [u8; 4] = octets.get(4..8)?.try_into().ok()?;
                Some(SocketAddrV4::new(Ipv4Addr::from(address), port).into())
            }
            libc::AF_INET6 => {
                let address: [u8; 16] = octets.get(8..24)?.try_into().ok()?;
                let scope = u32::from_ne_bytes(octets.get(24..28)?.try_into().ok()?);
                Some(SocketAddrV6::new(Ipv6Addr::from(address), port, 0, scope).into())
            }
            _ => None,
        }
    }

    /// Leaves the interface of the answer to the routing table: only the address must be the same.
    fn forget_interface(&mut self) {
        if (self.control_length as usize) < mem::size_of::<libc::cmsghdr>() {
            return;
        }
        // The layout is fixed by the kernel: a header of size_t, int, int, then the structure.
        let data = align(mem::size_of::<libc::cmsghdr>());
        let level = field(&self.control, mem::offset_of!(libc::cmsghdr, cmsg_level));
        let interface = match level {
            Some(libc::IPPROTO_IP) => data + mem::offset_of!(libc::in_pktinfo, ipi_ifindex),
            Some(libc::IPPROTO_IPV6) => {
                // A link-local address means nothing without its interface.
                let link_local = self.control.get(data..data + 2) == Some(&[0xfe, 0x80]);
                if link_local {
                    return;
                }
                data + mem::offset_of!(libc::in6_pktinfo, ipi6_ifindex)
            }
            _ => return,
        };
        if let Some(index) = self.control.get_mut(interface..interface + 4) {
            index.fill(0);
        }
    }
}

fn field(control: &[u8; CONTROL], at: usize) -> Option<libc::c_int> {
    let octets = control.get(at..at + mem::size_of::<libc::c_int>())?;
    Some(libc::c_int::from_ne_bytes(octets.try_into().ok()?))
}

const fn align(length: usize) -> usize {
    length.next_multiple_of(mem::size_of::<usize>())
}

/// Buffers for datagrams that are read, answered in place, and sent.
pub(crate) struct Batch {
    buffers: Box<[[u8; BUFFER]]>,
    peers: Box<[Peer]>,
    /// Octets received, and afterwards octets to send; 0 sends nothing.
    lengths: [usize; SLOTS],
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
}

impl Batch {
    pub(crate) fn new() -> Self {
        // SAFETY: both are plain C structures for which all zeros is a value (null pointers,
        // lengths of nothing).
        let (vector, header) = unsafe { (mem::zeroed(), mem::zeroed()) };
        Self {
            buffers: vec![[0; BUFFER]; SLOTS].into(),
            peers: vec![Peer::EMPTY; SLOTS].into(),
            lengths: [0; SLOTS],
            vectors: vec![vector; SLOTS].into(),
            headers: vec![header; SLOTS].into(),
        }
    }

    /// Waits for a datagram and takes what else is there. Gives their number; 0 when the socket's
    /// read time-out passed first. A datagram longer than a buffer comes as one of no octets.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.receive_as(socket, libc::MSG_WAITFORONE)
    }

    /// As [`Self::receive`], without waiting: 0 when nothing is there.
    pub(crate) fn receive_waiting(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.receive_as(socket, libc::MSG_DONTWAIT)
    }

    fn receive_as(&mut self, socket: &UdpSocket, flags: libc::c_int) -> io::Result<usize> {
        for slot in 0..SLOTS {
            self.aim(slot, slot, BUFFER);
            let header = &mut self.headers[slot].msg_hdr;
            header.msg_namelen = ADDRESS as libc::socklen_t;
            header.msg_control = self.peers[slot].control.as_mut_ptr().cast();
            header.msg_controllen = CONTROL as _;
        }
        // SAFETY: `headers` holds SLOTS headers that were just aimed at buffers, vectors and peers
        // of this value with their true lengths; all of them live, unmoved, through the call, and
        // nothing else refers to them while `self` is borrowed.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                SLOTS as libc::c_uint,
                flags as _,
                ptr::null_mut(),
            )
        };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
                _ => Err(error),
            };
        };
        for slot in 0..count {
            let header = &self.headers[slot];
            let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            self.lengths[slot] = if cut { 0 } else { header.msg_len as usize };
            let peer = &mut self.peers[slot];
            peer.address_length = header.msg_hdr.msg_namelen;
            peer.control_length = header.msg_hdr.msg_controllen as u32;
            peer.forget_interface();
        }
        Ok(count)
    }

    /// A datagram that was received: its buffer, its length, and where it came from.
    pub(crate) fn datagram(&mut self, slot: usize) -> (&mut [u8; BUFFER], usize, &Peer) {
        (
            &mut self.buffers[slot],
            self.lengths[slot],
            &self.peers[slot],
        )
    }

    /// How many octets of a buffer are its answer; 0 for none.
    pub(crate) fn answer(&mut self, slot: usize, length: usize) {
        self.lengths[slot] = length.min(BUFFER);
    }

    /// Sends the answers among the first `count` slots. A client that cannot be reached loses its
    /// own answer and no other.
    pub(crate) fn send(&mut self, socket: &UdpSocket, count: usize) {
        let mut waiting = 0;
        for slot in 0..count.min(SLOTS) {
            let length = self.lengths[slot];
            if length > 0 {
                self.aim(waiting, slot, length);
                let peer = &mut self.peers[slot];
                let header = &mut self.headers[waiting].msg_hdr;
                header.msg_namelen = peer.address_length;
                header.msg_control = match peer.control_length {
                    0 => ptr::null_mut(),
                    _ => peer.control.as_mut_ptr().cast(),
                };
                header.msg_controllen = peer.control_length as _;
                waiting += 1;
            }
        }
        let mut sent = 0;
        while let Some(rest) = self.headers.get_mut(sent..waiting) {
            if rest.is_empty() {
                return;
            }
            // SAFETY: the first `waiting` headers were just aimed at buffers and peers of this value
            // with their true lengths; all live, unmoved, through the call, which only reads them
            // and writes `msg_len`.
            let count = unsafe {
                libc::sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), rest.len() as _, 0)
            };
            // An error is about the first message of the rest alone.
            sent += usize::try_from(count).unwrap_or(0).max(1);
        }
    }

    /// Aims header `at` at the buffer and the peer of `slot`; lengths of the address and of the
    /// ancillary data are the caller's to set.
    fn aim(&mut self, at: usize, slot: usize, length: usize) {
        self.vectors[at] = libc::iovec {
            iov_base: self.buffers[slot].as_mut_ptr().cast(),
            iov_len: length,
        };
        let header = &mut self.headers[at].msg_hdr;
        header.msg_name = self.peers[slot].address.as_mut_ptr().cast();
        header.msg_iov = &raw mut self.vectors[at];
        header.msg_iovlen = 1;
        header.msg_flags = 0;
    }
}

/// Sends one datagram to where another came from, later than its batch.
pub(crate) fn send_back(socket: &UdpSocket, peer: &Peer, octets: &[u8]) -> io::Result<()> {
    let mut peer = *peer;
    let mut vector = libc::iovec {
        iov_base: octets.as_ptr().cast_mut().cast(),
        iov_len: octets.len(),
    };
    // SAFETY: a plain C structure for which all zeros is a value.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_name = peer.address.as_mut_ptr().cast();
    header.msg_namelen = peer.address_length;
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    if peer.control_length > 0 {
        header.msg_control = peer.control.as_mut_ptr().cast();
        header.msg_controllen = peer.control_length as _;
    }
    // SAFETY: the header points at `vector`, `octets` and the copy of the peer, which live through
    // the call; sendmsg only reads them.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_DONTWAIT) };
    if sent < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Asks the kernel to say on which address each datagram arrived, for a socket that listens on all
/// of them.
pub(crate) fn tell_local_address(socket: &UdpSocket) -> io::Result<()> {
    let on: libc::c_int = 1;
    let (level, option) = if socket.local_addr()?.is_ipv4() {
        (libc::IPPROTO_IP, libc::IP_PKTINFO)
    } else {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
    };
    // SAFETY: the option's value is a C int that lives through the call, and its length is given.
    let failed = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const on).cast(),
            mem::size_of_val(&on) as libc::socklen_t,
        )
    };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// The first descriptor that a service manager hands over (sd_listen_fds(3)).
const FIRST_INHERITED: RawFd = 3;

/// Takes `count` descriptors from 3 on, which this process was started with. Only the first call gets
/// any, and it has to come before this process listens anywhere: what it finds there was opened by
/// nobody here.
///
/// # Errors
/// Which descriptor is no IP socket; it is left as it is.
pub(crate) fn inherited(count: usize) -> Result<Vec<OwnedFd>, (RawFd, io::Error)> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(vec![]);
    }
    (FIRST_INHERITED..).take(count).map(inherit).collect()
}

fn inherit(number: RawFd) -> Result<OwnedFd, (RawFd, io::Error)> {
    // SAFETY: takes any number; one that is not open fails with EBADF.
    if unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return Err((number, io::Error::last_os_error()));
    }
    // SAFETY: it is open. An IP socket under this number was there before this process opened any,
    // so nobody else here owns it, and `inherited` comes by once. Anything else is given back below.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    match sockopt::socket_domain(&descriptor) {
        Ok(AddressFamily::INET | AddressFamily::INET6) => Ok(descriptor),
        other => {
            // Whose it is closes it.
            let _ = descriptor.into_raw_fd();
            let reason = other
                .err()
                .map_or(io::ErrorKind::InvalidInput.into(), io::Error::from);
            Err((number, reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Echoes each datagram reversed; those of one octet are not answered.
    fn echo(listen: &str, ask: &str, with_local_address: bool) {
        let server = UdpSocket::bind(listen).unwrap();
        server
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        if with_local_address {
            tell_local_address(&server).unwrap();
        }
        let port = server.local_addr().unwrap().port();
        let client = UdpSocket::bind(if ask.contains('.') {
            "127.0.0.1:0"
        } else {
            "[::1]:0"
        })
        .unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let asked = SocketAddr::new(ask.parse().unwrap(), port);
        let datagrams: Vec<Vec<u8>> = (1..=SLOTS as u8 + 6)
            .map(|number| vec![number; usize::from(number)])
            .chain([vec![9; BUFFER + 1]])
            .collect();
        for datagram in &datagrams {
            client.send_to(datagram, asked).unwrap();
        }
        let mut batch = Batch::new();
        let mut seen = 0;
        let mut late = None;
        while seen < datagrams.len() {
            let count = batch.receive(&server).unwrap();
            assert!(count > 0);
            for slot in 0..count {
                let (buffer, length, peer) = batch.datagram(slot);
                assert_eq!(peer.client(), Some(client.local_addr().unwrap()));
                buffer[..length].reverse();
                match length {
                    0 => assert_eq!(seen, datagrams.len() - 1, "too long comes as nothing"),
                    1 => late = Some(*peer),
                    _ => {}
                }
                batch.answer(slot, if length > 1 { length } else { 0 });
                seen += 1;
            }
            batch.send(&server, count);
        }
        send_back(&server, &late.unwrap(), b"late").unwrap();
        let mut buffer = [0; BUFFER];
        for datagram in &datagrams[1..datagrams.len() - 1] {
            let (length, from) = client.recv_from(&mut buffer).unwrap();
            assert_eq!((&buffer[..length], from), (&datagram[..], asked));
        }
        let (length, from) = client.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&b"late"[..], asked));
    }

    #[test]
    fn datagrams_come_in_batches_and_answers_go_back_to_their_senders() {
        echo("127.0.0.1:0", "127.0.0.1", false);
        echo("[::1]:0", "::1", false);
    }

    #[test]
    fn an_answer_leaves_by_the_address_that_was_asked() {
        // 127.0.0.5 is this machine too; without being told, the kernel would answer from 127.0.0.1.
        echo("0.0.0.0:0", "127.0.0.5", true);
        echo("[::]:0", "::1", true);
    }

    #[test]
    fn waiting_ends_with_the_sockets_patience() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        server
            .set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        assert_eq!(Batch::new().receive(&server).unwrap(), 0);
        assert_eq!(Batch::new().receive_waiting(&server).unwrap(), 0);
    }
}
