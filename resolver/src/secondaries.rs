//! What is known of each secondary: for people who want to see whether the list arrived, and for their
//! monitoring ([`metrics`]). Known by name are only the addresses an operator wrote down: those that
//! are told of releases, and those that are admitted one by one. Of anybody else only refusals are
//! counted, by reason and without an address.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use blocklist::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub mod metrics;

/// A serial, and when it was last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    /// The SOA serial.
    pub serial: u32,
    /// When.
    pub at: Timestamp,
}

/// Why a request got nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No `--allow-transfer` holds the address.
    Address,
    /// The address has to sign, and did not, or with a key that is another's.
    Key,
    /// It signed with a key that is not in the key file, or by another algorithm.
    BadKey,
    /// The signature is wrong: the same name of a key, another secret.
    BadSig,
    /// The signature is right and too old or too new: a clock is wrong.
    BadTime,
    /// Another zone, or something that a policy zone is not asked for.
    Question,
    /// The address, or its network, has as many connections open as it may.
    Places,
    /// It did not take the answer in time and was cut off.
    Slow,
}

impl Refusal {
    /// The word in files and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Key => "key",
            Self::BadKey => "bad_key",
            Self::BadSig => "bad_sig",
            Self::BadTime => "bad_time",
            Self::Question => "question",
            Self::Places => "places",
            Self::Slow => "slow",
        }
    }
}

/// Refused requests since the start of the publisher, by reason.
pub type Refused = BTreeMap<Refusal, u64>;

/// One secondary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondaryStatus {
    /// Its address. Secondaries at one address are not told apart.
    pub address: IpAddr,
    /// Where it is told of releases; `None` for one that only asks.
    pub port: Option<u16>,
    /// When it last asked and was answered, for a serial alone or for a transfer.
    pub asked: Option<Timestamp>,
    /// The release it last said it has, or fetched, whichever was later.
    pub has: Option<At>,
    /// The release it last fetched.
    pub fetched: Option<At>,
    /// The release it was last told of and said that it heard.
    pub acknowledged: Option<At>,
    /// Why it could not be told; `None` once it heard.
    pub error: Option<String>,
    /// Transfers of the whole zone since the start; more than a few say that it misses releases.
    pub whole: u64,
    /// Transfers of differences since the start.
    pub differences: u64,
    /// What it was refused since the start.
    pub refused: Refused,
}

impl SecondaryStatus {
    fn new(address: IpAddr, port: Option<u16>) -> Self {
        Self {
            address,
            port,
            asked: None,
            has: None,
            fetched: None,
            acknowledged: None,
            error: None,
            whole: 0,
            differences: 0,
            refused: Refused::new(),
        }
    }

    /// How many leaves of the log its release is older than the one that is `serving`; `None` where
    /// it never said what it has. Serials are compared as RFC 1982 has it: one that claims more
    /// than there is lags by nothing.
    pub fn behind(&self, serving: u32) -> Option<u32> {
        let lag = serving.wrapping_sub(self.has?.serial);
        Some(if lag < 1 << 31 { lag } else { 0 })
    }
}

/// All that is known, as it stands in `secondaries.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// The release that is served, and since when.
    pub serving: Option<At>,
    /// In the order in which the operator wrote them down.
    pub secondaries: Vec<SecondaryStatus>,
    /// What anybody else was refused.
    pub refused: Refused,
}

/// The book, shared by whoever tells secondaries and whoever serves them.
#[derive(Debug, Clone)]
pub struct Secondaries(Arc<watch::Sender<Book>>);

impl Secondaries {
    /// Knows those that are told of releases and those that are `admitted` one by one, and will never
    /// know others.
    pub fn new(
        told: impl IntoIterator<Item = SocketAddr>,
        admitted: impl IntoIterator<Item = IpAddr>,
    ) -> Self {
        let told = told.into_iter();
        let mut all: Vec<_> = told
            .map(|told| SecondaryStatus::new(told.ip().to_canonical(), Some(told.port())))
            .collect();
        let mut known: BTreeSet<_> = all.iter().map(|status| status.address).collect();
        for address in admitted {
            let address = address.to_canonical();
            if known.insert(address) {
                all.push(SecondaryStatus::new(address, None));
            }
        }
        let book = Book {
            secondaries: all,
            ..Book::default()
        };
        Self(Arc::new(watch::Sender::new(book)))
    }

    /// Takes over what an earlier process knew of the same secondaries; its counts are over.
    pub fn remember(&self, before: &Book) {
        self.0.send_modify(|book| {
            for status in &mut book.secondaries {
                let same = |old: &&SecondaryStatus| {
                    (old.address, old.port) == (status.address, status.port)
                };
                if let Some(old) = before.secondaries.iter().find(same) {
                    (status.asked, status.has) = (old.asked, old.has);
                    (status.fetched, status.acknowledged) = (old.fetched, old.acknowledged);
                }
            }
        });
    }

    /// The state now, and each time it changes.
    pub fn watch(&self) -> watch::Receiver<Book> {
        self.0.subscribe()
    }

    /// This release is served from now on.
    pub(crate) fn serving(&self, serial: u32) {
        self.0.send_if_modified(|book| {
            let new = book.serving.is_none_or(|at| at.serial != serial);
            if new {
                book.serving = Some(at(serial));
            }
            new
        });
    }

    /// A secondary heard of a release, or did not.
    pub(crate) fn told(&self, address: SocketAddr, serial: u32, error: Option<&str>) {
        let (ip, port) = (address.ip().to_canonical(), Some(address.port()));
        self.0.send_modify(|book| {
            for status in &mut book.secondaries {
                if (status.address, status.port) == (ip, port) {
                    if error.is_none() {
                        status.acknowledged = Some(at(serial));
                    }
                    status.error = error.map(str::to_owned);
                }
            }
        });
    }

    /// Somebody at this address asked and was answered; an IXFR says which serial it has.
    pub(crate) fn asked(&self, client: IpAddr, has: Option<u32>) {
        self.change(client, |status| {
            status.asked = Some(now());
            if let Some(serial) = has {
                status.has = Some(at(serial));
            }
        });
    }

    /// Somebody at this address has this serial now, by a whole transfer or by differences.
    pub(crate) fn fetched(&self, client: IpAddr, serial: u32, whole: bool) {
        self.change(client, |status| {
            status.fetched = Some(at(serial));
            status.has = status.fetched;
            status.whole += u64::from(whole);
            status.differences += u64::from(!whole);
        });
    }

    /// Somebody at this address got nothing.
    pub(crate) fn refused(&self, client: IpAddr, why: Refusal) {
        let known = self.change(client, |status| {
            *status.refused.entry(why).or_default() += 1;
        });
        if !known {
            self.0.send_modify(|book| {
                *book.refused.entry(why).or_default() += 1;
            });
        }
    }

    /// Changes what is known of the secondaries at this address; whether there are any.
    fn change(&self, client: IpAddr, change: impl Fn(&mut SecondaryStatus)) -> bool {
        let client = client.to_canonical();
        self.0.send_if_modified(|book| {
            let mut known = false;
            for status in &mut book.secondaries {
                if status.address == client {
                    change(status);
                    known = true;
                }
            }
            known
        })
    }
}

fn at(serial: u32) -> At {
    At { serial, at: now() }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| since.as_secs().cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Secondaries {
        let told = ["192.0.2.1:53", "192.0.2.1:5353"].map(|told| told.parse().unwrap());
        let admitted = ["192.0.2.1", "192.0.2.2"].map(|admitted| admitted.parse().unwrap());
        Secondaries::new(told, admitted)
    }

    #[test]
    fn only_addresses_that_were_written_down_are_known() {
        let book = book();
        let known: Vec<_> = book.watch().borrow().secondaries.clone();
        let known: Vec<_> = known.iter().map(|one| (one.address, one.port)).collect();
        let [one, two]: [IpAddr; 2] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
        assert_eq!(known, [(one, Some(53)), (one, Some(5353)), (two, None)]);
        let stranger = "203.0.113.9".parse().unwrap();
        book.asked(stranger, Some(7));
        book.fetched(stranger, 7, true);
        book.refused(stranger, Refusal::Address);
        book.refused("::ffff:192.0.2.2".parse().unwrap(), Refusal::BadSig);
        let now = book.watch().borrow().clone();
        assert_eq!(now.secondaries[2].refused[&Refusal::BadSig], 1);
        assert_eq!(now.refused, Refused::from([(Refusal::Address, 1)]));
        assert!(!serde_json::to_string(&now).unwrap().contains("203.0.113"));
    }

    #[test]
    fn the_lag_is_counted_as_serials_are() {
        let mut status = SecondaryStatus::new([192, 0, 2, 1].into(), None);
        assert_eq!(status.behind(7), None);
        for (has, serving, lag) in [(7, 7, 0), (5, 7, 2), (u32::MAX, 1, 2), (9, 7, 0), (7, 9, 2)] {
            status.has = Some(At {
                serial: has,
                at: Timestamp(0),
            });
            assert_eq!(status.behind(serving), Some(lag), "{has} {serving}");
        }
    }

    #[test]
    fn what_is_known_outlives_the_process_and_its_counts_do_not() {
        let before = book();
        before.serving(9);
        before.fetched("192.0.2.2".parse().unwrap(), 8, false);
        before.told("192.0.2.1:53".parse().unwrap(), 9, None);
        let json = serde_json::to_string(&*before.watch().borrow()).unwrap();
        let after = book();
        after.remember(&serde_json::from_str(&json).unwrap());
        let after = after.watch().borrow().clone();
        assert_eq!(after.secondaries[2].behind(9), Some(1));
        assert_eq!(after.secondaries[2].differences, 0);
        assert_eq!(after.secondaries[0].acknowledged.unwrap().serial, 9);
        assert_eq!(after.secondaries[1].acknowledged, None, "another port");
    }
}
