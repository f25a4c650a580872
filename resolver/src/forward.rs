//! Asking upstreams for paths that work on whole messages: their octets, read by hickory.

use std::net::SocketAddr;

use hickory_proto::op::{Message, Query};

use crate::{
    query::LowerName,
    upstream::{AskError, Asked, UpstreamsCell},
    wire,
};

/// What a client wants to know, as far as upstreams need to know it.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) query: Query,
    pub(crate) recursion_desired: bool,
    pub(crate) checking_disabled: bool,
    pub(crate) dnssec_ok: bool,
    pub(crate) authentic_data: bool,
}

/// An upstream's message.
#[derive(Debug)]
pub(crate) struct Forwarded {
    pub(crate) message: Message,
    /// Whether its AD bit may be believed.
    pub(crate) validated: bool,
}

/// The upstreams of a node.
pub(crate) struct Forwarder {
    upstreams: UpstreamsCell,
}

impl Forwarder {
    pub(crate) fn new(upstreams: UpstreamsCell) -> Self {
        Self { upstreams }
    }

    /// Whether a query from this address is our own, come back.
    pub(crate) fn is_own(&self, client: SocketAddr) -> bool {
        self.upstreams.load().is_own_socket(client)
    }

    /// The first useful answer.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Forwarded, AskError> {
        let name = LowerName::read(&wire::lower(question.query.name()));
        let asked = Asked {
            // hickory has read it from a message, so it has the form and length of a name.
            name: name.ok_or(AskError::Unreachable)?,
            kind: question.query.query_type().into(),
            recursion_desired: question.recursion_desired,
            checking_disabled: question.checking_disabled,
            dnssec_ok: question.dnssec_ok,
            authentic_data: question.authentic_data,
        };
        let answered = self.upstreams.load_full().ask(asked).await?;
        let message = Message::from_vec(&answered.message).map_err(|error| {
            tracing::debug!(%error, "an upstream's answer cannot be read");
            AskError::Unreachable
        })?;
        Ok(Forwarded {
            message,
            validated: answered.validated,
        })
    }
}
