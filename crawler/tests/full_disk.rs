//! The disk is full in the middle of a crawl: the crawl stops with an error that says so, what was
//! kept can be read, and the next crawl goes on. A process may be given a largest file size, which
//! makes writes fail as a full disk does, for root as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crawler::address_guard::{AddressGuard, LoopbackPermission};
use crawler::crawl::{Crawl, CrawlConfig, CrawlError};
use crawler::fetch::Exchange;
use crawler::resolve::{Lookup, LookupError};
use crawler::warc;
use data::testing::Centre;
use data::{Store, capture, frontier};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

const DIR: &str = "QALQAN_FULL_DISK_DIR";
const PORT: &str = "QALQAN_FULL_DISK_PORT";
/// Largest file of the child in blocks of 512 octets: 8 MiB, room for the database and two pages.
const BLOCKS: &str = "16384";
/// Octets of a page; they do not compress.
const PAGE: usize = 3 * 1024 * 1024;
const PAGES: usize = 6;

/// Octets without pattern, the same each time (xorshift).
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(length)
    .collect()
}

struct Loopback;

impl Lookup for Loopback {
    fn lookup(&self, _: String) -> BoxFuture<'static, Result<Vec<IpAddr>, LookupError>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

/// Large pages at `/0` to `/5` of any host.
async fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = vec![0; 8192];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or("/robots.txt");
                let page = path.trim_start_matches('/').parse::<u64>();
                let (status, body) = match page {
                    Ok(number) => (200, noise(PAGE, number + 7)),
                    Err(_) => (404, Vec::new()),
                };
                let head = format!(
                    "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: application/pdf\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.into_bytes(), body].concat()).await;
            });
        }
    });
    port
}

async fn crawl(store: &Store, dir: &Path, port: u16) -> Result<(), CrawlError> {
    let permission = LoopbackPermission::for_demo(&store.trust().await.unwrap(), port).unwrap();
    let config = CrawlConfig {
        interval: Duration::from_millis(1),
        guard: AddressGuard::with_loopback(permission),
        evidence: dir.join("evidence"),
        concurrency: 2,
        ..CrawlConfig::default()
    };
    let (sender, _) = mpsc::channel(1);
    let crawl = Crawl::with_lookup(config, store.clone(), sender, Arc::new(Loopback))?;
    let seeds: Vec<_> = (0..PAGES)
        .map(|page| Url::parse(&format!("http://host{page}.test:{port}/{page}")).unwrap())
        .collect();
    crawl.add_seeds(&seeds, false).await?;
    crawl.run(CancellationToken::new()).await
}

async fn open(dir: &Path) -> Store {
    let path = dir.join("qalqan.db");
    Store::open(&format!("sqlite:{}", path.display()))
        .await
        .unwrap()
}

/// Not tests of their own: bodies of the child process.
#[tokio::test]
async fn child_that_crawls() {
    let (Ok(dir), Ok(port)) = (std::env::var(DIR), std::env::var(PORT)) else {
        return;
    };
    let store = open(Path::new(&dir)).await;
    let stopped = crawl(&store, Path::new(&dir), port.parse().unwrap()).await;
    let Err(error @ CrawlError::Evidence { .. }) = stopped else {
        panic!("the disk was not full: {stopped:?}");
    };
    assert!(
        error
            .to_string()
            .contains("free space or choose another folder"),
        "{error}"
    );
}

#[test]
fn child_that_writes() {
    let (Ok(dir), Err(_)) = (std::env::var(DIR), std::env::var(PORT)) else {
        return;
    };
    let exchange = |body| Exchange {
        url: Url::parse("http://shop.test/").unwrap(),
        fetched_at: 1_790_000_000,
        status: 200,
        request: Vec::new(),
        headers: Vec::new(),
        body,
        truncated: false,
        certificate: None,
    };
    let folder = Path::new(&dir);
    let mut writer = warc::Writer::create(folder, "test").unwrap();
    let mut held = Vec::new();
    while let Ok(stored) = writer.store(&exchange(noise(PAGE, 1))) {
        held.push(stored);
    }
    assert_eq!(held.len(), 2);
    // A small record still fits, and stands where it is said to stand.
    held.push(writer.store(&exchange(b"small".to_vec())).unwrap());
    for stored in &held {
        let hash = Some(stored.record_sha256.as_str());
        warc::read(folder, &stored.file, stored.offset, stored.length, hash).unwrap();
    }
}

/// Runs a test of this file in a process that cannot write large files.
async fn run_child(test: &str, dir: &Path, port: Option<u16>) {
    let mut child = tokio::process::Command::new("sh");
    child
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"",
            "sh",
            BLOCKS,
        ])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DIR, dir);
    if let Some(port) = port {
        child.env(PORT, port.to_string());
    }
    let ended = child.output().await.unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

#[tokio::test]
async fn a_crawl_stopped_by_a_full_disk_goes_on_when_there_is_room() {
    let centre = Centre::new().await;
    let (dir, port) = (centre.dir.path(), serve().await);
    run_child("child_that_crawls", dir, Some(port)).await;
    let counts = frontier::counts(&centre.store).await.unwrap();
    assert_eq!(
        counts.leased, 0,
        "nobody waits for what the stopped crawl had in work"
    );
    assert!(counts.queued > 0, "{counts:?}");

    crawl(&centre.store, dir, port).await.unwrap();
    let counts = frontier::counts(&centre.store).await.unwrap();
    assert_eq!((counts.queued, counts.leased), (0, 0));
    for page in 0..PAGES {
        let host = format!("host{page}.test");
        let held = capture::latest(&centre.store, &host, 10).await.unwrap();
        let page = held
            .iter()
            .find(|capture| capture.status == 200)
            .expect(&host);
        let at = |value: i64| u64::try_from(value).unwrap();
        let hash = Some(page.record_sha256.as_str());
        let record = warc::read(
            &dir.join("evidence"),
            &page.warc_file,
            at(page.warc_offset),
            at(page.warc_length),
            hash,
        );
        assert_eq!(record.unwrap().body.len(), PAGE);
    }
}

#[tokio::test]
async fn a_record_that_did_not_fit_spoils_none_that_comes_after() {
    let dir = tempfile::tempdir().unwrap();
    run_child("child_that_writes", dir.path(), None).await;
}
