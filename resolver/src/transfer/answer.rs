//! What a secondary is answered, message by message; sockets are the parent's business. A place for
//! TSIG is around every message made here, one for differences beside [`Reply::Zone`].

use std::sync::Arc;

use domain::{
    base::{
        Message, Rtype, Serial,
        iana::{Class, Opcode, Rcode},
    },
    rdata::Soa,
};

use crate::zone::{Cursor, ZoneImage, message};

/// Size of a transfer message in octets: compression pointers reach no further than 16 KiB.
const MESSAGE: usize = 16_000;
/// Size of a single answer in octets; an SOA with its question never comes near.
const SINGLE: usize = 1232;

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
    /// The whole zone.
    Zone(Arc<ZoneImage>),
}

/// Decides about one message; `None` for what is not a query at all. Any bytes are acceptable.
pub(super) fn answer(
    query: &[u8],
    zone: Option<&Arc<ZoneImage>>,
    admitted: bool,
    transport: Transport,
) -> Option<Reply> {
    let message = Message::from_slice(query).ok()?;
    if message.header().qr() {
        return None;
    }
    let code = |rcode| single(message, rcode, None).map(Reply::One);
    if message.header().opcode() != Opcode::QUERY {
        return code(Rcode::NOTIMP);
    }
    let Ok(question) = message.sole_question() else {
        return code(Rcode::FORMERR);
    };
    if !admitted {
        return code(Rcode::REFUSED);
    }
    let Some(zone) = zone else {
        return code(Rcode::SERVFAIL);
    };
    if question.qclass() != Class::IN || *question.qname() != *zone.apex() {
        return code(Rcode::REFUSED);
    }
    match (question.qtype(), transport) {
        (Rtype::SOA, _) => single(message, Rcode::NOERROR, Some(zone.soa())).map(Reply::One),
        (Rtype::AXFR, Transport::Tcp) => Some(Reply::Zone(zone.clone())),
        // Over UDP the SOA alone says "come by TCP" (RFC 1995 §2).
        (Rtype::IXFR, Transport::Udp) => {
            single(message, Rcode::NOERROR, Some(zone.soa())).map(Reply::One)
        }
        (Rtype::IXFR, Transport::Tcp) => match client_serial(message) {
            None => code(Rcode::FORMERR),
            // RFC 1995 §2: nothing newer, so the SOA alone.
            Some(serial) if serial >= Serial(zone.serial()) => {
                single(message, Rcode::NOERROR, Some(zone.soa())).map(Reply::One)
            }
            Some(_) => Some(Reply::Zone(zone.clone())),
        },
        _ => code(Rcode::REFUSED),
    }
}

/// The serial an IXFR client says it has: the SOA in its authority section.
fn client_serial(message: &Message<[u8]>) -> Option<Serial> {
    let authority = message.authority().ok()?;
    let record = authority.limit_to_in::<Soa<_>>().next()?.ok()?;
    Some(record.data().serial())
}

/// One message with at most the SOA in it.
fn single(query: &Message<[u8]>, rcode: Rcode, soa: Option<Cursor<'_>>) -> Option<Vec<u8>> {
    let mut answer = message(SINGLE).ok()?.start_answer(query, rcode).ok()?;
    if let Some(mut soa) = soa {
        answer.header_mut().set_aa(true);
        soa.fill(&mut answer);
    }
    let mut additional = answer.additional();
    if query.opt().is_some() {
        additional
            .opt(|opt| {
                opt.set_udp_payload_size(SINGLE as u16);
                Ok(())
            })
            .ok()?;
    }
    Some(additional.finish().into_target().as_stream_slice().to_vec())
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    First,
    Middle,
    /// Only the closing SOA is still to be sent.
    Closing,
    Done,
}

/// The next message of a transfer: the zone from its SOA on, and the SOA once more.
pub(super) fn zone_message(
    query: &[u8],
    zone: &ZoneImage,
    cursor: &mut Cursor<'_>,
    part: Part,
) -> Option<(Vec<u8>, Part)> {
    let query = Message::from_slice(query).ok()?;
    let mut builder = message(MESSAGE).ok()?;
    let mut answer = if part == Part::First {
        builder.start_answer(query, Rcode::NOERROR).ok()?
    } else {
        // RFC 5936 §2.2.1: the question need only be in the first message.
        let header = builder.header_mut();
        header.set_id(query.header().id());
        header.set_qr(true);
        header.set_opcode(Opcode::QUERY);
        header.set_rcode(Rcode::NOERROR);
        builder.answer()
    };
    answer.header_mut().set_aa(true);
    let before = answer.counts().ancount();
    let all_sent = part == Part::Closing || cursor.fill(&mut answer);
    let next = match all_sent {
        true if zone.soa().fill(&mut answer) => Part::Done,
        true => Part::Closing,
        false => Part::Middle,
    };
    if answer.counts().ancount() == before {
        // No record fits an empty message: an endless transfer otherwise.
        tracing::error!("a record of the policy zone does not fit a message");
        return None;
    }
    let mut additional = answer.additional();
    if part == Part::First && query.opt().is_some() {
        additional.clear_push_limit();
        additional
            .opt(|opt| {
                opt.set_udp_payload_size(SINGLE as u16);
                Ok(())
            })
            .ok()?;
    }
    Some((
        additional.finish().into_target().as_stream_slice().to_vec(),
        next,
    ))
}

#[cfg(test)]
mod tests {
    use blocklist::{
        PolicyZone,
        testing::{START, TestLog},
    };
    use hickory_proto::{
        op::{Message as HickoryMessage, Query},
        rr::{Name, RecordType},
    };
    use proptest::prelude::*;

    use super::*;

    fn zone() -> Arc<ZoneImage> {
        let (_, folded) = TestLog::new(true).fold(START);
        Arc::new(ZoneImage::new(&PolicyZone::new(&folded)).unwrap())
    }

    fn check(query: &[u8], zone: &Arc<ZoneImage>) -> Result<(), TestCaseError> {
        for transport in [Transport::Udp, Transport::Tcp] {
            match answer(query, Some(zone), true, transport) {
                None => {}
                Some(Reply::One(bytes)) => {
                    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                    prop_assert_eq!(length, bytes.len() - 2);
                    prop_assert!(HickoryMessage::from_vec(&bytes[2..]).is_ok());
                    prop_assert_eq!(&bytes[2..4], &query[..2], "the id");
                }
                Some(Reply::Zone(_)) => prop_assert_eq!(transport, Transport::Tcp),
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_octets_are_answered_or_dropped(query in proptest::collection::vec(any::<u8>(), 0..200)) {
            check(&query, &zone())?;
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
            check(&bytes, &zone())?;
        }
    }
}
