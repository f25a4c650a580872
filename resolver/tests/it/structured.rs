//! Structured errors (draft-ietf-dnsop-structured-dns-error): JSON for programs that ask for it, and
//! words for everybody else.

use blocklist::{Scope, testing::TestLog};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RecordType, rdata::opt::EdnsOption},
};
use resolver::{Language, StructuredErrors};

use crate::support::{FakeUpstream, Listed, ede, query, tcp, udp};

/// For experiments (RFC 6891 §9).
const OPTION: u16 = 65_001;

fn asking(host: &str, payload: u16) -> Message {
    let mut asking = query(host, RecordType::A);
    let edns = asking.edns.as_mut().unwrap();
    edns.set_max_payload(payload);
    edns.options_mut()
        .insert(EdnsOption::Unknown(OPTION, vec![]));
    asking
}

#[track_caller]
fn text(answer: &Message) -> String {
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
    let [(16, text)] = &ede(answer)[..] else {
        panic!("extended error 16 alone: {answer:?}");
    };
    text.clone()
}

#[tokio::test]
async fn who_asks_gets_json_as_full_as_it_fits() {
    let mut log = TestLog::new(true);
    log.list("one.test", Scope::Subtree, 1);
    let upstream = FakeUpstream::plain().await;
    let contacts = vec![
        format!("mailto:{}@isp.test", "a".repeat(80)),
        format!("mailto:{}@isp.test", "b".repeat(80)),
    ];
    let errors = StructuredErrors::new(OPTION, contacts, Some("ISP".into()), Language::Ru).unwrap();
    let node = Listed::start_with(&log, &upstream, |config| config.structured = Some(errors)).await;

    let full: serde_json::Value = serde_json::from_str(&text(
        &udp(node.address(), &asking("www.one.test.", 1232)).await,
    ))
    .unwrap();
    let listing = node.running.explain(&blocklist::testing::name("one.test"));
    let (id, url) = (listing.listing_id.unwrap(), listing.url.unwrap());
    let words = full["j"].as_str().unwrap();
    assert!(words.ends_with(&format!(": {id} {url}")), "{words}");
    assert_eq!((&full["o"], &full["l"]), (&"ISP".into(), &"ru".into()));
    assert_eq!(full["c"].as_array().unwrap().len(), 2);
    assert!(full.get("s").is_none());
    let over_tcp = tcp(node.address(), &asking("one.test.", 512)).await;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text(&over_tcp)).unwrap(),
        full
    );

    // In a small datagram the words go first, and the SOA record stays.
    let small = udp(node.address(), &asking("one.test.", 512)).await;
    let short: serde_json::Value = serde_json::from_str(&text(&small)).unwrap();
    assert_eq!(short.as_object().unwrap().keys().collect::<Vec<_>>(), ["c"]);
    assert_eq!(
        (small.authorities.len(), small.metadata.truncation),
        (1, false)
    );

    // What is no listing has nothing to justify.
    let monitoring = udp(node.address(), &asking("always-blocked.qalqan.test.", 1232)).await;
    let short: serde_json::Value = serde_json::from_str(&text(&monitoring)).unwrap();
    assert!(short.get("j").is_none() && short.get("c").is_some());

    let plain = udp(node.address(), &query("one.test.", RecordType::A)).await;
    assert_eq!(text(&plain), format!("{id} {url}"));
}

#[tokio::test]
async fn without_a_code_of_the_operators_the_option_means_nothing() {
    let mut log = TestLog::new(true);
    log.list("one.test", Scope::Subtree, 1);
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    let answer = udp(node.address(), &asking("one.test.", 1232)).await;
    assert!(text(&answer).starts_with("Q-"), "words");
}
