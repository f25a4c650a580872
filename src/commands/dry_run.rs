//! `list dry-run`: what a verified release would do to names that subscribers ask for. Nothing is sent
//! anywhere and nothing is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use blocklist::{BlockSet, DomainName, ListingId, Timestamp, set::SetError};
use serde::Serialize;
use tracing::warn;

use super::{names, replayed};
use crate::{
    cli::{Base, DryRun},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, style, styled, visible},
};

/// How many lines that are no names are told by their number.
const TOLD: usize = 10;

/// What `list dry-run --format json` prints.
#[derive(Debug, Serialize)]
struct Outcome {
    release: Release,
    /// Lines with a name, and queries they stand for.
    asked: Count,
    /// What of them would be blocked.
    blocked: Count,
    /// Of these, what the older release does not block.
    #[serde(skip_serializing_if = "Option::is_none")]
    newly_blocked: Option<Count>,
    /// What the older release blocks and this one does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_longer_blocked: Option<Count>,
    /// The listings that would block, those with most queries first.
    listings: Vec<Hits>,
    /// The names that would be blocked most often, at most as many as asked for.
    top: Vec<Top>,
    protected: Protected,
    unreadable: Unreadable,
}

#[derive(Debug, Serialize)]
struct Release {
    size: u64,
    serial: u32,
    time: Timestamp,
    not_after: Timestamp,
    fresh: bool,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Count {
    lines: u64,
    queries: u64,
}

impl Count {
    fn add(&mut self, queries: u64) {
        self.lines += 1;
        self.queries = self.queries.saturating_add(queries);
    }
}

#[derive(Debug, Serialize)]
struct Hits {
    listing_id: ListingId,
    /// The name that is listed.
    name: DomainName,
    #[serde(flatten)]
    count: Count,
}

#[derive(Debug, Serialize)]
struct Top {
    name: String,
    listing_id: ListingId,
    queries: u64,
}

/// The operator's own names.
#[derive(Debug, Default, Serialize)]
struct Protected {
    names: usize,
    /// Those that would be blocked: an alarm.
    hit: Vec<Hit>,
}

#[derive(Debug, Serialize)]
struct Hit {
    name: String,
    listing_id: ListingId,
}

/// Lines that are no names.
#[derive(Debug, Default, Serialize)]
struct Unreadable {
    lines: u64,
    /// The first of them, from 1.
    first: Vec<u64>,
}

pub(crate) async fn run(
    dir: &DataDir,
    options: DryRun,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let replayed = replayed::log_of(dir, &options.base).await?;
    let old = match options.since {
        Some(since) => {
            let base = Base {
                base: Some(since),
                trust: options.base.trust.clone(),
            };
            let folded = replayed::log_of(dir, &base).await?.folded;
            Some(folded.block_set().map_err(too_large)?)
        }
        None => None,
    };
    let release = &replayed.release;
    let fresh = release.is_fresh(clock::now());
    if !fresh {
        warn!(not_after = %release.not_after, "the release is stale: resolvers no longer enforce it");
    }
    let set = replayed.folded.block_set().map_err(too_large)?;
    let mut trial = Trial::new(&set, old.as_ref());
    read_lines(&options.names, |line| trial.take(line))?;
    let protected = match &options.protected {
        Some(file) => protected(file, &set)?,
        None => Protected::default(),
    };
    let listed: BTreeMap<_, _> = replayed
        .folded
        .listings
        .iter()
        .map(|listing| (&listing.statement.listing_id, &listing.statement.name))
        .collect();
    let release = Release {
        size: release.size,
        serial: release.serial,
        time: release.time,
        not_after: release.not_after,
        fresh,
    };
    let outcome = trial.end(release, protected, &listed, options.top);
    printer.result(&outcome, || text(&outcome));
    Ok(if outcome.protected.hit.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    })
}

/// The counts as lines come by; what is kept grows with the names that would be blocked only.
struct Trial<'a> {
    set: &'a BlockSet,
    old: Option<&'a BlockSet>,
    asked: Count,
    blocked: Count,
    newly: Count,
    no_longer: Count,
    by_listing: BTreeMap<ListingId, Count>,
    by_name: BTreeMap<String, (ListingId, u64)>,
    unreadable: Unreadable,
    line: u64,
}

impl<'a> Trial<'a> {
    fn new(set: &'a BlockSet, old: Option<&'a BlockSet>) -> Self {
        Self {
            set,
            old,
            asked: Count::default(),
            blocked: Count::default(),
            newly: Count::default(),
            no_longer: Count::default(),
            by_listing: BTreeMap::new(),
            by_name: BTreeMap::new(),
            unreadable: Unreadable::default(),
            line: 0,
        }
    }

    fn take(&mut self, line: &[u8]) {
        self.line += 1;
        let (name, queries) = match names::read(line) {
            Ok(Some(asked)) => asked,
            Ok(None) => return,
            Err(names::NoName) => {
                self.unreadable.lines += 1;
                if self.unreadable.first.len() < TOLD {
                    self.unreadable.first.push(self.line);
                }
                return;
            }
        };
        self.asked.add(queries);
        let now = self.set.find(&name.wire);
        let before = self.old.map(|old| old.find(&name.wire).is_some());
        match (before, now.is_some()) {
            (Some(false), true) => self.newly.add(queries),
            (Some(true), false) => self.no_longer.add(queries),
            _ => {}
        }
        if let Some(listing) = now {
            self.blocked.add(queries);
            self.by_listing
                .entry(listing.clone())
                .or_default()
                .add(queries);
            let of_name = self.by_name.entry(name.text).or_insert((listing, 0));
            of_name.1 = of_name.1.saturating_add(queries);
        }
    }

    fn end(
        self,
        release: Release,
        protected: Protected,
        listed: &BTreeMap<&ListingId, &DomainName>,
        most: usize,
    ) -> Outcome {
        let hits = |(listing_id, count): (ListingId, Count)| {
            Some(Hits {
                name: (*listed.get(&listing_id)?).clone(),
                listing_id,
                count,
            })
        };
        let mut listings: Vec<_> = self.by_listing.into_iter().filter_map(hits).collect();
        listings.sort_by_key(|hits| std::cmp::Reverse(hits.count.queries));
        let mut top: Vec<_> = self
            .by_name
            .into_iter()
            .map(|(name, (listing_id, queries))| Top {
                name,
                listing_id,
                queries,
            })
            .collect();
        top.sort_by_key(|top| std::cmp::Reverse(top.queries));
        top.truncate(most);
        Outcome {
            release,
            asked: self.asked,
            blocked: self.blocked,
            newly_blocked: self.old.map(|_| self.newly),
            no_longer_blocked: self.old.map(|_| self.no_longer),
            listings,
            top,
            protected,
            unreadable: self.unreadable,
        }
    }
}

/// A list of more names than this program can look up in.
fn too_large(error: SetError) -> Failure {
    Failure::new(Exit::Permanent, error)
}

/// Which of the operator's own names would be blocked. A line that is no name is refused: a name
/// misspelt would be a name unprotected.
fn protected(file: &Path, set: &BlockSet) -> Result<Protected, Failure> {
    let (mut line, mut names, mut hit) = (0, BTreeSet::new(), Vec::new());
    let mut wrong = None;
    read_lines(file, |bytes| {
        line += 1;
        match names::read(bytes) {
            Ok(Some((name, _))) => {
                let new = names.insert(name.text.clone());
                if let (true, Some(listing_id)) = (new, set.find(&name.wire)) {
                    hit.push(Hit {
                        name: name.text,
                        listing_id,
                    });
                }
            }
            Ok(None) => {}
            Err(names::NoName) => wrong = wrong.or(Some(line)),
        }
    })?;
    match wrong {
        Some(line) => Err(Failure::usage(format_args!(
            "{}: line {line} is no name",
            file.display()
        ))),
        None => Ok(Protected {
            names: names.len(),
            hit,
        }),
    }
}

/// Gives each line of a file, or of stdin for `-`, without its end.
fn read_lines(file: &Path, mut take: impl FnMut(&[u8])) -> Result<(), Failure> {
    let unread = |error: io::Error| Failure::usage(format_args!("{}: {error}", file.display()));
    let mut lines: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(file).map_err(unread)?))
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        // A file without lines is not read into memory whole.
        let read = io::Read::take(&mut lines, names::MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(unread)?;
        if read == 0 {
            return Ok(());
        }
        if line.len() as u64 == names::MAX_LINE && !line.ends_with(b"\n") {
            lines.skip_until(b'\n').map_err(unread)?;
            // Its beginning may look like a name, and is none.
            line.fill(0);
        }
        take(line.trim_ascii());
    }
}

fn text(outcome: &Outcome) -> String {
    let Outcome {
        release,
        asked,
        blocked,
        ..
    } = outcome;
    let mut text = format!(
        "serial {} of {}: would block {} of {} names, {} of {} queries\n",
        release.serial, release.time, blocked.lines, asked.lines, blocked.queries, asked.queries
    );
    if let (Some(newly), Some(freed)) = (outcome.newly_blocked, outcome.no_longer_blocked) {
        text += &format!(
            "against the older release: {} names blocked anew ({} queries), {} no longer ({} queries)\n",
            newly.lines, newly.queries, freed.lines, freed.queries
        );
    }
    for hits in &outcome.listings {
        text += &format!(
            "{}  {}  {} names, {} queries\n",
            hits.listing_id, hits.name, hits.count.lines, hits.count.queries
        );
    }
    for top in &outcome.top {
        let name = visible(&top.name);
        text += &format!("  {}  {name}  {}\n", top.queries, top.listing_id);
    }
    for hit in &outcome.protected.hit {
        text += &format!(
            "{} {} is yours and would be blocked by {}\n",
            styled(style::ERROR, "ALARM:"),
            visible(&hit.name),
            hit.listing_id
        );
    }
    if outcome.protected.names > 0 {
        text += &format!(
            "{} of your {} names would be blocked\n",
            outcome.protected.hit.len(),
            outcome.protected.names
        );
    }
    if outcome.unreadable.lines > 0 {
        text += &format!(
            "{} lines are no names, the first at {:?}\n",
            outcome.unreadable.lines, outcome.unreadable.first
        );
    }
    text
}
