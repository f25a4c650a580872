//! Knot Resolver, which reads the zone from a file: here the one that Knot DNS writes.

use crate::{
    client::Shows,
    daemon::{Daemon, snippet},
    knot,
    primary::SECRET,
    scenario::{Places, Trial, run},
};

/// Starts `kresd` on the file `qalqan.rpz` in this folder.
pub fn start(places: &Places) -> Option<Daemon> {
    let folder = places.folder.display().to_string();
    let policy = snippet("knot-resolver.md", "kresd", &[("/var/lib/qalqan", &folder)]);
    let config = format!(
        "net.listen('127.0.0.1', {port}, {{ kind = 'dns' }})
net.ipv6 = false
cache.size = 10 * MB
trust_anchors.remove('.')
{policy}
policy.add(policy.all(policy.STUB('127.0.0.1@{upstream}')))
",
        port = places.secondary.port(),
        upstream = places.upstream.port(),
    );
    let (file, run) = (
        places.folder.join("kresd.conf"),
        places.folder.join("kresd"),
    );
    std::fs::write(&file, config).unwrap();
    std::fs::create_dir_all(&run).unwrap();
    let (file, run) = (file.display().to_string(), run.display().to_string());
    Daemon::start(
        &places.folder,
        "kresd",
        "knot-resolver",
        &["-n", "-c", &file, &run],
    )
}

/// The first file, before anything was fetched.
pub fn first_file(places: &Places) {
    let file = places.folder.join("qalqan.rpz");
    if !file.exists() {
        std::fs::write(file, "").unwrap();
    }
}

const KNOT_RESOLVER: Trial = Trial {
    who: "Knot Resolver, by the file of Knot DNS",
    key: Some("isp-one"),
    hears: true,
    apart: true,
    shows: Shows::AsNxdomain,
};

#[tokio::test]
async fn knot_resolver_follows_the_list_by_file() {
    run(&KNOT_RESOLVER, |places| {
        first_file(places);
        let secondary = places.told;
        let knot = Places {
            secondary,
            ..places.clone()
        };
        Some(vec![knot::start(&knot, SECRET)?, start(places)?])
    })
    .await;
}
