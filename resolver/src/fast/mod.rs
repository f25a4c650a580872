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
    access::AccessList,
    answer::BlockPage,
    cache::{AnswerCache, CacheLimits, Entry, Freshness},
    config::UDP_PAYLOAD,
    enforce::DryRun,
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
    Ask(Query),
    /// The full path has to look at it.
    Full,
    /// An operator's rule says to send nothing.
    Silence,
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
    pub(crate) access: AccessList,
    pub(crate) page: BlockPage,
    pub(crate) dry_run: Option<DryRun>,
    pub(crate) cache: AnswerCache,
    pub(crate) limits: CacheLimits,
    pub(crate) clock: Clock,
}

/// Whole seconds since the node was made, for the ages of answers: it never goes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    #[cfg(test)]
    fn running_for(time: std::time::Duration) -> Self {
        Self(Instant::now() - time)
    }

    /// Begins at 1, so that 0 can mean "never".
    pub(crate) fn now(self) -> u32 {
        u32::try_from(self.0.elapsed().as_secs())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
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
        now: u32,
    ) -> Step {
        let Some(query) = buffer.get(..length).and_then(Query::read) else {
            return Step::Full;
        };
        if !self.access.admits(client) {
            let head = Head {
                code: REFUSED,
                ..Head::default()
            };
            return Step::Answer(reply::empty(buffer, &query, head), Kind::Refused);
        }
        let name = query.name.as_wire();
        let verdict = policy.decide(name);
        let passed = match self.decided(&verdict, buffer, &query, transport) {
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
        let Some(hit) = self.cache.get(&key, now) else {
            return Step::Ask(query);
        };
        if let Some(step) = self.leads_on(&hit, policy, passed, buffer, &query, transport) {
            return step;
        }
        match hit.freshness {
            Freshness::Stale => Step::Ask(query),
            freshness => {
                if matches!(freshness, Freshness::StaleResting) {
                    self.cache.gave_stale();
                }
                let length = hit.write(&query, buffer, transport.limit(&query), now);
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
        verdict: &Verdict<'_>,
        buffer: &mut [u8],
        query: &Query,
        transport: Transport,
    ) -> Decided {
        match verdict {
            Verdict::Open => Decided::Open { passed: false },
            // Counted by the full path, which sees it next.
            Verdict::Blocked(_) if self.dry_run.is_some() => Decided::Step(Step::Full),
            Verdict::Blocked(blocked) => {
                let limit = transport.limit(query);
                let length = blocked::write(buffer, query, limit, &self.page, blocked);
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
            if let Decided::Step(step) = self.decided(&verdict, buffer, query, transport) {
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
