//! What happens when nothing is remembered: upstreams are asked, and whatever comes of it is
//! answered. An answer that was kept past its life is better than none (RFC 8767).

use std::sync::Arc;

use crate::{
    answer::{EDE_OPTION, Ede},
    cache::Entry,
    fast::{Decided, Fast, Step, Transport},
    policy::Policy,
    query::Query,
    reply::{self, Head, Reply},
    upstream::{AskError, Asked, Outcome, Received},
};

/// SERVFAIL (RFC 1035 §4.1.1).
const SERVER_FAILURE: u8 = 2;

impl From<&Query> for Asked {
    /// Upstreams are always asked whether they validated: the answer is for whoever asks next, too.
    fn from(query: &Query) -> Self {
        Self {
            name: query.name,
            kind: query.kind,
            recursion_desired: query.recursion_desired,
            checking_disabled: query.checking_disabled,
            dnssec_ok: query.dnssec_ok(),
            authentic_data: true,
        }
    }
}

impl Fast {
    /// Remembers what upstreams said, and writes the answer over the query's header and question,
    /// which `buffer` holds. Gives its length; 0 when nothing is to be sent, and `None` when
    /// only the full path can answer.
    pub(crate) fn finish(
        &self,
        buffer: &mut [u8],
        query: &Query,
        transport: Transport,
        outcome: Outcome<'_>,
        policy: &Policy,
    ) -> Option<usize> {
        let now = self.clock.now();
        let kept = outcome.and_then(|received| self.keep(query, &received, now));
        // The list may have changed while upstreams were asked: the name itself is looked at again.
        let verdict = policy.decide(query.name.as_wire());
        let passed = match self.decided(&verdict, buffer, query, transport) {
            Decided::Step(step) => return length_of(step),
            Decided::Open { passed } => passed,
        };
        let limit = transport.limit(query);
        let entry = match kept.or_else(|error| self.stale(query, now).ok_or(error)) {
            Ok(entry) => entry,
            Err(error) => return Some(failure(buffer, query, limit, error)),
        };
        match self.leads_on(&entry, policy, passed, buffer, query, transport) {
            Some(step) => length_of(step),
            None => Some(entry.write(query, buffer, limit, now)),
        }
    }

    /// Renews an answer that nobody waits for.
    pub(crate) fn renew(&self, query: &Query, outcome: Outcome<'_>) {
        let now = self.clock.now();
        if outcome
            .and_then(|received| self.keep(query, &received, now))
            .is_err()
        {
            self.stale(query, now);
        }
    }

    /// Puts an upstream's answer where it is found again, and gives what is to be answered: this,
    /// or what is there when this is only a failure.
    fn keep(
        &self,
        query: &Query,
        received: &Received<'_>,
        now: u32,
    ) -> Result<Arc<Entry>, AskError> {
        // Whoever asked the same at the same time may have kept it already.
        let key = self.cache.key(query.into());
        if let Some(entry) = self.cache.peek(&key)
            && entry.stored() == now
            && entry.remaining(now) > 0
        {
            return Ok(entry);
        }
        let entry = Entry::from_answer(
            received.message,
            &query.into(),
            now,
            &self.limits,
            received.validated,
        );
        match entry.map(Arc::new) {
            Ok(entry) => {
                let kept = self.cache.put(Arc::clone(&entry));
                // A failure is not kept beside an answer that may still be given (RFC 8767 §5).
                let older = (!kept && entry.is_failure()).then(|| self.stale(query, now));
                Ok(older.flatten().unwrap_or(entry))
            }
            Err(error) => {
                tracing::debug!(%error, upstream = received.upstream, "an upstream's answer is malformed");
                Err(AskError::Unreachable)
            }
        }
    }

    /// What may still be given for want of better; it is left alone for a while then.
    fn stale(&self, query: &Query, now: u32) -> Option<Arc<Entry>> {
        let entry = self.cache.peek(&self.cache.key(query.into()))?;
        entry.refresh_failed(now);
        entry.is_usable(now).then_some(entry)
    }
}

fn length_of(step: Step) -> Option<usize> {
    match step {
        Step::Answer(length, _) | Step::Refresh(length, _) => Some(length),
        Step::Silence => Some(0),
        Step::Ask(_) | Step::Full => None,
    }
}

/// SERVFAIL with the reason (RFC 8914 §4.23, §4.24).
pub(crate) fn failure(buffer: &mut [u8], query: &Query, limit: usize, error: AskError) -> usize {
    let code = match error {
        AskError::Silent => Ede::NoReachableAuthority,
        AskError::Unreachable | AskError::TooMany => Ede::NetworkError,
    };
    let words = match error {
        AskError::Silent => "no upstream answered in time",
        AskError::Unreachable => "no upstream could be reached",
        AskError::TooMany => "this resolver has too many queries waiting; ask again",
    };
    let [option_high, option_low] = EDE_OPTION.to_be_bytes();
    let [code_high, code_low] = (code as u16).to_be_bytes();
    let option = [
        option_high,
        option_low,
        0,
        // Words of ours, far below 253 octets.
        (words.len() + 2) as u8,
        code_high,
        code_low,
    ];
    let head = Head {
        code: SERVER_FAILURE,
        ..Head::default()
    };
    let mut reply = Reply::begin(buffer, query, limit);
    match reply.push_opt(query, 0, &[&option, words.as_bytes()]) {
        Some(()) => reply.finish(query, head),
        None => reply::empty(buffer, query, head),
    }
}
