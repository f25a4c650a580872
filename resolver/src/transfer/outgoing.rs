//! Messages to secondaries, made one at a time: a slow reader holds one message, never a zone.

use std::sync::Arc;

use domain::{
    base::{
        Message,
        iana::{Opcode, Rcode},
        message_builder::AdditionalBuilder,
    },
    rdata::tsig::Time48,
};

use super::{Served, journal::Delta, signature::Signer};
use crate::zone::{Target, fill, message};

/// Octets of records in a transfer message: compression pointers reach no further than 16 KiB.
const MESSAGE: usize = 16_000;
/// Size of a single answer in octets; an SOA with its question never comes near.
const SINGLE: usize = 1232;

/// One message with at most the SOA in it, its length before it.
pub(super) fn single(
    query: &Message<[u8]>,
    rcode: Rcode,
    soa: Option<&[u8]>,
    signer: Option<&mut Signer>,
) -> Option<Vec<u8>> {
    let mut answer = message(SINGLE).ok()?.start_answer(query, rcode).ok()?;
    if let Some(soa) = soa {
        answer.header_mut().set_aa(true);
        fill(soa, &mut answer);
    }
    let mut additional = answer.additional();
    add_opt(query, &mut additional)?;
    finish(additional, signer)
}

fn add_opt(query: &Message<[u8]>, additional: &mut AdditionalBuilder<Target>) -> Option<()> {
    if query.opt().is_none() {
        return Some(());
    }
    additional.clear_push_limit();
    additional
        .opt(|opt| {
            opt.set_udp_payload_size(SINGLE as u16);
            Ok(())
        })
        .ok()
}

/// Signs if the query was signed, and gives the octets.
fn finish(
    mut additional: AdditionalBuilder<Target>,
    signer: Option<&mut Signer>,
) -> Option<Vec<u8>> {
    if let Some(signer) = signer {
        additional.clear_push_limit();
        signer.answer(&mut additional, Time48::now()).ok()?;
    }
    Some(additional.finish().into_target().as_stream_slice().to_vec())
}

/// What is sent to a secondary.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// All of the zone, its SOA once more at the end (RFC 5936 §2.2).
    Whole,
    /// Differences between two SOAs of the newest zone (RFC 1995 §4).
    Differences(Vec<Arc<Delta>>),
}

/// A transfer on its way. It keeps to the zone it began with.
pub(super) struct Transfer {
    query: Message<Vec<u8>>,
    served: Arc<Served>,
    content: Content,
    signer: Option<Signer>,
    /// The piece that is being sent, and how many of its octets are.
    piece: usize,
    sent: usize,
}

impl Transfer {
    pub(super) fn new(
        query: Message<Vec<u8>>,
        served: Arc<Served>,
        content: Content,
        signer: Option<Signer>,
    ) -> Self {
        Self {
            query,
            served,
            content,
            signer,
            piece: 0,
            sent: 0,
        }
    }

    /// Records in the order in which they are sent, in pieces.
    fn piece(&self, at: usize) -> Option<&[u8]> {
        let zone = &self.served.zone;
        match &self.content {
            Content::Whole => [zone.records(), zone.soa()].get(at).copied(),
            Content::Differences(_) if at == 0 => Some(zone.soa()),
            Content::Differences(chain) => match at.checked_sub(chain.len() + 1) {
                None => chain.get(at - 1).map(|delta| &*delta.records),
                Some(0) => Some(zone.soa()),
                Some(_) => None,
            },
        }
    }

    /// The next message, its length before it; `None` after the last, or when it cannot be made.
    pub(super) fn next_message(&mut self) -> Option<Vec<u8>> {
        let first = (self.piece, self.sent) == (0, 0);
        self.piece(self.piece)?;
        let mut builder = message(MESSAGE).ok()?;
        let mut answer = if first {
            builder.start_answer(&self.query, Rcode::NOERROR).ok()?
        } else {
            // RFC 5936 §2.2.1: the question need only be in the first message.
            let header = builder.header_mut();
            header.set_id(self.query.header().id());
            header.set_qr(true);
            header.set_opcode(Opcode::QUERY);
            builder.answer()
        };
        answer.header_mut().set_aa(true);
        while let Some(rest) = self.piece(self.piece).and_then(|all| all.get(self.sent..)) {
            let taken = fill(rest, &mut answer);
            if taken < rest.len() {
                self.sent += taken;
                break;
            }
            (self.piece, self.sent) = (self.piece + 1, 0);
        }
        if answer.counts().ancount() == 0 {
            // No record fits an empty message: an endless transfer otherwise.
            tracing::error!("a record of the policy zone does not fit a message");
            return None;
        }
        let mut additional = answer.additional();
        if first {
            add_opt(self.query.for_slice(), &mut additional)?;
        }
        finish(additional, self.signer.as_mut())
    }

    /// Whether it is the zone rather than differences.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.content, Content::Whole)
    }

    /// The serial it leads to.
    pub(super) fn serial(&self) -> u32 {
        self.served.zone.serial()
    }

    /// Whether every message was made.
    pub(super) fn is_done(&self) -> bool {
        self.piece(self.piece).is_none()
    }
}
