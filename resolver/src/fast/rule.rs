//! Answers by an operator's own rules, written over the query: policy zones say what, and the
//! extended error says that it was the operator's policy and by which zone (RFC 8914 §4.16, §4.18).

use crate::{
    fast::{Kind, Step, Transport},
    query::Query,
    reply::{self, Head, Reply},
    rpz::{Action, AppendError, Hit},
};

/// The type that is an alias itself.
const CNAME: u16 = 5;
/// NXDOMAIN (RFC 1035 §4.1.1).
const NAME_ERROR: u8 = 3;
/// YXDOMAIN (RFC 2136 §2.2): a wildcard's target would be longer than a name can be.
const NAME_TOO_LONG: u8 = 6;

/// What the rule does with the query; `None` when it lets it pass.
pub(super) fn write(
    hit: &Hit<'_>,
    buffer: &mut [u8],
    query: &Query,
    transport: Transport,
) -> Option<Step> {
    if hit.action.lets_through(transport == Transport::Tcp) {
        return None;
    }
    let limit = transport.limit(query);
    let written = match hit.action {
        Action::Drop => return Some(Step::Silence),
        Action::NxDomain => negative(hit, buffer, query, limit, NAME_ERROR),
        Action::NoData => negative(hit, buffer, query, limit, 0),
        // Whoever can wait looks the target up and puts it behind; the query is left as it is.
        Action::Data(data) if data.is_alias() && query.kind != CNAME => return Some(Step::Full),
        Action::Data(data) => {
            let mut reply = Reply::begin(buffer, query, limit);
            match data.append(query, &mut reply, hit.zone.most_ttl()) {
                Ok(appended) if appended.answers == 0 => negative(hit, buffer, query, limit, 0),
                Ok(appended) => {
                    let head = Head {
                        answers: appended.answers,
                        ..Head::default()
                    };
                    let explained = reply.push_opt(query, 0, &[hit.zone.ede_option()]);
                    explained.map(|()| reply.finish(query, head))
                }
                Err(AppendError::TooLong) => negative(hit, buffer, query, limit, NAME_TOO_LONG),
                Err(AppendError::Full) => None,
            }
        }
        Action::TcpOnly | Action::Passthru => None,
    };
    let length = written.unwrap_or_else(|| {
        let head = Head {
            truncated: true,
            ..Head::default()
        };
        reply::empty(buffer, query, head)
    });
    Some(Step::Answer(length, Kind::Rule))
}

fn negative(
    hit: &Hit<'_>,
    buffer: &mut [u8],
    query: &Query,
    limit: usize,
    code: u8,
) -> Option<usize> {
    let mut reply = Reply::begin(buffer, query, limit);
    hit.zone.append_soa(&mut reply, hit.ttl)?;
    reply.push_opt(query, 0, &[hit.zone.ede_option()])?;
    let head = Head {
        code,
        authorities: 1,
        ..Head::default()
    };
    Some(reply.finish(query, head))
}
