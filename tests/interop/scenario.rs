//! What every secondary goes through.

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use resolver::{secondaries::Refusal, transfer::TransferLimits};

use crate::{
    client::{LOOPBACK, Shows, answers, free_port, until, upstream},
    daemon::Daemon,
    primary::{Primary, zone},
};

/// A kind of secondary.
pub struct Trial {
    pub who: &'static str,
    /// The key it is admitted with.
    pub key: Option<&'static str>,
    /// Whether it takes NOTIFY.
    pub hears: bool,
    /// Whether another program than the one that answers follows the publisher for it.
    pub apart: bool,
    pub shows: Shows,
}

/// What a secondary's configuration is made from.
#[derive(Debug, Clone)]
pub struct Places {
    pub folder: PathBuf,
    pub primary: SocketAddr,
    pub upstream: SocketAddr,
    /// Where it is asked.
    pub secondary: SocketAddr,
    /// Where it is told of releases.
    pub told: SocketAddr,
}

impl Places {
    /// The publisher's journal, apart from the secondary's files.
    fn journal(&self) -> PathBuf {
        self.folder.join("publisher/journal")
    }

    async fn new(trial: &Trial, folder: &Path) -> (Self, Primary) {
        let secondary = SocketAddr::new(LOOPBACK.ip(), free_port());
        let told = if trial.apart {
            SocketAddr::new(LOOPBACK.ip(), free_port())
        } else {
            secondary
        };
        let mut places = Self {
            folder: folder.to_owned(),
            primary: LOOPBACK,
            upstream: upstream().await,
            secondary,
            told,
        };
        let primary = places.primary(trial, TransferLimits::default()).await;
        places.primary = primary.address;
        (places, primary)
    }

    /// The publisher at its place, as if started anew.
    async fn primary(&self, trial: &Trial, limits: TransferLimits) -> Primary {
        let told = trial.hears.then_some(self.told);
        Primary::start(self.primary, self.journal(), told, trial.key, limits).await
    }
}

/// Goes through all of it. `start` writes the configuration and starts the program or programs;
/// `None` where one is not installed.
pub async fn run(trial: &Trial, start: impl Fn(&Places) -> Option<Vec<Daemon>>) {
    let folder = tempfile::tempdir().unwrap();
    let (places, primary) = Places::new(trial, folder.path()).await;
    primary.release(&zone(1, &["first.test"]));
    let Some(daemons) = start(&places) else {
        return;
    };
    let see = async |host: &str, listed| until(places.secondary, trial.shows, host, listed).await;
    let loaded = see("www.first.test", true).await;
    see("second.test", false).await;
    let (added, lifted) = follows(trial, &places, &primary).await;

    drop(daemons);
    primary.stop().await;
    let daemons = start(&places).unwrap();
    let restarted = see("first.test", true).await;
    see("second.test", false).await;

    let primary = places.primary(trial, TransferLimits::default()).await;
    primary.release(&zone(3, &["first.test"]));
    primary.release(&zone(4, &["first.test", "third.test"]));
    let back = see("third.test", true).await;
    see("first.test", true).await;
    let status = primary.status();
    assert_eq!(status.whole, 0, "{status:?}");
    primary.stop().await;

    let whole = catches_up(trial, &places, daemons, &start).await;
    let line = format!(
        "{}: loaded in {loaded:.1?}, added in {added:.1?}, lifted in {lifted:.1?}, in force after a restart without the \
         publisher in {restarted:.1?}, following the publisher that came back in {back:.1?}, whole again in {whole:.1?}\n",
        trial.who
    );
    // Past the capturing of test output, so that it is seen.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// One name is added and lifted, each by a difference.
async fn follows(trial: &Trial, places: &Places, primary: &Primary) -> (Duration, Duration) {
    primary
        .sees("fetched", |status| status.fetched.is_some())
        .await;
    primary.release(&zone(2, &["first.test", "second.test"]));
    let added = until(places.secondary, trial.shows, "second.test", true).await;
    primary.release(&zone(3, &["first.test"]));
    let lifted = until(places.secondary, trial.shows, "second.test", false).await;
    let status = primary.status();
    assert_eq!(status.whole, 1, "{status:?}");
    assert!(status.differences >= 2, "{status:?}");
    if trial.hears {
        let heard = |status: &resolver::secondaries::SecondaryStatus| {
            status.acknowledged.is_some() && status.error.is_none()
        };
        primary.sees("told", heard).await;
    }
    (added, lifted)
}

/// The secondary gets the whole zone where differences no longer lead from what it has: because the
/// journal had no room for them while it was away, and because the publisher never knew its serial.
async fn catches_up(
    trial: &Trial,
    places: &Places,
    daemons: Vec<Daemon>,
    start: impl Fn(&Places) -> Option<Vec<Daemon>>,
) -> Duration {
    drop(daemons);
    let tight = TransferLimits {
        journal: 600,
        ..TransferLimits::default()
    };
    let primary = places.primary(trial, tight).await;
    for release in 4..8 {
        let newest = format!("missed-{release}.test");
        primary.release(&zone(release, &["first.test", &newest]));
    }
    let daemons = start(places).unwrap();
    until(places.secondary, trial.shows, "missed-7.test", true).await;
    until(places.secondary, trial.shows, "third.test", false).await;
    primary.sees("fetched", |status| status.whole == 1).await;
    assert_eq!(primary.status().differences, 0);
    primary.stop().await;

    std::fs::remove_file(places.journal()).unwrap();
    let primary = places.primary(trial, TransferLimits::default()).await;
    primary.release(&zone(9, &["fourth.test"]));
    let whole = until(places.secondary, trial.shows, "fourth.test", true).await;
    until(places.secondary, trial.shows, "first.test", false).await;
    primary.sees("fetched", |status| status.whole == 1).await;
    assert_eq!(primary.status().differences, 0);
    drop(daemons);
    primary.stop().await;
    whole
}

/// A secondary whose key has our key's name and another secret gets nothing, and the publisher knows
/// why.
pub async fn refused(trial: &Trial, start: impl Fn(&Places) -> Option<Vec<Daemon>>) {
    let folder = tempfile::tempdir().unwrap();
    let (places, primary) = Places::new(trial, folder.path()).await;
    primary.release(&zone(1, &["first.test"]));
    let Some(_daemons) = start(&places) else {
        return;
    };
    let signed_wrong = |status: &resolver::secondaries::SecondaryStatus| {
        status.refused.contains_key(&Refusal::BadSig)
    };
    primary.sees("refused", signed_wrong).await;
    let answer = answers(places.secondary, trial.shows, "first.test").await;
    assert_ne!(answer, trial.shows.answer(true), "{}", trial.who);
    let status = primary.status();
    assert_eq!((status.fetched, status.has), (None, None), "{status:?}");
}
