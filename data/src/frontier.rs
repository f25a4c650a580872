//! Sites being crawled and the addresses still to be fetched.
//!
//! An address is leased to one worker for a while; a worker that dies simply lets its lease run out
//! and the address is taken again. While one address of a host is leased no other of that host is, and
//! after a visit the host rests before another crawl may ask it (within one crawl its own governor
//! holds the interval, to the millisecond). So politeness holds however many workers and machines
//! share the store, as far as their clocks agree.

mod status;

pub use status::{Trouble, site_counts, troubles};

use blocklist::DomainName;

use crate::error::Result;
use crate::pool::{Store, locks, on, random_id, storable, transaction};

/// Attempts after which an address is given up.
pub const MAX_ATTEMPTS: i64 = 3;

/// How an address was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Given by people.
    Seed,
    /// A link on a page.
    Link,
    /// A sitemap; the pages it lists are links found on it.
    Sitemap,
    /// A rates feed to be tried.
    Feed,
    /// A redirect from another host.
    Redirect,
}

impl Source {
    /// The word in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Link => "link",
            Self::Sitemap => "sitemap",
            Self::Feed => "feed",
            Self::Redirect => "redirect",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "seed" => Self::Seed,
            "sitemap" => Self::Sitemap,
            "feed" => Self::Feed,
            "redirect" => Self::Redirect,
            _ => Self::Link,
        }
    }
}

/// An address to fetch.
#[derive(Clone, Debug)]
pub struct NewUrl {
    /// Absolute, without fragment.
    pub url: String,
    /// Its host.
    pub host: DomainName,
    /// Steps from a seed.
    pub depth: i64,
    /// Higher is fetched sooner.
    pub priority: i64,
    /// How it was found.
    pub source: Source,
    /// The page it was found on.
    pub found_on: Option<String>,
}

/// What became of an address that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is queued.
    New,
    /// It was known before.
    Known,
    /// The host already has as many addresses as one host may have.
    HostFull,
}

/// An address a worker may fetch until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What to fetch.
    pub url: String,
    /// Its host, as stored.
    pub host: String,
    /// Steps from a seed.
    pub depth: i64,
    /// How it was found.
    pub source: Source,
    /// How often it has been leased, this time included.
    pub attempts: i64,
    /// Who has it.
    pub holder: String,
}

/// What a visit came to, in words for the frontier.
#[derive(Clone, Copy, Debug)]
pub enum Visited<'a> {
    /// Fetched, or failed for good.
    Done(&'a str),
    /// A rule forbids the fetch.
    Refused(&'a str),
    /// A temporary failure; to be taken again from this time on.
    Again(&'a str, i64),
}

/// Counts of the frontier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting.
    pub queued: i64,
    /// In a worker's hands, or in a dead worker's.
    pub leased: i64,
    /// Fetched, or failed for good.
    pub done: i64,
    /// Not fetched by rule.
    pub refused: i64,
}

const ADD_SITE: &str = "INSERT INTO site (id, host, discovered_at, discovered_from, state)
    VALUES ($1, $2, $3, $4, 'new') ON CONFLICT (host) DO NOTHING";

/// Addresses offered in one transaction: each host among them is a lock on the server.
const BATCH: usize = 200;

/// Offers addresses. `per_host` bounds the addresses a host may have in all, whoever else offers some
/// at the same time. Sites that were not known come into being.
pub async fn add(store: &Store, urls: &[NewUrl], per_host: i64, at: i64) -> Result<Vec<Added>> {
    let mut added = Vec::with_capacity(urls.len());
    for batch in urls.chunks(BATCH) {
        added.extend(add_batch(store, batch, per_host, at).await?);
    }
    Ok(added)
}

async fn add_batch(store: &Store, urls: &[NewUrl], per_host: i64, at: i64) -> Result<Vec<Added>> {
    const HELD: &str = "SELECT COUNT(*) FROM frontier WHERE host = $1";
    const SQL: &str = "INSERT INTO frontier (url, host, depth, priority, source, found_on, state)
        VALUES ($1, $2, $3, $4, $5, $6, 'queued') ON CONFLICT (url) DO NOTHING";
    const KNOWN: &str = "SELECT COUNT(*) FROM frontier WHERE url = $1";
    let hosts = locks::hosts(urls.iter().map(|new| new.host.as_str()));
    let added = transaction!(store, &hosts, |tx| {
        let mut added = Vec::with_capacity(urls.len());
        for new in urls {
            let known: i64 = sqlx::query_scalar(KNOWN)
                .bind(&new.url)
                .fetch_one(&mut *tx)
                .await?;
            if known > 0 {
                added.push(Added::Known);
                continue;
            }
            let held: i64 = sqlx::query_scalar(HELD)
                .bind(new.host.as_str())
                .fetch_one(&mut *tx)
                .await?;
            if held >= per_host {
                added.push(Added::HostFull);
                continue;
            }
            sqlx::query(ADD_SITE)
                .bind(random_id()?)
                .bind(new.host.as_str())
                .bind(at)
                .bind(new.found_on.as_deref().unwrap_or("seed"))
                .execute(&mut *tx)
                .await?;
            let inserted = sqlx::query(SQL)
                .bind(&new.url)
                .bind(new.host.as_str())
                .bind(new.depth)
                .bind(new.priority)
                .bind(new.source.as_str())
                .bind(new.found_on.as_deref())
                .execute(&mut *tx)
                .await?
                .rows_affected();
            added.push(if inserted == 1 {
                Added::New
            } else {
                Added::Known
            });
        }
        added
    });
    Ok(added)
}

/// Queues what was fetched of a site before once more: a re-visit.
pub async fn revisit(store: &Store, host: &DomainName) -> Result<u64> {
    const SQL: &str = "UPDATE frontier SET state = 'queued', attempts = 0, outcome = NULL
        WHERE host = $1 AND state IN ('done', 'refused') AND source IN ('seed', 'link', 'redirect')";
    Ok(on!(store, |db| sqlx::query(SQL)
        .bind(host.as_str())
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Addresses of sites that somebody waits for come before all others.
const HURRIED: i64 = 1_000;

/// Queues what is known of a site once more and before everything else: somebody waits for it. Gives how
/// many addresses that were; the site still rests as long as it asked to.
pub async fn hurry(store: &Store, host: &DomainName) -> Result<u64> {
    const SQL: &str = "UPDATE frontier SET state = 'queued', attempts = 0, outcome = NULL, lease_until = NULL,
            priority = $2
        WHERE host = $1 AND state IN ('queued', 'done', 'refused') AND source IN ('seed', 'link', 'redirect')";
    Ok(on!(store, |db| sqlx::query(SQL)
        .bind(host.as_str())
        .bind(HURRIED)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Takes the address that matters most, of a host that nobody is at and that does not rest, and whose
/// time has come.
pub async fn lease(store: &Store, holder: &str, now: i64, seconds: i64) -> Result<Option<Lease>> {
    /// Losing a host to another worker this often in a row means that there are more workers than
    /// hosts: better to wait than to go on asking.
    const TRIES: usize = 16;
    for _ in 0..TRIES {
        match try_lease(store, holder, now, seconds).await? {
            Try::Lost => {}
            Try::Nothing => return Ok(None),
            Try::Taken(lease) => return Ok(Some(lease)),
        }
    }
    Ok(None)
}

enum Try {
    Taken(Lease),
    Nothing,
    Lost,
}

/// The due addresses of a frontier row named `f`, with the site `s`, at the time `$1` for `$2`.
macro_rules! due {
    () => {
        "(f.state = 'queued' AND (f.lease_until IS NULL OR f.lease_until <= $1)
                OR f.state = 'leased' AND f.lease_until <= $1)
            AND (s.rest_until IS NULL OR s.rest_until <= $1 OR s.visitor = $2)
            AND NOT EXISTS (
                SELECT 1 FROM frontier b
                WHERE b.host = f.host AND b.state = 'leased' AND b.lease_until > $1)"
    };
}

/// On PostgreSQL many do this at once. The row of the site is the lock of its host: whoever wants an
/// address takes it first and passes over hosts whose row somebody holds (`SKIP LOCKED`). The row may
/// have been let go just before, by somebody who took another address of the host, and the first
/// statement cannot see that: it sees the frontier as it was when it began. So the second statement,
/// which began after the lock was taken, looks again before it takes the address.
async fn try_lease(store: &Store, holder: &str, now: i64, seconds: i64) -> Result<Try> {
    const NEXT: &str = concat!(
        "SELECT f.url, f.host FROM frontier f JOIN site s ON s.host = f.host WHERE ",
        due!(),
        " ORDER BY f.priority DESC, f.url LIMIT 1 "
    );
    const TAKE: &str = concat!(
        "UPDATE frontier SET state = 'leased', lease_until = $4, lease_holder = $2, attempts = attempts + 1
        WHERE url = (SELECT f.url FROM frontier f JOIN site s ON s.host = f.host WHERE f.url = $3 AND ",
        due!(),
        ") RETURNING depth, source, attempts"
    );
    const VISIT: &str =
        "UPDATE site SET state = 'crawling', failure = NULL, visitor = $1 WHERE host = $2";
    let taken = transaction!(store, &[], |tx, row_lock| {
        let next: Option<(String, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe([NEXT, row_lock].concat()))
                .bind(now)
                .bind(holder)
                .fetch_optional(&mut *tx)
                .await?;
        let Some((url, host)) = next else {
            return Ok(Try::Nothing);
        };
        let taken: Option<(i64, String, i64)> = sqlx::query_as(TAKE)
            .bind(now)
            .bind(holder)
            .bind(&url)
            .bind(now + seconds)
            .fetch_optional(&mut *tx)
            .await?;
        let Some((depth, source, attempts)) = taken else {
            return Ok(Try::Lost);
        };
        sqlx::query(VISIT)
            .bind(holder)
            .bind(&host)
            .execute(&mut *tx)
            .await?;
        Lease {
            url,
            host,
            depth,
            source: Source::parse(&source),
            attempts,
            holder: holder.to_owned(),
        }
    });
    Ok(Try::Taken(taken))
}

/// Gives back whatever `holder` has leased, so that nobody waits for a crawl that stopped.
pub async fn release(store: &Store, holder: &str) -> Result<()> {
    const SQL: &str = "UPDATE frontier
        SET state = 'queued', lease_until = NULL, lease_holder = NULL, attempts = attempts - 1
        WHERE state = 'leased' AND lease_holder = $1";
    on!(store, |db| sqlx::query(SQL)
        .bind(holder)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Ends a lease. No other crawl asks the host before `rest_until`. Gives whether the lease was still
/// held: one that ran out may be in other hands by now, and is left to them.
pub async fn end(
    store: &Store,
    lease: &Lease,
    visited: Visited<'_>,
    rest_until: i64,
) -> Result<bool> {
    const REST: &str = "UPDATE site SET rest_until = $1 WHERE host = $2 AND visitor = $3";
    // The number of attempts tells this lease from a later one of the same holder.
    const SQL: &str =
        "UPDATE frontier SET state = $1, outcome = $2, lease_until = $3, lease_holder = NULL
        WHERE url = $4 AND state = 'leased' AND lease_holder = $5 AND attempts = $6";
    let (state, outcome, not_before) = match visited {
        Visited::Done(outcome) => ("done", outcome, None),
        Visited::Refused(outcome) => ("refused", outcome, None),
        Visited::Again(outcome, not_before) => ("queued", outcome, Some(not_before)),
    };
    let outcome: String = storable(outcome).chars().take(500).collect();
    // The site before its address, as in `lease`: nobody waits in a circle.
    let ended = transaction!(store, &[], |tx| {
        sqlx::query(REST)
            .bind(rest_until)
            .bind(&lease.host)
            .bind(&lease.holder)
            .execute(&mut *tx)
            .await?;
        sqlx::query(SQL)
            .bind(state)
            .bind(&outcome)
            .bind(not_before)
            .bind(&lease.url)
            .bind(&lease.holder)
            .bind(lease.attempts)
            .execute(&mut *tx)
            .await?
            .rows_affected()
    });
    Ok(ended == 1)
}

/// Refuses every queued address of a host that was found this way: once one feed has answered, the
/// others need not be tried. Gives how many.
pub async fn refuse_queued(
    store: &Store,
    host: &str,
    source: Source,
    outcome: &str,
) -> Result<u64> {
    const SQL: &str = "UPDATE frontier SET state = 'refused', outcome = $1
        WHERE host = $2 AND source = $3 AND state = 'queued'";
    Ok(on!(store, |db| sqlx::query(SQL)
        .bind(outcome)
        .bind(host)
        .bind(source.as_str())
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?)
}

/// How many addresses of a host are neither done nor refused.
pub async fn pending(store: &Store, host: &str) -> Result<i64> {
    const SQL: &str =
        "SELECT COUNT(*) FROM frontier WHERE host = $1 AND state IN ('queued', 'leased')";
    Ok(on!(store, |db| sqlx::query_scalar(SQL)
        .bind(host)
        .fetch_one(db)
        .await)?)
}

/// Counts of the whole frontier.
pub async fn counts(store: &Store) -> Result<Counts> {
    const SQL: &str = "SELECT state, COUNT(*) FROM frontier GROUP BY state";
    let rows: Vec<(String, i64)> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    let of = |state: &str| {
        rows.iter()
            .find(|(name, _)| name == state)
            .map_or(0, |(_, count)| *count)
    };
    Ok(Counts {
        queued: of("queued"),
        leased: of("leased"),
        done: of("done"),
        refused: of("refused"),
    })
}

/// Sites whose addresses are all done but that were not assessed: a worker died in between.
pub async fn unassessed(store: &Store) -> Result<Vec<String>> {
    const SQL: &str = "SELECT s.host FROM site s WHERE s.state = 'crawling' AND NOT EXISTS (
        SELECT 1 FROM frontier f WHERE f.host = s.host AND f.state IN ('queued', 'leased')) ORDER BY s.host";
    Ok(on!(store, |db| sqlx::query_scalar(SQL)
        .fetch_all(db)
        .await)?)
}

/// Marks a site as assessed.
pub async fn assessed(store: &Store, host: &str, at: i64) -> Result<()> {
    const SQL: &str =
        "UPDATE site SET state = 'assessed', assessed_at = $1, failure = NULL WHERE host = $2";
    on!(store, |db| sqlx::query(SQL)
        .bind(at)
        .bind(host)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Marks a site of which nothing could be captured.
pub async fn failed(store: &Store, host: &str, failure: &str) -> Result<()> {
    const SQL: &str = "UPDATE site SET state = 'failed', failure = $1 WHERE host = $2";
    on!(store, |db| sqlx::query(SQL)
        .bind(failure)
        .bind(host)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Remembers which robots.txt a site was crawled under.
pub async fn robots(store: &Store, host: &str, sha256: &str) -> Result<()> {
    const SQL: &str = "UPDATE site SET robots_sha256 = $1 WHERE host = $2";
    on!(store, |db| sqlx::query(SQL)
        .bind(sha256)
        .bind(host)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// One line of `crawl status`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SiteRow {
    /// The host.
    pub host: String,
    /// `new`, `crawling`, `assessed` or `failed`.
    pub state: String,
    /// `seed`, or the page that led here.
    pub discovered_from: String,
    /// When it was assessed.
    pub assessed_at: Option<i64>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// All sites by name, at most `limit`.
pub async fn sites(store: &Store, limit: i64) -> Result<Vec<SiteRow>> {
    const SQL: &str = "SELECT host, state, discovered_from, assessed_at, failure FROM site ORDER BY host LIMIT $1";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// What became of an address: its state and outcome.
pub async fn outcome(store: &Store, url: &str) -> Result<Option<(String, Option<String>)>> {
    const SQL: &str = "SELECT state, outcome FROM frontier WHERE url = $1";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(url)
        .fetch_optional(db)
        .await)?)
}

#[cfg(test)]
mod tests;
