//! The room from outside: requests in, answers out, against a real store.

mod appeals;
mod case;
mod console;
mod desk;
mod downloads;
mod endings;
mod listeners;
mod marks;
mod networks;
mod notices;
mod public;
mod signing;
mod volumes;

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use data::testing::{self, PASSWORD};
use tower::ServiceExt as _;

use crate::{CapturedBody, Centre, public_router};

/// A centre with its web pages, and a clock that the test moves.
pub(crate) struct House {
    pub(crate) centre: testing::Centre,
    pub(crate) web: Arc<Centre>,
    pub(crate) pages: Router,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) woken: Arc<AtomicUsize>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Asserts that the page says this.
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(
            self.body.contains(text),
            "no `{text}` in {} {}",
            self.status,
            self.body
        );
        self
    }
}

pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Bodies that the test's evidence store holds for every capture.
const HOSTILE_BODY: &str = "<script>alert(1)</script>\u{202e}тенге";

impl House {
    pub(crate) async fn new() -> Self {
        Self::over("http://127.0.0.1:8080").await
    }

    pub(crate) async fn over(url: &str) -> Self {
        Self::around(testing::Centre::new().await, url).await
    }

    /// Of the real world, with what is shipped.
    pub(crate) async fn real() -> Self {
        Self::around(
            testing::Centre::real("qalqan.test").await,
            "http://127.0.0.1:8080",
        )
        .await
    }

    async fn around(centre: testing::Centre, url: &str) -> Self {
        let release = centre.dir.path().join("release");
        let mut web = Centre::new(centre.store.clone(), release, url)
            .await
            .unwrap();
        let clock = Arc::new(AtomicI64::new(testing::NOW + 60));
        let woken = Arc::new(AtomicUsize::new(0));
        web.network_rules = Some(Arc::new(networks::Simple));
        web.demo = centre.trust.demo;
        web.evidence_url = Some("http://127.0.0.1:8082".into());
        web.clock = {
            let clock = Arc::clone(&clock);
            Arc::new(move || clock.load(Ordering::SeqCst))
        };
        web.waker = {
            let woken = Arc::clone(&woken);
            Arc::new(move || {
                woken.fetch_add(1, Ordering::SeqCst);
            })
        };
        web.load_body = Some(Arc::new(|_| {
            Box::pin(async {
                Some(CapturedBody {
                    bytes: HOSTILE_BODY.as_bytes().to_vec(),
                    charset: "utf-8".into(),
                })
            })
        }));
        let web = Arc::new(web);
        let pages = public_router(Arc::clone(&web));
        Self {
            centre,
            web,
            pages,
            clock,
            woken,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_as("", path).await
    }

    pub(crate) async fn get_as(&self, cookie: &str, path: &str) -> Answer {
        let mut request = Request::get(path).header("host", "127.0.0.1:8080");
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        ask(&self.pages, request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, cookie: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", crate::hostile::query_encode(value)))
            .collect();
        let request = Request::post(path)
            .header("host", "127.0.0.1:8080")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        ask(&self.pages, request).await
    }

    /// Signs in and gives the cookie.
    pub(crate) async fn sign_in(&self, login: &str) -> String {
        let answer = self
            .post(
                "",
                "/en/console/sign-in",
                &[("login", login), ("password", PASSWORD)],
            )
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    }

    /// Sends the proposal form with these answers instead of, or beside, the usual ones.
    pub(crate) async fn propose(
        &self,
        cookie: &str,
        case: &str,
        changed: &[(&str, &str)],
    ) -> Answer {
        let usual = [
            ("scope", "host"),
            ("basis", "193-VII/11-5"),
            ("reason_code", "unlicensed_exchange"),
            ("reason", "Sells USDT for tenge."),
            ("days", "365"),
            ("authority", "Комитет (demo)"),
            ("number", "№ 7-Қ"),
            ("date", "2026-11-20"),
            ("password", PASSWORD),
            ("document", "The order."),
            ("evidence", ""),
        ];
        let boundary = "----qalqan-test";
        let mut body = String::new();
        let more = changed
            .iter()
            .filter(|(name, _)| usual.iter().all(|(usual, _)| usual != name));
        for (name, value) in usual.iter().chain(more) {
            let value = changed
                .iter()
                .find(|(n, _)| n == name)
                .map_or(value, |(_, v)| v);
            let file = if *name == "document" {
                "; filename=\"order.txt\"\r\nContent-Type: text/plain"
            } else {
                ""
            };
            body.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!("--{boundary}--\r\n"));
        let request = Request::post(format!("/en/console/case/{case}/propose"))
            .header("host", "127.0.0.1:8080")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie)
            .header(
                header::CONTENT_TYPE,
                format!("multipart/form-data; boundary={boundary}"),
            )
            .body(Body::from(body))
            .unwrap();
        ask(&self.pages, request).await
    }

    /// The whole road of one listing: case, two signatures, publication. Gives its number.
    pub(crate) async fn list(&self, host: &str) -> String {
        let case = self.centre.plant_case(host).await;
        let (first, second) = (
            self.sign_in("officer-1").await,
            self.sign_in("officer-2").await,
        );
        let proposed = self.propose(&first, &case, &[]).await;
        assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{}", proposed.body);
        let id = listing_of(&proposed);
        let page = self
            .get_as(&second, &format!("/en/console/listing/{id}"))
            .await;
        let sha256 = hidden_hash(&page.body);
        let approved = self
            .post(
                &second,
                &format!("/en/console/listing/{id}/approve"),
                &[("statement_sha256", &sha256), ("password", PASSWORD)],
            )
            .await;
        assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.body);
        self.publish().await;
        id
    }

    pub(crate) async fn publish(&self) {
        let now = self.clock.load(Ordering::SeqCst);
        let mut publisher = self.centre.publisher().await;
        publisher.step(now).await.unwrap();
        publisher.packed().await;
    }
}

/// `Q-…` in the address that a proposal redirects to.
pub(crate) fn listing_of(answer: &Answer) -> String {
    let location = answer.location();
    let at = location
        .find("Q-")
        .unwrap_or_else(|| panic!("no listing in {location}"));
    location[at..at + 13].to_owned()
}

/// The statement's hash as the approving form holds it.
pub(crate) fn hidden_hash(page: &str) -> String {
    let opening = "name=\"statement_sha256\" value=\"";
    let at = page.find(opening).expect("the form holds the hash") + opening.len();
    page[at..at + 64].to_owned()
}
