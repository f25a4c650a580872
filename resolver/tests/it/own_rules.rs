//! An operator's own policy zones, through a node: every action over both transports, behind the
//! national list, and read again while queries are answered.

use std::{fs, path::Path};

use blocklist::{Scope, testing::TestLog};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, RecordType},
};
use resolver::{OwnRules, PolicyFile};
use tokio::{net::TcpStream, net::UdpSocket, time::timeout};

use crate::support::{
    FakeUpstream, LONG, LOOPBACK, Listed, ede, name, query, tcp, tcp_receive, tcp_send, udp,
};

const ZONE: &str = "\
$TTL 60
@ SOA localhost. root.localhost. 1 3600 600 86400 60
bad.test          CNAME .
*.bad.test        CNAME .
empty.test        CNAME *.
fine.bad.test     CNAME rpz-passthru.
silent.test       CNAME rpz-drop.
stream.test       CNAME rpz-tcp-only.
page.test         A     192.0.2.99
walled.test       CNAME garden.test.
*.many.test       CNAME *.garden.test.
listed.test       A     192.0.2.99
";

fn zone(path: &Path, text: &str) -> PolicyFile {
    fs::write(path, text).unwrap();
    PolicyFile {
        path: path.to_owned(),
        is_shadow: false,
    }
}

async fn node(files: Vec<PolicyFile>, log: &TestLog) -> Listed {
    Listed::start_with(log, &FakeUpstream::plain().await, |config| {
        config.own = OwnRules {
            zones: files,
            ..OwnRules::default()
        };
    })
    .await
}

/// Code, names and addresses of the answer section, extended error.
fn seen(answer: &Message) -> (ResponseCode, Vec<String>, Option<u16>) {
    let records = answer.answers.iter().map(|record| match &record.data {
        RData::A(address) => format!("{} {address}", record.name),
        RData::CNAME(target) => format!("{} -> {}", record.name, target.0),
        other => format!("{} {other:?}", record.name),
    });
    let error = ede(answer).first().map(|(code, _)| *code);
    (answer.metadata.response_code, records.collect(), error)
}

#[tokio::test]
async fn every_action_answers_alike_over_both_transports() {
    use ResponseCode::{NXDomain, NoError};

    let dir = tempfile::tempdir().unwrap();
    let mut log = TestLog::new(true);
    log.list("listed.test", Scope::Host, 1);
    let file = zone(&dir.path().join("own.rpz"), ZONE);
    let node = node(vec![file], &log).await;
    for (host, code, records, error) in [
        ("bad.test.", NXDomain, &[][..], Some(15)),
        ("www.bad.test.", NXDomain, &[], Some(15)),
        ("empty.test.", NoError, &[], Some(15)),
        (
            "fine.bad.test.",
            NoError,
            &["fine.bad.test. 192.0.2.1"],
            None,
        ),
        ("page.test.", NoError, &["page.test. 192.0.2.99"], Some(15)),
        (
            "walled.test.",
            NoError,
            &["walled.test. -> garden.test.", "garden.test. 192.0.2.1"],
            Some(15),
        ),
        (
            "a.many.test.",
            NoError,
            &[
                "a.many.test. -> a.many.test.garden.test.",
                "a.many.test.garden.test. 192.0.2.1",
            ],
            Some(15),
        ),
        ("free.test.", NoError, &["free.test. 192.0.2.1"], None),
        // The national list stands before all of them.
        ("listed.test.", NXDomain, &[], Some(16)),
    ] {
        let ask = query(host, RecordType::A);
        let expected = (
            code,
            records.iter().map(ToString::to_string).collect(),
            error,
        );
        // Twice: the second time from what is remembered, where anything is.
        for _ in 0..2 {
            assert_eq!(
                seen(&udp(node.address(), &ask).await),
                expected,
                "{host} over UDP"
            );
            assert_eq!(
                seen(&tcp(node.address(), &ask).await),
                expected,
                "{host} over TCP"
            );
        }
    }
    let other_type = udp(node.address(), &query("page.test.", RecordType::MX)).await;
    assert_eq!(seen(&other_type), (NoError, vec![], Some(15)));
    let [soa] = &other_type.authorities[..] else {
        panic!("an SOA, not {:?}", other_type.authorities);
    };
    assert_eq!(soa.name, name("own."));
}

#[tokio::test]
async fn silence_and_tcp_only_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = zone(&dir.path().join("own.rpz"), ZONE);
    let node = node(vec![file], &TestLog::new(true)).await;
    let (silent, free) = (
        query("silent.test.", RecordType::A),
        query("free.test.", RecordType::A),
    );
    // One socket: what comes first is the answer to what was asked last.
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.connect(node.address()).await.unwrap();
    for ask in [&silent, &free] {
        socket.send(&ask.to_vec().unwrap()).await.unwrap();
    }
    let mut buffer = [0; 1232];
    let length = timeout(LONG, socket.recv(&mut buffer))
        .await
        .unwrap()
        .unwrap();
    let first = Message::from_vec(&buffer[..length]).unwrap();
    assert_eq!(first.metadata.id, free.metadata.id);
    let mut stream = TcpStream::connect(node.address()).await.unwrap();
    tcp_send(&mut stream, &silent).await;
    tcp_send(&mut stream, &free).await;
    let first = tcp_receive(&mut stream).await.unwrap();
    assert_eq!(first.metadata.id, free.metadata.id);

    let only = query("stream.test.", RecordType::A);
    let cut = udp(node.address(), &only).await;
    assert!(cut.metadata.truncation && cut.answers.is_empty());
    assert_eq!(tcp(node.address(), &only).await.answers.len(), 1);
    // Also when the answer is remembered by now.
    assert!(udp(node.address(), &only).await.metadata.truncation);
}

#[tokio::test]
async fn the_first_zone_decides_and_a_shadow_only_counts() {
    let dir = tempfile::tempdir().unwrap();
    let head = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n";
    let mut shadow = zone(
        &dir.path().join("shadow.rpz"),
        &format!("{head}one.test CNAME .\ntwo.test CNAME .\n"),
    );
    shadow.is_shadow = true;
    let first = zone(
        &dir.path().join("first.rpz"),
        &format!("{head}one.test CNAME rpz-passthru.\n"),
    );
    let second = zone(
        &dir.path().join("second.rpz"),
        &format!("{head}one.test CNAME .\nthree.test CNAME .\n"),
    );
    let node = node(vec![shadow, first, second], &TestLog::new(true)).await;
    for (host, code) in [
        ("one.test.", ResponseCode::NoError),
        ("two.test.", ResponseCode::NoError),
        ("three.test.", ResponseCode::NXDomain),
    ] {
        let answer = udp(node.address(), &query(host, RecordType::A)).await;
        assert_eq!(answer.metadata.response_code, code, "{host}");
    }
    let metrics = node.running.metrics()();
    for line in [
        r#"qalqan_policy_queries_total{zone="shadow",action="nxdomain",shadow="1"} 2"#,
        r#"qalqan_policy_queries_total{zone="first",action="passthru",shadow="0"} 1"#,
        r#"qalqan_policy_queries_total{zone="second",action="nxdomain",shadow="0"} 1"#,
        r#"qalqan_policy_rules{zone="second"} 2"#,
        "qalqan_policy_files_refused 0",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    let explained = node.running.explain(&blocklist::testing::name("one.test"));
    let rules: Vec<_> = explained
        .own_rules
        .iter()
        .map(|own| (&own.rule[..], own.shadow))
        .collect();
    assert_eq!(
        rules,
        [
            ("one.test of policy zone shadow", true),
            ("one.test of policy zone first", false),
            ("one.test of policy zone second", false),
        ]
    );
}

#[tokio::test]
async fn a_zone_that_changes_acts_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own.rpz");
    let head = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n";
    let file = zone(&path, &format!("{head}one.test CNAME .\n"));
    let node = node(vec![file], &TestLog::new(true)).await;
    let ask = async |host| {
        let answer = udp(node.address(), &query(host, RecordType::A)).await;
        answer.metadata.response_code
    };
    assert_eq!(ask("one.test.").await, ResponseCode::NXDomain);
    assert_eq!(ask("two.test.").await, ResponseCode::NoError);
    let new = dir.path().join("new");
    fs::write(&new, format!("{head}two.test CNAME .\n")).unwrap();
    fs::rename(&new, &path).unwrap();
    // Every query is answered on the way, by the old rules or by the new.
    timeout(LONG, async {
        while ask("one.test.").await == ResponseCode::NXDomain {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the new rules act");
    assert_eq!(ask("two.test.").await, ResponseCode::NXDomain);
}
