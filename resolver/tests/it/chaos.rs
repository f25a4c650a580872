//! What a node says of itself.

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{DNSClass, RData, RecordType},
};
use resolver::{Identity, Node};

use crate::{
    limits::start,
    support::{FakeUpstream, config, query, tcp, udp},
};

fn chaos(name: &str, kind: RecordType) -> Message {
    let mut message = query(name, kind);
    message.queries[0].set_query_class(DNSClass::CH);
    message
}

/// The one text of an answer; `None` when it is refused.
fn told(answer: &Message) -> Option<String> {
    if answer.metadata.response_code == ResponseCode::Refused {
        assert!(answer.answers.is_empty());
        return None;
    }
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    let [record] = &answer.answers[..] else {
        panic!("one record: {answer}");
    };
    assert_eq!((record.dns_class, record.ttl), (DNSClass::CH, 0));
    match &record.data {
        RData::TXT(text) => Some(text.to_string()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_node_says_no_more_of_itself_than_its_operator_wants() {
    let upstream = FakeUpstream::plain().await;
    let usual = start(config(&[upstream.upstream()])).await;
    let named = start({
        let mut config = config(&[upstream.upstream()]);
        config.identity = Identity {
            name: Some("alm-2".into()),
            version: None,
        };
        config
    })
    .await;
    let (usual, named) = (usual.addresses()[0], named.addresses()[0]);
    for host in ["id.server.", "hostname.bind.", "ID.Server."] {
        let asked = chaos(host, RecordType::TXT);
        assert_eq!(told(&udp(usual, &asked).await), None, "{host}");
        assert_eq!(told(&udp(named, &asked).await).unwrap(), "alm-2", "{host}");
        assert_eq!(told(&tcp(named, &asked).await).unwrap(), "alm-2", "{host}");
    }
    for host in ["version.server.", "version.bind."] {
        let asked = chaos(host, RecordType::TXT);
        assert_eq!(told(&udp(usual, &asked).await).unwrap(), "qalqan");
        assert_eq!(told(&udp(named, &asked).await), None);
    }
    for (host, kind) in [
        ("version.bind.", RecordType::A),
        ("authors.bind.", RecordType::TXT),
        ("bind.", RecordType::TXT),
        ("plain.test.", RecordType::A),
    ] {
        assert_eq!(told(&udp(named, &chaos(host, kind)).await), None, "{host}");
    }
    let mut hesiod = query("version.bind.", RecordType::TXT);
    hesiod.queries[0].set_query_class(DNSClass::HS);
    assert_eq!(told(&udp(usual, &hesiod).await), None);
    assert_eq!(upstream.asked(), 0, "nobody else is asked about this node");
}

#[test]
fn a_text_that_does_not_fit_is_refused_at_once() {
    let mut config = config(&[resolver::Upstream::udp(([127, 0, 0, 1], 9).into())]);
    config.identity.name = Some("a".repeat(256));
    assert!(Node::open(config.clone()).is_err());
    config.identity.name = Some("a".repeat(255));
    assert!(Node::open(config).is_ok());
}
