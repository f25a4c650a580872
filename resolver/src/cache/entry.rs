//! One answer: kept as the upstream wrote it behind its question, written for clients with its age.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
};

use super::{
    Asked, CacheLimits,
    read::{self, Malformed, Read, Record, Section, TYPE_CNAME, TYPE_DNAME, TYPE_SOA},
};
use crate::{
    query::{LowerName, Query},
    reply::{self, Head, Reply},
};

const NO_ERROR: u8 = 0;
const NAME_ERROR: u8 = 3;

/// Names an answer may lead to. Resolvers follow far fewer (Unbound 11, BIND 16), so more of them
/// are an attack.
const MOST_TARGETS: usize = 32;
/// What a client is told of a record that has outlived its TTL (RFC 8767 §4).
const STALE_TTL: u32 = 30;
/// How long a stale answer is given without asking again after upstreams failed (RFC 8767 §5).
const STALE_REST: u32 = 30;
/// How often an answer was asked for before it is worth being fetched ahead of its end.
const WORTH_PREFETCH: u8 = 3;
/// The part of its life, from its end, in which it is fetched ahead.
const PREFETCH_PART: u32 = 10;

/// Extended errors 3 and 19 as whole options (RFC 8914 §4.4, §4.20).
const STALE_ANSWER: [u8; 6] = [0, 15, 0, 2, 0, 3];
const STALE_NAME_ERROR: [u8; 6] = [0, 15, 0, 2, 0, 19];

/// No policy has this generation.
const NEVER_CHECKED: u64 = u64::MAX;

/// What an entry is good for at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// To be given.
    Fresh,
    /// To be given, and whoever gets this is the only one to ask upstreams for it anew; should they
    /// fail, [`Entry::refresh_failed`]; should nobody be asked, [`Entry::release`].
    Prefetch,
    /// To be given if upstreams fail; then [`Entry::refresh_failed`].
    Stale,
    /// To be given without asking: upstreams failed a moment ago.
    StaleResting,
}

/// An upstream's answer to one question.
#[derive(Debug)]
pub(crate) struct Entry {
    /// One behind the other: the name that was asked, the records, where each TTL stands in them,
    /// extended errors, and the names it leads to, each behind its length.
    octets: Box<[u8]>,
    name_end: u32,
    additional_at: u32,
    body_end: u32,
    places_end: u32,
    errors_end: u32,
    kind: u16,
    answers: u16,
    authorities: u16,
    additionals: u16,
    dnssec_ok: bool,
    checking_disabled: bool,
    authentic: bool,
    code: u8,
    /// Seconds of the caller's clock.
    stored: u32,
    /// Seconds; 0 is for this moment only.
    life: u32,
    /// Seconds after its life.
    stale: u32,
    uses: AtomicU8,
    refreshing: AtomicBool,
    resting_until: AtomicU32,
    checked: AtomicU64,
}

impl Entry {
    /// Keeps `message`, an upstream's whole answer to `asked`. `now` is a clock in seconds that
    /// never goes back, and `validated` whether the upstream's AD bit may be believed.
    ///
    /// # Errors
    /// When any octet of the message is not as it must be; nothing of it is passed on then.
    pub(crate) fn from_answer(
        message: &[u8],
        asked: &Asked<'_>,
        now: u32,
        limits: &CacheLimits,
        validated: bool,
    ) -> Result<Self, Malformed> {
        let read = read::read(message, asked)?;
        let targets = targets(message, asked, &read.records)?;
        let question_end = asked.question_end();
        let mut octets = asked.name.to_vec();
        let name_end = octets.len();
        // Everything in front of it was read, so it is there.
        octets.extend(message.get(question_end..read.end).unwrap_or_default());
        let body_end = octets.len();
        let ttls = Ttls::new(message, asked, &read, limits);
        for (record, ttl) in read.records.iter().zip(&ttls.of_records) {
            let place = record.ttl_at - question_end;
            let body = octets.get_mut(name_end + place..body_end);
            if let Some(octets) = body.and_then(<[u8]>::first_chunk_mut) {
                *octets = ttl.to_be_bytes();
            }
            // A message is below 65,536 octets, or its record could not have been sent.
            octets.extend((place as u16).to_be_bytes());
        }
        let places_end = octets.len();
        octets.extend(&read.errors);
        let errors_end = octets.len();
        for target in &targets {
            octets.push(target.as_wire().len() as u8);
            octets.extend(target.as_wire());
        }
        Ok(Self {
            octets: octets.into(),
            name_end: name_end as u32,
            additional_at: (name_end + read.additional_at - question_end) as u32,
            body_end: body_end as u32,
            places_end: places_end as u32,
            errors_end: errors_end as u32,
            kind: asked.kind,
            answers: read.count(Section::Answer),
            authorities: read.count(Section::Authority),
            additionals: read.count(Section::Additional),
            dnssec_ok: asked.dnssec_ok,
            checking_disabled: asked.checking_disabled,
            authentic: validated && read.authentic,
            code: read.code,
            stored: now,
            life: ttls.life,
            stale: ttls.stale,
            uses: AtomicU8::new(1),
            refreshing: AtomicBool::new(false),
            resting_until: AtomicU32::new(0),
            checked: AtomicU64::new(NEVER_CHECKED),
        })
    }

    /// What stands where there is nothing: no question equals its own, because it has no name.
    pub(super) fn vacant() -> Self {
        Self {
            octets: Box::default(),
            name_end: 0,
            additional_at: 0,
            body_end: 0,
            places_end: 0,
            errors_end: 0,
            kind: 0,
            answers: 0,
            authorities: 0,
            additionals: 0,
            dnssec_ok: false,
            checking_disabled: false,
            authentic: false,
            code: 0,
            stored: 0,
            life: 0,
            stale: 0,
            uses: AtomicU8::new(0),
            refreshing: AtomicBool::new(false),
            resting_until: AtomicU32::new(0),
            checked: AtomicU64::new(NEVER_CHECKED),
        }
    }

    /// The question it answers.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            name: self.part(0, self.name_end),
            kind: self.kind,
            dnssec_ok: self.dnssec_ok,
            checking_disabled: self.checking_disabled,
        }
    }

    /// The names the answer leads to through aliases, in the order in which a client comes to them,
    /// in lower case and written out.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.part(self.errors_end, self.octets.len() as u32);
        std::iter::from_fn(move || {
            let (&length, behind) = rest.split_first()?;
            let (target, behind) = behind.split_at_checked(usize::from(length))?;
            rest = behind;
            Some(target)
        })
    }

    /// Whether [`Entry::targets`] were found clean under the policy of this generation.
    pub(crate) fn checked_for(&self, generation: u64) -> bool {
        self.checked.load(Relaxed) == generation
    }

    /// Remembers that they were.
    pub(crate) fn set_checked(&self, generation: u64) {
        self.checked.store(generation, Relaxed);
    }

    /// When it came, in seconds of the caller's clock.
    pub(crate) fn stored(&self) -> u32 {
        self.stored
    }

    /// Seconds it still lives; 0 when it is over, stale, or never was to be kept.
    pub(crate) fn remaining(&self, now: u32) -> u32 {
        self.life.saturating_sub(self.age(now))
    }

    /// The lower four bits of its response code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// Whether it says that there is nothing of the kind.
    pub(crate) fn is_negative(&self) -> bool {
        self.code == NAME_ERROR || self.code == NO_ERROR && self.answers == 0
    }

    /// Whether it may be kept at all.
    pub(crate) fn lasts(&self) -> bool {
        self.life > 0
    }

    /// Whether it says that upstreams could not say.
    pub(crate) fn is_failure(&self) -> bool {
        !matches!(self.code, NO_ERROR | NAME_ERROR)
    }

    /// Upstreams failed to renew it: it may be given for a while without asking them, and be
    /// fetched ahead by somebody else.
    pub(crate) fn refresh_failed(&self, now: u32) {
        self.resting_until
            .store(now.saturating_add(STALE_REST), Relaxed);
        self.refreshing.store(false, Relaxed);
    }

    /// Whoever was told to fetch ahead does not: somebody else may be told.
    pub(crate) fn release(&self) {
        self.refreshing.store(false, Relaxed);
    }

    /// What it is good for; asking counts, and only one asker is told to fetch ahead.
    pub(super) fn used(&self, now: u32) -> Option<Freshness> {
        let uses = self.uses.load(Relaxed);
        if uses < WORTH_PREFETCH {
            // Two at once may count as one; a count behind a lock would not be worth its price.
            self.uses.store(uses + 1, Relaxed);
        }
        let remaining = self.remaining(now);
        let resting = now < self.resting_until.load(Relaxed);
        if remaining == 0 {
            return match (self.is_usable(now), resting) {
                (false, _) => None,
                (true, false) => Some(Freshness::Stale),
                (true, true) => Some(Freshness::StaleResting),
            };
        }
        let near_end = remaining <= self.life / PREFETCH_PART;
        let worth = near_end && uses >= WORTH_PREFETCH && !resting && !self.is_failure();
        if worth && !self.refreshing.load(Relaxed) && !self.refreshing.swap(true, Relaxed) {
            return Some(Freshness::Prefetch);
        }
        Some(Freshness::Fresh)
    }

    /// Whether it may still be given, if only for want of better.
    pub(crate) fn is_usable(&self, now: u32) -> bool {
        self.lasts() && u64::from(self.age(now)) < u64::from(self.life) + u64::from(self.stale)
    }

    /// Whether it was asked for since it came.
    pub(super) fn was_reused(&self) -> bool {
        self.uses.load(Relaxed) > 1
    }

    /// Octets it takes up, roughly what the allocator adds among them.
    pub(super) fn size(&self) -> usize {
        /// Two counts of an `Arc`, and of each of two allocations its header and half its rounding.
        const AROUND: usize = 16 + 2 * 16;
        size_of::<Self>() + AROUND + self.octets.len()
    }

    /// Writes the answer over `query`, whose octets `buffer` holds up to the end of its question,
    /// and gives its length. It is at most `limit` octets long: first the additional section is
    /// left out (RFC 2181 §9), then the client is told to ask over TCP.
    ///
    /// Each TTL is less by the entry's age; beyond its life all are 30 seconds, AD is clear and an
    /// extended error says that it is stale (RFC 8767 §4, RFC 8914 §4.4).
    pub(crate) fn write(&self, query: &Query, buffer: &mut [u8], limit: usize, now: u32) -> usize {
        self.try_write(query, buffer, limit, now, self.body_end, self.additionals)
            .or_else(|| self.try_write(query, buffer, limit, now, self.additional_at, 0))
            .unwrap_or_else(|| {
                let head = Head {
                    code: self.code,
                    truncated: true,
                    ..Head::default()
                };
                reply::empty(buffer, query, head)
            })
    }

    fn try_write(
        &self,
        query: &Query,
        buffer: &mut [u8],
        limit: usize,
        now: u32,
        end: u32,
        additionals: u16,
    ) -> Option<usize> {
        let age = self.age(now);
        let stale = self.lasts() && age >= self.life;
        let mut reply = Reply::begin(buffer, query, limit);
        let start = reply.end();
        reply.push(self.part(self.name_end, end))?;
        let body = reply.written(start);
        let places = self.part(self.body_end, self.places_end).as_chunks().0;
        for place in places {
            let behind = body.get_mut(usize::from(u16::from_be_bytes(*place))..);
            // The last ones may stand in the part that was left out.
            let Some(octets) = behind.and_then(<[u8]>::first_chunk_mut) else {
                break;
            };
            let ttl = if stale {
                STALE_TTL
            } else {
                u32::from_be_bytes(*octets).saturating_sub(age)
            };
            *octets = ttl.to_be_bytes();
        }
        let staleness: &[u8] = match (stale, self.code) {
            (false, _) => &[],
            (true, NAME_ERROR) => &STALE_NAME_ERROR,
            (true, _) => &STALE_ANSWER,
        };
        let errors = self.part(self.places_end, self.errors_end);
        reply.push_opt(query, 0, &[staleness, errors])?;
        let head = Head {
            code: self.code,
            truncated: false,
            authentic: self.authentic && !stale && query.wants_authentic(),
            answers: self.answers,
            authorities: self.authorities,
            additionals,
        };
        Some(reply.finish(query, head))
    }

    fn age(&self, now: u32) -> u32 {
        // Another worker's clock may be a moment behind.
        now.saturating_sub(self.stored)
    }

    fn part(&self, from: u32, to: u32) -> &[u8] {
        self.octets
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }
}

/// How long an answer and each of its records live.
struct Ttls {
    of_records: Vec<u32>,
    life: u32,
    stale: u32,
}

impl Ttls {
    fn new(message: &[u8], asked: &Asked<'_>, read: &Read, limits: &CacheLimits) -> Self {
        let has_data = read
            .records
            .iter()
            .any(|record| record.section == Section::Answer && record.kind == asked.kind);
        let negative = read.code == NAME_ERROR || (read.code == NO_ERROR && !has_data);
        let proves = |record: &Record| {
            negative && record.section == Section::Authority && record.kind == TYPE_SOA
        };
        let of_records: Vec<u32> = read
            .records
            .iter()
            .map(|record| {
                let ttl = honest(record.ttl).min(limits.longest);
                if proves(record) {
                    let minimum = honest(read::soa_minimum(message, record));
                    ttl.min(minimum).min(limits.negative)
                } else {
                    ttl
                }
            })
            .collect();
        let lowest = of_records.iter().copied().min().unwrap_or(0);
        let (life, stale) = match read.code {
            NO_ERROR | NAME_ERROR if !negative || read.records.iter().any(proves) => {
                (lowest, limits.stale)
            }
            // "There is nothing" without an SOA record is not kept (RFC 2308 §5).
            NO_ERROR | NAME_ERROR => (0, 0),
            _ => (limits.failure.clamp(1, 5), 0),
        };
        Self {
            of_records,
            life,
            stale,
        }
    }
}

/// A TTL with its first bit set counts as zero (RFC 2181 §8).
fn honest(ttl: u32) -> u32 {
    if ttl > i32::MAX as u32 { 0 } else { ttl }
}

/// Where the answer leads: along the chain from the name that was asked, then whatever else an
/// alias in the answer section points at. A DNAME leads below its target (RFC 6672 §2.2), whether
/// or not its CNAME came with it.
fn targets(
    message: &[u8],
    asked: &Asked<'_>,
    records: &[Record],
) -> Result<Vec<LowerName>, Malformed> {
    let mut aliases = Vec::new();
    for record in records {
        if record.section == Section::Answer && matches!(record.kind, TYPE_CNAME | TYPE_DNAME) {
            if aliases.len() == MOST_TARGETS {
                return Err(Malformed::Aliases);
            }
            let (owner, _) = read::name(message, record.owner_at)?;
            let (target, _) = read::name(message, record.data.start)?;
            aliases.push((record.kind, owner, target));
        }
    }
    let mut found: Vec<LowerName> = Vec::new();
    let mut waiting: VecDeque<LowerName> = LowerName::read(asked.name).into_iter().collect();
    while let Some(name) = waiting.pop_front() {
        for (kind, owner, target) in &aliases {
            let led = match *kind {
                TYPE_CNAME => (name.as_wire() == owner.as_wire()).then_some(*target),
                _ => below(&name, owner, target),
            };
            if let Some(led) = led.filter(|led| !contains(&found, led)) {
                if found.len() == MOST_TARGETS {
                    return Err(Malformed::Aliases);
                }
                found.push(led);
                waiting.push_back(led);
            }
        }
    }
    for (kind, _, target) in &aliases {
        if *kind == TYPE_CNAME && !contains(&found, target) {
            found.push(*target);
        }
    }
    Ok(found)
}

fn contains(names: &[LowerName], name: &LowerName) -> bool {
    names.iter().any(|one| one.as_wire() == name.as_wire())
}

/// `name` with `target` in place of `owner`, if it is below `owner` and the new name fits.
fn below(name: &LowerName, owner: &LowerName, target: &LowerName) -> Option<LowerName> {
    let labels = strip(name.as_wire(), owner.as_wire())?;
    LowerName::read(&[labels, target.as_wire()].concat())
}

/// The labels of `name` in front of `owner`, at least one.
fn strip<'n>(name: &'n [u8], owner: &[u8]) -> Option<&'n [u8]> {
    let mut at = 0;
    loop {
        let length = usize::from(*name.get(at)?);
        if length == 0 {
            return None;
        }
        at += 1 + length;
        if name.get(at..)? == owner {
            return name.get(..at);
        }
    }
}
