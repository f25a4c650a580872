//! Two servers of a few lines: one sends each datagram back as if it were its answer, which is the most
//! that any server can do here; the other knows an address for every name, and is the upstream of all.

use std::{
    net::{SocketAddr, UdpSocket},
    thread,
};

use resolver::testing::Datagrams;

use super::process::stay_on;

/// Starts the echo on a core; it stays until the program ends.
pub fn echo(core: usize) -> SocketAddr {
    serve(core, |query, length| {
        query[2] |= 0x80;
        length
    })
}

/// Starts the upstream on a core: 192.0.2.1 for everything, to be remembered for an hour.
pub fn upstream(core: usize) -> SocketAddr {
    const RECORD: [u8; 16] = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 1];
    const QUESTION_TAIL: usize = 5;
    serve(core, |query, length| {
        let Some(end) = query[12..length].iter().position(|octet| *octet == 0) else {
            return 0;
        };
        let end = 12 + end + QUESTION_TAIL;
        query[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
        // Questions for something else than an address get none.
        if query[end - 4..end] == [0, 1, 0, 1] {
            query[end..end + RECORD.len()].copy_from_slice(&RECORD);
            end + RECORD.len()
        } else {
            query[7] = 0;
            end
        }
    })
}

fn serve(core: usize, answer: fn(&mut [u8], usize) -> usize) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        stay_on(core);
        let mut datagrams = Datagrams::default();
        loop {
            let count = datagrams.receive(&socket).unwrap_or(0);
            for number in 0..count {
                let (buffer, length) = datagrams.datagram(number);
                let length = if length > 16 {
                    answer(buffer, length)
                } else {
                    0
                };
                datagrams.answer(number, length);
            }
            datagrams.send(&socket, count);
        }
    });
    address
}
