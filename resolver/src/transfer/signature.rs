//! Signatures of queries and answers (TSIG, RFC 8945).

use std::sync::Arc;

use domain::{
    base::{Message, MessageBuilder, iana::Rcode, iana::TsigRcode, message_builder::PushError},
    rdata::tsig::{Time48, Tsig},
    tsig::{Key, ServerError, ServerSequence},
};

use super::keys::Keys;
use crate::{
    secondaries::Refusal,
    zone::{Target, message},
};

/// Signs every message of an answer, each chained to the one before.
pub(super) type Signer = ServerSequence<Arc<Key>>;

/// Checks the signature of a query and takes it off: `Ok(None)` for a query without one. On an
/// error why, and the answer to send, its length before it; `None` where nothing can be made of it.
pub(super) fn check(
    query: &mut Message<Vec<u8>>,
    keys: &Keys,
) -> Result<Option<Signer>, (Refusal, Option<Vec<u8>>)> {
    let id = query.header().id();
    let checked = ServerSequence::request(keys, query, Time48::now());
    // The check puts the signer's id back; the answer bears the one that came, which a forwarder may
    // have given it (RFC 8945 §4.2, "Original ID").
    query.header_mut().set_id(id);
    checked.map_err(|error| {
        let why = reason(&error, query.for_slice());
        (why, refusal(error, query.for_slice()).ok())
    })
}

fn reason(error: &ServerError<Arc<Key>>, query: &Message<[u8]>) -> Refusal {
    match error.error() {
        TsigRcode::BADKEY => Refusal::BadKey,
        TsigRcode::BADTIME => Refusal::BadTime,
        TsigRcode::FORMERR if wrong_signature(error, query).is_none() => Refusal::Question,
        _ => Refusal::BadSig,
    }
}

/// BADKEY and BADSIG are told without a signature, BADTIME with one (RFC 8945 §5.2).
fn refusal(error: ServerError<Arc<Key>>, query: &Message<[u8]>) -> Result<Vec<u8>, PushError> {
    let builder = message(usize::from(u16::MAX))?;
    let additional = match wrong_signature(&error, query) {
        Some(tsig) => bad_signature(builder, query, &tsig)?,
        None => error.build_message(query, builder)?,
    };
    Ok(additional.finish().into_target().as_stream_slice().to_vec())
}

type Record<'q> = domain::base::Record<
    domain::base::ParsedName<&'q [u8]>,
    Tsig<&'q [u8], domain::base::ParsedName<&'q [u8]>>,
>;

/// The TSIG record of a query whose signature is wrong. The library reports FORMERR both for that and
/// for a message in which no signature can be found; only the first has its record at the end.
fn wrong_signature<'q>(
    error: &ServerError<Arc<Key>>,
    query: &'q Message<[u8]>,
) -> Option<Record<'q>> {
    if error.error() != TsigRcode::FORMERR {
        return None;
    }
    let last = query.additional().ok()?.last()?.ok()?;
    let tsig = last.into_record().ok()??;
    let others = query.additional().ok()?.limit_to::<Tsig<_, _>>();
    (others.count() == 1).then_some(tsig)
}

fn bad_signature(
    builder: MessageBuilder<Target>,
    query: &Message<[u8]>,
    tsig: &Record<'_>,
) -> Result<domain::base::message_builder::AdditionalBuilder<Target>, PushError> {
    let mut additional = builder.start_answer(query, Rcode::NOTAUTH)?.additional();
    let said = tsig.data();
    let data = Tsig::new(
        said.algorithm(),
        said.time_signed(),
        said.fudge(),
        b"",
        query.header().id(),
        TsigRcode::BADSIG,
        b"",
    )
    .map_err(|_| PushError::ShortBuf)?;
    additional.push((tsig.owner(), tsig.class(), tsig.ttl(), data))?;
    Ok(additional)
}
