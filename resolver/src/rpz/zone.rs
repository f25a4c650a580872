//! One policy zone in force: its rules, what its answers say beside them, and how often it acted.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    action::{Action, Kind},
    compiled::Hashing,
    data::LocalData,
    name::{self, Shown},
    parse::{self, Report, Soa},
    rules::{Found, Rules, Trigger},
    shelf::Shelf,
};
use crate::{
    answer::{EDE_OPTION, Ede},
    config::BLOCK_TTL,
    reply::Reply,
};

/// Most octets of a zone's name in an extended error.
const MAX_WORDS: usize = 200;
/// Endings of file names that are not part of a zone's name.
const EXTENSIONS: [&str; 4] = [".rpz", ".zone", ".db", ".txt"];

/// What an operator decides about one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ZoneOptions {
    /// Count what it would do, and do nothing.
    pub(crate) is_shadow: bool,
    /// The extended error of its answers: [`Ede::Blocked`] or [`Ede::Filtered`].
    pub(crate) ede: Ede,
    /// Longest life of its answers, in seconds.
    pub(crate) most_ttl: u32,
}

impl Default for ZoneOptions {
    fn default() -> Self {
        Self {
            is_shadow: false,
            ede: Ede::Blocked,
            most_ttl: BLOCK_TTL,
        }
    }
}

/// Why a file is no zone.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system refused.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// What zone it is cannot be known.
    #[error(
        "{path}: no SOA record, so this is no policy zone or only a piece of one; its first record says \
         `@ SOA localhost. root.localhost. 1 3600 600 86400 60`",
        path = path.display()
    )]
    NoSoa {
        /// The file.
        path: PathBuf,
        /// What was found in it instead.
        report: Box<Report>,
    },
}

/// A zone.
#[derive(Debug)]
pub(crate) struct Zone {
    path: PathBuf,
    /// As people write it.
    name: String,
    rules: Rules,
    serial: u32,
    /// The SOA record in wire form, and where its TTL stands in it.
    soa: Vec<u8>,
    soa_ttl_at: usize,
    negative_ttl: u32,
    options: ZoneOptions,
    /// The extended error as an EDNS option in wire form.
    ede: Vec<u8>,
    report: Report,
    counts: [AtomicU64; Kind::ALL.len()],
}

/// A rule that matches a query, with all that an answer needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit<'a> {
    pub(crate) zone: &'a Zone,
    pub(crate) action: Action<'a>,
    pub(crate) trigger: Trigger,
    /// How long the answer may be kept, in seconds.
    pub(crate) ttl: u32,
    kind: Kind,
    /// The rule's name in wire form, without its asterisk.
    owner: &'a [u8],
}

impl Zone {
    /// Reads a file whole, or what it was compiled to before, if that stands on the shelf. What could not
    /// be taken of it stands in [`Self::report`].
    pub(super) fn load(
        path: &Path,
        options: ZoneOptions,
        shelf: Option<&Shelf>,
    ) -> Result<Self, LoadError> {
        let io = |source| LoadError::Io {
            path: path.to_owned(),
            source,
        };
        let (file, origin) = (File::open(path).map_err(io)?, origin_of(path));
        let octets = file.metadata().map_err(io)?.len();
        let kept = shelf.and_then(|shelf| shelf.take(path, octets, &origin));
        let parsed = match kept {
            Some(parsed) => parsed,
            None => {
                let mut file = Hashing::new(file);
                let parsed = parse::read(&mut file, octets, &origin).map_err(io)?;
                let parsed = parsed.map_err(|report| LoadError::NoSoa {
                    path: path.to_owned(),
                    report: Box::new(report),
                })?;
                if let Some(shelf) = shelf {
                    shelf.put(path, &origin, &file.finish(), &parsed);
                }
                parsed
            }
        };
        Ok(Self::new(path, &parsed.apex, &parsed.soa, options).with(parsed.rules, parsed.report))
    }

    fn new(path: &Path, apex: &[u8], soa: &Soa, options: ZoneOptions) -> Self {
        let name = Shown(apex).to_string();
        let mut record = apex.to_vec();
        record.extend_from_slice(&[0, 6, 0, 1]);
        let soa_ttl_at = record.len();
        record.extend_from_slice(&[0; 4]);
        // Two names and five numbers are far below what two octets count.
        record.extend_from_slice(&(soa.data.len() as u16).to_be_bytes());
        record.extend_from_slice(&soa.data);
        Self {
            path: path.to_owned(),
            serial: soa.serial(),
            soa: record,
            soa_ttl_at,
            negative_ttl: soa.negative_ttl().min(options.most_ttl),
            ede: ede_option(options.ede, &words(&name)),
            name,
            options,
            rules: Rules::default(),
            report: Report::default(),
            counts: Default::default(),
        }
    }

    fn with(mut self, rules: Rules, report: Report) -> Self {
        self.rules = rules;
        self.report = report;
        self
    }

    /// The rule for a name in lower case on the wire, with its root octet. Nothing is allocated or
    /// counted.
    pub(crate) fn find<'a>(&'a self, lower: &'a [u8]) -> Option<Hit<'a>> {
        let Found {
            mut kind,
            ttl,
            data,
            trigger,
            start,
        } = self.rules.find(lower)?;
        if kind == Kind::Alias && data.eq_ignore_ascii_case(lower) {
            // To send a name to itself is to leave it alone.
            kind = Kind::Passthru;
        }
        let action = match kind {
            Kind::NxDomain => Action::NxDomain,
            Kind::NoData => Action::NoData,
            Kind::Passthru => Action::Passthru,
            Kind::Drop => Action::Drop,
            Kind::TcpOnly => Action::TcpOnly,
            Kind::Records | Kind::Alias | Kind::AliasBelow => Action::Data(LocalData {
                kind,
                ttl,
                octets: data,
            }),
        };
        let ttl = match action {
            Action::Data(_) => ttl.min(self.options.most_ttl),
            _ => ttl.min(self.negative_ttl),
        };
        Some(Hit {
            zone: self,
            action,
            trigger,
            ttl,
            kind,
            owner: lower.get(start..).unwrap_or_default(),
        })
    }

    /// The zone's name, without its last dot.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file it was read from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The serial of its SOA record.
    pub(crate) fn serial(&self) -> u32 {
        self.serial
    }

    /// Whether it only counts.
    pub(crate) fn is_shadow(&self) -> bool {
        self.options.is_shadow
    }

    /// Rules, a wildcard counted for itself.
    pub(crate) fn rules(&self) -> u64 {
        self.rules.len()
    }

    /// Octets of memory its rules take.
    pub(crate) fn octets(&self) -> usize {
        self.rules.octets()
    }

    /// What became of the file's records.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// How often each action was taken, or would have been, with the words of [`Kind::word`]; an
    /// action may come several times.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let counts = self.counts.iter();
        Kind::ALL
            .iter()
            .zip(counts)
            .map(|(kind, count)| (kind.word(), count.load(Ordering::Relaxed)))
    }

    /// Goes on counting where the zone that this one takes the place of left off.
    pub(super) fn take_counts(&self, before: &Self) {
        for (to, from) in self.counts.iter().zip(&before.counts) {
            to.fetch_add(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// The extended error of this zone's answers as an EDNS option in wire form, for
    /// [`Reply::push_opt`].
    pub(crate) fn ede_option(&self) -> &[u8] {
        &self.ede
    }

    /// The code and words of this zone's extended error.
    pub(crate) fn ede(&self) -> (Ede, String) {
        (self.options.ede, words(&self.name))
    }

    /// Longest life of its answers, in seconds.
    pub(crate) fn most_ttl(&self) -> u32 {
        self.options.most_ttl
    }

    /// The SOA record in wire form with a TTL of so many seconds, for the authority section of
    /// negative answers.
    pub(crate) fn soa(&self, ttl: u32) -> Vec<u8> {
        let mut soa = self.soa.clone();
        set_ttl(&mut soa, self.soa_ttl_at, ttl);
        soa
    }

    /// Appends the SOA record to an answer; `None` when it does not fit.
    pub(crate) fn append_soa(&self, reply: &mut Reply<'_>, ttl: u32) -> Option<()> {
        let start = reply.end();
        reply.push(&self.soa)?;
        set_ttl(reply.written(start), self.soa_ttl_at, ttl);
        Some(())
    }
}

impl Hit<'_> {
    /// What the rule does, in the word of the metric's label.
    pub(crate) fn word(&self) -> &'static str {
        self.kind.word()
    }

    /// Counts that this rule acted, or would have.
    pub(crate) fn count(&self) {
        if let Some(count) = self.zone.counts.get(self.kind as usize - 1) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The rule and its zone, as `*.example.com` of `rpz.example`.
impl std::fmt::Display for Hit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let owner = Shown(self.owner);
        let zone = &self.zone.name;
        match self.trigger {
            Trigger::Exact => write!(f, "{owner} of policy zone {zone}"),
            Trigger::Wildcard if self.owner == [0] => write!(f, "*. of policy zone {zone}"),
            Trigger::Wildcard => write!(f, "*.{owner} of policy zone {zone}"),
        }
    }
}

fn set_ttl(record: &mut [u8], at: usize, ttl: u32) {
    if let Some(place) = record.get_mut(at..at + 4) {
        place.copy_from_slice(&ttl.to_be_bytes());
    }
}

/// What an extended error says besides its code.
fn words(zone: &str) -> String {
    if zone.len() > MAX_WORDS {
        return "a policy zone of this resolver's operator".to_owned();
    }
    format!("policy zone {zone} of this resolver's operator")
}

fn ede_option(code: Ede, words: &str) -> Vec<u8> {
    let length = 2 + words.len() as u16;
    let mut option = Vec::with_capacity(4 + usize::from(length));
    for number in [EDE_OPTION, length, code as u16] {
        option.extend_from_slice(&number.to_be_bytes());
    }
    option.extend_from_slice(words.as_bytes());
    option
}

/// The name of a zone whose file leaves it open, as BIND's files do that are named in its
/// configuration: that of the file.
fn origin_of(path: &Path) -> Vec<u8> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = EXTENSIONS
        .iter()
        .find_map(|extension| file.strip_suffix(extension))
        .unwrap_or(&file);
    let name = name.strip_prefix("db.").unwrap_or(name);
    let mut wire = Vec::new();
    if name::read(name.as_bytes(), b"\0", &mut wire).is_err() {
        wire = b"\x06policy\0".to_vec();
    }
    wire.make_ascii_lowercase();
    wire
}

#[cfg(test)]
mod bind;
#[cfg(test)]
mod tests;
