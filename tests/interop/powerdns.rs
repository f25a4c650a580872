//! PowerDNS Recursor, which asks by itself.

use crate::{
    client::Shows,
    daemon::{Daemon, snippet},
    primary::{SECRET, WRONG_SECRET},
    scenario::{Places, Trial, refused, run},
};

/// Writes a configuration with this secret and starts `pdns_recursor`.
pub fn start(places: &Places, secret: &str) -> Option<Vec<Daemon>> {
    let folder = places.folder.display().to_string();
    let lua = snippet(
        "powerdns.md",
        "pdns-lua",
        &[
            ("rpz.qalqan.example", "rpz.qalqan.test"),
            ("c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzISEhISE=", secret),
            (
                "192.0.2.1:1054",
                &format!("127.0.0.1:{}", places.primary.port()),
            ),
            ("/var/lib/pdns-recursor", &folder),
        ],
    );
    std::fs::write(places.folder.join("recursor.lua"), lua).unwrap();
    let config = format!(
        "{snippet}
lua-config-file={folder}/recursor.lua
socket-dir={folder}
local-address=127.0.0.1
local-port={port}
forward-zones-recurse=.=127.0.0.1:{upstream}
dont-query=
dnssec=off
daemon=no
write-pid=no
threads=1
pdns-distributes-queries=no
security-poll-suffix=
hint-file=no
",
        snippet = snippet("powerdns.md", "pdns-conf", &[]),
        port = places.secondary.port(),
        upstream = places.upstream.port(),
    );
    std::fs::write(places.folder.join("recursor.conf"), config).unwrap();
    let argument = format!("--config-dir={folder}");
    Some(vec![Daemon::start(
        &places.folder,
        "pdns_recursor",
        "pdns-recursor",
        &[&argument],
    )?])
}

const POWERDNS: Trial = Trial {
    who: "PowerDNS Recursor",
    key: Some("isp-one"),
    hears: false,
    apart: false,
    shows: Shows::AsNxdomain,
};

#[tokio::test]
async fn powerdns_follows_the_list() {
    run(&POWERDNS, |places| start(places, SECRET)).await;
}

#[tokio::test]
async fn powerdns_with_a_wrong_key_gets_nothing() {
    refused(&POWERDNS, |places| start(places, WRONG_SECRET)).await;
}
