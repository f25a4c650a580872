//! How much a lie about one's address gets somebody else sent: every kind of query through a real
//! socket, and what comes back on the scales.

use hickory_proto::{
    op::{Edns, Message, OpCode, Query, ResponseCode},
    rr::{
        DNSClass, Name, RData, Record, RecordType,
        rdata::{TXT, opt::EdnsOption},
    },
};
use proptest::prelude::*;
use resolver::{ClientLimits, ResolverConfig};

use crate::{
    limits::{clients, start},
    support::{FakeUpstream, address, config, query, reply, tcp, udp, udp_bytes},
};

/// Answers everything with more than any datagram holds, or just below, as its name says.
async fn generous() -> FakeUpstream {
    FakeUpstream::start(|asked, _| {
        let mut answer = reply(asked);
        let host = asked.queries[0].name().to_ascii().to_lowercase();
        let records = match host.as_bytes().first() {
            Some(b'a'..=b'h') => 30,
            Some(b'i'..=b'p') => 50,
            _ => 150,
        };
        for last in 0..records {
            answer.add_answer(address(&host, last));
        }
        if host.starts_with('q') {
            answer.metadata.response_code = ResponseCode::ServFail;
        }
        let text = RData::TXT(TXT::new(vec!["x".repeat(200)]));
        let name = asked.queries[0].name().clone();
        answer.add_additional(Record::from_rdata(name, 60, text));
        let words = EdnsOption::Unknown(15, [&[0, 22][..], &[b'x'; 200]].concat());
        answer.edns.as_mut().unwrap().options_mut().insert(words);
        Some(answer)
    })
    .await
}

fn strict(upstream: &FakeUpstream) -> ResolverConfig {
    let mut config = config(&[upstream.upstream()]);
    config.clients = ClientLimits {
        rate_v4: 0,
        ..clients()
    };
    config
}

prop_compose! {
    /// Queries of all kinds, usual and unusual.
    fn some_query()(
        host in "([a-z]{1,20}\\.){0,6}",
        kind in prop_oneof![
            Just(1u16), Just(28), Just(16), Just(48), Just(65), Just(255), Just(252), any::<u16>(),
        ],
        class in prop_oneof![8 => Just(1u16), 1 => Just(3), 1 => any::<u16>()],
        op_code in prop_oneof![8 => Just(0u8), 1 => 0u8..16],
        recursion_desired in prop_oneof![8 => Just(true), 1 => Just(false)],
        edns in proptest::option::of((any::<u16>(), any::<bool>(), 0u8..2)),
        option in proptest::option::of((prop_oneof![Just(10u16), Just(8), any::<u16>()], proptest::collection::vec(any::<u8>(), 0..40))),
        questions in prop_oneof![8 => Just(1usize), 1 => Just(0), 1 => Just(3)],
        cut in proptest::option::weighted(0.1, any::<proptest::sample::Index>()),
    ) -> Vec<u8> {
        let mut message = Message::query();
        message.metadata.recursion_desired = recursion_desired;
        message.metadata.op_code = OpCode::from_u8(op_code);
        let host = if host.is_empty() { ".".to_owned() } else { host };
        for _ in 0..questions {
            let name = Name::from_ascii(&host).unwrap();
            let mut question = Query::query(name, RecordType::from(kind));
            question.set_query_class(DNSClass::from(class));
            message.add_query(question);
        }
        if let Some((size, dnssec_ok, version)) = edns {
            let mut edns = Edns::new();
            edns.set_max_payload(size).set_dnssec_ok(dnssec_ok).set_version(version);
            if let Some((code, data)) = option {
                edns.options_mut().insert(EdnsOption::Unknown(code, data));
            }
            message.set_edns(edns);
        }
        let mut octets = message.to_vec().unwrap();
        if let Some(cut) = cut {
            // A header is the least that is answered at all.
            octets.truncate(12 + cut.index(octets.len() - 11));
        }
        octets
    }
}

#[test]
fn no_answer_to_a_stranger_is_longer_than_sixteen_queries() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_upstream, node) = runtime.block_on(async {
        let upstream = generous().await;
        let node = start(strict(&upstream)).await;
        (upstream, node)
    });
    let server = node.addresses()[0];
    let longest = std::cell::Cell::new(0.0);
    proptest!(ProptestConfig::with_cases(400), |(asked in some_query())| {
        // Twice: what was asked for, and what is remembered.
        for _ in 0..2 {
            let answer = runtime.block_on(udp_bytes(server, &asked));
            prop_assert!(answer.len() <= 16 * asked.len(), "{} for {}", answer.len(), asked.len());
            prop_assert!(answer.len() <= 1232);
            longest.set(f64::max(longest.get(), answer.len() as f64 / asked.len() as f64));
        }
    });
    // The scales show what is there: without records nothing would weigh as much.
    assert!(longest.get() > 8.0, "{}", longest.get());
}

#[tokio::test]
async fn the_bound_falls_with_a_cookie_over_tcp_and_for_exempt_networks() {
    let upstream = generous().await;
    let node = start(strict(&upstream)).await;
    let server = node.addresses()[0];
    let mut asked = query("i.test.", RecordType::A);
    let cut = udp(server, &asked).await;
    assert!(cut.metadata.truncation && cut.answers.is_empty());
    assert_eq!(tcp(server, &asked).await.answers.len(), 50);

    let edns = asked.edns.as_mut().unwrap();
    let own = EdnsOption::Unknown(10, b"a client".to_vec());
    edns.options_mut().insert(own);
    let first = udp(server, &asked).await;
    assert!(first.metadata.truncation, "a client's half proves nothing");
    let options = &first.edns.as_ref().unwrap().options().options;
    asked.edns.as_mut().unwrap().options_mut().options = options.clone();
    assert_eq!(udp(server, &asked).await.answers.len(), 50);

    for change in [
        |clients: &mut ClientLimits| clients.multiple = 0,
        |clients: &mut ClientLimits| clients.exempt = Default::default(),
    ] {
        let mut config = strict(&upstream);
        change(&mut config.clients);
        let free = start(config).await;
        let asked = query("i.test.", RecordType::A);
        let answer = udp(free.addresses()[0], &asked).await;
        assert_eq!(answer.answers.len(), 50);
    }
}
