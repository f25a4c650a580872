//! What a site may send to wear a crawler out: bodies without end, answers that never finish, markup
//! that costs more than it weighs. Each is recorded as what it was, and the other sites go on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crawler::address_guard::{AddressGuard, LoopbackPermission};
use crawler::crawl::{Crawl, CrawlConfig};
use crawler::fetch::{MAX_BODY, Timeouts};
use crawler::resolve::{Lookup, LookupError};
use data::testing::Centre;
use data::{Store, capture, case, frontier};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

const DIR: &str = "QALQAN_BAD_INPUT_DIR";
const PORT: &str = "QALQAN_BAD_INPUT_PORT";

/// Octets of the bodies that nobody wants whole.
const HUGE: usize = 200 * 1024 * 1024;

/// Between two octets of somebody who means to keep us waiting.
const DRIP: Duration = Duration::from_millis(20);

/// Most memory a crawl of two huge bodies may ever have held, in KiB; one of them is more.
const MOST_MEMORY: u64 = 160 * 1024;

const HTML: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n";

/// A web of hostile hosts on one port.
struct Web {
    port: u16,
    /// Octets of the plain huge body that somebody took.
    taken: Arc<AtomicUsize>,
}

impl Web {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that has had enough closes: that is how every one of these ends.
                tokio::spawn(serve(stream, Arc::clone(&count)));
            }
        });
        Self { port, taken }
    }

    fn page(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.port)
    }
}

async fn serve(mut stream: TcpStream, taken: Arc<AtomicUsize>) -> std::io::Result<()> {
    let mut request = vec![0; 8192];
    let length = stream.read(&mut request).await?;
    let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
    let host = request.split("host: ").nth(1).unwrap_or_default();
    let host = host.split([':', '\r']).next().unwrap_or_default();
    if !request.starts_with("get / ") {
        let missing = b"HTTP/1.1 404 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        return stream.write_all(missing).await;
    }
    match host {
        "plain.test" => {
            let head = format!("{HTML}content-length: {HUGE}\r\n\r\n<title>huge</title>");
            stream.write_all(head.as_bytes()).await?;
            let chunk = vec![b'A'; 64 * 1024];
            while taken.load(Ordering::SeqCst) < HUGE {
                stream.write_all(&chunk).await?;
                taken.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        }
        "bomb.test" => {
            let head = format!("{HTML}content-encoding: gzip\r\n\r\n");
            stream
                .write_all(&[head.as_bytes(), bomb()].concat())
                .await?;
        }
        "silent.test" => drip(&mut stream, "", "").await?,
        "headers.test" => drip(&mut stream, "HTTP/1.1 200 OK\r\n", "x-more: 1\r\n").await?,
        "body.test" => {
            let head = format!("{HTML}\r\n<title>slow</title><p>");
            drip(&mut stream, &head, ".").await?;
        }
        host => {
            let body = markup(host);
            let head = format!("{HTML}content-length: {}\r\n\r\n", body.len());
            stream
                .write_all(&[head.as_bytes(), body.as_bytes()].concat())
                .await?;
        }
    }
    stream.shutdown().await
}

/// Begins, and goes on a little at a time until the other side has had enough.
async fn drip(stream: &mut TcpStream, first: &str, then: &str) -> std::io::Result<()> {
    stream.write_all(first.as_bytes()).await?;
    loop {
        tokio::time::sleep(DRIP).await;
        stream.write_all(then.as_bytes()).await?;
    }
}

/// A body of [`HUGE`] octets in some two hundred thousand.
fn bomb() -> &'static [u8] {
    static BOMB: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BOMB.get_or_init(|| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let chunk = vec![b'A'; 1024 * 1024];
        (0..HUGE / chunk.len()).for_each(|_| gz.write_all(&chunk).unwrap());
        gz.finish().unwrap()
    })
}

/// Pages whose markup costs more than it weighs.
fn markup(host: &str) -> String {
    let begun = "<html><title>t</title><body>";
    match host {
        "nested.test" => format!("{begun}{}", "<div>".repeat(100_000)),
        "attributes.test" => {
            let names: String = (0..1_000_000).map(|n| format!(" {n:x}")).collect();
            let names: String = names.chars().take(MAX_BODY - 64).collect();
            format!("{begun}<p{names}>after")
        }
        "table.test" => format!("{begun}<table>{}", "<tr><td>1<td>2".repeat(100_000)),
        "fostered.test" => format!("{begun}<table>{}", "<b>x<tr>".repeat(50_000)),
        "comment.test" => format!("{begun}<!--{}", "- >".repeat(1_000_000)),
        "quote.test" => format!("{begun}<p title=\"{}", "x".repeat(4_000_000)),
        "unclosed.test" => format!(
            "{begun}{}",
            "<table><select><svg><math><template><a href=/x><b><button><form>".repeat(10_000)
        ),
        "entities.test" => format!("{begun}{}", "&amp&#x10ffff&NotEqualTilde".repeat(100_000)),
        "script.test" => format!("{begun}<script>{}", "<!--<script>".repeat(200_000)),
        _ => format!("{begun}<p>fine"),
    }
}

/// Every name leads to this machine.
struct Loopback;

impl Lookup for Loopback {
    fn lookup(&self, _: String) -> BoxFuture<'static, Result<Vec<IpAddr>, LookupError>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

/// Crawls the hosts to the end.
async fn crawl(store: &Store, dir: &Path, port: u16, hosts: &[&str], total: Duration) {
    let permission = LoopbackPermission::for_demo(&store.trust().await.unwrap(), port).unwrap();
    let config = CrawlConfig {
        interval: Duration::from_millis(1),
        retry_after: Duration::from_millis(1),
        guard: AddressGuard::with_loopback(permission),
        evidence: dir.join("evidence"),
        concurrency: 4,
        timeouts: Timeouts {
            total,
            ..Timeouts::default()
        },
        ..CrawlConfig::default()
    };
    let (sender, _) = mpsc::channel(1);
    let crawl = Crawl::with_lookup(config, store.clone(), sender, Arc::new(Loopback)).unwrap();
    let url = |host: &&str| Url::parse(&format!("http://{host}:{port}/")).unwrap();
    let seeds: Vec<_> = hosts.iter().map(url).collect();
    crawl.add_seeds(&seeds, false).await.unwrap();
    crawl.run(CancellationToken::new()).await.unwrap();
    let counts = frontier::counts(store).await.unwrap();
    assert_eq!((counts.queued, counts.leased), (0, 0), "the crawl ended");
}

/// How the visit of a host's first page ended, in the frontier's words.
async fn ended(store: &Store, page: &str) -> String {
    let (state, outcome) = frontier::outcome(store, page).await.unwrap().expect(page);
    format!("{state}: {}", outcome.unwrap_or_default())
}

/// Long enough for everything but what never ends.
const PATIENT: Duration = Duration::from_secs(120);

/// Not a test of its own: the body of a process whose memory can be looked at.
#[tokio::test]
async fn child_that_is_fed() {
    let (Ok(dir), Ok(port)) = (std::env::var(DIR), std::env::var(PORT)) else {
        return;
    };
    let dir = Path::new(&dir);
    let url = format!("sqlite:{}", dir.join("qalqan.db").display());
    let store = Store::open(&url).await.unwrap();
    let hosts = ["plain.test", "bomb.test"];
    crawl(&store, dir, port.parse().unwrap(), &hosts, PATIENT).await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most = most
        .and_then(|line| line.split_whitespace().next())
        .unwrap();
    let most: u64 = most.parse().unwrap();
    assert!(most < MOST_MEMORY, "{most} KiB");
}

#[tokio::test]
async fn a_body_of_200_mb_costs_no_more_than_is_kept_of_it() {
    let (centre, web) = (Centre::new().await, Web::start().await);
    let child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_fed", "--nocapture"])
        .env(DIR, centre.dir.path())
        .env(PORT, web.port.to_string())
        .output();
    let child = child.await.unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{said}");
    let taken = web.taken.load(Ordering::SeqCst);
    assert!(taken < HUGE / 4, "{taken} octets were taken off the wire");
    for host in ["plain.test", "bomb.test"] {
        let end = ended(&centre.store, &web.page(host)).await;
        assert!(end.ends_with("body cut at 5 MiB"), "{host}: {end}");
        let held = capture::latest(&centre.store, host, 9).await.unwrap();
        let page = held
            .iter()
            .find(|capture| capture.status == 200)
            .expect(host);
        assert!(page.truncated);
        assert_eq!(usize::try_from(page.body_bytes).unwrap(), MAX_BODY);
    }
}

#[tokio::test]
async fn who_never_finishes_is_given_up_and_the_others_go_on() {
    let (centre, web) = (Centre::new().await, Web::start().await);
    let store = &centre.store;
    let hosts = ["silent.test", "headers.test", "body.test", "fine.test"];
    let short = Duration::from_millis(1500);
    crawl(store, centre.dir.path(), web.port, &hosts, short).await;
    for (host, words) in [
        ("silent.test", "done: failed: timed out"),
        ("headers.test", "done: failed: timed out"),
        ("body.test", "done: 200: page"),
        ("fine.test", "done: 200: page"),
    ] {
        let end = ended(store, &web.page(host)).await;
        assert!(end.starts_with(words), "{host}: {end}");
    }
    // What came is kept, and it is said that it is not all.
    let end = ended(store, &web.page("body.test")).await;
    assert!(end.ends_with(", body broke off"), "{end}");
    let held = capture::latest(store, "body.test", 9).await.unwrap();
    let slow = held.iter().find(|capture| capture.status == 200).unwrap();
    assert!(slow.truncated && slow.title == "slow", "{slow:?}");
}

#[tokio::test]
async fn markup_that_costs_more_than_it_weighs_is_read_as_far_as_it_may_be() {
    let (centre, web) = (Centre::new().await, Web::start().await);
    let store = &centre.store;
    let bombs = [
        ("nested.test", Some("nested deeper than 300 elements")),
        // A tag that never ends makes no element; only the time it takes can stop it.
        ("attributes.test", None),
        ("table.test", Some("more than 60,000 nodes")),
        ("fostered.test", Some("")),
        ("comment.test", None),
        ("quote.test", None),
        ("unclosed.test", Some("")),
        ("entities.test", None),
        ("script.test", None),
        ("fine.test", None),
    ];
    let hosts = bombs.map(|(host, _)| host);
    crawl(store, centre.dir.path(), web.port, &hosts, PATIENT).await;
    for (host, bound) in bombs {
        let end = ended(store, &web.page(host)).await;
        assert!(end.starts_with("done: 200: page"), "{host}: {end}");
        if let Some(bound) = bound {
            let met = end.split_once(", cut: ").expect(&end).1;
            assert!(met.contains(bound), "{host}: {end}");
        }
        let held = capture::latest(store, host, 9).await.unwrap();
        let page = held
            .iter()
            .find(|capture| capture.status == 200)
            .expect(host);
        assert_eq!(page.title, "t", "{host}: what stood before is read");
    }
    assert!(case::queue(store).await.unwrap().is_empty());
}
