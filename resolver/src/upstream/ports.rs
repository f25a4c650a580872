//! UDP sockets to upstreams: a few for each, on random ports of the system's choice, each replaced by
//! another before anybody has had time to find it out. Which queries wait on which socket under
//! which id is kept here, too: an id names one query only together with the port it left from.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::epoll;

use crate::upstream::{
    datagrams::{Incoming, Outgoing, receive_batch, send_batch},
    own::OwnAddresses,
    question,
    random::Random,
};

/// Sockets of one upstream that new queries leave from.
const SOCKETS: usize = 16;
/// Queries that leave from one socket in all.
const USES: usize = 4096;
/// The same where the system gives no other socket.
const MOST_USES: usize = 32_768;
/// How long queries leave from one socket.
const AGE: Duration = Duration::from_secs(10);
/// Messages under ids that nobody waits for, after which a socket is given up: somebody is guessing.
const STRANGERS: u32 = 256;
/// What is asked of the system for answers that wait to be read, in octets.
const RECEIVE_BUFFER: usize = 1 << 20;

/// One attempt of one flight; a later flight in the same place is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) flight: u32,
    pub(super) generation: u32,
    pub(super) attempt: u8,
}

/// The place of the socket that a query left from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Port(u32);

/// Ids are random already.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for &octet in octets {
            self.write_u16(self.0 as u16 ^ u16::from(octet));
        }
    }

    fn write_u16(&mut self, id: u16) {
        // Tables look at the upper bits and at the lower ones.
        self.0 = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

struct Socket {
    udp: UdpSocket,
    local: SocketAddr,
    server: usize,
    opened: Instant,
    strangers: u32,
    is_retired: bool,
    /// Who waits or waited under which id. An id is used once, so that an answer that comes late or
    /// twice is told from a guess.
    used: HashMap<u16, Ticket, BuildHasherDefault<IdHasher>>,
    /// Queries that somebody still waits for.
    waiting: u32,
    outgoing: Outgoing,
}

/// All sockets to upstreams over UDP.
pub(super) struct Ports {
    poll: Arc<OwnedFd>,
    own: Arc<OwnAddresses>,
    sockets: Vec<Option<Socket>>,
    free: Vec<u32>,
    addresses: Vec<SocketAddr>,
    /// Sockets that new queries leave from, of each upstream.
    pools: Vec<Vec<u32>>,
    /// Sockets with something to send.
    full: Vec<u32>,
}

/// What a socket had to say.
pub(super) enum Told {
    /// That was all for now.
    Quiet,
    /// There may be more.
    More,
    /// Something that was sent did not get there.
    Unreachable,
}

impl Ports {
    /// For upstreams at `addresses`; readable sockets are told by `poll` under their place.
    pub(super) fn new(
        addresses: Vec<SocketAddr>,
        poll: Arc<OwnedFd>,
        own: Arc<OwnAddresses>,
    ) -> Self {
        Self {
            poll,
            own,
            sockets: Vec::new(),
            free: Vec::new(),
            pools: vec![Vec::new(); addresses.len()],
            addresses,
            full: Vec::new(),
        }
    }

    /// Puts a query on the way from a random socket under a random id; it leaves with
    /// [`Ports::flush`]. `adjust` may alter the octets that leave.
    ///
    /// # Errors
    /// The system gives no socket.
    pub(super) fn send(
        &mut self,
        server: usize,
        query: &[u8],
        ticket: Ticket,
        now: Instant,
        random: &mut Random,
        adjust: impl FnOnce(&mut [u8]),
    ) -> io::Result<Port> {
        let place = self.choose(server, now, random)?;
        let Some(Some(socket)) = self.sockets.get_mut(place as usize) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        if socket.used.len() >= MOST_USES {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let mut id = random.id();
        while socket.used.contains_key(&id) {
            id = random.id();
        }
        socket.used.insert(id, ticket);
        socket.waiting += 1;
        if socket.outgoing.is_empty() {
            self.full.push(place);
        }
        let octets = socket.outgoing.push(query);
        question::set_id(octets, id);
        adjust(octets);
        Ok(Port(place))
    }

    /// A random socket that is not worn. Where the system gives no other, worn ones go on being used.
    fn choose(&mut self, server: usize, now: Instant, random: &mut Random) -> io::Result<u32> {
        let chosen = random.below(SOCKETS);
        let pool = self.pools.get(server).ok_or(io::ErrorKind::NotFound)?;
        let place = pool.get(chosen).copied();
        let any = pool.get(random.below(pool.len())).copied();
        if let Some(place) = place
            && !self.is_worn(place, now)
        {
            return Ok(place);
        }
        match self.open(server, now) {
            Ok(opened) => {
                if let Some(worn) = place {
                    self.retire(worn);
                }
                Ok(opened)
            }
            Err(error) => place.or(any).ok_or(error),
        }
    }

    fn is_worn(&self, place: u32, now: Instant) -> bool {
        match self.sockets.get(place as usize) {
            Some(Some(socket)) => {
                socket.used.len() >= USES || now.saturating_duration_since(socket.opened) >= AGE
            }
            _ => true,
        }
    }

    fn open(&mut self, server: usize, now: Instant) -> io::Result<u32> {
        let address = self.addresses.get(server).ok_or(io::ErrorKind::NotFound)?;
        let any: SocketAddr = match address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let udp = UdpSocket::bind(any)?;
        udp.connect(address)?;
        udp.set_nonblocking(true)?;
        // Less than is asked for is enough, too.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&udp, RECEIVE_BUFFER);
        let local = udp.local_addr()?;
        let place = self.free.pop().unwrap_or_else(|| {
            self.sockets.push(None);
            (self.sockets.len() - 1) as u32
        });
        let data = epoll::EventData::new_u64(u64::from(place));
        if let Err(error) = epoll::add(&*self.poll, &udp, data, epoll::EventFlags::IN) {
            self.free.push(place);
            return Err(error.into());
        }
        self.own.add(local);
        if let Some(room) = self.sockets.get_mut(place as usize) {
            *room = Some(Socket {
                udp,
                local,
                server,
                opened: now,
                strangers: 0,
                is_retired: false,
                used: HashMap::default(),
                waiting: 0,
                outgoing: Outgoing::default(),
            });
        }
        if let Some(pool) = self.pools.get_mut(server) {
            pool.push(place);
        }
        Ok(place)
    }

    /// Lets no new query leave from a socket; it closes when nobody waits on it any more.
    fn retire(&mut self, place: u32) {
        let Some(Some(socket)) = self.sockets.get_mut(place as usize) else {
            return;
        };
        socket.is_retired = true;
        if let Some(pool) = self.pools.get_mut(socket.server) {
            pool.retain(|&other| other != place);
        }
        self.close_if_done(place);
    }

    fn close_if_done(&mut self, place: u32) {
        let Some(room) = self.sockets.get_mut(place as usize) else {
            return;
        };
        let done = room.as_ref().is_some_and(|socket| {
            socket.is_retired && socket.waiting == 0 && socket.outgoing.is_empty()
        });
        if let Some(socket) = room.take_if(|_| done) {
            self.own.remove(socket.local);
            self.free.push(place);
        }
    }

    /// Waits no longer for an answer here.
    pub(super) fn forget(&mut self, port: Port) {
        if let Some(Some(socket)) = self.sockets.get_mut(port.0 as usize) {
            socket.waiting = socket.waiting.saturating_sub(1);
            if socket.is_retired {
                self.close_if_done(port.0);
            }
        }
    }

    /// Who waits, or waited, for a message under this id on this socket.
    pub(super) fn waiting(&mut self, socket: u32, id: u16) -> Option<Ticket> {
        let socket = self.sockets.get_mut(socket as usize)?.as_mut()?;
        let ticket = socket.used.get(&id).copied();
        if ticket.is_none() {
            socket.strangers += 1;
        }
        ticket
    }

    /// The upstream of a socket.
    pub(super) fn server(&self, socket: u32) -> Option<usize> {
        Some(self.sockets.get(socket as usize)?.as_ref()?.server)
    }

    /// All who wait or waited on a socket that somebody is guessing ids of; it is given up.
    pub(super) fn guessed_at(&mut self, place: u32) -> Vec<Ticket> {
        match self.sockets.get(place as usize) {
            Some(Some(socket)) if socket.strangers >= STRANGERS && !socket.is_retired => {}
            _ => return Vec::new(),
        }
        let tickets = self.all_waiting(place);
        self.retire(place);
        tickets
    }

    /// All who wait or waited on a socket.
    pub(super) fn all_waiting(&self, place: u32) -> Vec<Ticket> {
        match self.sockets.get(place as usize) {
            Some(Some(socket)) => socket.used.values().copied().collect(),
            _ => Vec::new(),
        }
    }

    /// Reads from a socket into `incoming`.
    pub(super) fn receive(&mut self, place: u32, incoming: &mut Incoming) -> Told {
        let Some(Some(socket)) = self.sockets.get(place as usize) else {
            return Told::Quiet;
        };
        match receive_batch(&socket.udp, incoming) {
            Ok(true) => Told::More,
            Ok(false) => Told::Quiet,
            Err(_) => Told::Unreachable,
        }
    }

    /// Sends what is to be sent; sockets from which nothing gets to the upstream are told to
    /// `unreachable`.
    pub(super) fn flush(&mut self, unreachable: &mut Vec<u32>) {
        while let Some(place) = self.full.pop() {
            if let Some(Some(socket)) = self.sockets.get_mut(place as usize)
                && send_batch(&socket.udp, &mut socket.outgoing).is_err()
            {
                unreachable.push(place);
            }
            self.close_if_done(place);
        }
    }
}
