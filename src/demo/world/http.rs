//! Serves one site on its own loopback address, byte for byte as its files say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::links::{base, with_bases};
use super::site::{Answer, Site};

/// How often each known path was asked for. Paths a site does not have are counted as `404`, so
/// the map never grows beyond the world's own files.
#[derive(Debug, Default)]
pub(crate) struct Hits(Mutex<BTreeMap<(String, String), u64>>);

impl Hits {
    fn add(&self, host: &str, path: &str) {
        let mut hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *hits.entry((host.to_owned(), path.to_owned())).or_default() += 1;
    }

    /// Requests so far for one path of one site.
    pub(crate) fn of(&self, host: &str, path: &str) -> u64 {
        let hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hits.get(&(host.to_owned(), path.to_owned()))
            .copied()
            .unwrap_or(0)
    }
}

/// One site, rendered for the port it runs on.
struct Served {
    site: Site,
    port: u16,
    hits: Arc<Hits>,
}

/// The Content-Type a plain web server sends for a file name.
pub(crate) fn content_type(path: &str, charset: &str) -> Option<String> {
    let kind = match path
        .rsplit('/')
        .next()
        .unwrap_or(path)
        .rsplit_once('.')
        .map_or("html", |(_, ext)| ext)
    {
        "html" | "php" => "text/html",
        "xml" => return Some("text/xml".to_owned()),
        "txt" => return Some("text/plain".to_owned()),
        "json" => return Some("application/json".to_owned()),
        "css" => "text/css",
        "svg" => return Some("image/svg+xml".to_owned()),
        _ => return Some("application/octet-stream".to_owned()),
    };
    Some(if charset.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}; charset={charset}")
    })
}

fn rendered(mut answer: Answer, port: u16) -> Answer {
    answer.body = with_bases(&answer.body, port);
    answer.location = answer
        .location
        .map(|to| String::from_utf8_lossy(&with_bases(to.as_bytes(), port)).into_owned());
    answer
}

/// Serves `site` on `listener` until `stop`.
pub(crate) async fn serve(
    mut site: Site,
    listener: TcpListener,
    port: u16,
    hits: Arc<Hits>,
    stop: CancellationToken,
) {
    site.answers = std::mem::take(&mut site.answers)
        .into_iter()
        .map(|(path, answer)| (path, rendered(answer, port)))
        .collect();
    site.not_found = rendered(site.not_found, port);
    let host = site.host.clone();
    let served = Arc::new(Served { site, port, hits });
    let app = Router::new().fallback(answer).with_state(served);
    let done =
        axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await });
    if let Err(error) = done.await {
        tracing::error!(%host, %error, "a demo site stopped");
    }
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response<Body> {
    let site = &served.site;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = Response::new(Body::from("405 Method Not Allowed\n"));
        *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        refused
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let asked = request
        .headers()
        .get(header::HOST)
        .and_then(|h| h.to_str().ok())
        .unwrap_or_default();
    let asked = asked
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if site
        .aliases
        .iter()
        .any(|alias| alias.redirect && alias.host == asked)
    {
        let rest = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let to = format!("{}{rest}", base(&site.host, served.port));
        return respond(
            site,
            &Answer {
                status: 301,
                content_type: None,
                location: Some(to),
                body: Vec::new(),
            },
        );
    }
    let path = request.uri().path();
    match site.answers.get(path) {
        Some(found) => {
            served.hits.add(&site.host, path);
            respond(site, found)
        }
        None => {
            served.hits.add(&site.host, "404");
            respond(site, &site.not_found)
        }
    }
}

fn respond(site: &Site, answer: &Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, answer.content_type.as_deref()),
        (header::LOCATION, answer.location.as_deref()),
        (header::SERVER, Some(site.server.as_str())),
    ];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|v| HeaderValue::from_str(v).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
