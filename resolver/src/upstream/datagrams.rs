//! Many datagrams to or from one connected socket. Both functions are one system call a datagram;
//! they are the place for calls that move many.

use std::{io, net::UdpSocket};

/// The largest answer taken over UDP, in octets. More than is offered (1232), for upstreams that do
/// not heed it; what is longer still is cut, looks like nothing that was asked for, and times out.
pub(super) const LARGEST: usize = 4096;
/// Datagrams read from one socket before another has its turn.
pub(super) const BATCH: usize = 32;

/// Datagrams that wait to be sent.
#[derive(Default)]
pub(super) struct Outgoing {
    octets: Vec<u8>,
    ends: Vec<usize>,
}

impl Outgoing {
    pub(super) fn push(&mut self, datagram: &[u8]) -> &mut [u8] {
        let start = self.octets.len();
        self.octets.extend_from_slice(datagram);
        self.ends.push(self.octets.len());
        self.octets.get_mut(start..).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| self.octets.get(start..end).unwrap_or_default())
    }

    fn clear(&mut self) {
        self.octets.clear();
        self.ends.clear();
    }
}

/// Datagrams that came.
pub(super) struct Incoming {
    octets: Box<[u8]>,
    lengths: Vec<usize>,
}

impl Incoming {
    pub(super) fn new() -> Self {
        Self {
            octets: vec![0; LARGEST * BATCH].into(),
            lengths: Vec::with_capacity(BATCH),
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.octets
            .chunks_exact_mut(LARGEST)
            .zip(&self.lengths)
            .map(|(place, &length)| place.get_mut(..length).unwrap_or_default())
    }
}

/// Sends and empties `outgoing`. What the system has no room for is lost like any datagram.
///
/// # Errors
/// Nothing gets there from here; the last reason.
pub(super) fn send_batch(socket: &UdpSocket, outgoing: &mut Outgoing) -> io::Result<()> {
    let mut result = Ok(());
    for datagram in outgoing.iter() {
        // An error may be the report about an earlier datagram, and this one has not gone then.
        let sent = socket.send(datagram).or_else(|_| socket.send(datagram));
        match sent {
            Err(error) if !is_passing(&error) => result = Err(error),
            _ => {}
        }
    }
    outgoing.clear();
    result
}

/// Takes what has come, at most [`BATCH`]; `true` when there may be more.
///
/// # Errors
/// A report that an earlier datagram did not get there.
pub(super) fn receive_batch(socket: &UdpSocket, incoming: &mut Incoming) -> io::Result<bool> {
    incoming.lengths.clear();
    for place in incoming.octets.chunks_exact_mut(LARGEST) {
        match socket.recv(place) {
            Ok(length) => incoming.lengths.push(length),
            Err(error) if is_passing(&error) => return Ok(false),
            // What came before the report is not lost: the report is told once that is read.
            Err(error) if incoming.lengths.is_empty() => return Err(error),
            Err(_) => return Ok(true),
        }
    }
    Ok(true)
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
