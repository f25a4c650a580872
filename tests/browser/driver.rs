//! Chromium through chromedriver, with the few moves the tests need.
//!
//! Pages are found by form field names, ids and addresses, never by words or looks.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    elements::Element,
    key::Key,
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::group::Group;

/// How long chromedriver may take to listen, and a page to follow a click.
const WITHIN: Duration = Duration::from_secs(60);

/// Between two looks whether the next page is there.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Chromium as tests and servers run it: no screen, no sandbox (it refuses root otherwise), nothing
/// that would talk to anybody but the pages under test, no movement to wait for,
/// scroll bars over the page as on a phone, and every invented name at home.
const FLAGS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
];

/// How a browser is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Width of the page in CSS pixels.
    pub(crate) width: u32,
    /// Whether pages may run scripts.
    pub(crate) scripts: bool,
}

/// A running chromedriver; every browser it opened ends with it.
pub(crate) struct Driver {
    // Ended before the profiles are removed: fields are dropped in this order.
    _group: Group,
    url: String,
    chromium: PathBuf,
    profiles: TempDir,
}

impl Driver {
    /// Starts chromedriver on a port of its choice; `None` when it or Chromium is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let (chromium, driver) = (installed("chromium")?, installed("chromedriver")?);
        let profiles = TempDir::new().unwrap();
        let log = profiles.path().join("chromedriver.log");
        let mut group = Group::spawn(Command::new(driver).arg("--port=0"), &log).unwrap();
        let port: u16 = group.says(WITHIN, listening_on).await;
        Some(Self {
            _group: group,
            url: format!("http://127.0.0.1:{port}"),
            chromium,
            profiles,
        })
    }

    /// Opens a browser with a fresh profile.
    pub(crate) async fn open(&self, window: Window) -> Browser {
        let profile = tempfile::tempdir_in(self.profiles.path()).unwrap().keep();
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
        flags.push(format!("--user-data-dir={}", profile.display()));
        if !window.scripts {
            flags.push("--blink-settings=scriptEnabled=false".into());
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": self.chromium, "args": flags },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!()
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.url)
            .await
            .unwrap();
        let browser = Browser { client };
        browser.resize(window.width, 900).await;
        browser
    }
}

/// The port in chromedriver's `… started successfully on port 12345.`
fn listening_on(line: &str) -> Option<u16> {
    let (_, port) = line.rsplit_once("successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

/// The first executable of this name on the search path.
fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| file.is_file())
}

/// One browser with one page.
pub(crate) struct Browser {
    client: Client,
}

/// A command that chromedriver has beyond the standard: its path in the session, and its body.
#[derive(Debug)]
struct Vendor(&'static str, Value);

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.0))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

impl Browser {
    /// A command of the DevTools protocol.
    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let command = json!({ "cmd": command, "params": parameters });
        let command = Vendor("goog/cdp/execute", command);
        self.client.issue_cmd(command).await.unwrap()
    }

    /// The lines of one of the browser's logs that nobody has asked for yet.
    async fn log(&self, kind: &str) -> Vec<Value> {
        let command = Vendor("se/log", json!({ "type": kind }));
        let lines = self.client.issue_cmd(command).await.unwrap();
        lines.as_array().expect("a log").clone()
    }

    /// What the console says since the last time: errors of scripts, refused and failed requests.
    pub(crate) async fn console(&self) -> Vec<String> {
        let lines = self.log("browser").await.into_iter();
        lines.map(|line| line["message"].to_string()).collect()
    }

    /// The hosts asked for anything since the last time, whether or not an answer came.
    pub(crate) async fn asked_hosts(&self) -> BTreeSet<String> {
        let asked = self
            .log("performance")
            .await
            .into_iter()
            .filter_map(|line| {
                let event: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
                let event = &event["message"];
                let sent = event["method"] == "Network.requestWillBeSent";
                let url = event["params"]["request"]["url"].as_str()?;
                let url = sent.then(|| url::Url::parse(url).ok()).flatten()?;
                // The browser's own first page is made of parts with addresses of another kind.
                let network = matches!(url.scheme(), "http" | "https" | "ws" | "wss");
                network.then(|| url.host_str().map(str::to_owned))?
            });
        asked.collect()
    }

    /// Prefers a colour scheme: `light` or `dark`.
    pub(crate) async fn colours(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Makes the page exactly so large, in CSS pixels (a window itself has a least width).
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn url(&self) -> String {
        self.client.current_url().await.unwrap().into()
    }

    /// The value of a JavaScript function body in the page; works with the page's own scripts off.
    pub(crate) async fn eval(&self, body: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(body, arguments).await.unwrap()
    }

    /// The same for what takes its time: the function's last argument takes the value.
    pub(crate) async fn eval_async(&self, body: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(body, arguments).await.unwrap()
    }

    /// The HTTP status of the page.
    pub(crate) async fn status(&self) -> Value {
        let body = "return performance.getEntriesByType('navigation')[0].responseStatus";
        self.eval(body, vec![]).await
    }

    /// How many elements match.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// The one element; a page without it fails the test with what the page says instead.
    pub(crate) async fn find(&self, css: &str) -> Element {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!(
                "{css}: {error}\n{}\n{}",
                self.url().await,
                self.words().await
            ),
        }
    }

    /// What an element shows.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap().trim().to_owned()
    }

    /// Everything the page says, shown or folded away.
    pub(crate) async fn words(&self) -> String {
        let all = self.eval("return document.body.textContent", vec![]).await;
        all.as_str().unwrap_or_default().to_owned()
    }

    /// An attribute that must be there.
    pub(crate) async fn attribute(&self, css: &str, name: &str) -> String {
        let value = self.find(css).await.attr(name).await.unwrap();
        value.unwrap_or_else(|| panic!("{css} has no {name}"))
    }

    /// Types into a field, after what already stands there; for a file field, the file's path.
    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// Chooses a file.
    pub(crate) async fn choose_file(&self, css: &str, file: &Path) {
        self.type_into(css, file.to_str().unwrap()).await;
    }

    /// Clicks something that stays on the page.
    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Presses and releases a key.
    pub(crate) async fn press(&self, key: Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keys".into())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Clicks a link or button and waits for the page it leads to.
    pub(crate) async fn follow(&self, css: &str) {
        let element = self.find(css).await;
        self.leave(async { element.click().await.unwrap() }).await;
    }

    /// Makes a move that leads to another page, and waits until that is loaded.
    pub(crate) async fn leave(&self, step: impl Future<Output = ()>) {
        // A new page is a new `window`: the mark is gone.
        self.eval("window.left = false", vec![]).await;
        step.await;
        let arrived = "return window.left === undefined && document.readyState === 'complete'";
        let since = Instant::now();
        let mut again = tokio::time::interval(LOOK_AGAIN);
        loop {
            again.tick().await;
            // While the page changes there is no place to run this in; that is no failure.
            if let Ok(Value::Bool(true)) = self.client.execute(arrived, vec![]).await {
                return;
            }
            assert!(since.elapsed() < WITHIN, "still on {}", self.url().await);
        }
    }

    /// Cookies of every site in this browser's profile.
    pub(crate) async fn cookies(&self) -> Vec<Value> {
        let jar = self.devtools("Storage.getCookies", json!({})).await;
        jar["cookies"].as_array().expect("cookies").clone()
    }

    /// A picture of the whole page, as PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }
}
