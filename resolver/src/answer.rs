//! An answer on its way to a client: built from records, sized for its transport, encoded once.
//!
//! The answers this node makes itself are here too, most of all [`Answer::blocked`]: the same for
//! every query type and for clients with DO or CD set, because a listed name is never resolved.

use blocklist::{ListingId, Trust};
use hickory_proto::{
    op::{Edns, Header, HeaderCounts, Metadata, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{
            HINFO,
            opt::{EdnsCode, EdnsOption},
        },
    },
    serialize::binary::{BinEncodable, BinEncoder},
};
use hickory_server::{server::Request, zone_handler::MessageResponseBuilder};

use crate::{
    config::{BlockAction, UDP_PAYLOAD},
    policy::Blocked,
};

/// The EDNS option code of extended DNS errors (RFC 8914 §2).
pub(crate) const EDE_OPTION: u16 = 15;

/// Extended DNS errors this node gives (RFC 8914 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Ede {
    /// 15: a rule of this resolver's operator.
    Blocked = 15,
    /// 16: an outside requirement, here an order of the competent body.
    Censored = 16,
    /// 17: a rule that this resolver's clients asked for.
    Filtered = 17,
    /// 22: no upstream answered in time.
    NoReachableAuthority = 22,
    /// 23: upstreams could not be talked to, or this node has too much to do.
    NetworkError = 23,
}

/// A whole answer except for the question, which is echoed from the request.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) metadata: Metadata,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
    pub(crate) additionals: Vec<Record>,
    /// Present exactly when the client sent EDNS (RFC 6891 §7).
    pub(crate) edns: Option<Edns>,
    /// What it may weigh over UDP, in octets, whatever the client takes.
    pub(crate) most: u16,
}

impl Answer {
    /// An answer without records; RA is set because this node does resolve.
    pub(crate) fn empty(request: &Request, code: ResponseCode) -> Self {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        metadata.response_code = code;
        let edns = request.edns.as_ref().map(|client| {
            let mut edns = Edns::new();
            // hickory's own transports read the size limit from here, so it is also the
            // client's; our transports compute the same.
            edns.set_max_payload(udp_limit(request) as u16);
            edns.set_dnssec_ok(client.flags().dnssec_ok);
            edns
        });
        Self {
            metadata,
            answers: vec![],
            authorities: vec![],
            additionals: vec![],
            edns,
            most: UDP_PAYLOAD,
        }
    }

    /// The answer for a listed name: no such name (or no such record), the list's SOA with a short
    /// life, never AA or AD, and for EDNS clients the listing and where to read about it.
    pub(crate) fn blocked(request: &Request, page: &BlockPage, blocked: &Blocked<'_>) -> Self {
        let code = match page.action() {
            BlockAction::NxDomain => ResponseCode::NXDomain,
            BlockAction::NoData => ResponseCode::NoError,
        };
        let mut answer = Self::empty(request, code);
        answer
            .authorities
            .extend(blocked.soa.map(|soa| soa.record.clone()));
        let words = page.words(blocked.listing.as_ref()).concat();
        answer.add_ede(Ede::Censored, &words);
        answer
    }

    /// SERVFAIL with the reason.
    pub(crate) fn failed(request: &Request, ede: Ede, words: &str) -> Self {
        let mut answer = Self::empty(request, ResponseCode::ServFail);
        answer.add_ede(ede, words);
        answer
    }

    /// The one record that tells a client of type ANY to ask for what it needs (RFC 8482 §4.2).
    pub(crate) fn minimal_any(request: &Request, name: Name) -> Self {
        let mut answer = Self::empty(request, ResponseCode::NoError);
        let hinfo = HINFO::new("RFC8482".into(), String::new());
        answer
            .answers
            .push(Record::from_rdata(name, 3600, RData::HINFO(hinfo)));
        answer
    }

    /// Adds an extended error; nothing when the client sent no EDNS.
    pub(crate) fn add_ede(&mut self, code: Ede, words: &str) {
        if let Some(edns) = &mut self.edns {
            let mut data = (code as u16).to_be_bytes().to_vec();
            data.extend_from_slice(words.as_bytes());
            edns.options_mut()
                .insert(EdnsOption::Unknown(EDE_OPTION, data));
        }
    }

    /// The message for a UDP client: at most what it can take, never more than [`UDP_PAYLOAD`] nor
    /// than `most`; a larger one becomes an empty answer with TC set.
    pub(crate) fn to_udp(&self, request: &Request) -> Vec<u8> {
        let limit = udp_limit(request).min(self.most.into());
        let whole = self.encode(request);
        if whole.len() <= limit {
            return whole;
        }
        let mut cut = Self {
            metadata: self.metadata,
            answers: vec![],
            authorities: vec![],
            additionals: vec![],
            edns: self.edns.clone(),
            most: self.most,
        };
        cut.metadata.truncation = true;
        let cut_whole = cut.encode(request);
        if cut_whole.len() <= limit {
            return cut_whole;
        }
        // Only a long explanation can still be too much: the size offered wins over it.
        if let Some(edns) = &mut cut.edns {
            let options = &mut edns.options_mut().options;
            options.retain(|(code, _)| *code == EdnsCode::Cookie);
        }
        cut.encode(request)
    }

    /// The message for a TCP client, at most 65,535 octets, without the length before it.
    pub(crate) fn to_tcp(&self, request: &Request) -> Vec<u8> {
        self.encode(request)
    }

    fn encode(&self, request: &Request) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        let mut encoder = BinEncoder::new(&mut bytes);
        encoder.set_max_size(u16::MAX);
        let response = MessageResponseBuilder::new(&request.queries, self.edns.as_ref()).build(
            self.metadata,
            &self.answers,
            &self.authorities,
            [],
            &self.additionals,
        );
        if let Err(error) = response.destructive_emit(&mut encoder) {
            tracing::debug!(%error, "an answer could not be encoded");
            return bare(self.metadata, ResponseCode::ServFail);
        }
        bytes
    }
}

/// A header alone: what can be said when not even the question can be repeated.
pub(crate) fn bare(mut metadata: Metadata, code: ResponseCode) -> Vec<u8> {
    metadata.response_code = code;
    metadata.truncation = false;
    let mut bytes = Vec::with_capacity(12);
    let header = Header {
        metadata,
        counts: HeaderCounts::default(),
    };
    // Twelve octets into a vector cannot fail; an empty datagram is not sent.
    let _ = header.emit(&mut BinEncoder::new(&mut bytes));
    bytes
}

/// What fits into one datagram for this client.
pub(crate) fn udp_limit(request: &Request) -> usize {
    usize::from(request.max_payload().min(UDP_PAYLOAD))
}

/// What blocked answers say besides the listing.
#[derive(Debug, Clone)]
pub(crate) struct BlockPage {
    action: BlockAction,
    /// The address of a listing up to its id; `None` leaves addresses out.
    listings: Option<String>,
}

/// An address of a listing that is longer is left out of answers, in octets.
const LONGEST_URL: usize = 250;

impl BlockPage {
    /// `trust` says whose log it is; `None` leaves addresses out.
    pub(crate) fn new(action: BlockAction, trust: Option<&Trust>) -> Self {
        Self::of(action, trust.map(Trust::listing_base))
    }

    /// As [`Self::new`], with what addresses of listings begin with.
    pub(crate) fn of(action: BlockAction, listings: Option<String>) -> Self {
        Self { action, listings }
    }

    /// What becomes of a blocked name.
    pub(crate) fn action(&self) -> BlockAction {
        self.action
    }

    /// `Q-2026-000123 https://…/i/Q-2026-000123`, in pieces so that nothing has to be put together
    /// for each answer; `None` is the name that is always blocked, which is no listing.
    pub(crate) fn words<'a>(&'a self, listing: Option<&'a ListingId>) -> [&'a str; 4] {
        let Some(listing) = listing else {
            let words = "a name for monitoring, blocked wherever the list is enforced";
            return [words, "", "", ""];
        };
        let id = listing.as_str();
        match &self.listings {
            Some(base) if base.len() + id.len() < LONGEST_URL => [id, " ", base, id],
            _ => [id, "", "", ""],
        }
    }
}
