//! The answer for a blocked name, written over its query: no such name (or no such record), the
//! list's SOA, and for clients with EDNS the listing and where to read about it (RFC 8914).

use crate::{
    answer::{BlockPage, EDE_OPTION, Ede},
    config::BlockAction,
    policy::Blocked,
    query::Query,
    reply::{Head, Reply},
};

/// NXDOMAIN (RFC 1035 §4.1.1).
const NAME_ERROR: u8 = 3;

/// Gives the length of the answer; `None` when it does not fit into `limit` octets.
pub(super) fn write(
    buffer: &mut [u8],
    query: &Query,
    limit: usize,
    page: &BlockPage,
    blocked: &Blocked<'_>,
) -> Option<usize> {
    let mut reply = Reply::begin(buffer, query, limit);
    if let Some(soa) = blocked.soa {
        reply.push(&soa.octets)?;
    }
    let words = page.words(blocked.listing.as_ref());
    let length: usize = words.iter().map(|piece| piece.len()).sum();
    let [length_high, length_low] = u16::try_from(length + 2).ok()?.to_be_bytes();
    let [option_high, option_low] = EDE_OPTION.to_be_bytes();
    let [code_high, code_low] = (Ede::Censored as u16).to_be_bytes();
    let head = [
        option_high,
        option_low,
        length_high,
        length_low,
        code_high,
        code_low,
    ];
    let [id, space, base, again] = words.map(str::as_bytes);
    reply.push_opt(query, 0, &[&head, id, space, base, again])?;
    let code = match page.action() {
        BlockAction::NxDomain => NAME_ERROR,
        BlockAction::NoData => 0,
    };
    let head = Head {
        code,
        authorities: u16::from(blocked.soa.is_some()),
        ..Head::default()
    };
    Some(reply.finish(query, head))
}
