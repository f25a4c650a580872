//! Unbound, which has no signatures for policy zones.

use crate::{
    client::Shows,
    daemon::{Daemon, snippet},
    scenario::{Places, Trial, run},
};

pub fn start(places: &Places) -> Option<Vec<Daemon>> {
    let folder = places.folder.display().to_string();
    let primary = format!("127.0.0.1@{}", places.primary.port());
    let list = snippet(
        "unbound.md",
        "unbound",
        &[
            ("rpz.qalqan.example", "rpz.qalqan.test"),
            ("192.0.2.1@1054", &primary),
            ("/var/lib/unbound", &folder),
        ],
    );
    let config = format!(
        "{list}
server:
    directory: \"{folder}\"
    chroot: \"\"
    username: \"\"
    pidfile: \"\"
    use-syslog: no
    do-daemonize: no
    num-threads: 1
    verbosity: 2
    interface: 127.0.0.1
    port: {port}
    do-ip6: no
    do-not-query-localhost: no
    local-zone: \"test.\" nodefault
forward-zone:
    name: \".\"
    forward-addr: 127.0.0.1@{upstream}
",
        port = places.secondary.port(),
        upstream = places.upstream.port(),
    );
    let file = places.folder.join("unbound.conf");
    std::fs::write(&file, config).unwrap();
    let file = file.display().to_string();
    let arguments = ["-d", "-c", &file];
    let daemon = Daemon::start(&places.folder, "unbound", "unbound", &arguments)?;
    Some(vec![daemon])
}

const UNBOUND: Trial = Trial {
    who: "Unbound",
    key: None,
    hears: true,
    apart: false,
    shows: Shows::AsNxdomain,
};

#[tokio::test]
async fn unbound_follows_the_list() {
    run(&UNBOUND, start).await;
}
