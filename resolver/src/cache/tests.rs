//! What is kept and written is compared with what hickory and `domain` read in the same octets.

mod answers;
mod damage;
mod table;

use std::str::FromStr;

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query as Question, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, AAAA, CNAME, MX, NS, NULL, SOA, SRV, TXT, opt::EdnsCode, opt::EdnsOption},
    },
};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::reply;

/// The octets of a client's query, and the query.
fn query(host: &str, kind: u16, edns: Option<bool>) -> (Vec<u8>, Query) {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(question(host, kind));
    if let Some(dnssec_ok) = edns {
        let mut edns = Edns::new();
        edns.set_max_payload(1232).set_dnssec_ok(dnssec_ok);
        message.set_edns(edns);
    }
    let bytes = message.to_vec().unwrap();
    let query = Query::read(&bytes).unwrap();
    (bytes, query)
}

fn question(host: &str, kind: u16) -> Question {
    Question::query(name(host), RecordType::from(kind))
}

fn name(host: &str) -> Name {
    Name::from_str(host).unwrap()
}

/// An upstream's answer without records.
fn answer(host: &str, kind: u16, code: ResponseCode) -> Message {
    let mut message = Message::new(7, MessageType::Response, OpCode::Query);
    message.metadata.response_code = code;
    message.metadata.recursion_available = true;
    message.add_query(question(host, kind));
    message
}

fn address(host: &str, ttl: u32) -> Record {
    Record::from_rdata(name(host), ttl, RData::A(A::new(192, 0, 2, 1)))
}

fn alias(host: &str, ttl: u32, target: &str) -> Record {
    Record::from_rdata(name(host), ttl, RData::CNAME(CNAME(name(target))))
}

fn soa(zone: &str, ttl: u32, minimum: u32) -> Record {
    let soa = SOA::new(name("ns.test."), name("mail.test."), 1, 2, 3, 4, minimum);
    Record::from_rdata(name(zone), ttl, RData::SOA(soa))
}

fn entry(message: &Message, query: &Query, now: u32) -> Entry {
    let limits = CacheLimits::default();
    Entry::from_answer(
        &message.to_vec().unwrap(),
        &query.into(),
        now,
        &limits,
        true,
    )
    .unwrap()
}

/// What a client reads.
fn told(entry: &Entry, octets: &[u8], query: &Query, limit: usize, now: u32) -> Message {
    let mut buffer = vec![0xee; 65_535];
    buffer[..octets.len()].copy_from_slice(octets);
    let length = entry.write(query, &mut buffer, limit, now);
    assert!(length <= limit.max(query.question_end() + reply::EMPTY_OPT));
    let end = query.question_end();
    assert_eq!(buffer[12..end], octets[12..end], "the question as it came");
    Message::from_vec(&buffer[..length]).unwrap()
}

fn errors(message: &Message) -> Vec<Vec<u8>> {
    let options = message.edns.iter().flat_map(|edns| &edns.options().options);
    options
        .filter_map(|(code, option)| match option {
            EdnsOption::Unknown(_, data) if *code == EdnsCode::from(15) => Some(data.clone()),
            _ => None,
        })
        .collect()
}

fn some_name() -> impl Strategy<Value = String> {
    let label = prop_oneof![Just("a"), Just("Www"), Just("obmen"), Just("x-y")];
    vec(label, 0..4).prop_map(|labels| {
        [labels.join("."), "test.".to_owned()]
            .join(".")
            .trim_start_matches('.')
            .to_owned()
    })
}

fn some_ttl() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 1..5000u32, 1 => any::<u32>(), 1 => Just(0), 1 => 86_300..86_500u32]
}

fn some_data() -> impl Strategy<Value = RData> {
    prop_oneof![
        any::<u32>().prop_map(|a| RData::A(A(a.into()))),
        any::<u128>().prop_map(|a| RData::AAAA(AAAA(a.into()))),
        some_name().prop_map(|n| RData::CNAME(CNAME(name(&n)))),
        some_name().prop_map(|n| RData::NS(NS(name(&n)))),
        (any::<u16>(), some_name()).prop_map(|(p, n)| RData::MX(MX::new(p, name(&n)))),
        (any::<u16>(), some_name()).prop_map(|(p, n)| RData::SRV(SRV::new(p, p, p, name(&n)))),
        "[a-z]{0,40}".prop_map(|text| RData::TXT(TXT::new(vec![text]))),
        vec(any::<u8>(), 1..40).prop_map(|octets| RData::Unknown {
            code: RecordType::Unknown(4242),
            rdata: NULL::with(octets),
        }),
        (some_name(), some_ttl()).prop_map(|(n, minimum)| {
            RData::SOA(SOA::new(name(&n), name("m.test."), 1, 2, 3, 4, minimum))
        }),
    ]
}

fn some_records() -> impl Strategy<Value = Vec<Record>> {
    let record = (some_name(), some_ttl(), some_data());
    vec(
        record.prop_map(|(n, ttl, data)| Record::from_rdata(name(&n), ttl, data)),
        0..6,
    )
}

prop_compose! {
    /// Any answer an upstream might give to a question, and that question.
    fn some_answer()(
        host in some_name(),
        kind in prop_oneof![Just(1u16), Just(28), Just(5), Just(15), Just(4242)],
        code in prop_oneof![3 => Just(0u16), 2 => Just(3), 1 => Just(2), 1 => Just(5)],
        answers in some_records(),
        authorities in some_records(),
        additionals in some_records(),
        authentic in any::<bool>(),
        edns in proptest::option::of(vec((prop_oneof![Just(15u16), Just(3)], vec(any::<u8>(), 2..30)), 0..3)),
    ) -> (String, u16, Message) {
        let mut message = answer(&host, kind, ResponseCode::from(0, code as u8));
        message.metadata.authentic_data = authentic;
        message.answers = answers;
        message.authorities = authorities;
        message.additionals = additionals;
        if let Some(options) = edns {
            let mut edns = Edns::new();
            for (code, data) in options {
                let option = EdnsOption::Unknown(code, data);
                edns.options_mut().options.push((EdnsCode::from(code), option));
            }
            message.set_edns(edns);
        }
        (host, kind, message)
    }
}
