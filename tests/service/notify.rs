//! What a service manager is told, and when.

use std::{
    collections::VecDeque,
    net::UdpSocket,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
};

use rustix::process::Signal;

use crate::{
    client::{check, question},
    node::{Node, PATIENCE, Place, assert_well_ended, free},
};

/// What the manager heard, line by line.
struct Heard {
    ear: UnixDatagram,
    lines: VecDeque<String>,
}

impl Heard {
    fn new(ear: UnixDatagram) -> Self {
        ear.set_read_timeout(Some(PATIENCE)).unwrap();
        let lines = VecDeque::new();
        Self { ear, lines }
    }

    /// Waits for a line that begins so.
    fn until(&mut self, beginning: &str) -> String {
        loop {
            while let Some(line) = self.lines.pop_front() {
                if line.starts_with(beginning) {
                    return line;
                }
            }
            let mut buffer = [0; 4096];
            let length = self.ear.recv(&mut buffer).unwrap();
            let text = std::str::from_utf8(&buffer[..length]).unwrap();
            self.lines.extend(text.lines().map(str::to_owned));
        }
    }
}

#[test]
fn a_manager_is_told_that_a_node_is_ready_well_and_stopping() {
    let (place, address) = (Place::new(), free());
    let path = place.path("notify");
    let mut heard = Heard::new(UnixDatagram::bind(&path).unwrap());
    let mut command = place.command(address, 2);
    command.env("NOTIFY_SOCKET", &path);
    command.env("WATCHDOG_USEC", "1000000");
    let node = Node::start(command);
    heard.until("READY=1");
    // The first packet after that is filtered.
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.send_to(&question(0), address).unwrap();
    let mut buffer = [0; 4096];
    let length = client.recv(&mut buffer).unwrap();
    assert_eq!(check(&buffer[..length]), 0);

    let pid = node.child.id();
    assert_eq!(heard.until("MAINPID="), format!("MAINPID={pid}"));
    let status = heard.until("STATUS=");
    assert!(
        status.starts_with("STATUS=answering; the list is enforced: serial "),
        "{status}"
    );
    for _ in 0..3 {
        heard.until("WATCHDOG=1");
    }
    let node = node.until_ready();
    node.signal(Signal::TERM);
    heard.until("STOPPING=1");
    let (status, said) = node.ended();
    assert_well_ended(status, &said);
}

#[test]
fn a_manager_behind_an_abstract_name_is_told_too_and_one_process_alone_is_watched() {
    let (place, address) = (Place::new(), free());
    let name = format!("qalqan-test-{}", address.port());
    let ear = SocketAddr::from_abstract_name(&name).unwrap();
    let mut heard = Heard::new(UnixDatagram::bind_addr(&ear).unwrap());
    let mut command = place.command(address, 1);
    command.env("NOTIFY_SOCKET", format!("@{name}"));
    // The watchdog waits for somebody else.
    command
        .env("WATCHDOG_USEC", "1000000")
        .env("WATCHDOG_PID", "1");
    let node = Node::start(command);
    heard.until("READY=1");
    let node = node.until_ready();
    node.signal(Signal::TERM);
    heard.until("STATUS=");
    loop {
        let line = heard.until("");
        assert_ne!(line, "WATCHDOG=1");
        if line == "STOPPING=1" {
            break;
        }
    }
    assert!(node.ended().0.success());
}

#[test]
fn a_node_that_does_not_start_is_never_ready() {
    let (place, address) = (Place::new(), free());
    let path = place.path("notify");
    let ear = UnixDatagram::bind(&path).unwrap();
    ear.set_nonblocking(true).unwrap();
    std::fs::remove_dir_all(place.path("release")).unwrap();
    let mut command = place.command(address, 1);
    command.env("NOTIFY_SOCKET", &path);
    let (status, said) = Node::start(command).ended();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(ear.recv(&mut [0; 64]).is_err(), "nothing was said");
}
