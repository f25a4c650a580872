//! A crawl over local servers: the whole path, and what hostile hosts try.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crawler::address_guard::{AddressGuard, LoopbackPermission};
use crawler::crawl::{Crawl, CrawlConfig, Event};
use crawler::resolve::{Lookup, LookupError};
use data::testing::Centre;
use data::{assessment, capture, case, evidence, frontier};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

type Handler = Arc<dyn Fn(&str, &str) -> Vec<u8> + Send + Sync>;

/// A web of many hosts on one loopback port; `handler(host, path)` gives raw HTTP.
struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Web {
    async fn start(handler: Handler) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let handler = Arc::clone(&handler);
                let log = Arc::clone(&log);
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut buffer = [0; 4096];
                    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                        match stream.read(&mut buffer).await {
                            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
                            _ => return,
                        }
                    }
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let path = text.split(' ').nth(1).unwrap().to_owned();
                    let host = text
                        .lines()
                        .find_map(|l| {
                            l.strip_prefix("host: ")
                                .or_else(|| l.strip_prefix("Host: "))
                        })
                        .unwrap();
                    let host = host.split(':').next().unwrap().to_owned();
                    log.lock().unwrap().push((host.clone(), path.clone()));
                    let _ = stream.write_all(&handler(&host, &path)).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { port, asked }
    }

    fn asked(&self, host: &str) -> Vec<String> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|(h, _)| h == host)
            .map(|(_, p)| p.clone())
            .collect()
    }
}

fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    out.extend_from_slice(body);
    out
}

fn html(body: &str) -> Vec<u8> {
    reply(
        200,
        "content-type: text/html; charset=utf-8\r\n",
        body.as_bytes(),
    )
}

fn to(location: &str) -> Vec<u8> {
    reply(302, &format!("location: {location}\r\n"), b"")
}

/// All names lead to 127.0.0.1, except those given.
#[derive(Default)]
struct Names(HashMap<&'static str, Vec<&'static str>>, AtomicUsize);

impl Lookup for Names {
    fn lookup(&self, name: String) -> BoxFuture<'static, Result<Vec<IpAddr>, LookupError>> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst);
        let found = match self.0.get(name.as_str()) {
            // A name that changes its answer: the n-th look-up gives the n-th address, then the last.
            Some(list) if name.starts_with("rebind") => vec![list[turn.min(list.len() - 1)]],
            Some(list) => list.clone(),
            None => vec!["127.0.0.1"],
        };
        Box::pin(async move { Ok(found.into_iter().map(|a| a.parse().unwrap()).collect()) })
    }
}

struct Done {
    centre: Centre,
    events: Vec<Event>,
}

async fn crawl(web: &Web, seeds: &[&str], names: Names) -> Done {
    let centre = Centre::new().await;
    let permission = LoopbackPermission::for_demo(&centre.trust, web.port).unwrap();
    let config = CrawlConfig {
        interval: Duration::from_millis(1),
        guard: AddressGuard::with_loopback(permission),
        evidence: centre.dir.path().join("evidence"),
        concurrency: 4,
        retry_after: Duration::from_millis(1),
        ..CrawlConfig::default()
    };
    let (sender, mut receiver) = mpsc::channel(64);
    let crawl = Crawl::with_lookup(config, centre.store.clone(), sender, Arc::new(names)).unwrap();
    let seeds: Vec<Url> = seeds
        .iter()
        .map(|seed| Url::parse(&seed.replace("PORT", &web.port.to_string())).unwrap())
        .collect();
    crawl.add_seeds(&seeds, false).await.unwrap();
    let events = tokio::spawn(async move {
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        events
    });
    crawl.run(CancellationToken::new()).await.unwrap();
    drop(crawl);
    Done {
        centre,
        events: events.await.unwrap(),
    }
}

const EXCHANGER: &str = r#"<html lang=ru><title>Обмен USDT</title><h1>Обмен криптовалют</h1>
<form method=post action=/order><label>Отдаёте</label><select name=from><option value=USDTTRC20>USDT TRC20<option>BTC</select>
<label>Получаете</label><select name=to><option value=KSPBKZT>Kaspi KZT</select><input name=card placeholder="Номер карты"><button>Обменять</button></form>
<a href=/pravila>Правила обмена</a> <a href=/cabinet/login>Войти</a> <a href="http://gazeta.test:PORT/x">Купить USDT: пишет газета</a>
<a href="https://t.me/bir_kz">Обмен USDT в Telegram</a>"#;

#[tokio::test]
async fn from_a_seed_to_a_case_with_evidence_that_can_be_checked() {
    let port = Arc::new(Mutex::new(String::new()));
    let told = Arc::clone(&port);
    let web = Web::start(Arc::new(move |host, path| {
        let port = told.lock().unwrap().clone();
        match (host, path) {
            ("bir.test", "/robots.txt") => reply(200, "", b"User-agent: *\nDisallow: /cabinet\n"),
            ("bir.test", "/") => html(&EXCHANGER.replace("PORT", &port)),
            ("bir.test", "/pravila") => {
                let text = encoding_rs::WINDOWS_1251.encode("<title>Правила</title><p>Заявка на обмен: курс фиксируется, оператор онлайн. USDT.").0.into_owned();
                reply(200, "content-type: text/html; charset=windows-1251\r\n", &text)
            }
            ("bir.test", "/sitemap.xml") => reply(200, "content-type: text/xml\r\n", format!("<urlset><url><loc>http://bir.test:{port}/kk</loc></url></urlset>").as_bytes()),
            ("bir.test", "/kk") => html("<title>Айырбастау</title><p>USDT айырбастау"),
            ("bir.test", "/valuta.xml") => reply(200, "content-type: text/xml\r\n", b"<rates><item><from>USDTTRC20</from><to>KSPBKZT</to><in>1</in><out>530</out></item></rates>"),
            ("gazeta.test", "/") => html("<title>Новости</title><p>Жаңалықтар. Курс доллара."),
            _ => reply(404, "content-type: text/html\r\n", b"no"),
        }
    }))
    .await;
    *port.lock().unwrap() = web.port.to_string();
    let done = crawl(&web, &["http://bir.test:PORT/"], Names::default()).await;
    let store = &done.centre.store;

    let cases = case::queue(store).await.unwrap();
    assert_eq!(cases.len(), 1, "{:?}", done.events);
    assert_eq!(
        (cases[0].host.as_str(), cases[0].verdict.as_str()),
        ("bir.test", "flag")
    );
    assert!(
        done.events
            .iter()
            .any(|e| matches!(e, Event::CaseOpened { host, .. } if host == "bir.test"))
    );
    assert!(
        done.events
            .iter()
            .any(|e| matches!(e, Event::Assessed { host, .. } if host == "gazeta.test")),
        "links to other hosts are followed"
    );
    let sites = frontier::sites(store, 100).await.unwrap();
    assert!(
        !sites.iter().any(|site| site.host == "t.me"),
        "a host that can never be listed is not visited"
    );

    let asked = web.asked("bir.test");
    assert!(
        !asked.iter().any(|path| path.starts_with("/cabinet")),
        "robots.txt is obeyed: {asked:?}"
    );
    assert!(asked.contains(&"/kk".to_owned()), "sitemaps are followed");
    assert_eq!(
        asked.iter().filter(|path| *path == "/robots.txt").count(),
        1
    );
    let cabinet = format!("http://bir.test:{}/cabinet/login", web.port);
    assert_eq!(
        frontier::outcome(store, &cabinet).await.unwrap().unwrap().0,
        "refused"
    );
    let probed = asked
        .iter()
        .filter(|path| path.contains("xml") && *path != "/sitemap.xml")
        .count();
    assert!(probed <= 8, "{asked:?}");

    let file = case::load(store, &cases[0].id).await.unwrap().unwrap();
    let manifest = evidence::load(store, &file.evidence_root)
        .await
        .unwrap()
        .unwrap();
    let captures = capture::latest(store, "bir.test", 100).await.unwrap();
    assert_eq!(manifest.len(), captures.len());
    let folder = done.centre.dir.path().join("evidence");
    for row in &captures {
        let record = crawler::warc::read(
            &folder,
            &row.warc_file,
            row.warc_offset as u64,
            row.warc_length as u64,
            Some(&row.record_sha256),
        )
        .unwrap();
        assert_eq!(record.body.len() as i64, row.body_bytes);
        assert!(
            manifest
                .iter()
                .any(|item| item.record_sha256 == row.record_sha256
                    && item.body_sha256 == row.body_sha256)
        );
    }
    let rules = captures
        .iter()
        .find(|row| row.url.ends_with("/pravila"))
        .unwrap();
    assert_eq!(
        (rules.title.as_str(), rules.charset.as_str()),
        ("Правила", "windows-1251 (header)")
    );

    let report = assessment::latest(store, "bir.test")
        .await
        .unwrap()
        .unwrap()
        .report;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(
        report["signals"]
            .as_array()
            .unwrap()
            .iter()
            .any(|s| s["id"] == "rates_feed")
    );
    for signal in report["signals"].as_array().unwrap() {
        let capture = signal["capture"].as_str().unwrap();
        assert!(
            captures.iter().any(|row| row.body_sha256 == capture),
            "each signal names a capture: {signal}"
        );
    }
}

#[tokio::test]
async fn hostile_hosts_are_recorded_and_the_crawl_ends() {
    let web = Web::start(Arc::new(|host, path| match (host, path) {
        ("big-robots.test", "/robots.txt") => {
            let mut file = b"User-agent: *\nDisallow: /no\n".to_vec();
            file.resize(5 * 1024 * 1024, b'#');
            reply(200, "", &file)
        }
        ("sick.test", "/robots.txt") => reply(503, "", b""),
        (_, "/robots.txt") => reply(404, "", b""),
        ("endless.test", path) => to(&format!("{path}x")),
        ("loop.test", "/") => to("/again"),
        ("loop.test", _) => to("/"),
        ("inward.test", "/") => to("http://10.0.0.1/admin"),
        ("metadata.test", "/") => to("http://169.254.169.254/latest"),
        ("files.test", "/") => to("file:///etc/passwd"),
        ("bomb.test", "/") => {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            for _ in 0..64 {
                gz.write_all(&vec![b'A'; 1024 * 1024]).unwrap();
            }
            reply(
                200,
                "content-type: text/html\r\ncontent-encoding: gzip\r\n",
                &gz.finish().unwrap(),
            )
        }
        ("broken.test", "/") => html(&format!(
            "<html><table><tr><td <p><b><i></table><a href=/x>{}",
            "<div>".repeat(50_000)
        )),
        ("headers.test", "/") => reply(200, &"x-a: b\r\n".repeat(500), b"hi"),
        ("garbage.test", "/") => b"SSH-2.0-OpenSSH\r\n".to_vec(),
        ("short.test", "/") => {
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 500\r\n\r\n<title>cut"
                .to_vec()
        }
        _ => html("<title>ok</title>"),
    }))
    .await;
    let hosts = [
        "big-robots",
        "sick",
        "endless",
        "loop",
        "inward",
        "metadata",
        "files",
        "bomb",
        "broken",
        "headers",
        "garbage",
        "short",
        "private",
        "mixed",
    ];
    let mut seeds: Vec<String> = hosts
        .iter()
        .map(|host| format!("http://{host}.test:PORT/"))
        .collect();
    seeds.push("http://big-robots.test:PORT/no/1".to_owned());
    seeds.push("http://shop.example:PORT/".to_owned());
    let names = Names(
        HashMap::from([
            ("private.test", vec!["10.0.0.7"]),
            ("mixed.test", vec!["192.168.0.1", "127.0.0.1"]),
        ]),
        AtomicUsize::new(0),
    );
    let seeds: Vec<&str> = seeds.iter().map(String::as_str).collect();
    let done = crawl(&web, &seeds, names).await;
    let store = &done.centre.store;
    let outcome = async |host: &str, path: &str| {
        let url = format!("http://{host}:{}{path}", web.port);
        let (state, outcome) = frontier::outcome(store, &url).await.unwrap().unwrap();
        format!("{state}: {}", outcome.unwrap_or_default())
    };
    for (host, path, words) in [
        (
            "big-robots.test",
            "/no/1",
            "refused: not allowed: robots.txt",
        ),
        ("big-robots.test", "/", "done: 200: page"),
        (
            "sick.test",
            "/",
            "refused: not allowed: robots.txt answered with a server error",
        ),
        ("endless.test", "/", "done: failed: more than 10 redirects"),
        ("loop.test", "/", "done: failed: a redirect loop"),
        (
            "inward.test",
            "/",
            "refused: refused: 10.0.0.1 is an address",
        ),
        (
            "metadata.test",
            "/",
            "refused: refused: 169.254.169.254 is an address",
        ),
        ("files.test", "/", "refused: refused: only http and https"),
        ("bomb.test", "/", "done: 200: page"),
        (
            "broken.test",
            "/",
            "done: 200: page, 2 new links, cut: nested deeper",
        ),
        ("headers.test", "/", "done: failed: "),
        ("garbage.test", "/", "done: failed: "),
        ("short.test", "/", "done: 200: page"),
        (
            "private.test",
            "/",
            "refused: refused: private.test leads to 10.0.0.7, which is private",
        ),
        ("mixed.test", "/", "done: 200: page"),
        ("shop.example", "/", "refused: refused: port"),
    ] {
        let got = outcome(host, path).await;
        assert!(got.starts_with(words), "{host}{path}: {got}");
    }
    assert!(outcome("bomb.test", "/").await.contains("body cut"));
    let bomb = capture::latest(store, "bomb.test", 9).await.unwrap();
    assert!(
        bomb.iter().all(|row| row.body_bytes <= 5 * 1024 * 1024)
            && bomb.iter().any(|row| row.truncated)
    );
    assert_eq!(web.asked("endless.test").len(), 1 + 11);
    assert!(case::queue(store).await.unwrap().is_empty());
    assert_eq!(frontier::counts(store).await.unwrap().queued, 0);
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_never_connected_to_inside() {
    let web = Web::start(Arc::new(|_, path| match path {
        "/robots.txt" => reply(404, "", b""),
        "/" => to("/second"),
        _ => html("<title>inside</title>"),
    }))
    .await;
    let names = Names(
        HashMap::from([("rebind.test", vec!["127.0.0.1", "10.0.0.1"])]),
        AtomicUsize::new(0),
    );
    let done = crawl(&web, &["http://rebind.test:PORT/"], names).await;
    let url = format!("http://rebind.test:{}/", web.port);
    let (state, outcome) = frontier::outcome(&done.centre.store, &url)
        .await
        .unwrap()
        .unwrap();
    let outcome = outcome.unwrap();
    assert!(
        state == "refused" && outcome.contains("rebind.test leads to 10.0.0.1"),
        "{state}: {outcome}"
    );
    assert!(!web.asked("rebind.test").contains(&"/second".to_owned()));
}

#[tokio::test]
async fn an_interrupted_crawl_goes_on_where_it_stopped() {
    let web = Web::start(Arc::new(|_, path| match path {
        "/robots.txt" => reply(404, "", b""),
        _ => html(EXCHANGER),
    }))
    .await;
    let centre = Centre::new().await;
    let permission = LoopbackPermission::for_demo(&centre.trust, web.port).unwrap();
    let config = CrawlConfig {
        interval: Duration::from_millis(1),
        guard: AddressGuard::with_loopback(permission),
        evidence: centre.dir.path().join("evidence"),
        ..CrawlConfig::default()
    };
    let seed = [Url::parse(&format!("http://bir.test:{}/", web.port)).unwrap()];
    let start = |config: CrawlConfig| {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        Crawl::with_lookup(
            config,
            centre.store.clone(),
            sender,
            Arc::new(Names::default()),
        )
        .unwrap()
    };
    let first = start(config.clone());
    first.add_seeds(&seed, false).await.unwrap();
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    first.run(cancelled).await.unwrap();
    assert_eq!(frontier::counts(&centre.store).await.unwrap().queued, 1);
    // A worker took an address and died; its lease has run out.
    frontier::lease(&centre.store, "dead", 0, 1)
        .await
        .unwrap()
        .unwrap();
    let second = start(config);
    assert_eq!(
        second.add_seeds(&seed, false).await.unwrap(),
        0,
        "known already"
    );
    second.run(CancellationToken::new()).await.unwrap();
    assert_eq!(case::queue(&centre.store).await.unwrap().len(), 1);
}
