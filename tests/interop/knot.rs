//! Knot DNS, which keeps a copy of the zone and filters nobody.

use crate::{
    client::Shows,
    daemon::{Daemon, snippet},
    primary::{SECRET, WRONG_SECRET},
    scenario::{Places, Trial, refused, run},
};

/// Writes a configuration with this secret and starts `knotd`; the zone stands in `qalqan.rpz`.
pub fn start(places: &Places, secret: &str) -> Option<Daemon> {
    let folder = places.folder.display().to_string();
    let zone = snippet(
        "knot.md",
        "knot",
        &[
            ("rpz.qalqan.example", "rpz.qalqan.test"),
            ("c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzISEhISE=", secret),
            (
                "192.0.2.1@1054",
                &format!("127.0.0.1@{}", places.primary.port()),
            ),
            ("192.0.2.1", "127.0.0.1"),
            ("/var/lib/knot", &folder),
        ],
    );
    let config = format!(
        "server:
    rundir: \"{folder}\"
    pidfile: \"{folder}/knot.pid\"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
control:
    listen: \"{folder}/knot.sock\"
database:
    storage: \"{folder}/knot\"
    journal-db-max-size: 64M
log:
  - target: stderr
    any: info
{zone}
",
        port = places.secondary.port(),
    );
    std::fs::create_dir_all(places.folder.join("knot")).unwrap();
    let file = places.folder.join("knot.conf");
    std::fs::write(&file, config).unwrap();
    let file = file.display().to_string();
    Daemon::start(&places.folder, "knotd", "knot", &["-c", &file])
}

const KNOT: Trial = Trial {
    who: "Knot DNS",
    key: Some("isp-one"),
    hears: true,
    apart: false,
    shows: Shows::AsRecords,
};

#[tokio::test]
async fn knot_follows_the_list() {
    run(&KNOT, |places| Some(vec![start(places, SECRET)?])).await;
}

#[tokio::test]
async fn knot_with_a_wrong_key_gets_nothing() {
    refused(&KNOT, |places| Some(vec![start(places, WRONG_SECRET)?])).await;
}
