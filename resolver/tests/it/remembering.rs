//! What a node remembers of upstreams' answers, and that the list comes before it.

use blocklist::{
    Scope,
    testing::{START, TestLog},
};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata::CNAME},
};

use crate::support::{FakeUpstream, Listed, address, name, query, reply, tcp, udp};

/// `alias.…` leads to `target.test.`; everything else has an address.
async fn upstream() -> FakeUpstream {
    FakeUpstream::start(|query, _| {
        let mut answer = reply(query);
        let host = query.queries[0].name().clone();
        let text = host.to_ascii().to_lowercase();
        if text.starts_with("alias.") {
            let target = RData::CNAME(CNAME(name("target.test.")));
            answer.add_answer(Record::from_rdata(host, 300, target));
            answer.add_answer(address("target.test.", 7));
        } else {
            answer.add_answer(address(&host.to_ascii(), 1));
        }
        Some(answer)
    })
    .await
}

fn addresses(answer: &Message) -> usize {
    let records = answer.answers.iter();
    records
        .filter(|record| record.record_type() == RecordType::A)
        .count()
}

#[tokio::test]
async fn an_answer_is_remembered_for_whoever_asks_the_same() {
    let upstream = upstream().await;
    let node = Listed::start(&TestLog::new(true), &upstream).await;
    for host in ["free.test.", "FREE.test.", "free.TEST."] {
        let ask = query(host, RecordType::A);
        for answer in [
            udp(node.address(), &ask).await,
            tcp(node.address(), &ask).await,
        ] {
            assert_eq!(addresses(&answer), 1);
            assert!(answer.answers[0].ttl <= 300);
            // Each client sees its own letters, and its own id (`udp` compares it).
            assert!(answer.queries[0].name().eq_case(&name(host)));
        }
    }
    assert_eq!(upstream.asked(), 1);
    // What a client says about DNSSEC makes another question of it.
    let mut with_dnssec = query("free.test.", RecordType::A);
    with_dnssec.edns.as_mut().unwrap().set_dnssec_ok(true);
    udp(node.address(), &with_dnssec).await;
    let mut unchecked = query("free.test.", RecordType::A);
    unchecked.metadata.checking_disabled = true;
    udp(node.address(), &unchecked).await;
    assert_eq!(upstream.asked(), 3);
    let mut plain = query("free.test.", RecordType::A);
    plain.edns = None;
    assert!(udp(node.address(), &plain).await.edns.is_none());
    assert_eq!(upstream.asked(), 3);
}

#[tokio::test]
async fn a_new_list_acts_on_what_is_remembered_and_nothing_is_flushed() {
    let upstream = upstream().await;
    let mut log = TestLog::new(true);
    let node = Listed::start(&log, &upstream).await;
    let ask = async |host| udp(node.address(), &query(host, RecordType::A)).await;
    for host in ["one.test.", "alias.test."] {
        assert_eq!(addresses(&ask(host).await), 1, "{host}");
    }
    assert_eq!(upstream.asked(), 2);

    log.list("one.test", Scope::Subtree, 1);
    log.list("target.test", Scope::Host, 2);
    log.write(node.base.path(), START.plus(10));
    node.pull().await;
    // By its own name, and by where it leads: neither was forgotten, both are blocked.
    for host in ["one.test.", "alias.test."] {
        let answer = ask(host).await;
        assert_eq!(
            answer.metadata.response_code,
            ResponseCode::NXDomain,
            "{host}"
        );
        assert!(answer.answers.is_empty(), "{host}");
    }

    log.lift("one.test", 1);
    log.lift("target.test", 2);
    log.write(node.base.path(), START.plus(20));
    node.pull().await;
    for host in ["one.test.", "alias.test."] {
        assert_eq!(addresses(&ask(host).await), 1, "{host}");
    }
    assert_eq!(upstream.asked(), 2, "what was remembered is good again");
}

#[tokio::test]
async fn what_is_flushed_is_asked_for_again() {
    let upstream = upstream().await;
    let node = Listed::start(&TestLog::new(true), &upstream).await;
    let ask = async |host| udp(node.address(), &query(host, RecordType::A)).await;
    for host in ["a.test.", "b.a.test.", "c.test."] {
        ask(host).await;
    }
    let a = blocklist::testing::name("a.test");
    assert_eq!(node.running.flush(Some(&a), true), 2);
    for host in ["a.test.", "b.a.test.", "c.test."] {
        ask(host).await;
    }
    assert_eq!(upstream.asked(), 5);
    assert_eq!(node.running.flush(None, false), 3);
}

#[tokio::test]
async fn several_workers_answer_from_one_memory() {
    let upstream = upstream().await;
    let node = Listed::start_with(&TestLog::new(true), &upstream, |config| {
        config.limits.workers = 3;
    })
    .await;
    // Each from a port of its own, so that the kernel spreads them over the workers.
    for _ in 0..24 {
        let answer = udp(node.address(), &query("free.test.", RecordType::A)).await;
        assert_eq!(addresses(&answer), 1);
    }
    assert_eq!(upstream.asked(), 1);
}
