//! Writing an answer over the query it answers. The id and the question stay where they are, as the
//! client wrote them; the header is turned round and everything behind the question is new.
//!
//! A buffer always holds the query's octets up to the end of its question.

use crate::{
    config::UDP_PAYLOAD,
    query::{HEADER, Query},
};

/// Octets of an OPT record without options (RFC 6891 §6.1.2).
pub(crate) const EMPTY_OPT: usize = 11;

/// BADCOOKIE (RFC 7873 §8), of which four bits stand in the header.
const BAD_COOKIE: u8 = 23;
const RESPONSE: u8 = 0b1000_0000;
const TRUNCATED: u8 = 0b0000_0010;
const RECURSION_DESIRED: u8 = 0b0000_0001;
const RECURSION_AVAILABLE: u8 = 0b1000_0000;
const AUTHENTIC_DATA: u8 = 0b0010_0000;
const CHECKING_DISABLED: u8 = 0b0001_0000;

/// What the header of an answer says besides what it repeats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The lower four bits of the response code.
    pub(crate) code: u8,
    pub(crate) truncated: bool,
    pub(crate) authentic: bool,
    pub(crate) answers: u16,
    pub(crate) authorities: u16,
    /// Without the OPT record.
    pub(crate) additionals: u16,
}

/// An answer that is being written; it never grows beyond `limit` octets.
pub(crate) struct Reply<'b> {
    buffer: &'b mut [u8],
    end: usize,
}

impl<'b> Reply<'b> {
    /// Begins behind the question of `query`, which `buffer` holds. `limit` is what the client can
    /// take; without an OPT record in the answer, all of it is for records.
    pub(crate) fn begin(buffer: &'b mut [u8], query: &Query, limit: usize) -> Self {
        let limit = limit.min(buffer.len());
        Self {
            buffer: buffer.get_mut(..limit).unwrap_or_default(),
            end: query.question_end(),
        }
    }

    /// Where the next octet goes.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Appends octets; `None` when they do not fit, and then nothing was written.
    pub(crate) fn push(&mut self, octets: &[u8]) -> Option<()> {
        let end = self.end + octets.len();
        self.buffer.get_mut(self.end..end)?.copy_from_slice(octets);
        self.end = end;
        Some(())
    }

    /// What was pushed from `start` on, to be altered in place.
    pub(crate) fn written(&mut self, start: usize) -> &mut [u8] {
        self.buffer.get_mut(start..self.end).unwrap_or_default()
    }

    /// Appends an OPT record when the client sent one: our size, its DO bit, the upper bits of a
    /// response code, options that are already in wire form, and the client's cookie. `None` when it
    /// does not fit.
    pub(crate) fn push_opt(
        &mut self,
        query: &Query,
        extended_code: u8,
        options: &[&[u8]],
    ) -> Option<()> {
        let Some(edns) = query.edns else {
            return Some(());
        };
        let cookie: &[u8] = query.cookie.as_ref().map_or(&[], |cookie| cookie);
        let length: usize = options.iter().map(|option| option.len()).sum();
        let length = length + cookie.len();
        if self.end + EMPTY_OPT + length > self.buffer.len() {
            return None;
        }
        let [size_high, size_low] = UDP_PAYLOAD.to_be_bytes();
        let [length_high, length_low] = u16::try_from(length).ok()?.to_be_bytes();
        let flags = if edns.dnssec_ok { 0x80 } else { 0 };
        self.push(&[
            0,
            0,
            41,
            size_high,
            size_low,
            extended_code,
            0,
            flags,
            0,
            length_high,
            length_low,
        ])?;
        options.iter().try_for_each(|option| self.push(option))?;
        self.push(cookie)
    }

    /// Turns the header round and gives the length of the whole answer.
    pub(crate) fn finish(self, query: &Query, head: Head) -> usize {
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        let first = RESPONSE
            | bit(head.truncated, TRUNCATED)
            | bit(query.recursion_desired, RECURSION_DESIRED);
        let second = RECURSION_AVAILABLE
            | bit(head.authentic, AUTHENTIC_DATA)
            | bit(query.checking_disabled, CHECKING_DISABLED)
            | (head.code & 0x0f);
        let additionals = head
            .additionals
            .saturating_add(u16::from(query.edns.is_some()));
        let [an_high, an_low] = head.answers.to_be_bytes();
        let [ns_high, ns_low] = head.authorities.to_be_bytes();
        let [ar_high, ar_low] = additionals.to_be_bytes();
        let header = [
            first, second, 0, 1, an_high, an_low, ns_high, ns_low, ar_high, ar_low,
        ];
        if let Some(place) = self.buffer.get_mut(2..HEADER) {
            place.copy_from_slice(&header);
        }
        self.end
    }
}

/// An empty answer that says "ask over TCP" or only a response code; it fits into any datagram
/// because it is hardly longer than its query.
pub(crate) fn empty(buffer: &mut [u8], query: &Query, head: Head) -> usize {
    small(buffer, query, head, 0)
}

/// An empty answer with a cookie and nothing else: the client is to ask again with it (RFC 7873 §5.2.3).
pub(crate) fn bad_cookie(buffer: &mut [u8], query: &Query) -> usize {
    let [upper, lower] = [BAD_COOKIE >> 4, BAD_COOKIE & 0x0f];
    let head = Head {
        code: lower,
        ..Head::default()
    };
    small(buffer, query, head, upper)
}

fn small(buffer: &mut [u8], query: &Query, head: Head, extended_code: u8) -> usize {
    let cookie = query.cookie.map_or(0, |cookie| cookie.len());
    let most = query.question_end() + EMPTY_OPT + cookie;
    let mut reply = Reply::begin(buffer, query, most);
    // It was made room for; a buffer that is shorter than its query holds no OPT record either.
    let fits = reply.push_opt(query, extended_code, &[]).is_some();
    debug_assert!(fits, "an empty OPT record fits behind a question");
    reply.finish(query, head)
}
