//! What every secondary goes through.

use std::{io::Write as _, net::SocketAddr, path::Path};

use hickory_proto::op::ResponseCode::{NXDomain, NoError};

use crate::{
    client::{LOOPBACK, free_port, until, upstream},
    daemon::Daemon,
    primary::{Primary, zone},
};

/// What a secondary's configuration is made from.
pub struct Places<'p> {
    pub folder: &'p Path,
    pub primary: SocketAddr,
    pub upstream: SocketAddr,
    /// Where it is to listen, on 127.0.0.1.
    pub port: u16,
}

/// First load, a name added and lifted by differences, a restart while the publisher is away, the
/// publisher back with a release that was missed. `start` writes the configuration and starts the
/// program; `None` where it is not installed.
pub async fn run(who: &str, key: Option<&str>, start: impl Fn(&Places<'_>) -> Option<Daemon>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let port = free_port();
    let secondary = SocketAddr::new(LOOPBACK.ip(), port);
    let journal = folder.join("journal");
    let primary = Primary::start(LOOPBACK, journal.clone(), secondary, key).await;
    let address = primary.address;
    primary.release(&zone(1, &["first.test"]));
    let places = Places {
        folder,
        primary: address,
        upstream: upstream().await,
        port,
    };
    let Some(daemon) = start(&places) else { return };
    let loaded = until(secondary, "www.first.test", NXDomain).await;
    until(secondary, "second.test", NoError).await;
    primary
        .sees("fetched", |status| status.fetched.is_some())
        .await;

    primary.release(&zone(2, &["first.test", "second.test"]));
    let added = until(secondary, "second.test", NXDomain).await;
    primary.release(&zone(3, &["first.test"]));
    let lifted = until(secondary, "second.test", NoError).await;
    let status = primary.status();
    assert_eq!(status.whole, 1, "{status:?}");
    assert!(status.differences >= 2, "{status:?}");
    primary
        .sees("told", |status| {
            status.acknowledged.is_some() && status.error.is_none()
        })
        .await;

    drop(daemon);
    primary.stop().await;
    let Some(daemon) = start(&places) else { return };
    let restarted = until(secondary, "first.test", NXDomain).await;
    until(secondary, "second.test", NoError).await;

    let primary = Primary::start(address, journal, secondary, key).await;
    primary.release(&zone(3, &["first.test"]));
    primary.release(&zone(4, &["first.test", "third.test"]));
    let back = until(secondary, "third.test", NXDomain).await;
    until(secondary, "first.test", NXDomain).await;
    let status = primary.status();
    assert_eq!(status.whole, 0, "{status:?}");
    drop(daemon);
    primary.stop().await;

    let line = format!(
        "{who}: loaded in {loaded:.1?}, added in {added:.1?}, lifted in {lifted:.1?}, in force after a restart \
         without the publisher in {restarted:.1?}, told by the publisher that came back in {back:.1?}\n"
    );
    // Past the capturing of test output, so that it is seen.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
