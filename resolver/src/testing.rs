//! What benchmarks, fuzz targets and tests borrow: many datagrams in one system call, and other readers of
//! the same octets.

use std::{io, net::UdpSocket};

use domain::base::{Message as Other, ToName as _, opt::UnknownOptData};
use hickory_proto::op::Message;

use crate::{
    query::{PLAIN_UDP, Query},
    sys, wire,
};

/// Datagrams that are read together, written over, and sent back to where they came from: a server's
/// day, or, with the next question in place of the answer, that of a client.
pub struct Datagrams(sys::Batch);

impl Default for Datagrams {
    fn default() -> Self {
        Self(sys::Batch::new())
    }
}

impl Datagrams {
    /// Waits for one and takes what else is there, up to 64; gives their number, or 0 when the
    /// socket's patience ended first.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.0.receive(socket)
    }

    /// The buffer of one that was received, 2,048 octets, and how many of them it fills.
    pub fn datagram(&mut self, number: usize) -> (&mut [u8], usize) {
        let (buffer, length, _) = self.0.datagram(number);
        (buffer, length)
    }

    /// How many octets of a buffer are to be sent back; with 0 nothing is.
    pub fn answer(&mut self, number: usize, length: usize) {
        self.0.answer(number, length);
    }

    /// Sends those of the first `count` that have something to send.
    pub fn send(&mut self, socket: &UdpSocket, count: usize) {
        self.0.send(socket, count);
    }
}

/// As good as any other code of an option.
const STRUCTURED: u16 = 3;

/// What a query says, as far as the fast path looks at it.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    /// In lower case, uncompressed.
    name: Vec<u8>,
    kind: u16,
    recursion_desired: bool,
    authentic_data: bool,
    checking_disabled: bool,
    /// The size that is offered, no less than what every client takes, and DO.
    edns: Option<(u16, bool)>,
    /// Whether errors with a structure are asked for, by the option [`STRUCTURED`].
    structured: bool,
}

impl Said {
    fn of(query: &Query) -> Self {
        let edns = query.edns.as_ref();
        Self {
            name: query.name.as_wire().to_owned(),
            kind: query.kind,
            recursion_desired: query.recursion_desired,
            authentic_data: query.authentic_data,
            checking_disabled: query.checking_disabled,
            edns: edns.map(|edns| (edns.payload.max(PLAIN_UDP), edns.dnssec_ok)),
            structured: edns.is_some_and(|edns| edns.structured),
        }
    }

    fn to_hickory(octets: &[u8]) -> Result<Self, String> {
        let message = Message::from_vec(octets).map_err(|error| format!("hickory: {error}"))?;
        let [question] = &message.queries[..] else {
            return Err("hickory reads another number of questions".into());
        };
        let (head, edns) = (&message.metadata, &message.edns);
        if head.truncation
            || head.authoritative
            || edns.as_ref().is_some_and(|edns| edns.version() != 0)
        {
            return Err("hickory reads TC, AA or another version".into());
        }
        Ok(Self {
            name: wire::lower(question.name()),
            kind: question.query_type().into(),
            recursion_desired: head.recursion_desired,
            authentic_data: head.authentic_data,
            checking_disabled: head.checking_disabled,
            edns: edns
                .as_ref()
                .map(|edns| (edns.max_payload(), edns.flags().dnssec_ok)),
            structured: edns
                .as_ref()
                .is_some_and(|edns| edns.option(STRUCTURED.into()).is_some()),
        })
    }

    fn to_domain(octets: &[u8]) -> Result<Self, String> {
        let words = |error: &dyn std::fmt::Display| format!("domain: {error}");
        let message = Other::from_slice(octets).map_err(|error| words(&error))?;
        let question = message.sole_question().map_err(|error| words(&error))?;
        let mut name = Vec::new();
        question
            .qname()
            .compose_canonical(&mut name)
            .map_err(|_| "domain: no name")?;
        let header = message.header();
        let edns = message
            .opt()
            .map(|opt| (opt.udp_payload_size().max(PLAIN_UDP), opt.dnssec_ok()));
        Ok(Self {
            name,
            kind: question.qtype().to_int(),
            recursion_desired: header.rd(),
            authentic_data: header.ad(),
            checking_disabled: header.cd(),
            edns,
            structured: message.opt().is_some_and(|opt| {
                let mut options = opt.opt().iter::<UnknownOptData<_>>().flatten();
                options.any(|option| option.code().to_int() == STRUCTURED)
            }),
        })
    }
}

/// Whatever the fast path takes for a query, hickory and `domain` read and read alike; what it leaves
/// alone may be anything.
///
/// # Errors
/// Says who reads what otherwise.
pub fn reads_as_others_do(octets: &[u8]) -> Result<(), String> {
    let Some(query) = Query::read_with(octets, Some(STRUCTURED)) else {
        return Ok(());
    };
    if octets.len() < query.question_end() {
        return Err("the question ends behind the message".into());
    }
    let ours = Said::of(&query);
    for (who, theirs) in [
        ("hickory", Said::to_hickory(octets)?),
        ("domain", Said::to_domain(octets)?),
    ] {
        if ours != theirs {
            return Err(format!("we read {ours:?}, {who} reads {theirs:?}"));
        }
    }
    Ok(())
}
