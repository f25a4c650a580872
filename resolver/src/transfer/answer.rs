//! What a secondary is answered, message by message; sockets are the parent's business.

use std::{net::IpAddr, sync::Arc};

use domain::{
    base::{
        Message, Rtype, Serial,
        iana::{Class, Opcode, Rcode},
    },
    rdata::Soa,
};

use super::{
    Served,
    admission::Admission,
    outgoing::{Content, Transfer, single},
    signature::{self, Signer},
};

/// How a query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// What to send back.
pub(super) enum Reply {
    /// One message, its length before it.
    One(Vec<u8>),
    /// As many messages as it takes.
    Many(Box<Transfer>),
}

/// Decides about one message; `None` for what is not a query at all. Any bytes are acceptable.
pub(super) fn answer(
    query: &[u8],
    client: IpAddr,
    admission: &Admission,
    served: Option<&Arc<Served>>,
    transport: Transport,
) -> Option<Reply> {
    let mut query = Message::from_octets(query.to_vec()).ok()?;
    if query.header().qr() {
        return None;
    }
    if !admission.knows(client) {
        return single(query.for_slice(), Rcode::REFUSED, None, None).map(Reply::One);
    }
    let mut signer = match signature::check(&mut query, admission.keys()) {
        Ok(signer) => signer,
        Err(refusal) => return refusal.map(Reply::One),
    };
    let decided = if admission.admits(client, signer.as_ref().map(Signer::key)) {
        decide(query.for_slice(), served, transport)
    } else {
        Decided::Error(Rcode::REFUSED)
    };
    let (rcode, soa) = match (decided, served) {
        (Decided::Error(rcode), _) => (rcode, None),
        (Decided::Soa, served) => (Rcode::NOERROR, served.map(|served| served.zone.soa())),
        (Decided::Many(served, content), _) => {
            let transfer = Transfer::new(query, served.clone(), content, signer);
            return Some(Reply::Many(Box::new(transfer)));
        }
    };
    single(query.for_slice(), rcode, soa, signer.as_mut()).map(Reply::One)
}

/// What a query gets, before it is put into messages.
enum Decided<'s> {
    Error(Rcode),
    Soa,
    Many(&'s Arc<Served>, Content),
}

fn decide<'s>(
    query: &Message<[u8]>,
    served: Option<&'s Arc<Served>>,
    transport: Transport,
) -> Decided<'s> {
    if query.header().opcode() != Opcode::QUERY {
        return Decided::Error(Rcode::NOTIMP);
    }
    let Ok(question) = query.sole_question() else {
        return Decided::Error(Rcode::FORMERR);
    };
    let Some(served) = served else {
        return Decided::Error(Rcode::SERVFAIL);
    };
    let zone = &served.zone;
    if question.qclass() != Class::IN || *question.qname() != *zone.apex() {
        return Decided::Error(Rcode::REFUSED);
    }
    match (question.qtype(), transport) {
        (Rtype::SOA, _) => Decided::Soa,
        (Rtype::AXFR, Transport::Tcp) => Decided::Many(served, Content::Whole),
        // Over UDP the SOA alone says "come by TCP" (RFC 1995 §2).
        (Rtype::IXFR, Transport::Udp) => Decided::Soa,
        (Rtype::IXFR, Transport::Tcp) => match client_serial(query) {
            None => Decided::Error(Rcode::FORMERR),
            // RFC 1995 §2: nothing newer, so the SOA alone.
            Some(serial) if serial >= Serial(zone.serial()) => Decided::Soa,
            Some(serial) => {
                let chain = served.journal.since(serial.into_int(), zone);
                Decided::Many(served, chain.map_or(Content::Whole, Content::Differences))
            }
        },
        _ => Decided::Error(Rcode::REFUSED),
    }
}

/// The serial an IXFR client says it has: the SOA in its authority section.
fn client_serial(message: &Message<[u8]>) -> Option<Serial> {
    let authority = message.authority().ok()?;
    let record = authority.limit_to_in::<Soa<_>>().next()?.ok()?;
    Some(record.data().serial())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use domain::{base::MessageBuilder, rdata::tsig::Time48, tsig::ClientTransaction};
    use hickory_proto::{
        op::{Message as HickoryMessage, Query},
        rr::{Name, RecordType},
    };
    use proptest::prelude::*;

    use super::{
        super::journal::{
            Journal,
            testing::{hosts, image},
        },
        super::keys::Keys,
        *,
    };

    fn served() -> Arc<Served> {
        let zone = image(10, &hosts(0..3));
        let journal = Journal::default();
        Arc::new(Served { zone, journal })
    }

    static KEYS: LazyLock<Keys> = LazyLock::new(|| {
        let secret = "c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzISEhISE=";
        Keys::parse(&format!(
            "key one {{ algorithm hmac-sha256; secret {secret}; }};"
        ))
        .unwrap()
    });

    fn sign(query: &[u8]) -> Vec<u8> {
        let query = Message::from_slice(query).unwrap();
        let mut builder = MessageBuilder::new_vec().question();
        builder.push(query.first_question().unwrap()).unwrap();
        let mut builder = builder.additional();
        let key = KEYS.get("one").unwrap().clone();
        ClientTransaction::request(key, &mut builder, Time48::now()).unwrap();
        builder.finish()
    }

    fn check(query: &[u8], served: &Arc<Served>) -> Result<(), TestCaseError> {
        let client = [127, 0, 0, 1].into();
        let networks = ["127.0.0.0/8".parse().unwrap()];
        let admission = Admission::new(&networks, KEYS.clone()).unwrap();
        for transport in [Transport::Udp, Transport::Tcp] {
            match answer(query, client, &admission, Some(served), transport) {
                None => {}
                Some(Reply::One(bytes)) => {
                    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                    prop_assert_eq!(length, bytes.len() - 2);
                    prop_assert!(HickoryMessage::from_vec(&bytes[2..]).is_ok());
                    prop_assert_eq!(&bytes[2..4], &query[..2], "the id");
                }
                Some(Reply::Many(_)) => prop_assert_eq!(transport, Transport::Tcp),
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_octets_are_answered_or_dropped(query in proptest::collection::vec(any::<u8>(), 0..200)) {
            check(&query, &served())?;
        }

        #[test]
        fn any_damage_to_a_query_is_answered_or_dropped(
            kind in prop_oneof![Just(6u16), Just(251), Just(252), any::<u16>()],
            signed in any::<bool>(),
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut message = HickoryMessage::query();
            let apex = Name::from_ascii("rpz.qalqan.test.").unwrap();
            message.add_query(Query::query(apex, RecordType::from(kind)));
            let mut bytes = message.to_vec().unwrap();
            if signed {
                bytes = sign(&bytes);
            }
            for (at, octet) in damage {
                let at = at.index(bytes.len());
                bytes[at] = octet;
            }
            check(&bytes, &served())?;
        }
    }
}
