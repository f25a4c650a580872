//! The servers, each as its own documentation would have it for one thread, one forwarder and one policy
//! zone from a file.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use super::lists::Lists;

/// What a server is told.
pub struct Places<'a> {
    pub folder: &'a Path,
    pub port: u16,
    pub upstream: SocketAddr,
    pub lists: &'a Lists,
    pub qalqan: &'a Path,
}

/// A server that can be measured.
pub struct Peer {
    pub name: &'static str,
    /// Makes its configuration in its folder and gives the command.
    pub command: fn(&Places<'_>) -> Command,
}

pub const PEERS: [Peer; 6] = [
    Peer {
        name: "qalqan",
        command: qalqan,
    },
    Peer {
        name: "unbound",
        command: unbound,
    },
    Peer {
        name: "bind",
        command: bind,
    },
    Peer {
        name: "powerdns",
        command: powerdns,
    },
    Peer {
        name: "knot-resolver",
        command: knot_resolver,
    },
    Peer {
        name: "dnsmasq",
        command: dnsmasq,
    },
];

fn qalqan(places: &Places<'_>) -> Command {
    let mut command = Command::new(places.qalqan);
    command
        .arg("--data")
        .arg(places.folder.join("data"))
        .arg("resolver")
        .arg("--listen");
    command
        .arg(format!("127.0.0.1:{}", places.port))
        .arg("--forward")
        .arg(places.upstream.to_string());
    command
        .args(["--workers", "1", "--policy"])
        .arg(&places.lists.rpz);
    command
}

fn unbound(places: &Places<'_>) -> Command {
    let (folder, port, upstream) = (places.folder.display(), places.port, places.upstream.port());
    let config = format!(
        "server:
    interface: 127.0.0.1
    port: {port}
    num-threads: 1
    directory: \"{folder}\"
    chroot: \"\"
    username: \"\"
    pidfile: \"\"
    use-syslog: no
    do-daemonize: no
    do-ip6: no
    do-not-query-localhost: no
    module-config: \"respip iterator\"
    minimal-responses: yes
    msg-cache-size: 128m
    rrset-cache-size: 256m
    so-rcvbuf: 4m
    so-sndbuf: 4m
    num-queries-per-thread: 4096
    outgoing-range: 8192
remote-control:
    control-enable: no
forward-zone:
    name: \".\"
    forward-addr: 127.0.0.1@{upstream}
rpz:
    name: rpz.test
    zonefile: \"{}\"
",
        places.lists.rpz.display()
    );
    with_file(
        "unbound",
        &["-d", "-c"],
        write(places, "unbound.conf", &config),
    )
}

fn bind(places: &Places<'_>) -> Command {
    let (folder, port, upstream) = (places.folder.display(), places.port, places.upstream.port());
    let config = format!(
        "options {{
    directory \"{folder}\";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion yes;
    forwarders {{ 127.0.0.1 port {upstream}; }};
    forward only;
    dnssec-validation no;
    empty-zones-enable no;
    minimal-responses yes;
    max-cache-size 512m;
    recursive-clients 10000;
    pid-file none;
    session-keyfile none;
    response-policy {{ zone \"rpz.test\"; }} qname-wait-recurse no;
}};
controls {{ }};
logging {{ category default {{ null; }}; category rpz {{ null; }}; }};
zone \"rpz.test\" {{ type primary; file \"{}\"; notify no; }};
",
        places.lists.rpz.display()
    );
    with_file(
        "named",
        &["-g", "-4", "-n", "1", "-c"],
        write(places, "named.conf", &config),
    )
}

fn powerdns(places: &Places<'_>) -> Command {
    let zone = format!(
        "rpzFile(\"{}\", {{policyName=\"rpz\"}})\n",
        places.lists.rpz.display()
    );
    let (lua, folder) = (write(places, "rpz.lua", &zone), places.folder.display());
    let config = format!(
        "local-address=127.0.0.1
local-port={}
threads=1
reuseport=yes
pdns-distributes-queries=no
dnssec=off
forward-zones-recurse=.={}
dont-query=
lua-config-file={}
socket-dir={folder}
daemon=no
quiet=yes
disable-syslog=yes
security-poll-suffix=
max-packetcache-entries=500000
max-cache-entries=1000000
",
        places.port,
        places.upstream,
        lua.display()
    );
    write(places, "recursor.conf", &config);
    let mut command = Command::new("pdns_recursor");
    command.arg(format!("--config-dir={folder}"));
    command
}

fn knot_resolver(places: &Places<'_>) -> Command {
    let config = format!(
        "net.listen('127.0.0.1', {}, {{ kind = 'dns' }})
modules.load('policy')
trust_anchors.remove('.')
cache.size = 256 * MB
log_level('err')
policy.add(policy.rpz(policy.DENY, '{}', false))
policy.add(policy.all(policy.STUB('{}@{}')))
",
        places.port,
        places.lists.rpz.display(),
        places.upstream.ip(),
        places.upstream.port()
    );
    let mut command = with_file("kresd", &["-n", "-c"], write(places, "kresd.conf", &config));
    command.arg(places.folder);
    command
}

/// It has no policy zones; it is given the same names to say NXDOMAIN to, each with all below it.
fn dnsmasq(places: &Places<'_>) -> Command {
    let config = format!(
        "port={}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
cache-size=20000
dns-forward-max=5000
user=root
servers-file={}
server={}#{}
",
        places.port,
        places.lists.dnsmasq.display(),
        places.upstream.ip(),
        places.upstream.port()
    );
    let mut command = with_file(
        "dnsmasq",
        &["-k", "-C"],
        write(places, "dnsmasq.conf", &config),
    );
    command.arg("--pid-file");
    command
}

fn write(places: &Places<'_>, name: &str, text: &str) -> PathBuf {
    let path = places.folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn with_file(program: &str, arguments: &[&str], file: PathBuf) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg(file);
    command
}
