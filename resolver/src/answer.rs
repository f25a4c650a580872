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
    serialize::binary::{BinEncodable, BinEncoder, NameEncoding},
};
use hickory_server::{server::Request, zone_handler::MessageResponseBuilder};

use crate::{
    config::{BlockAction, UDP_PAYLOAD},
    policy::Blocked,
    structured::{Pieces, Structured, StructuredErrors},
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
    /// Shorter explanations for a datagram that is too small for the one there is.
    shorter: Vec<EdnsOption>,
    /// Whether names are written out, as the fast path does: where what is said depends on the size.
    is_written_out: bool,
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
            shorter: vec![],
            is_written_out: false,
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
        let wants_structured = page.asks_structured(request);
        let texts = (0..)
            .map_while(|given_up| page.text(blocked.listing.as_ref(), wants_structured, given_up));
        let mut texts = texts.map(|pieces| ede_option(Ede::Censored, &pieces.concat()));
        if let (Some(edns), Some(text)) = (&mut answer.edns, texts.next()) {
            edns.options_mut().insert(text);
            answer.shorter = texts.collect();
        }
        answer.is_written_out = true;
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
            edns.options_mut().insert(ede_option(code, words));
        }
    }

    /// The same with another explanation.
    fn explained(&self, text: &EdnsOption) -> Self {
        let mut answer = self.clone();
        if let Some(edns) = &mut answer.edns {
            let options = &mut edns.options_mut().options;
            options.retain(|(code, _)| *code != EdnsCode::from(EDE_OPTION));
            edns.options_mut().insert(text.clone());
        }
        answer
    }

    /// The message for a UDP client: at most what it can take, never more than [`UDP_PAYLOAD`] nor
    /// than `most`; a larger one becomes an empty answer with TC set.
    pub(crate) fn to_udp(&self, request: &Request) -> Vec<u8> {
        let limit = udp_limit(request).min(self.most.into());
        if let Some(whole) = self.within(limit, request) {
            return whole;
        }
        let mut cut = Self {
            metadata: self.metadata,
            answers: vec![],
            authorities: vec![],
            additionals: vec![],
            edns: self.edns.clone(),
            shorter: self.shorter.clone(),
            is_written_out: self.is_written_out,
            most: self.most,
        };
        cut.metadata.truncation = true;
        if let Some(whole) = cut.within(limit, request) {
            return whole;
        }
        // Only a long explanation can still be too much: the size offered wins over it.
        if let Some(edns) = &mut cut.edns {
            let options = &mut edns.options_mut().options;
            options.retain(|(code, _)| *code == EdnsCode::Cookie);
        }
        cut.encode(request)
    }

    /// The message with the fullest explanation that fits.
    fn within(&self, limit: usize, request: &Request) -> Option<Vec<u8>> {
        let fits = |message: &Vec<u8>| message.len() <= limit;
        let whole = Some(self.encode(request)).filter(fits);
        whole.or_else(|| {
            let shorter = self.shorter.iter().map(|text| self.explained(text));
            shorter.map(|answer| answer.encode(request)).find(fits)
        })
    }

    /// The message for a TCP client, at most 65,535 octets, without the length before it.
    pub(crate) fn to_tcp(&self, request: &Request) -> Vec<u8> {
        self.encode(request)
    }

    fn encode(&self, request: &Request) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        let mut encoder = BinEncoder::new(&mut bytes);
        encoder.set_max_size(u16::MAX);
        if self.is_written_out {
            encoder.set_name_encoding(NameEncoding::Uncompressed);
        }
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

fn ede_option(code: Ede, words: &str) -> EdnsOption {
    let data = [&(code as u16).to_be_bytes(), words.as_bytes()].concat();
    EdnsOption::Unknown(EDE_OPTION, data)
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
    structured: Option<Structured>,
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
        Self {
            action,
            listings,
            structured: None,
        }
    }

    /// Says it in structured errors, too, to clients that ask for them.
    pub(crate) fn with_structured(mut self, errors: Option<&StructuredErrors>) -> Self {
        let id = "Q-2026-000123".len();
        let base = self
            .listings
            .as_deref()
            .filter(|base| base.len() + id < LONGEST_URL);
        self.structured = errors.map(|errors| Structured::new(errors, base));
        self
    }

    /// The EDNS option by which clients ask for structured errors, if there is one.
    pub(crate) fn structured_option(&self) -> Option<u16> {
        self.structured.as_ref().map(Structured::option)
    }

    fn asks_structured(&self, request: &Request) -> bool {
        let option = self.structured_option().map(EdnsCode::from);
        let asked = request.edns.as_ref().zip(option);
        asked.is_some_and(|(edns, option)| edns.option(option).is_some())
    }

    /// What becomes of a blocked name.
    pub(crate) fn action(&self) -> BlockAction {
        self.action
    }

    /// The explanation after `given_up` fuller ones did not fit; `None` when there is no shorter one.
    pub(crate) fn text<'a>(
        &'a self,
        listing: Option<&'a ListingId>,
        wants_structured: bool,
        given_up: usize,
    ) -> Option<Pieces<'a>> {
        match &self.structured {
            Some(structured) if wants_structured => structured.text(listing, given_up),
            _ => (given_up == 0).then(|| self.words(listing)),
        }
    }

    /// `Q-2026-000123 https://…/i/Q-2026-000123`; `None` is the name that is always blocked, which is no
    /// listing.
    fn words<'a>(&'a self, listing: Option<&'a ListingId>) -> Pieces<'a> {
        let Some(listing) = listing else {
            let words = "a name for monitoring, blocked wherever the list is enforced";
            return [words, "", "", "", ""];
        };
        let id = listing.as_str();
        match &self.listings {
            Some(base) if base.len() + id.len() < LONGEST_URL => [id, " ", base, id, ""],
            _ => [id, "", "", "", ""],
        }
    }
}
