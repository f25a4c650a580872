//! What an operator watches: the two names for monitoring, a dry run, and a scrape.

use std::sync::Arc;

use blocklist::{
    Scope,
    testing::{START, TestLog, name as domain},
};
use hickory_proto::{
    op::ResponseCode,
    rr::{RData, Record, RecordType, rdata::CNAME},
};
use resolver::{PolicyFile, Running, metrics};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{FakeUpstream, LOOPBACK, Listed, ede, name, query, reply, udp, wait};

async fn is_blocked(running: &Running, host: &str) -> bool {
    let answer = udp(running.addresses()[0], &query(host, RecordType::A)).await;
    answer.metadata.response_code == ResponseCode::NXDomain
}

#[tokio::test]
async fn the_names_for_monitoring_follow_the_list_even_an_empty_one() {
    let log = TestLog::new(true);
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    let ask = query("x1.always-blocked.qalqan.test.", RecordType::A);
    let answer = udp(node.address(), &ask).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
    let words = "a name for monitoring, blocked wherever the list is enforced";
    assert_eq!(ede(&answer), [(16, words.to_owned())]);
    assert!(is_blocked(&node.running, "ALWAYS-blocked.qalqan.test.").await);
    for host in ["never-blocked.qalqan.test.", "x.never-blocked.qalqan.test."] {
        assert!(!is_blocked(&node.running, host).await, "{host}");
    }
    let explained = node.running.explain(&domain("always-blocked.qalqan.test"));
    assert_eq!((explained.blocked, explained.listing_id), (true, None));
    let status = node.running.status();
    assert_eq!(status.release.unwrap().names, 0, "they are not listings");

    // A list that nobody vouches for any more: whoever watches the name sees it.
    node.clock.set(START.plus(400 * 86_400));
    wait(&node.running, |status| !status.list_active).await;
    assert!(!is_blocked(&node.running, "always-blocked.qalqan.test.").await);
}

#[tokio::test]
async fn a_dry_run_blocks_nothing_and_counts_each_query_once() {
    let mut log = TestLog::new(true);
    log.list("one.test", Scope::Subtree, 1);
    // `innocent.test` leads to a listed name.
    let upstream = FakeUpstream::start(|query, _| {
        let mut answer = reply(query);
        let host = query.queries[0].name().clone();
        if host.to_ascii().to_lowercase().starts_with("innocent") {
            let target = RData::CNAME(CNAME(name("www.one.test.")));
            answer.add_answer(Record::from_rdata(host, 60, target));
        }
        Some(answer)
    })
    .await;
    let node = Listed::start_with(&log, &upstream, |config| config.dry_run = true).await;
    for (host, counted) in [
        ("one.test.", 1),
        ("www.one.test.", 2),
        ("innocent.test.", 3),
        ("two.test.", 3),
        ("always-blocked.qalqan.test.", 4),
    ] {
        assert!(!is_blocked(&node.running, host).await, "{host}");
        assert_eq!(node.running.would_block(), counted, "{host}");
    }
    let status = node.running.status();
    assert!(status.dry_run && !status.list_active, "{status:?}");
    let explained = node.running.explain(&domain("one.test"));
    assert!(!explained.blocked && explained.listing_id.is_some());
    let page = node.running.metrics()();
    for line in [
        "qalqan_list_active 0",
        "qalqan_list_dry_run 1",
        "qalqan_list_would_block_total 4",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}:\n{page}");
    }
    // A release that comes later is not enforced either.
    log.list("two.test", Scope::Host, 2);
    log.write(node.base.path(), START.plus(10));
    let status = node.pull().await;
    assert!(status.last_error.is_none() && !status.list_active);
    assert!(!is_blocked(&node.running, "two.test.").await);
}

/// A trial shows what enforcing would be like: memory, and the operator's own rules, as always.
#[tokio::test]
async fn a_dry_run_remembers_answers_and_applies_rules_of_ones_own() {
    let mut log = TestLog::new(true);
    log.list("one.test", Scope::Subtree, 1);
    log.list("two.test", Scope::Subtree, 2);
    let upstream = FakeUpstream::plain().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own.rpz");
    let rules = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\ntwo.test CNAME .\n";
    std::fs::write(&path, rules).unwrap();
    let zone = PolicyFile {
        path,
        is_shadow: false,
    };
    let node = Listed::start_with(&log, &upstream, |config| {
        config.dry_run = true;
        config.own.zones.push(zone);
    })
    .await;
    let ask = async |host| udp(node.running.addresses()[0], &query(host, RecordType::A)).await;
    for counted in 1..=3 {
        let answer = ask("one.test.").await;
        assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
        assert_eq!(node.running.would_block(), counted);
    }
    assert_eq!(upstream.asked(), 1, "it is remembered");
    let answer = ask("two.test.").await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
    let codes: Vec<_> = ede(&answer).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [15], "the operator's own rule, not the list");
    assert_eq!(node.running.would_block(), 4);
}

async fn scrape(server: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_scrape_says_what_the_node_enforces_and_how_it_fares() {
    let mut log = TestLog::new(true);
    log.list("one.test", Scope::Subtree, 1);
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let source = Arc::new(node.running.metrics());
    let server = metrics::serve(LOOPBACK, source, stop.clone(), &tracker)
        .await
        .unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: node\r\n\r\n";
    let held = node.pull().await.release.unwrap();
    let answer = scrape(server, request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for (metric, value) in [
        ("qalqan_list_active", 1),
        ("qalqan_list_serial", i64::from(held.serial)),
        ("qalqan_list_log_size", log.leaves.len() as i64),
        ("qalqan_list_entries", 1),
        ("qalqan_list_guarded", 0),
        ("qalqan_list_released_timestamp_seconds", START.0),
        ("qalqan_list_age_seconds", 60),
        ("qalqan_list_not_after_timestamp_seconds", held.not_after.0),
        ("qalqan_list_last_success_timestamp_seconds", START.0 + 60),
        ("qalqan_list_verified", 1),
        ("qalqan_list_pull_failed", 0),
        ("qalqan_list_dry_run", 0),
    ] {
        let line = format!("{metric} {value}");
        assert!(
            answer.lines().any(|found| found == line),
            "{line}:\n{answer}"
        );
    }
    // A forged note is refused, and the scrape says so.
    std::fs::write(node.base.path().join("release"), "forged\n").unwrap();
    node.pull().await;
    let answer = scrape(server, request).await;
    for line in [
        "qalqan_list_verified 0",
        "qalqan_list_pull_failed 1",
        "qalqan_list_active 1",
    ] {
        assert!(
            answer.lines().any(|found| found == line),
            "{line}:\n{answer}"
        );
    }
    assert!(
        scrape(server, "GET / HTTP/1.1\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 404")
    );
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert!(TcpStream::connect(server).await.is_err(), "stopped");
}
