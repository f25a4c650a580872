//! The list as a response policy zone (RPZ): what any name server can load or transfer.

use std::{collections::BTreeSet, convert::Infallible, fmt, ops::Range};

use crate::{
    DomainName,
    fold::{Action, Folded},
    rules::{Rule, Rules, Why, parents},
    statement::Policy,
};

/// TTL of every record, in seconds: an unblocked name is free again within a minute.
pub const TTL: u32 = 60;

/// The data of a record in the policy zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordData {
    /// Start of authority.
    Soa(Soa),
    /// Name server; RPZ needs one and never asks it.
    Ns(String),
    /// The policy action: `.` is NXDOMAIN, `rpz-passthru.` lets through.
    Cname(&'static str),
}

/// The SOA of the policy zone; times in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soa {
    /// Primary name server.
    pub mname: String,
    /// Mailbox, in name form.
    pub rname: String,
    /// Serial: `serial_base` of the policy plus the size of the log.
    pub serial: u32,
    /// How often a secondary asks.
    pub refresh: u32,
    /// How soon it asks again after a failure.
    pub retry: u32,
    /// When a secondary that hears nothing must drop the zone: the list goes stale with its release.
    pub expire: u32,
    /// Negative TTL.
    pub minimum: u32,
}

/// One record, its owner absolute with a final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Owner name.
    pub owner: String,
    /// Data; the TTL is always [`TTL`].
    pub data: RecordData,
}

/// The policy zone of one fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyZone {
    apex: String,
    records: Vec<Record>,
    serial: u32,
    omitted: Vec<DomainName>,
}

/// The records of a policy zone, made one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Records<'a> {
    apex: String,
    folded: &'a Folded,
    rules: Rules<'a>,
    /// Names that need records of their own, in order, and before which entry each stands.
    gaps: Vec<(usize, &'a str)>,
}

/// The name of the policy zone of a log, with its final dot.
pub fn apex(policy: &Policy) -> String {
    format!("rpz.{}.", policy.public_domain)
}

impl<'a> Records<'a> {
    /// The records of the zone `rpz.<public domain>.`, from the rules of `folded`.
    pub(crate) fn new(folded: &'a Folded, mut rules: Rules<'a>) -> Self {
        let apex = apex(&folded.policy);
        // Room for `*.`, the apex and the root within 255 octets on the wire (RFC 1035 §3.1).
        let too_long = |rule: &Rule<'_>| rule.name.as_str().len() + apex.len() + 2 > 253;
        // What is let through and cannot be said would be blocked by its parent's wildcard.
        rules.leave_out_parents(Why::TooLong, too_long);
        rules.leave_out_where(|rule| too_long(rule).then_some(Why::TooLong));
        let gaps = gaps(&rules).into_iter();
        Self {
            apex,
            folded,
            gaps: gaps.map(|gap| (rules.place_of(gap), gap)).collect(),
            rules,
        }
    }

    /// The rules that are written down; left out is what has no room below the apex.
    pub(crate) fn rules(&self) -> &Rules<'a> {
        &self.rules
    }

    /// The zone's name, with its final dot.
    pub(crate) fn apex(&self) -> &str {
        &self.apex
    }

    /// The records at the apex, the SOA first.
    pub(crate) fn head(&self) -> [Record; 2] {
        let domain = &self.folded.policy.public_domain;
        let soa = Soa {
            mname: format!("ns.{domain}."),
            rname: format!("hostmaster.{domain}."),
            serial: self.folded.serial(),
            refresh: 60,
            retry: 30,
            expire: self.folded.policy.release_seconds,
            minimum: TTL,
        };
        let ns = RecordData::Ns(format!("ns.{domain}."));
        [RecordData::Soa(soa), ns].map(|data| Record {
            owner: self.apex.clone(),
            data,
        })
    }

    /// Gives what is said below the apex in a range of entries ([`Rules::within`]), in order of name:
    /// nothing or `*.`, the name, and the target.
    pub(crate) fn each<E>(
        &self,
        range: Range<usize>,
        mut take: impl FnMut(&'static str, &str, &'static str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut say = |name: &str, host, below: Option<Action>| {
            take("", name, target(host))?;
            below.map_or(Ok(()), |action| take("*.", name, target(action)))
        };
        let mut gaps = self.gaps_within(&range).peekable();
        for rule in self.rules.within(range.clone()) {
            while let Some(gap) = gaps.next_if(|gap| *gap < rule.name.as_str()) {
                say(gap, Action::Block, Some(Action::Block))?;
            }
            let below = rule.own_below.or(rule.above.then_some(Action::Block));
            say(rule.name.as_str(), rule.own_host, below)?;
        }
        gaps.try_for_each(|gap| say(gap, Action::Block, Some(Action::Block)))
    }

    fn gaps_within(&self, range: &Range<usize>) -> impl Iterator<Item = &'a str> + '_ {
        let range = range.clone();
        let within = self.gaps.iter().filter(move |(at, _)| range.contains(at));
        within.map(|(_, gap)| *gap)
    }

    /// Whether what is said in a range of entries hangs on these alone.
    pub(crate) fn is_plain(&self, range: &Range<usize>) -> bool {
        self.rules.is_plain(range) && self.gaps_within(range).next().is_none()
    }
}

/// Names between a listed parent and a name below it of which something else is said. They exist in the
/// zone without a record, and a wildcard does not match what exists, nor anything below it (RFC 4592
/// §2.2): without records of their own they would go free.
fn gaps<'a>(rules: &Rules<'a>) -> BTreeSet<&'a str> {
    let mut gaps = BTreeSet::new();
    for rule in rules.nested().filter(|rule| rule.above) {
        for parent in parents(rule.name.as_str()) {
            match rules.find(parent) {
                None => {
                    gaps.insert(parent);
                }
                Some((_, None)) => {}
                Some((_, Some(_))) => break,
            }
        }
    }
    gaps
}

fn target(action: Action) -> &'static str {
    match action {
        Action::Block => ".",
        Action::PassThrough => "rpz-passthru.",
    }
}

impl PolicyZone {
    /// Builds the zone `rpz.<public domain>.`.
    pub fn new(folded: &Folded) -> Self {
        let records = Records::new(folded, Rules::new(folded));
        let mut all = Vec::with_capacity(folded.entries.len() + 2);
        all.extend(records.head());
        let Ok(()) = records.each(0..usize::MAX, |wildcard, name, target| {
            all.push(Record {
                owner: format!("{wildcard}{name}.{}", records.apex),
                data: RecordData::Cname(target),
            });
            Ok::<(), Infallible>(())
        });
        let omitted = records.rules.left_out();
        Self {
            omitted: omitted
                .filter_map(|(name, _)| DomainName::parse(name).ok())
                .collect(),
            apex: records.apex,
            records: all,
            serial: folded.serial(),
        }
    }

    /// The zone's name, with its final dot.
    pub fn apex(&self) -> &str {
        &self.apex
    }

    /// The SOA serial.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// All records, the SOA first; a transfer repeats the SOA at its end.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Listed names that stand in no record: too long below this apex, or parents of an exception that
    /// is. A parent is never blocked in place of something that cannot be said.
    pub fn omitted(&self) -> &[DomainName] {
        &self.omitted
    }

    /// The zone file: one record a line, absolute names, SOA first (RFC 1035 §5).
    pub fn to_text(&self) -> String {
        self.records
            .iter()
            .map(|record| format!("{record}\n"))
            .collect()
    }
}

/// A line of a zone file, without its end (RFC 1035 §5).
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {TTL} IN ", self.owner)?;
        match &self.data {
            RecordData::Soa(soa) => write!(
                f,
                "SOA {} {} {} {} {} {} {}",
                soa.mname, soa.rname, soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum
            ),
            RecordData::Ns(name) => write!(f, "NS {name}"),
            RecordData::Cname(target) => write!(f, "CNAME {target}"),
        }
    }
}
