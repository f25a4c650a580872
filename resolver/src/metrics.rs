//! Metrics in Prometheus' text format, version 0.0.4, and the smallest server that answers a scrape.
//!
//! It listens only where it is told to, knows one address, reads at most `MAX_HEAD` octets of a request
//! and answers a bounded number at once. Nothing that it shows is about who asked for what.

use std::{fmt::Display, net::SocketAddr, sync::Arc, time::Duration};

use blocklist::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The longest request that is read, in octets.
const MAX_HEAD: usize = 4096;
/// Scrapes answered at once; further ones wait in the kernel's queue.
const AT_ONCE: usize = 8;
/// How long one may take, from its first octet to our last.
const WITHIN: Duration = Duration::from_secs(5);
/// How long to wait when the system has no connection to give.
const REST: Duration = Duration::from_millis(100);

/// A page of metrics, written line by line. Names and helps are ours and need no escaping.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// A value that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help, "gauge");
        self.sample(name, &[], value);
    }

    /// A count since the start of the process; its name ends in `_total`.
    pub fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help, "counter");
        self.sample(name, &[], value);
    }

    /// What is said once of a metric with several samples: `kind` is `gauge`, `counter` or `histogram`.
    pub fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.0 += &format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One sample of the metric whose head was written last.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        self.0 += &format!("{name}{labels} {value}\n");
    }

    /// What a release says of itself; `signed` is when it was and until when it holds.
    pub fn release(
        &mut self,
        serial: u32,
        size: u64,
        signed: (Timestamp, Timestamp),
        now: Timestamp,
    ) {
        let (time, not_after) = signed;
        self.gauge("qalqan_list_serial", "SOA serial of the release.", serial);
        self.gauge(
            "qalqan_list_log_size",
            "Leaves in the log, as in the checkpoint.",
            size,
        );
        self.gauge(
            "qalqan_list_released_timestamp_seconds",
            "When the release was signed.",
            time.0,
        );
        self.gauge(
            "qalqan_list_age_seconds",
            "How long ago the release was signed.",
            now.0.saturating_sub(time.0),
        );
        self.gauge(
            "qalqan_list_not_after_timestamp_seconds",
            "From when on the release is not enforced.",
            not_after.0,
        );
    }

    /// How much it lists, and what the guard holds back.
    pub fn entries(&mut self, entries: u64, guarded: u64) {
        self.gauge(
            "qalqan_list_entries",
            "Names enforced, those for monitoring apart.",
            entries,
        );
        self.gauge(
            "qalqan_list_guarded",
            "Listings the guard holds back.",
            guarded,
        );
    }

    /// The page as it is sent.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// A label's value: the format knows these three escapes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// What a scrape gets; asked anew each time.
pub type Source = Arc<dyn Fn() -> String + Send + Sync>;

/// Listens on `address` and answers until `stop` is cancelled. Gives where it listens.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    source: Source,
    stop: CancellationToken,
    tracker: &TaskTracker,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    serve_on(listener, source, stop, tracker);
    Ok(bound)
}

/// As [`serve`], on a socket that listens already.
pub fn serve_on(
    listener: TcpListener,
    source: Source,
    stop: CancellationToken,
    tracker: &TaskTracker,
) {
    let scrapes = tracker.clone();
    tracker.spawn(async move {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(permit) = room.clone().acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.cancelled() => return,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(REST).await;
                continue;
            };
            let source = source.clone();
            scrapes.spawn(async move {
                // A scraper that is slow or gone is its own affair.
                let _ = timeout(WITHIN, answer(stream, source)).await;
                drop(permit);
            });
        }
    });
}

/// Answers one request and closes.
async fn answer(mut stream: TcpStream, source: Source) -> std::io::Result<()> {
    let head = read_head(&mut stream).await?;
    let (status, body) = match asked(&head) {
        Asked::Metrics => ("200 OK", source()),
        Asked::Other => ("404 Not Found", "the metrics are at /metrics\n".to_owned()),
        Asked::Nothing => ("400 Bad Request", "GET /metrics HTTP/1.1\n".to_owned()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// Reads until the empty line, the end, or the bound.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 512];
    while head.len() < MAX_HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        head.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
    Ok(head)
}

/// What a request is for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Metrics,
    Other,
    Nothing,
}

fn asked(head: &[u8]) -> Asked {
    let line = head.split(|octet| *octet == b'\r').next();
    let mut words = line.unwrap_or_default().split(|octet| *octet == b' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(b"GET"), Some(path), Some(b"HTTP/1.1" | b"HTTP/1.0"), None) => {
            // What stands behind `?` would choose among metrics; all are shown.
            match path.split(|octet| *octet == b'?').next() {
                Some(b"/metrics") => Asked::Metrics,
                _ => Asked::Other,
            }
        }
        _ => Asked::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_reads_as_the_format_has_it() {
        let mut page = Page::default();
        page.counter("a_total", "So many.", 7);
        page.head("b", "Of each.", "gauge");
        page.sample("b", &[("who", "x\"\\\n"), ("n", "1")], 2);
        let expected = "# HELP a_total So many.\n# TYPE a_total counter\na_total 7\n# HELP b Of each.\n# TYPE b gauge\nb{who=\"x\\\"\\\\\\n\",n=\"1\"} 2\n";
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn requests_are_told_apart() {
        for (head, expected) in [
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", Asked::Metrics),
            ("GET /metrics?name=a HTTP/1.0\r\n\r\n", Asked::Metrics),
            ("GET / HTTP/1.1\r\n\r\n", Asked::Other),
            ("POST /metrics HTTP/1.1\r\n\r\n", Asked::Nothing),
            ("GET /metrics\r\n", Asked::Nothing),
            ("", Asked::Nothing),
        ] {
            assert_eq!(asked(head.as_bytes()), expected, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_a_request_of_some_kind(head in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = asked(&head);
        }
    }
}
