//! The answer for a blocked name, written over its query: no such name (or no such record), the
//! list's SOA, and for clients with EDNS the listing and where to read about it (RFC 8914).

use crate::{
    answer::{BlockPage, EDE_OPTION, Ede},
    config::BlockAction,
    policy::{Blocked, Soa},
    query::Query,
    reply::{self, Head, Reply},
    structured::Pieces,
};

/// NXDOMAIN (RFC 1035 §4.1.1).
const NAME_ERROR: u8 = 3;

/// Gives the length of the answer. Where it does not fit into `limit` octets the explanation is made
/// shorter, then the client is told to come over TCP, with the explanation if that fits alone.
pub(super) fn write(
    buffer: &mut [u8],
    query: &Query,
    limit: usize,
    page: &BlockPage,
    blocked: &Blocked<'_>,
) -> usize {
    let wants_structured = query.edns.is_some_and(|edns| edns.structured);
    let code = match page.action() {
        BlockAction::NxDomain => NAME_ERROR,
        BlockAction::NoData => 0,
    };
    for (soa, truncated) in [(blocked.soa, false), (None, true)] {
        let head = Head {
            code,
            truncated,
            authorities: u16::from(soa.is_some()),
            ..Head::default()
        };
        let texts = (0..)
            .map_while(|given_up| page.text(blocked.listing.as_ref(), wants_structured, given_up));
        for text in texts {
            if let Some(length) = try_write(buffer, query, limit, head, soa, text) {
                return length;
            }
        }
    }
    let head = Head {
        code,
        truncated: true,
        ..Head::default()
    };
    reply::empty(buffer, query, head)
}

fn try_write(
    buffer: &mut [u8],
    query: &Query,
    limit: usize,
    head: Head,
    soa: Option<&Soa>,
    text: Pieces<'_>,
) -> Option<usize> {
    let length: usize = text.iter().map(|piece| piece.len()).sum();
    // A listing, its address, and what an operator may add are bounded.
    let [length_high, length_low] = (length as u16 + 2).to_be_bytes();
    let [option_high, option_low] = EDE_OPTION.to_be_bytes();
    let [code_high, code_low] = (Ede::Censored as u16).to_be_bytes();
    let option = [
        option_high,
        option_low,
        length_high,
        length_low,
        code_high,
        code_low,
    ];
    let [one, two, three, four, five] = text.map(str::as_bytes);
    let mut reply = Reply::begin(buffer, query, limit);
    if let Some(soa) = soa {
        reply.push(&soa.octets)?;
    }
    reply.push_opt(query, 0, &[&option, one, two, three, four, five])?;
    Some(reply.finish(query, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer names leave less room: whatever the length, the answer is whole, or cut, and within
    /// the client's limit, as the full path's is.
    #[test]
    fn an_answer_that_does_not_fit_is_cut() {
        let base = format!("https://qalqan.test/{}/i/", "a".repeat(180));
        let page = BlockPage::of(BlockAction::NxDomain, Some(base));
        let listing = blocklist::ListingId::new(2026, 1).ok();
        let policy = crate::policy::Policy::new(Default::default(), "rpz.qalqan.test.", 1, true);
        let blocked = Blocked {
            listing,
            soa: policy.soa(),
        };
        let mut seen = [0; 2];
        for labels in 1..=31 {
            let mut message = b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01".to_vec();
            message.extend(b"\x07abcdefg".repeat(labels));
            message.extend(b"\x00\x00\x01\x00\x01\x00\x00\x29\x02\x00\x00\x00\x00\x00\x00\x00");
            let query = Query::read(&message).unwrap();
            let mut buffer = [0; 2048];
            buffer[..message.len()].copy_from_slice(&message);
            let length = write(&mut buffer, &query, query.udp_limit(1232), &page, &blocked);
            assert!(length <= 512, "{labels} labels");
            let answer = hickory_proto::op::Message::from_vec(&buffer[..length]).unwrap();
            let head = answer.metadata;
            assert_eq!(u16::from(head.response_code), 3);
            assert_eq!(head.truncation, answer.authorities.is_empty());
            assert!(answer.edns.is_some());
            seen[usize::from(head.truncation)] += 1;
        }
        assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
    }
}
