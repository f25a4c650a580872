//! Sockets that outlive the node: a service manager (here the test) holds them between two runs.

use std::{
    fs,
    net::{SocketAddr, TcpListener, UdpSocket},
    os::fd::{AsRawFd as _, OwnedFd},
    process::Command,
};

use rustix::{
    io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd},
    net::{AddressFamily, SocketType, bind, socket, sockopt},
    process::Signal,
};

use crate::{
    binary,
    client::{Clients, check, question},
    node::{Node, PATIENCE, Place, assert_well_ended},
};

/// Two UDP sockets and a TCP one, for children to inherit.
pub(crate) struct Held {
    pub(crate) address: SocketAddr,
    sockets: Vec<OwnedFd>,
}

impl Held {
    pub(crate) fn new() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = || {
            let udp = socket(AddressFamily::INET, SocketType::DGRAM, None).unwrap();
            sockopt::set_socket_reuseport(&udp, true).unwrap();
            bind(&udp, &address).unwrap();
            udp
        };
        let sockets = [udp(), OwnedFd::from(tcp), udp()];
        // Away from the numbers they will have in the child, and not closed when it begins.
        let sockets = sockets.map(|socket| {
            let copy = fcntl_dupfd_cloexec(&socket, 64).unwrap();
            fcntl_setfd(&copy, FdFlags::empty()).unwrap();
            copy
        });
        Self {
            address,
            sockets: sockets.into(),
        }
    }

    /// The program with these options, started as a service manager would.
    pub(crate) fn command(&self, options: &[String]) -> Command {
        let places = (3..).zip(&self.sockets);
        let moves: Vec<_> = places
            .map(|(place, held)| format!("{place}<&{}", held.as_raw_fd()))
            .collect();
        let script = format!(
            "exec {}; LISTEN_PID=$$ LISTEN_FDS={} exec \"$@\"",
            moves.join(" "),
            self.sockets.len()
        );
        let mut program = binary::qalqan();
        let mut command = Command::new("bash");
        command.args(["-c", &script, "bash"]).arg(binary::path());
        for (name, value) in program.env("LISTEN_FDNAMES", "dns:dns:dns").get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.args(options);
        command
    }
}

#[test]
fn a_node_that_is_started_again_answers_what_waited_for_it() {
    let (place, held) = (Place::new(), Held::new());
    let start = |workers| Node::start(held.command(&place.options(workers))).until_ready();
    let mut node = start(2);
    let clients = Clients::start(held.address, 4);
    for workers in [1, 4, 2] {
        clients.after(400);
        node.signal(Signal::TERM);
        let (status, said) = node.ended();
        assert_well_ended(status, &said);
        node = start(workers);
    }
    clients.after(400);
    clients.stop();
    drop(node);
}

#[test]
fn what_waits_when_a_node_is_killed_is_answered_by_the_next_and_filtered() {
    let (place, held) = (Place::new(), Held::new());
    let node = Node::start(held.command(&place.options(2))).until_ready();
    node.signal(Signal::KILL);
    assert_eq!(node.ended().0.code(), None);
    // The source is gone too: what it enforces is its own copy.
    fs::remove_dir_all(place.path("release")).unwrap();
    let clients: Vec<_> = (0..8)
        .map(|_| UdpSocket::bind("127.0.0.1:0").unwrap())
        .collect();
    for (number, client) in clients.iter().enumerate() {
        for asked in 0..32 {
            let question = question(number as u32 * 1000 + asked);
            client.send_to(&question, held.address).unwrap();
        }
    }
    let _next = Node::start(held.command(&place.options(2))).until_ready();
    let mut buffer = [0; 4096];
    for (number, client) in clients.iter().enumerate() {
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answered: Vec<_> = (0..32)
            .map(|_| {
                let length = client.recv(&mut buffer).unwrap();
                check(&buffer[..length])
            })
            .collect();
        answered.sort_unstable();
        let asked: Vec<_> = (0..32).map(|asked| number as u32 * 1000 + asked).collect();
        assert_eq!(answered, asked);
    }
}

#[test]
fn a_node_without_a_list_leaves_what_waits_unread() {
    let (place, held) = (Place::new(), Held::new());
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(&question(2), held.address).unwrap();
    let release = place.path("release");
    let away = place.path("away");
    fs::rename(&release, &away).unwrap();
    let (status, said) = Node::start(held.command(&place.options(2))).ended();
    assert_eq!(status.code(), Some(3), "{said}");
    fs::rename(&away, &release).unwrap();
    let _node = Node::start(held.command(&place.options(2))).until_ready();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 4096];
    let length = client.recv(&mut buffer).unwrap();
    assert_eq!(check(&buffer[..length]), 2);
}

#[test]
fn descriptors_that_are_no_sockets_of_dns_are_refused() {
    let place = Place::new();
    let mut command = Command::new("bash");
    let script = "exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"";
    command.args(["-c", script, "bash"]).arg(binary::path());
    command.args(place.options(1));
    let (status, said) = Node::start(command).ended();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("descriptor 3"), "{said}");
}
