//! Sites over TLS, each under a certificate of its own making: what one key says, and what the key of
//! a content network does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crawler::address_guard::{AddressGuard, LoopbackPermission};
use crawler::crawl::{Crawl, CrawlConfig};
use crawler::resolve::{Lookup, LookupError};
use data::testing::Centre;
use data::{Store, assessment, capture, certificate, evidence, network};
use futures_util::future::BoxFuture;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::ResolvesServerCertUsingSni;
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use url::Url;

/// A web over TLS with an authority of its own.
struct Web {
    authority: CertifiedIssuer<'static, KeyPair>,
    names: ResolvesServerCertUsingSni,
    pages: BTreeMap<String, String>,
}

impl Web {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            authority: CertifiedIssuer::self_signed(parameters, key).unwrap(),
            names: ResolvesServerCertUsingSni::new(),
            pages: BTreeMap::new(),
        }
    }

    /// Puts `page` on `host`, under a certificate over `key` for `names`.
    fn site(&mut self, host: &str, key: &KeyPair, names: &[&str], page: &str) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let parameters = CertificateParams::new(names).unwrap();
        let signed = parameters.signed_by(key, &self.authority).unwrap();
        let private = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let private = ring::sign::any_supported_type(&private).unwrap();
        let certified = CertifiedKey::new(vec![signed.der().clone()], private);
        self.names.add(host, certified).unwrap();
        self.pages.insert(host.to_owned(), page.to_owned());
    }

    /// Serves and crawls all of it.
    async fn crawl(self) -> Centre {
        let centre = Centre::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.names));
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let pages = Arc::new(self.pages);
        let served = Arc::clone(&pages);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, pages) = (acceptor.clone(), Arc::clone(&served));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    answer(stream, &pages).await;
                });
            }
        });

        let permission = LoopbackPermission::for_demo(&centre.trust, port).unwrap();
        let config = CrawlConfig {
            interval: Duration::from_millis(1),
            guard: AddressGuard::with_loopback(permission),
            evidence: centre.dir.path().join("evidence"),
            concurrency: 4,
            retry_after: Duration::from_millis(1),
            authorities: vec![self.authority.der().to_vec()],
            ..CrawlConfig::default()
        };
        let (sender, _) = mpsc::channel(1);
        let store = centre.store.clone();
        let crawl = Crawl::with_lookup(config, store, sender, Arc::new(Loopback)).unwrap();
        let seeds: Vec<Url> = pages
            .keys()
            .map(|host| Url::parse(&format!("https://{host}:{port}/")).unwrap())
            .collect();
        crawl.add_seeds(&seeds, false).await.unwrap();
        crawl.run(CancellationToken::new()).await.unwrap();
        centre
    }
}

async fn answer(
    mut stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    pages: &BTreeMap<String, String>,
) {
    let host = stream.get_ref().1.server_name().unwrap_or_default();
    let page = pages.get(host).cloned().unwrap_or_default();
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    let (status, body) = match request.starts_with(b"GET / ") {
        true => (200, page),
        false => (404, String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}

struct Loopback;

impl Lookup for Loopback {
    fn lookup(&self, _: String) -> BoxFuture<'static, Result<Vec<IpAddr>, LookupError>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

async fn networks(store: &Store) -> BTreeSet<BTreeSet<String>> {
    let mut sets = BTreeSet::new();
    for line in network::list(store).await.unwrap() {
        let file = network::load(store, &line.id).await.unwrap().unwrap();
        sets.insert(file.sites.into_iter().map(|site| site.host).collect());
    }
    sets
}

fn set(hosts: &[&str]) -> BTreeSet<String> {
    hosts.iter().map(|host| (*host).to_owned()).collect()
}

#[tokio::test]
async fn one_key_on_two_hosts_links_and_the_key_of_a_content_network_does_not() {
    let mut web = Web::new();
    let new_key = || KeyPair::generate().unwrap();

    // Two certificates, one key.
    let own = new_key();
    for host in ["bir.test", "eki.test"] {
        web.site(host, &own, &[host], &format!("<p>Айырбастау {host}"));
    }
    // Somebody else.
    web.site("jat.test", &new_key(), &["jat.test"], "<p>Басқа");
    // A content network: one certificate over its customers' names.
    let cdn = new_key();
    let customers = ["cdn.test", "a.test", "b.test", "c.test", "d.test", "e.test"];
    for host in ["a.test", "b.test"] {
        web.site(host, &cdn, &customers, &format!("<p>Дүкен {host}"));
    }
    // A platform: everybody's site under its own name.
    let platform = new_key();
    for host in ["x.shop.test", "y.shop.test"] {
        let names = ["shop.test", "*.shop.test"];
        web.site(host, &platform, &names, &format!("<p>Дүкен {host}"));
    }
    // A host that gives each customer a certificate, and all of them one key.
    let hosting = new_key();
    for host in [
        "h1.test", "h2.test", "h3.test", "h4.test", "h5.test", "h6.test",
    ] {
        web.site(host, &hosting, &[host], &format!("<p>Бет {host}"));
    }
    let centre = web.crawl().await;
    let store = &centre.store;
    assert_eq!(
        networks(store).await,
        BTreeSet::from([set(&["bir.test", "eki.test"])])
    );

    // The tie names the answer it was seen on, and the certificate is kept with that capture.
    let id = network::of_host(store, "bir.test").await.unwrap().unwrap();
    let file = network::load(store, &id).await.unwrap().unwrap();
    let [edge] = &file.edges[..] else {
        panic!("{:?}", file.edges)
    };
    let [reason] = &edge.reasons[..] else {
        panic!("{:?}", edge.reasons)
    };
    assert_eq!((reason.kind.as_str(), reason.points), ("certificate", 100));
    let captures = capture::latest(store, "bir.test", 100).await.unwrap();
    let shown = captures.iter().find(|row| row.url == reason.a.url).unwrap();
    assert!(shown.url.starts_with("https://bir.test:"));
    assert_eq!(shown.body_sha256, reason.a.capture);
    let served = certificate::of_captures(store, "bir.test", &captures)
        .await
        .unwrap();
    let [served] = &served[..] else {
        panic!("{served:?}")
    };
    let read = crawler::identifier::certificate::read(&served.der).unwrap();
    assert_eq!(
        (&read.key, &read.names[..]),
        (&reason.value, &["bir.test".to_owned()][..])
    );
    // The frozen evidence names it beside what came under it.
    let judged = assessment::latest(store, "bir.test")
        .await
        .unwrap()
        .unwrap();
    let manifest = evidence::load(store, &judged.evidence_root).await.unwrap();
    let item = manifest
        .unwrap()
        .into_iter()
        .find(|item| item.url == shown.url);
    let item = item.expect("the page is frozen");
    assert_eq!(item.certificate_sha256.as_ref(), Some(&served.sha256));
    assert_eq!(item.key_sha256.as_ref(), Some(&read.key));

    // What counts for nothing is kept, and says why.
    for (host, why) in [
        ("a.test", "names 6 registrable domains"),
        ("x.shop.test", "only by *.shop.test"),
    ] {
        let captures = capture::latest(store, host, 100).await.unwrap();
        let served = certificate::of_captures(store, host, &captures)
            .await
            .unwrap();
        let key = crawler::identifier::certificate::read(&served[0].der)
            .unwrap()
            .key;
        let shown = network::shown_by(store, "certificate.shared", &key)
            .await
            .unwrap();
        assert_eq!(shown.len(), 2);
        assert!(shown[0].1.place.contains(why), "{}", shown[0].1.place);
    }
}

/// A counter and a phone of a bank, on pages that copy its page.
#[tokio::test]
async fn what_a_guarded_host_shows_ties_nobody() {
    let page = |host: &str| {
        format!(
            "<script>ym(87654321,'init')</script><p>{host}: <a href='tel:+77172580000'>+7 7172 58 00 00</a>"
        )
    };
    let copies = ["copy.test", "other.test"];
    let with = async |hosts: &[&str]| {
        let mut web = Web::new();
        for host in hosts {
            let key = KeyPair::generate().unwrap();
            web.site(host, &key, &[host], &page(host));
        }
        networks(&web.crawl().await.store).await
    };
    assert_eq!(with(&copies).await, BTreeSet::from([set(&copies)]));
    // `bank.test` is on the list of banks, and with it what stands below.
    let [one, other] = copies;
    assert_eq!(with(&[one, other, "www.bank.test"]).await, BTreeSet::new());
}
