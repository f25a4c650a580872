//! BIND 9.

use crate::{
    client::Shows,
    daemon::{Daemon, snippet},
    primary::{SECRET, WRONG_SECRET, key},
    scenario::{Places, Trial, refused, run},
};

/// Writes a configuration with this secret and starts `named`.
pub fn start(places: &Places, secret: &str) -> Option<Vec<Daemon>> {
    let folder = places.folder.display().to_string();
    let file = |name: &str| format!("{folder}/{name}");
    std::fs::write(file("qalqan.key"), key(secret)).unwrap();
    let apex = ("rpz.qalqan.example", "rpz.qalqan.test");
    let options = snippet("bind.md", "bind-options", &[apex]);
    let zone = snippet(
        "bind.md",
        "bind-zone",
        &[
            apex,
            ("/etc/bind/qalqan.key", &file("qalqan.key")),
            ("/var/cache/bind", &folder),
            (
                "192.0.2.1 port 1054",
                &format!("127.0.0.1 port {}", places.primary.port()),
            ),
        ],
    );
    let config = format!(
        "options {{
            directory \"{folder}\";
            listen-on port {port} {{ 127.0.0.1; }};
            listen-on-v6 {{ none; }};
            pid-file none;
            session-keyfile none;
            recursion yes;
            forward only;
            forwarders {{ 127.0.0.1 port {upstream}; }};
            dnssec-validation no;
            {options}
        }};
        controls {{ }};
        {zone}",
        port = places.secondary.port(),
        upstream = places.upstream.port(),
    );
    std::fs::write(file("named.conf"), config).unwrap();
    let arguments = ["-g", "-n", "1", "-c", &file("named.conf")];
    let daemon = Daemon::start(&places.folder, "named", "bind9", &arguments)?;
    Some(vec![daemon])
}

pub const BIND: Trial = Trial {
    who: "BIND",
    key: Some("isp-one"),
    hears: true,
    apart: false,
    shows: Shows::AsNxdomain,
};

#[tokio::test]
async fn bind_follows_the_list() {
    run(&BIND, |places| start(places, SECRET)).await;
}

#[tokio::test]
async fn bind_with_a_wrong_key_gets_nothing() {
    refused(&BIND, |places| start(places, WRONG_SECRET)).await;
}
