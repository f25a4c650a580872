//! From release directories to answers: taken, refused, expired, served over HTTP.

use std::{path::Path, time::Duration};

use blocklist::{
    Scope, log,
    testing::{START, TestLog, name as domain},
};
use hickory_proto::{op::ResponseCode, rr::RecordType};
use resolver::{ListSource, Node, PullError, Running, StartError, policy::Freshness};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{
    FakeUpstream, LOOPBACK, Listed, TestClock, list_config, pull, query, udp, wait,
};

async fn is_blocked(running: &Running, host: &str) -> bool {
    let answer = udp(running.addresses()[0], &query(host, RecordType::A)).await;
    answer.metadata.response_code == ResponseCode::NXDomain
}

fn one() -> TestLog {
    let mut log = TestLog::new(true);
    log.list("one.test", Scope::Subtree, 1);
    log
}

#[tokio::test]
async fn listing_and_lifting_act_at_the_next_packet_after_the_pull() {
    let mut log = one();
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    assert!(is_blocked(&node.running, "one.test.").await);
    assert!(!is_blocked(&node.running, "two.test.").await);

    log.list("two.test", Scope::Host, 2);
    log.write(node.base.path(), START.plus(10));
    let status = node.pull().await;
    assert_eq!(status.last_error, None);
    assert_eq!(
        status.release.as_ref().unwrap().size,
        log.leaves.len() as u64
    );
    assert!(is_blocked(&node.running, "two.test.").await);

    log.lift("one.test", 1);
    log.write(node.base.path(), START.plus(20));
    let after = node.pull().await;
    assert!(after.release.unwrap().serial > status.release.unwrap().serial);
    assert!(!is_blocked(&node.running, "one.test.").await);
    assert!(is_blocked(&node.running, "two.test.").await);

    let explained = node.running.explain(&domain("two.test"));
    assert!(explained.blocked && explained.list_active);
    assert_eq!(
        explained.url.unwrap(),
        "https://qalqan.test/i/Q-2026-000002"
    );
    assert!(!node.running.explain(&domain("one.test")).blocked);
}

#[tokio::test]
async fn hundreds_of_leaves_are_followed_across_bundles() {
    let mut log = TestLog::new(true);
    for number in 1..=250 {
        log.list(&format!("host{number}.test"), Scope::Host, number);
    }
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    for number in 251..=600 {
        log.list(&format!("host{number}.test"), Scope::Host, number);
    }
    log.write(node.base.path(), START.plus(10));
    // A partial bundle may be gone once the full one stands.
    let partial = node
        .base
        .path()
        .join("log")
        .join(log::entry_bundle_path(0, 254));
    std::fs::remove_file(partial).unwrap();
    assert_eq!(node.pull().await.last_error, None);
    for number in [1, 250, 251, 252, 253, 600] {
        assert!(
            is_blocked(&node.running, &format!("host{number}.test.")).await,
            "{number}"
        );
    }
}

#[tokio::test]
async fn a_node_without_any_list_does_not_listen_unless_told_to() {
    let (base, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (log, upstream) = (one(), FakeUpstream::plain().await);
    let mut config = list_config(&log, base.path(), state.path(), upstream.upstream());
    let clock = TestClock::new();
    let refused = Node::open_with_clock(config.clone(), clock.clock())
        .unwrap()
        .start()
        .await;
    match refused {
        Err(error @ StartError::NoList(PullError::Source(_))) => assert!(error.is_temporary()),
        _ => panic!("it must not listen"),
    }

    config.list.as_mut().unwrap().start_empty = true;
    let running = Node::open_with_clock(config, clock.clock())
        .unwrap()
        .start()
        .await
        .unwrap();
    assert!(!running.status().list_active);
    assert!(!is_blocked(&running, "one.test.").await);
    log.write(base.path(), START);
    assert!(pull(&running).await.list_active);
    assert!(is_blocked(&running, "one.test.").await);
}

#[tokio::test]
async fn a_restart_filters_from_the_first_packet_without_the_source() {
    let (log, upstream) = (one(), FakeUpstream::plain().await);
    let node = Listed::start(&log, &upstream).await;
    let Listed {
        running,
        base,
        state,
        clock,
    } = node;
    running.stop().await;
    std::fs::remove_dir_all(base.path()).unwrap();
    let config = list_config(&log, base.path(), state.path(), upstream.upstream());
    let running = Node::open_with_clock(config, clock.clock())
        .unwrap()
        .start()
        .await
        .unwrap();
    assert!(is_blocked(&running, "one.test.").await);
    let status = wait(&running, |status| status.pulls > 0).await;
    assert!(status.list_active);
    assert!(
        !status.last_error.unwrap().refused,
        "a missing source is a temporary trouble"
    );

    // Back again, the log goes on from the kept leaves.
    let mut log = log;
    log.list("two.test", Scope::Host, 2);
    log.write(base.path(), START.plus(10));
    assert_eq!(pull(&running).await.last_error, None);
    assert!(is_blocked(&running, "two.test.").await);
}

#[tokio::test]
async fn damaged_copies_are_noticed_and_fetched_anew() {
    let (mut log, upstream) = (one(), FakeUpstream::plain().await);
    let node = Listed::start(&log, &upstream).await;
    let Listed {
        running,
        base,
        state,
        clock,
    } = node;
    running.stop().await;
    for entry in std::fs::read_dir(state.path()).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("state.json") {
            let mut bytes = std::fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    log.list("two.test", Scope::Host, 2);
    log.write(base.path(), START.plus(10));
    let config = list_config(&log, base.path(), state.path(), upstream.upstream());
    let running = Node::open_with_clock(config, clock.clock())
        .unwrap()
        .start()
        .await
        .unwrap();
    assert!(is_blocked(&running, "two.test.").await);
    assert!(is_blocked(&running, "one.test.").await);
}

#[tokio::test]
async fn another_logs_state_directory_is_not_overwritten() {
    let upstream = FakeUpstream::plain().await;
    let node = Listed::start(&one(), &upstream).await;
    let other = TestLog::with_seed(true, 77);
    let config = list_config(
        &other,
        node.base.path(),
        node.state.path(),
        upstream.upstream(),
    );
    assert!(matches!(Node::open(config), Err(StartError::State(_))));
}

/// What is refused, by how the release directory comes to hold it. The list held stays in force.
#[tokio::test]
async fn forged_rolled_back_and_forked_releases_are_refused() {
    let mut log = one();
    log.list("two.test", Scope::Host, 2);
    type Forge = fn(&TestLog, &Path);
    let cases: [(&str, Forge); 8] = [
        ("another log key", |log, base| {
            let mut forged = TestLog::with_seed(true, 77);
            forged.trust = log.trust.clone();
            forged.leaves = log.leaves.clone();
            forged.write(base, START.plus(10));
        }),
        ("an altered note", |log, base| {
            log.write(base, START.plus(10));
            let path = base.join("release");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replacen("2026", "2027", 1)).unwrap();
        }),
        ("not a note", |_, base| {
            std::fs::write(base.join("release"), [0xff; 300]).unwrap();
        }),
        ("fewer leaves", |_, base| one().write(base, START.plus(10))),
        ("an older time", |log, base| {
            let _ = log;
            let mut log = one();
            log.list("two.test", Scope::Host, 2);
            log.write(base, START.plus(-10));
        }),
        ("as many leaves, other ones", |_, base| {
            let mut fork = one();
            fork.list("other.test", Scope::Host, 2);
            fork.write(base, START.plus(10));
        }),
        ("more leaves on another history", |_, base| {
            let mut fork = one();
            fork.list("other.test", Scope::Host, 2);
            fork.list("third.test", Scope::Host, 3);
            fork.write(base, START.plus(10));
        }),
        ("a leaf one officer signed twice", |_, base| {
            let mut forged = one();
            forged.list("two.test", Scope::Host, 2);
            forged.officers[1] = forged.officers[0].clone();
            let statement = forged.list_statement("three.test", Scope::Host, 3);
            forged.push_officers(blocklist::statement::Statement::List(statement));
            write_unchecked(&forged, base);
        }),
    ];
    for (what, forge) in cases {
        let node = Listed::start(&log, &FakeUpstream::plain().await).await;
        let before = node.running.status().release;
        forge(&log, node.base.path());
        let status = node.pull().await;
        let failure = status
            .last_error
            .unwrap_or_else(|| panic!("{what} was taken"));
        assert!(failure.refused, "{what}: {}", failure.words);
        assert_eq!(status.release, before, "{what}");
        assert!(status.list_active, "{what}");
        assert!(is_blocked(&node.running, "two.test.").await, "{what}");
        assert!(!is_blocked(&node.running, "other.test.").await, "{what}");
        assert!(
            node.state.path().join("refused.release").exists(),
            "{what}: the evidence is kept"
        );

        // The true log goes on, and the node with it.
        let mut honest = one();
        honest.list("two.test", Scope::Host, 2);
        honest.list("four.test", Scope::Host, 4);
        honest.write(node.base.path(), START.plus(20));
        assert_eq!(node.pull().await.last_error, None, "{what}");
        assert!(is_blocked(&node.running, "four.test.").await, "{what}");
    }
}

/// A release over leaves that do not verify, as a dishonest publisher would make it.
fn write_unchecked(log: &TestLog, base: &Path) {
    let mut tree = log::Tree::default();
    for leaf in &log.leaves {
        tree.append(leaf).unwrap();
    }
    let size = log.leaves.len() as u64;
    let path = base.join("log").join(log::entry_bundle_path(0, size));
    std::fs::write(
        path,
        log::bundle::encode(log.leaves.iter().map(Vec::as_slice)),
    )
    .unwrap();
    let release = blocklist::Release {
        size,
        root: tree.root().unwrap(),
        fold_version: blocklist::fold::FOLD_VERSION,
        serial: 2_026_000_000 + size as u32,
        time: START.plus(10),
        not_after: START.plus(10_000),
        artefacts: std::collections::BTreeMap::new(),
    };
    std::fs::write(
        base.join("release"),
        release.sign(&log.trust.origin, &log.log_key).unwrap(),
    )
    .unwrap();
}

#[tokio::test]
async fn a_demo_log_is_refused_where_none_is_expected() {
    let (base, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut log = one();
    log.write(base.path(), START);
    log.trust.demo = false;
    let upstream = FakeUpstream::plain().await;
    let config = list_config(&log, base.path(), state.path(), upstream.upstream());
    let refused = Node::open_with_clock(config, TestClock::new().clock())
        .unwrap()
        .start()
        .await;
    assert!(matches!(
        refused,
        Err(StartError::NoList(PullError::Verify(_)))
    ));
}

#[tokio::test]
async fn a_release_in_the_course_of_being_written_is_tried_again() {
    let mut log = one();
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    log.list("two.test", Scope::Host, 2);
    let whole = tempfile::tempdir().unwrap();
    log.write(whole.path(), START.plus(10));
    let bundle = format!("log/{}", log::entry_bundle_path(0, log.leaves.len() as u64));
    let put =
        |path: &str, bytes: &[u8]| std::fs::write(node.base.path().join(path), bytes).unwrap();
    let good = std::fs::read(whole.path().join(&bundle)).unwrap();
    put(
        "release",
        &std::fs::read(whole.path().join("release")).unwrap(),
    );

    let mut other = one();
    other.list("other.test", Scope::Host, 2);
    let wrong = log::bundle::encode(other.leaves.iter().map(Vec::as_slice));
    for (what, bytes) in [
        ("missing", None),
        ("cut", Some(&good[..good.len() - 5])),
        ("another", Some(&wrong[..])),
    ] {
        if let Some(bytes) = bytes {
            put(&bundle, bytes);
        }
        let failure = node
            .pull()
            .await
            .last_error
            .unwrap_or_else(|| panic!("{what}"));
        assert!(!failure.refused, "{what}: {}", failure.words);
        assert!(is_blocked(&node.running, "one.test.").await, "{what}");
        assert!(!is_blocked(&node.running, "other.test.").await, "{what}");
    }
    put(&bundle, &good);
    assert_eq!(node.pull().await.last_error, None);
    assert!(is_blocked(&node.running, "two.test.").await);
}

#[tokio::test]
async fn an_expired_list_is_loudly_not_enforced_and_a_slow_clock_keeps_it() {
    let log = one();
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    let held = |status: &resolver::NodeStatus| status.release.as_ref().unwrap().freshness;

    node.clock.set(START.plus(-86_400));
    let status = wait(&node.running, |status| {
        held(status) == Freshness::ClockBehind
    })
    .await;
    assert!(status.list_active);
    assert!(is_blocked(&node.running, "one.test.").await);

    node.clock.set(START.plus(604_800));
    let status = wait(&node.running, |status| held(status) == Freshness::Expired).await;
    assert!(!status.list_active);
    assert!(!is_blocked(&node.running, "one.test.").await);
    let explained = node.running.explain(&domain("one.test"));
    assert!(!explained.blocked && explained.listing_id.is_some());

    // The same log, signed again today.
    log.write(node.base.path(), START.plus(604_800));
    assert!(node.pull().await.list_active);
    assert!(is_blocked(&node.running, "one.test.").await);
}

#[tokio::test]
async fn a_source_that_keeps_a_pull_waiting_does_not_keep_an_expired_list_in_force() {
    let (log, upstream) = (one(), FakeUpstream::plain().await);
    let Listed {
        running,
        base,
        state,
        clock,
    } = Listed::start(&log, &upstream).await;
    running.stop().await;
    // The kernel takes the connection; nobody ever reads from it.
    let server = TcpListener::bind(LOOPBACK).await.unwrap();
    let mut config = list_config(&log, base.path(), state.path(), upstream.upstream());
    let silent = format!("http://{}/", server.local_addr().unwrap());
    config.list.as_mut().unwrap().source = silent.parse().unwrap();
    let node = Node::open_with_clock(config, clock.clock()).unwrap();
    let running = node.start().await.unwrap();
    assert!(is_blocked(&running, "one.test.").await);
    clock.set(START.plus(604_800));
    let status = wait(&running, |status| !status.list_active).await;
    assert_eq!(status.pulls, 0, "the pull is still waiting");
    assert!(!is_blocked(&running, "one.test.").await);
    running.stop().await;
}

#[tokio::test]
async fn a_node_that_cannot_write_enforces_what_it_proved_and_says_so() {
    let mut log = one();
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    // A directory where the state is to be written stops root as well, as a full disk does.
    let hindrance = node.state.path().join("state.json.new");
    std::fs::create_dir(&hindrance).unwrap();
    log.list("two.test", Scope::Host, 2);
    log.lift("one.test", 1);
    log.write(node.base.path(), START.plus(10));
    for _ in 0..2 {
        let trouble = node
            .pull()
            .await
            .last_error
            .expect("an alarm at every pull");
        assert!(
            !trouble.refused && trouble.words.contains("make room"),
            "{trouble:?}"
        );
        assert!(is_blocked(&node.running, "two.test.").await);
        assert!(!is_blocked(&node.running, "one.test.").await, "lifted");
    }
    // What is enforced is not rolled back, though the disk knows only what came before.
    let newest = std::fs::read(node.base.path().join("release")).unwrap();
    let mut older = one();
    older.list("two.test", Scope::Host, 2);
    older.write(node.base.path(), START.plus(5));
    assert!(node.pull().await.last_error.expect("a roll-back").refused);
    log.write(node.base.path(), START.plus(10));
    assert_eq!(
        newest,
        std::fs::read(node.base.path().join("release")).unwrap()
    );

    std::fs::remove_dir(&hindrance).unwrap();
    assert_eq!(node.pull().await.last_error, None);
    node.running.stop().await;
    std::fs::remove_dir_all(node.base.path().join("log")).unwrap();
    let upstream = FakeUpstream::plain().await;
    let config = list_config(
        &log,
        node.base.path(),
        node.state.path(),
        upstream.upstream(),
    );
    let again = Node::open_with_clock(config, node.clock.clock()).unwrap();
    let running = again.start().await.unwrap();
    assert!(is_blocked(&running, "two.test.").await, "kept");
    running.stop().await;
}

#[tokio::test]
async fn names_the_guard_protects_are_counted_and_not_enforced() {
    let mut log = one();
    log.guard("banks", blocklist::guard::Tier::Never, &["bank.test"]);
    log.list("bank.test", Scope::Host, 2);
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    assert!(!is_blocked(&node.running, "bank.test.").await);
    assert!(
        is_blocked(&node.running, "one.test.").await,
        "the rest applies"
    );
    assert_eq!(node.running.status().release.unwrap().guarded, 1);
}

#[tokio::test]
async fn releases_come_over_http_too() {
    let mut log = one();
    let base = tempfile::tempdir().unwrap();
    log.write(base.path(), START);
    let server = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(serve_files(server, base.path().to_owned()));
    let state = tempfile::tempdir().unwrap();
    let upstream = FakeUpstream::plain().await;
    let mut config = list_config(&log, base.path(), state.path(), upstream.upstream());
    let list = config.list.as_mut().unwrap();
    list.source = format!("http://{address}/mirror")
        .parse::<ListSource>()
        .unwrap();
    list.poll = Duration::from_secs(3600);
    let running = Node::open_with_clock(config, TestClock::new().clock())
        .unwrap()
        .start()
        .await
        .unwrap();
    assert!(is_blocked(&running, "one.test.").await);
    log.list("two.test", Scope::Host, 2);
    log.write(base.path(), START.plus(10));
    assert_eq!(pull(&running).await.last_error, None);
    assert!(is_blocked(&running, "two.test.").await);
}

/// The smallest file server: one request a connection, everything below `/mirror/`.
async fn serve_files(server: TcpListener, base: std::path::PathBuf) {
    while let Ok((mut stream, _)) = server.accept().await {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap();
        let path = request
            .split(' ')
            .nth(1)
            .unwrap()
            .strip_prefix("/mirror/")
            .unwrap()
            .to_owned();
        let (status, body) = match std::fs::read(base.join(path)) {
            Ok(body) => ("200 OK", body),
            Err(_) => ("404 Not Found", Vec::new()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
    }
}
