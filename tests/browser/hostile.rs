//! A site that writes to its judges: markup, scripts and marks that turn text round, in every place
//! from which the crawler quotes. It is crawled by the real crawler; officers read it in a real
//! browser. Nothing of it runs, nothing is fetched, and what would deceive the eye is seen.

use std::{
    collections::BTreeMap, net::IpAddr, net::SocketAddr, path::Path, pin::Pin, sync::Arc,
    time::Duration,
};

use crawler::{
    address_guard::{AddressGuard, LoopbackPermission},
    crawl::{Crawl, CrawlConfig},
    resolve::{Lookup, LookupError},
};
use data::testing::{Centre, PASSWORD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    driver::{Browser, Window},
    stage,
    support::{demo, group::Group},
};

/// What each text of the site ends with, as a reader would see it: an image that tells elsewhere, a
/// script, an end of every attribute, and a mark after which letters run backwards.
const POISON: &str = "\"'><img src=http://elsewhere.invalid/x onerror=window.ran=1><script>window.ran=1</script>\u{202e}txet";

/// The same as it must be shown.
const SHOWN: &str = "\"'><img src=http://elsewhere.invalid/x onerror=window.ran=1><script>window.ran=1</script>[U+202E]txet";

/// An exchange by every sign, poisoned in its title, heading, fields, links and a real script.
fn site() -> String {
    let poison = POISON
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    format!(
        "<html lang=ru><title>Обмен USDT {poison}</title><h1>Обмен криптовалют USDT на KZT {poison}</h1>
        <script>window.ran=1</script><form method=post action=/order>
        <label>Отдаёте {poison}<select name=from><option value=\"USDTTRC20\">USDT TRC20 {poison}<option>BTC</select></label>
        <label>Получаете<select name=to><option value=KSPBKZT>Kaspi KZT {poison}</select></label>
        <input name=card placeholder=\"Номер карты {poison}\"><button>Обменять {poison}</button></form>
        <a href=\"/pravila?{poison}\">Правила обмена {poison}</a>
        <a href=\"javascript:window.ran=1\">Войти</a><p>Обмен USDT на тенге через Kaspi, Алматы {poison}"
    )
}

/// Serves the site at `/` and nothing else, whatever the host.
async fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let (status, body) = match request[..length].starts_with(b"GET / ") {
                true => ("200 OK", site()),
                false => ("404 X", String::new()),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    port
}

/// Every name leads to this machine.
struct Loopback;

impl Lookup for Loopback {
    fn lookup(
        &self,
        _: String,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, LookupError>> + Send>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

async fn crawl(centre: &Centre) {
    let port = serve().await;
    let permission = LoopbackPermission::for_demo(&centre.trust, port).unwrap();
    let config = CrawlConfig {
        interval: Duration::from_millis(1),
        guard: AddressGuard::with_loopback(permission),
        evidence: centre.dir.path().join("evidence"),
        ..CrawlConfig::default()
    };
    let (sender, _) = mpsc::channel(1);
    let store = centre.store.clone();
    let crawl = Crawl::with_lookup(config, store, sender, Arc::new(Loopback)).unwrap();
    let seed = Url::parse(&format!("http://zhau.test:{port}/")).unwrap();
    crawl.add_seeds(&[seed], false).await.unwrap();
    crawl.run(CancellationToken::new()).await.unwrap();
}

/// Serves the pages of a centre that is at rest; gives where they are.
async fn pages(data: &Path) -> (Group, SocketAddr) {
    let mut command = std::process::Command::new(demo::binary());
    command.arg("--data").arg(data).arg("web");
    for listener in ["--web", "--block-page", "--evidence"] {
        command.args([listener, "127.0.0.1:0"]);
    }
    let log = data.join("web.log");
    let group = Group::spawn(&mut command, &log).unwrap();
    let mut again = tokio::time::interval(Duration::from_millis(20));
    let since = std::time::Instant::now();
    loop {
        again.tick().await;
        if let Ok(ports) = std::fs::read(data.join("ports.json")) {
            let ports: BTreeMap<String, SocketAddr> = serde_json::from_slice(&ports).unwrap();
            return (group, ports["web"]);
        }
        assert!(since.elapsed() < crate::ENFORCED_WITHIN, "{}", group.log());
    }
}

/// On the open page nothing of the site is alive.
async fn is_only_text(browser: &Browser) {
    let at = browser.url().await;
    let ran = browser.eval("return window.ran ?? null", vec![]).await;
    assert!(ran.is_null(), "{at}: a script of the site ran");
    let alive = "img, script, iframe, object, embed, a[href^='javascript:' i], [onerror]";
    assert_eq!(browser.count(alive).await, 0, "{at}");
    let asked = browser.asked_hosts().await;
    assert!(
        asked.iter().all(|host| host == "127.0.0.1"),
        "{at}: {asked:?}"
    );
    let console = browser.console().await;
    assert!(console.is_empty(), "{at}: {console:?}");
    let words = browser.words().await;
    assert!(!words.contains('\u{202e}'), "{at}: letters run backwards");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_writes_stays_text() {
    let Some(driver) = crate::driver().await else {
        return;
    };
    let centre = Centre::new().await;
    crawl(&centre).await;
    let (_web, address) = pages(centre.dir.path()).await;
    let window = Window {
        width: 1280,
        scripts: true,
    };
    let browser = driver.open(window).await;
    let page = |path: &str| format!("http://{address}{path}");
    browser.goto(&page("/kk/console/sign-in")).await;
    browser.type_into("[name=login]", "officer-1").await;
    browser.type_into("[name=password]", PASSWORD).await;
    browser.follow("main form button").await;
    is_only_text(&browser).await;
    let case = browser.attribute("a[href*='/console/case/']", "href").await;
    for lang in stage::LANGUAGES {
        let case = page(&case.replace("/kk/", &format!("/{lang}/")));
        browser.goto(&case).await;
        is_only_text(&browser).await;
        assert!(
            browser.words().await.contains(SHOWN),
            "the title or a quote"
        );
        assert!(
            browser.text("blockquote").await.contains("[U+202E]"),
            "a quote"
        );
        browser.follow("a[href*='/capture/']").await;
        is_only_text(&browser).await;
        assert!(browser.words().await.contains(SHOWN), "the title");
        browser.goto(&format!("{case}/propose")).await;
        is_only_text(&browser).await;
    }
    // The original, on an origin of its own, is bytes to read.
    browser.goto(&page(&case)).await;
    browser.follow("a[href*='/capture/']").await;
    browser.follow("main a.button").await;
    assert!(
        browser
            .words()
            .await
            .contains("<script>window.ran=1</script>")
    );
    let ran = browser.eval("return window.ran ?? null", vec![]).await;
    assert!(ran.is_null());
    assert_eq!(browser.count("script, img").await, 0);
    browser.close().await;
}
