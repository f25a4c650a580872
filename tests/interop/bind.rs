//! BIND 9.

use hickory_proto::op::ResponseCode::NoError;

use crate::{
    client::{LOOPBACK, free_port, until, upstream},
    daemon::{Daemon, snippet},
    primary::{KEY, Primary, zone},
    scenario::{Places, run},
};

/// Writes a configuration with this key file and starts `named`.
fn start(places: &Places<'_>, key: &str) -> Option<Daemon> {
    let folder = places.folder.display().to_string();
    let file = |name: &str| format!("{folder}/{name}");
    std::fs::write(file("qalqan.key"), key).unwrap();
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
        port = places.port,
        upstream = places.upstream.port(),
    );
    std::fs::write(file("named.conf"), config).unwrap();
    let arguments = ["-g", "-n", "1", "-c", &file("named.conf")];
    Daemon::start(places.folder, "named", "bind9", &arguments)
}

#[tokio::test]
async fn bind_follows_the_list() {
    run("BIND", Some("isp-one"), |places| start(places, KEY)).await;
}

#[tokio::test]
async fn bind_with_a_wrong_key_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let secondary = (LOOPBACK.ip(), port).into();
    let journal = folder.path().join("journal");
    let primary = Primary::start(LOOPBACK, journal, secondary, Some("isp-one")).await;
    primary.release(&zone(1, &["first.test"]));
    let places = Places {
        folder: folder.path(),
        primary: primary.address,
        upstream: upstream().await,
        port,
    };
    let wrong = KEY.replace("b25lIG9uZS", "dHdvIHR3by");
    let Some(daemon) = start(&places, &wrong) else {
        return;
    };
    daemon.says("BADSIG").await;
    until(secondary, "first.test", NoError).await;
    assert_eq!(primary.status().fetched, None);
}
