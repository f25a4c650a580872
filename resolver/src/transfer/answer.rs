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
use crate::secondaries::Refusal;

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

/// What a query says of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// It may ask, and gets its answer; an IXFR says which serial it has.
    Asked(Option<u32>),
    /// It gets nothing.
    Refused(Refusal),
    /// There is no zone yet.
    Nothing,
}

/// Decides about one message; `None` for what is not a query at all. Any bytes are acceptable.
pub(super) fn answer(
    query: &[u8],
    client: IpAddr,
    admission: &Admission,
    served: Option<&Arc<Served>>,
    transport: Transport,
) -> Option<(Heard, Option<Reply>)> {
    let mut query = Message::from_octets(query.to_vec()).ok()?;
    if query.header().qr() {
        return None;
    }
    if admission.network_of(client).is_none() {
        let refused = single(query.for_slice(), Rcode::REFUSED, None, None);
        return Some((Heard::Refused(Refusal::Address), refused.map(Reply::One)));
    }
    let mut signer = match signature::check(&mut query, admission.keys()) {
        Ok(signer) => signer,
        Err((why, answer)) => return Some((Heard::Refused(why), answer.map(Reply::One))),
    };
    let decided = if admission.admits(client, signer.as_ref().map(Signer::key)) {
        decide(query.for_slice(), served, transport)
    } else {
        Decided::Error(Rcode::REFUSED, Heard::Refused(Refusal::Key))
    };
    let (rcode, soa, heard) = match (decided, served) {
        (Decided::Error(rcode, heard), _) => (rcode, None, heard),
        (Decided::Soa(has), served) => {
            let soa = served.map(|served| served.zone.soa());
            (Rcode::NOERROR, soa, Heard::Asked(has))
        }
        (Decided::Many(served, content, has), _) => {
            let transfer = Transfer::new(query, served.clone(), content, signer);
            return Some((Heard::Asked(has), Some(Reply::Many(Box::new(transfer)))));
        }
    };
    let answer = single(query.for_slice(), rcode, soa, signer.as_mut());
    Some((heard, answer.map(Reply::One)))
}

/// What a query gets, before it is put into messages; with the serial it says it has.
enum Decided<'s> {
    Error(Rcode, Heard),
    Soa(Option<u32>),
    Many(&'s Arc<Served>, Content, Option<u32>),
}

fn decide<'s>(
    query: &Message<[u8]>,
    served: Option<&'s Arc<Served>>,
    transport: Transport,
) -> Decided<'s> {
    let wrong = |rcode| Decided::Error(rcode, Heard::Refused(Refusal::Question));
    if query.header().opcode() != Opcode::QUERY {
        return wrong(Rcode::NOTIMP);
    }
    let Ok(question) = query.sole_question() else {
        return wrong(Rcode::FORMERR);
    };
    let Some(served) = served else {
        return Decided::Error(Rcode::SERVFAIL, Heard::Nothing);
    };
    let zone = &served.zone;
    if question.qclass() != Class::IN || *question.qname() != *zone.apex() {
        return wrong(Rcode::REFUSED);
    }
    match (question.qtype(), transport) {
        (Rtype::SOA, _) => Decided::Soa(None),
        (Rtype::AXFR, Transport::Tcp) => Decided::Many(served, Content::Whole, None),
        // Over UDP the SOA alone says "come by TCP" (RFC 1995 §2).
        (Rtype::IXFR, Transport::Udp) => Decided::Soa(client_serial(query).map(Serial::into_int)),
        (Rtype::IXFR, Transport::Tcp) => match client_serial(query) {
            None => wrong(Rcode::FORMERR),
            // RFC 1995 §2: nothing newer, so the SOA alone.
            Some(has) if has >= Serial(zone.serial()) => Decided::Soa(Some(has.into_int())),
            Some(has) => {
                let chain = served.journal.since(has.into_int(), zone);
                let content = chain.map_or(Content::Whole, Content::Differences);
                Decided::Many(served, content, Some(has.into_int()))
            }
        },
        _ => wrong(Rcode::REFUSED),
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
                None | Some((_, None)) => {}
                Some((_, Some(Reply::One(bytes)))) => {
                    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                    prop_assert_eq!(length, bytes.len() - 2);
                    prop_assert!(HickoryMessage::from_vec(&bytes[2..]).is_ok());
                    prop_assert_eq!(&bytes[2..4], &query[..2], "the id");
                }
                Some((_, Some(Reply::Many(_)))) => prop_assert_eq!(transport, Transport::Tcp),
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
