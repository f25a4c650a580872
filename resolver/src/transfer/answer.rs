//! What a secondary is answered, message by message; sockets are the parent's business.

use std::sync::Arc;

use domain::{
    base::{
        Message, Rtype, Serial,
        iana::{Class, Opcode, Rcode},
    },
    rdata::Soa,
};

use super::{
    Served,
    outgoing::{Content, Transfer, single},
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
    Many(Transfer),
}

/// Decides about one message; `None` for what is not a query at all. Any bytes are acceptable.
pub(super) fn answer(
    query: &[u8],
    served: Option<&Arc<Served>>,
    admitted: bool,
    transport: Transport,
) -> Option<Reply> {
    let message = Message::from_slice(query).ok()?;
    if message.header().qr() {
        return None;
    }
    let one = |rcode, soa| single(message, rcode, soa).map(Reply::One);
    if message.header().opcode() != Opcode::QUERY {
        return one(Rcode::NOTIMP, None);
    }
    let Ok(question) = message.sole_question() else {
        return one(Rcode::FORMERR, None);
    };
    if !admitted {
        return one(Rcode::REFUSED, None);
    }
    let Some(served) = served else {
        return one(Rcode::SERVFAIL, None);
    };
    let zone = &served.zone;
    if question.qclass() != Class::IN || *question.qname() != *zone.apex() {
        return one(Rcode::REFUSED, None);
    }
    let soa = || one(Rcode::NOERROR, Some(zone.soa()));
    let many = |content| Some(Reply::Many(Transfer::new(query, served.clone(), content)));
    match (question.qtype(), transport) {
        (Rtype::SOA, _) => soa(),
        (Rtype::AXFR, Transport::Tcp) => many(Content::Whole),
        // Over UDP the SOA alone says "come by TCP" (RFC 1995 §2).
        (Rtype::IXFR, Transport::Udp) => soa(),
        (Rtype::IXFR, Transport::Tcp) => match client_serial(message) {
            None => one(Rcode::FORMERR, None),
            // RFC 1995 §2: nothing newer, so the SOA alone.
            Some(serial) if serial >= Serial(zone.serial()) => soa(),
            Some(serial) => many(
                served
                    .journal
                    .since(serial.into_int(), zone)
                    .map_or(Content::Whole, Content::Differences),
            ),
        },
        _ => one(Rcode::REFUSED, None),
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
        *,
    };

    fn served() -> Arc<Served> {
        let zone = image(10, &hosts(0..3));
        let journal = Journal::default();
        Arc::new(Served { zone, journal })
    }

    fn check(query: &[u8], served: &Arc<Served>) -> Result<(), TestCaseError> {
        for transport in [Transport::Udp, Transport::Tcp] {
            match answer(query, Some(served), true, transport) {
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
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut message = HickoryMessage::query();
            let apex = Name::from_ascii("rpz.qalqan.test.").unwrap();
            message.add_query(Query::query(apex, RecordType::from(kind)));
            let mut bytes = message.to_vec().unwrap();
            for (at, octet) in damage {
                let at = at.index(bytes.len());
                bytes[at] = octet;
            }
            check(&bytes, &served())?;
        }
    }
}
