//! What is answered straight from the wire, by whoever read the query: a worker that reads many
//! datagrams at a time, or a TCP connection. Nothing here waits, locks or allocates.
//!
//! The order is that of the full path ([`crate::handler`]), which agrees with it on every query
//! taken here: may the client ask, is the name listed, has the operator a rule for it, and only then
//! what is remembered of it. What is not remembered is asked for ([`ask`]).

pub(crate) mod answered;
pub(crate) mod ask;
mod blocked;
pub(crate) mod counters;
mod rule;
pub(crate) mod worker;

use std::{net::IpAddr, time::Instant};

use crate::{
    cache::{AnswerCache, CacheLimits, Entry, Freshness},
    config::UDP_PAYLOAD,
    limits::{Guard, Ticks, Verdict as Judgement},
    policy::{Policy, Verdict},
    query::Query,
    reply::{self, Head},
};

/// REFUSED (RFC 1035 §4.1.1).
const REFUSED: u8 = 5;

/// What became of a query.
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::large_enum_variant,
    reason = "it lives on the stack of whoever answers, for one query"
)]
pub(crate) enum Step {
    /// Answered in place, in so many octets.
    Answer(usize, Kind),
    /// Answered in place, and worth asking for anew before it ends.
    Refresh(usize, Query),
    /// Upstreams have to be asked.
    Ask(Query, Kept),
    /// The full path has to look at it.
    Full,
    /// The same; its client's network asks too much, and is told no more than to come by another way.
    FullReduced,
    /// An operator's rule says to send nothing.
    Silence,
    /// The client's network asks too much: nothing is sent.
    Limited,
}

/// What is there of an answer while upstreams are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Nothing,
    /// One past its life, for a client that has waited long enough (RFC 8767 §5).
    Stale,
}

/// Which answer it was, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The client may not ask here.
    Refused,
    /// The name is listed, or leads to one that is.
    Blocked,
    /// A rule of the operator's own decided.
    Rule,
    /// From memory.
    Cached,
    /// The client's network asks too much, and is told to come by another way.
    Slipped,
}

/// What a client takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// One datagram, of what the client offers.
    Udp,
    /// Whatever a length of 16 bits can say.
    Tcp,
}

impl Transport {
    fn limit(self, query: &Query) -> usize {
        match self {
            Self::Udp => query.udp_limit(UDP_PAYLOAD),
            Self::Tcp => usize::from(u16::MAX),
        }
    }
}

/// What answers are made from, beside the policy of the moment.
pub(crate) struct Fast {
    pub(crate) cache: AnswerCache,
    pub(crate) limits: CacheLimits,
    pub(crate) clock: Clock,
    pub(crate) guard: Guard,
}

/// The time since the node was made: it never goes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

/// A moment, read once for all queries that came together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Whole seconds, for the ages of answers.
    pub(crate) seconds: u32,
    pub(crate) ticks: Ticks,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    #[cfg(test)]
    fn running_for(time: std::time::Duration) -> Self {
        Self(Instant::now() - time)
    }

    /// Whole seconds. Begins at 1, so that 0 can mean "never".
    pub(crate) fn now(self) -> u32 {
        self.moment().seconds
    }

    pub(crate) fn moment(self) -> Moment {
        let elapsed = self.0.elapsed();
        Moment {
            seconds: u32::try_from(elapsed.as_secs())
                .unwrap_or(u32::MAX)
                .saturating_add(1),
            ticks: Ticks::after(elapsed),
        }
    }
}

impl Fast {
    /// Answers the query in the first `length` octets of `buffer`, over them, if it can.
    pub(crate) fn answer(
        &self,
        buffer: &mut [u8],
        length: usize,
        client: IpAddr,
        transport: Transport,
        policy: &Policy,
        now: Moment,
    ) -> Step {
        let structured = policy.settings().page.structured_option();
        let octets = buffer.get(..length);
        let mut query = octets.and_then(|octets| Query::read_with(octets, structured));
        let judgement = match transport {
            Transport::Udp => self.guard.meet(query.as_mut(), client, now.ticks),
            // Who has opened a connection is where it says it is.
            Transport::Tcp => {
                if let Some(query) = &mut query {
                    self.guard.recognise(query, client);
                }
                Judgement::Answer
            }
        };
        let Some(query) = query else {
            return match judgement {
                Judgement::Answer => Step::Full,
                Judgement::Reduce => Step::FullReduced,
                Judgement::Drop => Step::Limited,
            };
        };
        let is_admitted = policy.settings().access.admits(client);
        match judgement {
            Judgement::Answer => {}
            Judgement::Reduce if is_admitted && query.cookie.is_some() => {
                return Step::Answer(reply::bad_cookie(buffer, &query), Kind::Slipped);
            }
            Judgement::Reduce if is_admitted => {
                let head = Head {
                    truncated: true,
                    ..Head::default()
                };
                return Step::Answer(reply::empty(buffer, &query, head), Kind::Slipped);
            }
            Judgement::Reduce | Judgement::Drop => return Step::Limited,
        }
        if !is_admitted {
            let head = Head {
                code: REFUSED,
                ..Head::default()
            };
            return Step::Answer(reply::empty(buffer, &query, head), Kind::Refused);
        }
        let name = query.name.as_wire();
        let verdict = policy.decide(name);
        let passed = match self.decided(policy, &verdict, buffer, &query, transport) {
            Decided::Step(Step::Full) => return Step::Full,
            Decided::Step(step) => {
                policy.count(name, &verdict);
                return step;
            }
            Decided::Open { passed } => passed,
        };
        if !query.recursion_desired {
            // What it asks for is what an upstream remembers, which is nothing to keep.
            return Step::Full;
        }
        policy.count(name, &verdict);
        let key = self.cache.key((&query).into());
        let Some(hit) = self.cache.get(&key, now.seconds) else {
            return Step::Ask(query, Kept::Nothing);
        };
        if let Some(step) = self.leads_on(&hit, policy, passed, buffer, &query, transport) {
            if hit.freshness == Freshness::Prefetch {
                // It is not fetched now; somebody else may, when it is given again.
                hit.release();
            }
            return step;
        }
        match hit.freshness {
            Freshness::Stale => Step::Ask(query, Kept::Stale),
            freshness => {
                if matches!(freshness, Freshness::StaleResting) {
                    self.cache.gave_stale();
                }
                policy.count_aliases(name, hit.targets());
                let length = hit.write(&query, buffer, transport.limit(&query), now.seconds);
                match freshness {
                    Freshness::Prefetch => Step::Refresh(length, query),
                    _ => Step::Answer(length, Kind::Cached),
                }
            }
        }
    }

    /// What a verdict comes to for the name asked for.
    fn decided(
        &self,
        policy: &Policy,
        verdict: &Verdict<'_>,
        buffer: &mut [u8],
        query: &Query,
        transport: Transport,
    ) -> Decided {
        match verdict {
            Verdict::Open => Decided::Open { passed: false },
            Verdict::Blocked(blocked) => {
                let limit = transport.limit(query);
                let page = &policy.settings().page;
                let length = blocked::write(buffer, query, limit, page, blocked);
                Decided::Step(Step::Answer(length, Kind::Blocked))
            }
            Verdict::Rule(hit) => match rule::write(hit, buffer, query, transport) {
                Some(step) => Decided::Step(step),
                None => Decided::Open { passed: true },
            },
        }
    }

    /// What to do instead of giving an answer whose aliases lead to a name that is blocked or has a
    /// rule. Aliases are looked at once for each policy: the entry remembers.
    fn leads_on(
        &self,
        entry: &Entry,
        policy: &Policy,
        passed: bool,
        buffer: &mut [u8],
        query: &Query,
        transport: Transport,
    ) -> Option<Step> {
        if entry.checked_for(policy.generation()) {
            return None;
        }
        for target in entry.targets() {
            let verdict = match policy.decide(target) {
                // A name that the operator lets pass, passes with its aliases (but for the list).
                Verdict::Rule(_) if passed => Verdict::Open,
                verdict => verdict,
            };
            if let Decided::Step(step) = self.decided(policy, &verdict, buffer, query, transport) {
                return Some(step);
            }
        }
        if !passed {
            entry.set_checked(policy.generation());
        }
        None
    }
}

/// What a verdict comes to.
#[allow(clippy::large_enum_variant, reason = "as for `Step`")]
enum Decided {
    Step(Step),
    /// Whatever is known may be answered; `passed` when a rule said so.
    Open {
        passed: bool,
    },
}
