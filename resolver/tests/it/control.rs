//! A running node told to change: nothing is lost on the way, and what is wrong changes nothing.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use blocklist::{
    Scope,
    testing::{START, TestLog},
};
use hickory_proto::{op::ResponseCode, rr::RecordType};
use resolver::{
    Node, PauseScope, PolicyFile, ResolverConfig, Running,
    control::{
        ControlError, ControlSocket, Flushed, Fresh, Overview, Paused, Reloaded, Request, ask,
    },
};
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    time::timeout,
};

use crate::support::{FakeUpstream, LONG, LOOPBACK, Listed, config, query, udp, wait};

/// A node with a control socket, and the configuration that its next reload finds.
struct Told {
    running: Running,
    dir: tempfile::TempDir,
    next: Arc<Mutex<Result<ResolverConfig, String>>>,
}

impl Told {
    async fn start(config: ResolverConfig) -> Self {
        let running = Node::open(config.clone()).unwrap().start().await.unwrap();
        Self::of(running, config)
    }

    fn of(running: Running, config: ResolverConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = ControlSocket::bind(&dir.path().join("control.sock")).unwrap();
        let next = Arc::new(Mutex::new(Ok(config)));
        let source = next.clone();
        let source = move || {
            let config = source.lock().unwrap().clone()?;
            let restart = vec![];
            Ok(Fresh { config, restart })
        };
        running.control(socket, Arc::new(source)).unwrap();
        Self { running, dir, next }
    }

    async fn ask<T: DeserializeOwned + Send + 'static>(
        &self,
        request: Request,
    ) -> Result<T, ControlError> {
        let path = self.dir.path().join("control.sock");
        tokio::task::spawn_blocking(move || ask(&path, &request))
            .await
            .unwrap()
    }

    async fn reload(&self, next: Result<ResolverConfig, String>) -> Result<Reloaded, ControlError> {
        *self.next.lock().unwrap() = next;
        self.ask(Request::Reload).await
    }

    async fn code(&self, host: &str) -> ResponseCode {
        let answer = udp(self.running.addresses()[0], &query(host, RecordType::A)).await;
        answer.metadata.response_code
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_is_lost_while_upstreams_and_rules_change() {
    let (one, two) = (FakeUpstream::plain().await, FakeUpstream::plain().await);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own.rpz");
    let rules = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\nno.test CNAME .\n";
    std::fs::write(&path, rules).unwrap();
    let zone = PolicyFile {
        path,
        is_shadow: false,
    };
    let first = config(&[one.upstream()]);
    let mut second = config(&[two.upstream()]);
    second.own.zones.push(zone);
    let told = Told::start(first.clone()).await;
    let server = told.running.addresses()[0];
    let over = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> = (0..8)
        .map(|asker| {
            let over = over.clone();
            tokio::spawn(async move {
                let mut asked = 0;
                // Each name is new: memory answers none of them.
                while !over.load(Ordering::SeqCst) || asked < 50 {
                    let name = format!("n{asked}.a{asker}.test.");
                    let answer = udp(server, &query(&name, RecordType::A)).await;
                    assert_eq!(
                        answer.metadata.response_code,
                        ResponseCode::NoError,
                        "{name}"
                    );
                    asked += 1;
                }
            })
        })
        .collect();
    for round in 0..20 {
        let next = if round % 2 == 0 { &second } else { &first };
        let Reloaded { changed, restart } = told.reload(Ok(next.clone())).await.unwrap();
        assert_eq!(changed, ["rules of your own", "upstreams"]);
        assert!(restart.is_empty());
        let code = [ResponseCode::NXDomain, ResponseCode::NoError][round % 2];
        assert_eq!(told.code("no.test.").await, code, "at the next packet");
        told.running.flush(None, false);
    }
    over.store(true, Ordering::SeqCst);
    for asker in asking {
        asker.await.unwrap();
    }
    assert!(one.asked() > 0 && two.asked() > 0, "both were asked");
}

#[tokio::test]
async fn what_cannot_be_taken_changes_nothing() {
    let upstream = FakeUpstream::plain().await;
    let good = config(&[upstream.upstream()]);
    let told = Told::start(good.clone()).await;
    let missing = PolicyFile {
        path: told.dir.path().join("missing.rpz"),
        is_shadow: false,
    };
    let mut wrong = config(&[FakeUpstream::silent().await.upstream()]);
    wrong.own.zones.push(missing);
    wrong.access = resolver::access::AccessList::new(vec![]);
    for (next, words) in [
        (Ok(wrong), "missing.rpz"),
        (Ok(config(&[])), "no upstream is given"),
        (Err("line 3 is wrong".to_owned()), "line 3 is wrong"),
    ] {
        let refused = told.reload(next).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
        assert_eq!(told.code("free.test.").await, ResponseCode::NoError);
        told.running.flush(None, false);
        let overview: Overview = told.ask(Request::Status).await.unwrap();
        let amiss = &overview.amiss[0];
        assert!(amiss.what.contains(words), "{amiss:?}");
    }
    let mut other = good.clone();
    other.listen = vec![LOOPBACK, LOOPBACK];
    other.dry_run = true;
    let reloaded = told.reload(Ok(other)).await.unwrap();
    assert_eq!(reloaded.restart, ["--listen", "--dry-run"]);
    let overview: Overview = told.ask(Request::Status).await.unwrap();
    assert!(overview.amiss.is_empty(), "{:?}", overview.amiss);
}

#[tokio::test]
async fn a_pause_ends_by_itself_and_outlives_releases_and_reloads() {
    let mut log = TestLog::new(true);
    log.list("one.test", Scope::Subtree, 1);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own.rpz");
    let rules = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\nown.test CNAME .\n";
    std::fs::write(&path, rules).unwrap();
    let zone = PolicyFile {
        path,
        is_shadow: false,
    };
    let upstream = FakeUpstream::plain().await;
    let mut set = None;
    let Listed {
        running,
        base,
        clock,
        state: _state,
    } = Listed::start_with(&log, &upstream, |config| {
        config.own.zones.push(zone);
        set = Some(config.clone());
    })
    .await;
    let told = Told::of(running, set.clone().unwrap());
    let pause = |seconds, scope| Request::Pause {
        seconds,
        reason: "to see".to_owned(),
        scope,
    };
    let (nx, open) = (ResponseCode::NXDomain, ResponseCode::NoError);
    let codes = async || (told.code("one.test.").await, told.code("own.test.").await);
    assert_eq!(codes().await, (nx, nx));
    let paused: Paused = told.ask(pause(600, PauseScope::List)).await.unwrap();
    assert_eq!(paused.until, paused.since.plus(600));
    assert_eq!(codes().await, (open, nx), "rules of one's own stay");
    assert!(!told.running.status().list_active);
    let metrics = told.running.metrics();
    assert!(
        metrics().contains("\nqalqan_list_paused 1\n"),
        "{}",
        metrics()
    );

    log.list("two.test", Scope::Subtree, 2);
    log.write(base.path(), START.plus(10));
    clock.set(START.plus(61));
    assert_eq!(
        crate::support::pull(&told.running)
            .await
            .release
            .unwrap()
            .names,
        2
    );
    told.reload(Ok(set.unwrap())).await.unwrap();
    assert_eq!(told.code("two.test.").await, open);
    assert!(!told.running.status().list_active);

    // Another pause takes its place, and nobody has to end it.
    let _: Paused = told.ask(pause(1, PauseScope::Everything)).await.unwrap();
    assert_eq!(codes().await, (open, open));
    wait(&told.running, |status| status.list_active).await;
    assert_eq!(codes().await, (nx, nx));
    assert_eq!(
        told.code("two.test.").await,
        nx,
        "remembered answers do not outlive it"
    );
    let none: Option<Paused> = told.ask(Request::Resume).await.unwrap();
    assert_eq!(none, None);
    assert!(metrics().contains("\nqalqan_list_paused 0\n"));
}

#[tokio::test]
async fn whatever_comes_by_the_socket_is_answered_or_cut_off() {
    let upstream = FakeUpstream::plain().await;
    let told = Told::start(config(&[upstream.upstream()])).await;
    let path = told.dir.path().join("control.sock");
    let long = vec![b' '; 100_000];
    for octets in [
        &b"{}\n"[..],
        b"\n",
        b"\xff\xfe\n",
        b"{\"verb\":\"stop\"}\n",
        &long,
    ] {
        let mut stream = UnixStream::connect(&path).await.unwrap();
        // The node may have had enough before all of it is written.
        let _ = stream.write_all(octets).await;
        let mut answer = Vec::new();
        let read = timeout(LONG, stream.read_to_end(&mut answer)).await;
        if read.expect("an answer").is_ok() {
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with("{\"error\":"), "{answer}");
        }
    }
    // Who says nothing does not keep others waiting.
    let mut silent = Vec::new();
    for _ in 0..7 {
        silent.push(UnixStream::connect(&path).await.unwrap());
    }
    let Flushed { answers } = told
        .ask(Request::Flush {
            name: None,
            subtree: false,
        })
        .await
        .unwrap();
    assert_eq!(answers, 0);
}
