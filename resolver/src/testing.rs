//! What benchmarks and tests of other rooms borrow: many datagrams in one system call.

use std::{io, net::UdpSocket};

use crate::sys;

/// Datagrams that are read together, written over, and sent back to where they came from: a server's
/// day, or, with the next question in place of the answer, that of a client.
pub struct Datagrams(sys::Batch);

impl Default for Datagrams {
    fn default() -> Self {
        Self(sys::Batch::new())
    }
}

impl Datagrams {
    /// Waits for one and takes what else is there, up to 64; gives their number, or 0 when the
    /// socket's patience ended first.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.0.receive(socket)
    }

    /// The buffer of one that was received, 2,048 octets, and how many of them it fills.
    pub fn datagram(&mut self, number: usize) -> (&mut [u8], usize) {
        let (buffer, length, _) = self.0.datagram(number);
        (buffer, length)
    }

    /// How many octets of a buffer are to be sent back; with 0 nothing is.
    pub fn answer(&mut self, number: usize, length: usize) {
        self.0.answer(number, length);
    }

    /// Sends those of the first `count` that have something to send.
    pub fn send(&mut self, socket: &UdpSocket, count: usize) {
        self.0.send(socket, count);
    }
}
