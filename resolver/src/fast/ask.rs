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
        let passed = match self.decided(policy, &verdict, buffer, query, transport) {
            Decided::Step(step) => return length_of(step),
            Decided::Open { passed } => passed,
        };
        let limit = transport.limit(query);
        let stale = |error| {
            let entry = self.stale(query, now).ok_or(error)?;
            self.cache.gave_stale();
            Ok(entry)
        };
        let entry = match kept.or_else(stale) {
            Ok(entry) => entry,
            Err(error) => return Some(failure(buffer, query, limit, error)),
        };
        match self.leads_on(&entry, policy, passed, buffer, query, transport) {
            Some(step) => length_of(step),
            None => {
                policy.count_aliases(query.name.as_wire(), entry.targets());
                Some(entry.write(query, buffer, limit, now))
            }
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
                let older = older.flatten().inspect(|_| self.cache.gave_stale());
                Ok(older.unwrap_or(entry))
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
        Step::Silence | Step::Limited => Some(0),
        Step::Ask(..) | Step::Full | Step::FullReduced => None,
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

#[cfg(test)]
pub(super) mod tests {
    use std::{sync::Arc, time::Duration};

    use hickory_proto::{
        op::{Message, ResponseCode},
        rr::{Name, RData, Record, RecordType},
    };

    use super::*;
    use crate::{
        cache::{AnswerCache, CacheLimits},
        fast::{Clock, Kept, Kind},
        limits::{ClientLimits, Guard},
    };

    const ASKED: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x04Free\x04test\x00\x00\x01\x00\x01\
          \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

    pub(in crate::fast) fn fast(running: u64) -> Fast {
        Fast {
            cache: AnswerCache::new(1 << 16),
            limits: CacheLimits::default(),
            clock: Clock::running_for(Duration::from_secs(running)),
            guard: Guard::new(&ClientLimits::default()).unwrap(),
        }
    }

    fn upstream(ttl: u32, code: ResponseCode) -> Vec<u8> {
        let mut message = Message::from_vec(ASKED).unwrap();
        message.metadata.message_type = hickory_proto::op::MessageType::Response;
        message.metadata.response_code = code;
        message.edns = None;
        if code == ResponseCode::NoError {
            let address = RData::A(std::net::Ipv4Addr::new(192, 0, 2, 1).into());
            let name = Name::from_ascii("free.test.").unwrap();
            message.add_answer(Record::from_rdata(name, ttl, address));
        }
        message.to_vec().unwrap()
    }

    fn finish(fast: &Fast, outcome: Outcome<'_>) -> Message {
        let query = Query::read(ASKED).unwrap();
        let mut buffer = [0; 1232];
        buffer[..ASKED.len()].copy_from_slice(ASKED);
        let policy = Policy::empty();
        let length = fast.finish(&mut buffer, &query, Transport::Udp, outcome, &policy);
        Message::from_vec(&buffer[..length.unwrap()]).unwrap()
    }

    fn received(message: &[u8]) -> Outcome<'_> {
        Ok(Received {
            message,
            validated: false,
            upstream: 0,
        })
    }

    /// Remembers an answer of one minute as if it had come when the node was made.
    fn remember(fast: &Fast) {
        let query = Query::read(ASKED).unwrap();
        let message = upstream(60, ResponseCode::NoError);
        let entry = Entry::from_answer(&message, &(&query).into(), 1, &fast.limits, false);
        assert!(fast.cache.put(Arc::new(entry.unwrap())));
    }

    #[test]
    fn an_answer_past_its_life_is_given_when_upstreams_fail() {
        let fast = fast(1000);
        remember(&fast);
        for outcome in [AskError::Silent, AskError::Unreachable] {
            let answer = finish(&fast, Err(outcome));
            assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
            assert_eq!((answer.answers.len(), answer.answers[0].ttl), (1, 30));
        }
        let failed = upstream(0, ResponseCode::ServFail);
        let answer = finish(&fast, received(&failed));
        assert_eq!(answer.answers.len(), 1, "a failure does not drive it out");
        // And what comes at last takes its place.
        let new = upstream(300, ResponseCode::NoError);
        assert_eq!(finish(&fast, received(&new)).answers[0].ttl, 300);
    }

    #[test]
    fn without_anything_remembered_the_client_is_told_why() {
        let fast = fast(1000);
        for (error, ede) in [
            (AskError::Silent, 22),
            (AskError::Unreachable, 23),
            (AskError::TooMany, 23),
        ] {
            let answer = finish(&fast, Err(error));
            assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
            let options = answer.edns.unwrap();
            let (_, option) = options.options().options.first().unwrap();
            let octets: Vec<u8> = option.try_into().unwrap();
            assert_eq!(octets[..2], [0, ede]);
        }
        let malformed = finish(&fast, received(&ASKED[..30]));
        assert_eq!(malformed.metadata.response_code, ResponseCode::ServFail);
    }

    #[test]
    fn an_answer_for_this_moment_is_given_and_not_remembered() {
        let fast = fast(1000);
        let message = upstream(0, ResponseCode::NoError);
        assert_eq!(finish(&fast, received(&message)).answers[0].ttl, 0);
        assert_eq!(fast.cache.stats().entries, 0);
        assert_eq!(
            finish(&fast, Err(AskError::Silent)).metadata.response_code,
            ResponseCode::ServFail
        );
    }

    fn step(fast: &Fast, policy: &Policy) -> Step {
        let mut buffer = [0; 1232];
        buffer[..ASKED.len()].copy_from_slice(ASKED);
        let client = std::net::Ipv4Addr::LOCALHOST.into();
        let now = fast.clock.moment();
        fast.answer(
            &mut buffer,
            ASKED.len(),
            client,
            Transport::Udp,
            policy,
            now,
        )
    }

    #[test]
    fn what_is_past_its_life_is_told_apart_from_nothing() {
        let fast = fast(1000);
        let policy = Policy::empty();
        assert!(matches!(step(&fast, &policy), Step::Ask(_, Kept::Nothing)));
        remember(&fast);
        assert!(matches!(step(&fast, &policy), Step::Ask(_, Kept::Stale)));
        // Upstreams have not said anything in time: for a while nobody else has to wait.
        assert_eq!(finish(&fast, Err(AskError::Silent)).answers.len(), 1);
        assert!(matches!(
            step(&fast, &policy),
            Step::Answer(_, Kind::Cached)
        ));
    }

    #[test]
    fn an_alias_that_is_blocked_does_not_keep_an_answer_from_being_fetched_ahead() {
        // It came 55 seconds ago and lives for a minute.
        let fast = fast(55);
        let mut message = Message::from_vec(&upstream(60, ResponseCode::NoError)).unwrap();
        let target = Name::from_ascii("target.test.").unwrap();
        let mut address = message.answers[0].clone();
        address.name.clone_from(&target);
        message.answers[0].data = RData::CNAME(hickory_proto::rr::rdata::CNAME(target));
        message.answers.push(address);
        let query = Query::read(ASKED).unwrap();
        let octets = message.to_vec().unwrap();
        let entry = Entry::from_answer(&octets, &(&query).into(), 1, &fast.limits, false);
        assert!(fast.cache.put(Arc::new(entry.unwrap())));
        let entry = blocklist::fold::Entry {
            name: blocklist::testing::name("target.test"),
            scope: blocklist::Scope::Host,
            action: blocklist::fold::Action::Block,
            listing_id: blocklist::ListingId::new(2026, 1).unwrap(),
        };
        let set = Arc::new(blocklist::BlockSet::new(&[entry]).unwrap());
        let listed = Policy::new(set, "rpz.qalqan.test.", 1, true);
        for _ in 0..5 {
            let blocked = step(&fast, &listed);
            assert!(
                matches!(blocked, Step::Answer(_, Kind::Blocked)),
                "{blocked:?}"
            );
        }
        let lifted = step(&fast, &Policy::empty());
        assert!(matches!(lifted, Step::Refresh(..)), "{lifted:?}");
    }

    #[test]
    fn one_type_of_another_question_is_not_this_ones_answer() {
        let fast = fast(1000);
        remember(&fast);
        let mut other = ASKED.to_vec();
        let kind = other.len() - 14;
        other[kind] = u16::from(RecordType::MX) as u8;
        let query = Query::read(&other).unwrap();
        assert_eq!(query.kind, u16::from(RecordType::MX));
        let mut buffer = [0; 1232];
        buffer[..other.len()].copy_from_slice(&other);
        let outcome = Err(AskError::Silent);
        let length = fast.finish(
            &mut buffer,
            &query,
            Transport::Udp,
            outcome,
            &Policy::empty(),
        );
        let answer = Message::from_vec(&buffer[..length.unwrap()]).unwrap();
        assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    }
}
