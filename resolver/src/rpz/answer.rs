//! What a rule of an operator answers, for the full path.

use hickory_net::xfer::Protocol;
use hickory_proto::{
    op::ResponseCode,
    rr::{Name, Record, RecordType},
    serialize::binary::{BinDecodable, BinDecoder},
};
use hickory_server::server::Request;

use super::{
    action::Action,
    data::LocalData,
    zone::{Hit, Zone},
};
use crate::answer::Answer;

/// What becomes of a query that meets a rule.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The query goes its way.
    Pass,
    /// Nothing is sent.
    Silence,
    /// This is sent.
    Answer(Box<Answer>),
    /// This is sent after what the CNAME in it leads to was looked up and put behind it.
    Resolve { answer: Box<Answer>, target: Name },
}

/// What a rule does with a request of one question.
pub(crate) fn answer_for(hit: &Hit<'_>, request: &Request) -> Outcome {
    let over_tcp = request.protocol() != Protocol::Udp;
    match hit.action {
        action if action.lets_through(over_tcp) => Outcome::Pass,
        Action::Drop => Outcome::Silence,
        Action::NxDomain => negative(hit, request, ResponseCode::NXDomain),
        Action::NoData => negative(hit, request, ResponseCode::NoError),
        Action::Data(data) => local(hit, data, request),
        Action::TcpOnly | Action::Passthru => {
            let mut answer = Answer::empty(request, ResponseCode::NoError);
            answer.metadata.truncation = true;
            Outcome::Answer(Box::new(answer))
        }
    }
}

fn negative(hit: &Hit<'_>, request: &Request, code: ResponseCode) -> Outcome {
    let mut answer = Answer::empty(request, code);
    answer.authorities.extend(record(&hit.zone.soa(hit.ttl)));
    explain(hit.zone, &mut answer);
    Outcome::Answer(Box::new(answer))
}

fn explain(zone: &Zone, answer: &mut Answer) {
    let (ede, words) = zone.ede();
    answer.add_ede(ede, &words);
}

fn local(hit: &Hit<'_>, data: LocalData<'_>, request: &Request) -> Outcome {
    let Some(query) = request.queries.queries().first() else {
        return Outcome::Answer(Box::new(Answer::empty(request, ResponseCode::FormErr)));
    };
    let name = query.original().name();
    let owner = crate::wire::lower(name);
    if data.is_alias() {
        let Some((before, after)) = data.target_parts(&owner) else {
            return negative(hit, request, ResponseCode::YXDomain);
        };
        let target = [before, after].concat();
        return alias(hit, request, name, &target);
    }
    let kind = query.query_type();
    let wanted: Vec<_> = data
        .records()
        .filter(|record| kind == RecordType::ANY || u16::from(kind) == record.kind)
        .collect();
    let Some(first) = wanted.first() else {
        return negative(hit, request, ResponseCode::NoError);
    };
    let mut answer = Answer::empty(request, ResponseCode::NoError);
    // One type is enough for whoever asks for any (RFC 8482 §4.1).
    for found in wanted.iter().filter(|record| record.kind == first.kind) {
        let ttl = found.ttl.min(hit.zone.most_ttl());
        let answered = record(&wire_record(&owner, found.kind, ttl, found.data));
        answer.answers.extend(answered.map(|mut record| {
            record.name = name.clone();
            record
        }));
    }
    explain(hit.zone, &mut answer);
    Outcome::Answer(Box::new(answer))
}

fn alias(hit: &Hit<'_>, request: &Request, name: &Name, target: &[u8]) -> Outcome {
    let mut answer = Box::new(Answer::empty(request, ResponseCode::NoError));
    explain(hit.zone, &mut answer);
    let Ok(target) = Name::read(&mut BinDecoder::new(target)) else {
        return negative(hit, request, ResponseCode::ServFail);
    };
    let data = hickory_proto::rr::rdata::CNAME(target.clone());
    answer.answers.push(Record::from_rdata(
        name.clone(),
        hit.ttl,
        hickory_proto::rr::RData::CNAME(data),
    ));
    let wants_itself = request
        .queries
        .queries()
        .first()
        .is_some_and(|query| matches!(query.query_type(), RecordType::CNAME | RecordType::ANY));
    if wants_itself {
        Outcome::Answer(answer)
    } else {
        Outcome::Resolve { answer, target }
    }
}

/// A record of class IN in wire form; its data is at most 65,535 octets.
fn wire_record(owner: &[u8], kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let mut wire = owner.to_vec();
    wire.extend_from_slice(&kind.to_be_bytes());
    wire.extend_from_slice(&1u16.to_be_bytes());
    wire.extend_from_slice(&ttl.to_be_bytes());
    wire.extend_from_slice(&(data.len() as u16).to_be_bytes());
    wire.extend_from_slice(data);
    wire
}

/// Reads a record of a zone for hickory. What it cannot read it could not send either.
fn record(wire: &[u8]) -> Option<Record> {
    match Record::read(&mut BinDecoder::new(wire)) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::warn!(%error, "a record of a policy zone cannot be answered over this path");
            None
        }
    }
}
