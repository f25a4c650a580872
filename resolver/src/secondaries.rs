//! What is known of each secondary that is told of releases: for people who want to see whether the
//! list arrived. Nothing is kept of anybody else who asks.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use blocklist::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

/// A serial, and when it was last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct At {
    /// The SOA serial.
    pub serial: u32,
    /// When.
    pub at: Timestamp,
}

/// One secondary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecondaryStatus {
    /// Where it is told.
    pub address: SocketAddr,
    /// The release it was last told of and said that it heard.
    pub acknowledged: Option<At>,
    /// The release it last fetched. Secondaries at one address are not told apart.
    pub fetched: Option<At>,
    /// Transfers of the whole zone since the start; more than a few say that it misses releases.
    pub whole: u64,
    /// Transfers of differences since the start.
    pub differences: u64,
    /// Why it could not be told; `None` once it heard.
    pub error: Option<String>,
}

/// All secondaries, shared by whoever tells them and whoever serves them.
#[derive(Debug, Clone)]
pub struct Secondaries(Arc<watch::Sender<Vec<SecondaryStatus>>>);

impl Secondaries {
    /// Knows these addresses and will never know others.
    pub fn new(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let status = |address| SecondaryStatus {
            address,
            acknowledged: None,
            fetched: None,
            whole: 0,
            differences: 0,
            error: None,
        };
        let all: Vec<_> = addresses.into_iter().map(status).collect();
        Self(Arc::new(watch::Sender::new(all)))
    }

    /// The state now, and each time it changes.
    pub fn watch(&self) -> watch::Receiver<Vec<SecondaryStatus>> {
        self.0.subscribe()
    }

    /// A secondary heard of a release, or did not.
    pub(crate) fn told(&self, address: SocketAddr, serial: u32, error: Option<&str>) {
        self.change(
            |status| status.address == address,
            |status| {
                if error.is_none() {
                    status.acknowledged = Some(now(serial));
                }
                status.error = error.map(str::to_owned);
            },
        );
    }

    /// Somebody at this address has this serial now, by a whole transfer or by differences.
    pub(crate) fn fetched(&self, client: IpAddr, serial: u32, whole: bool) {
        let client = client.to_canonical();
        self.change(
            |status| status.address.ip().to_canonical() == client,
            |status| {
                status.fetched = Some(now(serial));
                status.whole += u64::from(whole);
                status.differences += u64::from(!whole);
            },
        );
    }

    fn change(
        &self,
        which: impl Fn(&SecondaryStatus) -> bool,
        change: impl Fn(&mut SecondaryStatus),
    ) {
        self.0.send_if_modified(|all| {
            let mut modified = false;
            for status in all.iter_mut().filter(|status| which(status)) {
                change(status);
                modified = true;
            }
            modified
        });
    }
}

fn now(serial: u32) -> At {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs().cast_signed());
    let at = Timestamp(seconds);
    At { serial, at }
}
