//! A policy zone file, read record by record. One that cannot be read is reported with its line and
//! left out; the others are in force all the same.

use std::io::{self, Read};

use super::{
    action::{self, AddError, Content, UnknownAction},
    lines::Entries,
    name::{self, Shown},
    record::{self, RecordError, TYPE_CNAME, TYPE_SOA, Words, Written},
    rules::{Rules, RulesBuilder},
};

/// Octets of a file that one name takes, about; a better guess saves time and nothing else.
const OCTETS_A_NAME: u64 = 32;

/// Most problems that are kept with their words; all are counted.
const MAX_PROBLEMS: usize = 1000;

/// Triggers that are understood and not enforced, by the label before the zone's name.
pub(crate) const OTHER_TRIGGERS: [&str; 4] = ["rpz-ip", "rpz-nsdname", "rpz-nsip", "rpz-client-ip"];

/// What became of the records of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Records that are in force.
    pub records: u64,
    /// Rules they make, a wildcard counted for itself.
    #[serde(skip)]
    pub rules: u64,
    /// Records that say again what was said before; they change nothing.
    pub duplicates: u64,
    /// Records and directives that could not be read or contradict an earlier one, left out.
    pub bad: u64,
    /// Records of names outside the zone, left out.
    pub outside: u64,
    /// Records that are no policy: NS, DNSSEC, and what stands at the zone's own name.
    pub ignored: u64,
    /// Rules on other things than the name asked for, in the order of `OTHER_TRIGGERS`.
    #[serde(skip)]
    pub other_triggers: [u64; 4],
    /// Whether the last line has no end, as of a file that was cut short.
    #[serde(rename = "cut")]
    pub is_cut: bool,
    /// The first of what was left out, in order of line.
    pub problems: Vec<Problem>,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// From 1.
    pub line: u64,
    /// Why.
    pub words: String,
}

impl Report {
    /// Records an operator may have meant to be in force and that are not.
    pub fn skipped(&self) -> u64 {
        self.bad + self.outside + self.other_triggers.iter().sum::<u64>()
    }

    fn problem(&mut self, line: u64, words: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { line, words });
        }
    }
}

/// The zone's SOA record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Soa {
    /// In seconds.
    pub(super) ttl: u32,
    /// In wire form.
    pub(super) data: Vec<u8>,
}

impl Soa {
    fn number(&self, from_end: usize) -> u32 {
        let start = self.data.len().checked_sub(from_end);
        let octets = start.and_then(|start| self.data.get(start..)?.first_chunk());
        octets.map_or(0, |octets| u32::from_be_bytes(*octets))
    }

    pub(super) fn serial(&self) -> u32 {
        self.number(20)
    }

    /// How long a negative answer may be kept (RFC 2308 §5), in seconds.
    pub(super) fn negative_ttl(&self) -> u32 {
        self.ttl.min(self.number(4))
    }
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The zone's name in wire form, in lower case.
    pub(super) apex: Vec<u8>,
    pub(super) soa: Soa,
    pub(super) rules: Rules,
    pub(super) report: Report,
}

/// Why one record is left out.
#[derive(Debug, thiserror::Error)]
enum Left {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Action(#[from] UnknownAction),
    #[error(transparent)]
    Add(#[from] AddError),
    #[error("a record stands before the SOA, which says what zone this is")]
    BeforeSoa,
    #[error("another SOA record, for {0}; a file holds one zone")]
    OtherZone(String),
    #[error("{0} is not taken here; write its records into this file")]
    Directive(String),
    #[error("a {0} record cannot be answered with")]
    NoData(domain::base::Rtype),
}

impl From<name::NameError> for Left {
    fn from(error: name::NameError) -> Self {
        Self::Record(error.into())
    }
}

/// Reads a file of about so many octets. `origin` in wire form is where its relative names are until it
/// says so itself. The error is for one that has no SOA record, and so is no zone at all.
pub(super) fn read(
    file: impl Read,
    octets: u64,
    origin: &[u8],
) -> io::Result<Result<Parsed, Report>> {
    let mut entries = Entries::new(file);
    let mut reading = Reading {
        origin: origin.to_vec(),
        ..Reading::default()
    };
    let names = octets / OCTETS_A_NAME;
    reading
        .rules
        .expect(usize::try_from(names).unwrap_or(usize::MAX));
    while let Some(entry) = entries.next()? {
        reading.report.is_cut = !entry.has_end;
        let taken = match entry.text {
            Ok(text) => reading.entry(entry.line, text),
            Err(error) => {
                reading.has_owner = false;
                reading.report.bad += 1;
                reading.report.problem(entry.line, error.to_string());
                continue;
            }
        };
        if let Err(left) = taken {
            reading.report.bad += 1;
            reading.report.problem(entry.line, left.to_string());
        }
    }
    reading.finish()
}

#[derive(Default)]
struct Reading {
    origin: Vec<u8>,
    /// The name of the record before, whole, in lower case; stale while `has_owner` is false.
    owner: Vec<u8>,
    has_owner: bool,
    /// `$TTL`.
    default_ttl: Option<u32>,
    /// That of the record before, where there is no `$TTL` (RFC 1035 §5.1).
    last_ttl: Option<u32>,
    zone: Option<(Vec<u8>, Soa)>,
    rules: RulesBuilder,
    report: Report,
    /// Used again and again.
    data: Vec<u8>,
    trigger: Vec<u8>,
}

impl Reading {
    fn entry(&mut self, line: u64, text: &[u8]) -> Result<(), Left> {
        let written = match record::read(text) {
            Ok(written) => written,
            Err(error) => {
                // Whose record it was cannot be relied on for the lines that leave their owner out.
                self.has_owner = matches!(text.first(), Some(b' ' | b'\t')) && self.has_owner;
                return Err(error.into());
            }
        };
        match written {
            Written::Blank => Ok(()),
            Written::Directive { word, rest } => self.directive(word, rest),
            Written::Record {
                owner,
                ttl,
                kind,
                data,
            } => {
                if let Some(owner) = owner {
                    self.has_owner = false;
                    name::read(owner, &self.origin, &mut self.owner)?;
                    self.owner.make_ascii_lowercase();
                    self.has_owner = true;
                }
                if !self.has_owner {
                    return Err(RecordError::NoOwner.into());
                }
                let kind = record::kind(kind)?;
                let ttl = ttl.or(self.default_ttl).or(self.last_ttl);
                self.last_ttl = ttl.or(self.last_ttl);
                self.record(line, ttl, kind, data)
            }
        }
    }

    fn directive(&mut self, word: &[u8], rest: Words<'_>) -> Result<(), Left> {
        if word.eq_ignore_ascii_case(b"$TTL") {
            self.default_ttl = Some(record::seconds(rest.only()?)?);
            return Ok(());
        }
        if word.eq_ignore_ascii_case(b"$ORIGIN") {
            let mut origin = Vec::new();
            name::read(rest.only()?, &self.origin, &mut origin)?;
            origin.make_ascii_lowercase();
            self.origin = origin;
            return Ok(());
        }
        Err(Left::Directive(record::text(word)))
    }

    fn record(
        &mut self,
        line: u64,
        ttl: Option<u32>,
        kind: u16,
        words: Words<'_>,
    ) -> Result<(), Left> {
        if kind == TYPE_SOA {
            return self.soa(ttl, words);
        }
        let Some((apex, soa)) = &self.zone else {
            return Err(Left::BeforeSoa);
        };
        let Some(labels) = name::below(&self.owner, apex) else {
            self.report.outside += 1;
            let words = format!("{} is not in the zone {}", Shown(&self.owner), Shown(apex));
            self.report.problem(line, words);
            return Ok(());
        };
        if labels.is_empty() || is_no_policy(kind) {
            self.report.ignored += 1;
            return Ok(());
        }
        if let Some(other) = other_trigger(labels) {
            if let (Some(count), Some(word)) = (
                self.report.other_triggers.get_mut(other),
                OTHER_TRIGGERS.get(other),
            ) {
                *count += 1;
                let words = format!("a rule on {word} is not enforced yet");
                self.report.problem(line, words);
            }
            return Ok(());
        }
        if !is_data(kind) {
            return Err(Left::NoData(domain::base::Rtype::from_int(kind)));
        }
        let ttl = ttl.unwrap_or_else(|| soa.negative_ttl());
        record::data(kind, words, &self.origin, &mut self.data)?;
        let (below, labels) = match labels {
            [1, b'*', labels @ ..] => (true, labels),
            labels => (false, labels),
        };
        self.trigger.clear();
        self.trigger.extend_from_slice(labels);
        self.trigger.push(0);
        let content = if kind == TYPE_CNAME {
            // A wildcard's CNAME to one name below it is no pass-through for all of them.
            let owner: &[u8] = if below { &[] } else { &self.trigger };
            action::of_target(owner, &self.data)?
        } else {
            Content::Record {
                kind,
                data: &self.data,
            }
        };
        if self.rules.add(&self.trigger, below, ttl, content)? {
            self.report.records += 1;
        } else {
            self.report.duplicates += 1;
        }
        Ok(())
    }

    fn soa(&mut self, ttl: Option<u32>, words: Words<'_>) -> Result<(), Left> {
        match &self.zone {
            // A zone as it is transferred ends in its SOA once more.
            Some((apex, _)) if *apex == self.owner => {
                self.report.ignored += 1;
                return Ok(());
            }
            Some(_) => return Err(Left::OtherZone(Shown(&self.owner).to_string())),
            None => {}
        }
        record::data(TYPE_SOA, words, &self.origin, &mut self.data)?;
        let mut soa = Soa {
            ttl: ttl.unwrap_or(u32::MAX),
            data: self.data.clone(),
        };
        soa.ttl = ttl.unwrap_or_else(|| soa.negative_ttl());
        self.zone = Some((self.owner.clone(), soa));
        Ok(())
    }

    fn finish(mut self) -> io::Result<Result<Parsed, Report>> {
        let rules = self.rules.finish().map_err(io::Error::other)?;
        self.report.rules = rules.len();
        Ok(match self.zone {
            Some((apex, soa)) => Ok(Parsed {
                apex,
                soa,
                rules,
                report: self.report,
            }),
            None => Err(self.report),
        })
    }
}

/// Which of [`OTHER_TRIGGERS`] the labels before the zone's name end in.
fn other_trigger(labels: &[u8]) -> Option<usize> {
    let last = name::last_label(labels);
    OTHER_TRIGGERS
        .iter()
        .position(|word| last == word.as_bytes())
}

/// Types that say how a zone is served or signed and nothing of policy: NS, DNAME, and those of
/// DNSSEC.
fn is_no_policy(kind: u16) -> bool {
    matches!(
        kind,
        2 | 24 | 25 | 30 | 39 | 43 | 46..=48 | 50 | 51 | 59 | 60 | 63
    )
}

/// Types that stand for data that may be answered.
fn is_data(kind: u16) -> bool {
    !matches!(kind, 0 | 41 | 128..=255)
}
