//! Files that are looked at every second and read again when they change, while queries are answered.
//!
//! A look is one `stat` a file, which is cheap, needs nothing of the system and sees what the kernel's
//! own notices do not: files on network file systems, and a file another one was renamed over. A file
//! is read once it has stood unchanged for a look, so that one being written is not read half.
//!
//! What was in force stays in force, with an alarm in the log and in the node's state, when a file is
//! gone, cannot be read, is no zone, or has lost more than half of its rules: that is what a download
//! that failed looks like. An operator who means it says so by a reload or a restart: a reload reads
//! what changed and what is not in force as it stands, and refuses all of it or none.

use std::{
    fs::Metadata,
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    allow::Allowed,
    parse::{Problem, Report},
    shelf::Shelf,
    zone::{LoadError, Zone, ZoneOptions},
    zones::Zones,
};
use crate::{
    answer::Ede,
    config::{OwnError, OwnRules},
    policy::PolicyCell,
};

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Zones with fewer rules may lose any number of them: people edit those by hand.
const SMALL: u64 = 100;
/// Most problems of a file that are written to the log.
const LOGGED: usize = 10;

/// One zone file, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ZoneFile {
    path: PathBuf,
    options: ZoneOptions,
}

/// Rules that an operator wants in force now, and means as they are.
pub(crate) struct NewRules {
    pub(crate) own: OwnRules,
    /// Told once they are, and whether any file was read for it, or that they cannot be.
    pub(crate) done: oneshot::Sender<Result<bool, LoadError>>,
}

/// Where everybody reads the zones from.
pub(crate) type ZonesCell = Arc<ArcSwap<Zones>>;

/// What tells one content of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: (i64, i64),
    octets: u64,
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from(std::fs::metadata(path)?))
    }
}

impl From<Metadata> for Stamp {
    fn from(metadata: Metadata) -> Self {
        Self {
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            octets: metadata.size(),
            inode: metadata.ino(),
        }
    }
}

/// What was seen of one file.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// What was read or refused; it is not looked into again.
    settled: Option<Stamp>,
    /// What the last look saw.
    last: Option<Stamp>,
    /// Why what the file holds now is not in force.
    trouble: Option<String>,
}

impl Seen {
    /// Whether the file is to be read now.
    fn look(&mut self, path: &Path) -> bool {
        let now = match Stamp::of(path) {
            Ok(now) => now,
            Err(error) => {
                self.last = None;
                // A file that comes back as it was is in force already.
                let words = format!("it cannot be looked at: {error}");
                self.refuse(path, self.settled, words);
                return false;
            }
        };
        if self.settled == Some(now) {
            if self.last.is_none() && self.trouble.is_some() {
                self.settle(now);
            }
            self.last = Some(now);
            return false;
        }
        self.last.replace(now) == Some(now)
    }

    fn settle(&mut self, stamp: Stamp) {
        self.settled = Some(stamp);
        self.last = Some(stamp);
        self.trouble = None;
    }

    fn refuse(&mut self, path: &Path, stamp: Option<Stamp>, words: String) {
        self.settled = stamp;
        if self.trouble.as_ref() != Some(&words) {
            let file = path.display();
            tracing::error!(%file, "{words}; what was read of this file before stays in force");
            self.trouble = Some(words);
        }
    }
}

/// Reads the operator's files again when they change.
#[derive(Debug)]
pub(crate) struct Watcher {
    files: Vec<(ZoneFile, Seen)>,
    allowed: Option<(PathBuf, Seen)>,
    shelf: Option<Shelf>,
    cell: ZonesCell,
}

impl Watcher {
    /// Reads all files once. Whatever is wrong with one as a whole is an error: a node does not start
    /// with other rules than it was given.
    pub(crate) fn open(own: &OwnRules) -> Result<Self, LoadError> {
        Self::read(own, None).map(|(watcher, _)| watcher)
    }

    /// Reads what is not in force already `before`, and gives whether that was anything.
    fn read(own: &OwnRules, before: Option<&Self>) -> Result<(Self, bool), LoadError> {
        let shelf = own.compiled.as_deref().map(Shelf::new);
        if let Some(shelf) = &shelf {
            shelf.keep_only(own.zones.iter().map(|zone| zone.path.as_path()));
        }
        let (mut zones, mut files, mut has_read) = (Vec::new(), Vec::new(), false);
        for file in &own.zones {
            let options = ZoneOptions {
                is_shadow: file.is_shadow,
                ede: match own.error {
                    OwnError::Blocked => Ede::Blocked,
                    OwnError::Filtered => Ede::Filtered,
                },
                ..ZoneOptions::default()
            };
            let path = file.path.clone();
            let file = ZoneFile { path, options };
            // Before it is read: what changes meanwhile is read again.
            let seen = Seen::at(Stamp::of(&file.path).ok());
            let old = before.and_then(|before| before.zone(&file));
            let zone = match old {
                Some((old, zone)) if old.is_as_read(&seen) => zone,
                old => {
                    let zone = Zone::load(&file.path, file.options, shelf.as_ref())?;
                    if let Some((_, old)) = old {
                        zone.take_counts(&old);
                    }
                    announce(&zone);
                    has_read = true;
                    Arc::new(zone)
                }
            };
            zones.push(zone);
            files.push((file, seen));
        }
        let mut in_force = Zones::new(zones, Allowed::default());
        let mut allowed = None;
        if let Some(path) = own.allow_names.clone() {
            let seen = Seen::at(Stamp::of(&path).ok());
            let old = before.and_then(|before| before.allowed_names(&path));
            in_force.allowed = match old {
                Some((old, names)) if old.is_as_read(&seen) => names,
                _ => {
                    let names = Allowed::load(&path).map_err(|source| LoadError::Io {
                        path: path.clone(),
                        source,
                    })?;
                    announce_allowed(&names);
                    has_read = true;
                    Arc::new(names)
                }
            };
            allowed = Some((path, seen));
        }
        let watcher = Self {
            files,
            allowed,
            shelf,
            cell: Arc::new(ArcSwap::from_pointee(in_force)),
        };
        Ok((watcher, has_read))
    }

    /// What is known of a file that was configured the same way, and what is in force of it.
    fn zone(&self, wanted: &ZoneFile) -> Option<(&Seen, Arc<Zone>)> {
        let zones = self.cell.load();
        let mut files = self.files.iter().zip(&zones.zones);
        let ((_, seen), zone) = files.find(|((file, _), _)| file == wanted)?;
        Some((seen, zone.clone()))
    }

    fn allowed_names(&self, wanted: &Path) -> Option<(&Seen, Arc<Allowed>)> {
        let (_, seen) = self.allowed.as_ref().filter(|(path, _)| path == wanted)?;
        Some((seen, self.cell.load().allowed.clone()))
    }

    /// Puts other rules in place of those there are, or leaves them as they were. Gives whether any
    /// file was read.
    fn replace(&mut self, own: &OwnRules) -> Result<bool, LoadError> {
        let (new, has_read) = Self::read(own, Some(self))?;
        self.cell.store(new.cell.load_full());
        (self.files, self.allowed, self.shelf) = (new.files, new.allowed, new.shelf);
        Ok(has_read)
    }

    /// Where the zones in force are read from.
    pub(crate) fn cell(&self) -> ZonesCell {
        self.cell.clone()
    }

    /// Looks until it is told to stop, and puts other rules in force when it is told to.
    pub(crate) async fn run(
        mut self,
        policy: Arc<PolicyCell>,
        mut reloads: mpsc::Receiver<NewRules>,
        stop: CancellationToken,
    ) {
        let mut in_force = self.cell.load_full();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let new = tokio::select! {
                () = stop.cancelled() => return,
                Some(new) = reloads.recv() => Some(new),
                _ = look.tick() => None,
            };
            if new.is_none() && self.files.is_empty() && self.allowed.is_none() {
                continue;
            }
            // Off the threads that answer.
            let looked = tokio::task::spawn_blocking(move || {
                let told = match new {
                    Some(NewRules { own, done }) => Some((done, self.replace(&own))),
                    None => {
                        self.look();
                        None
                    }
                };
                (self, told)
            });
            let told;
            (self, told) = match looked.await {
                Ok(looked) => looked,
                Err(error) => {
                    tracing::error!(%error, "policy files are no longer watched");
                    return;
                }
            };
            let zones = self.cell.load_full();
            if !Arc::ptr_eq(&zones, &in_force) {
                in_force = zones.clone();
                policy.swap_zones(zones);
            }
            if let Some((done, ended)) = told {
                // Whoever asked may have gone.
                let _ = done.send(ended);
            }
        }
    }

    /// Looks at all files once and reads those that changed.
    pub(crate) fn look(&mut self) {
        let before = self.cell.load_full();
        let mut after = Zones::clone(&before);
        for ((file, seen), zone) in self.files.iter_mut().zip(&mut after.zones) {
            if seen.look(&file.path) {
                renew(file, seen, zone, self.shelf.as_ref());
            }
        }
        if let Some((path, seen)) = &mut self.allowed
            && seen.look(path)
        {
            renew_allowed(path, seen, &mut after.allowed);
        }
        let zones = self.files.iter().map(|(file, seen)| (&file.path, seen));
        let allowed = self.allowed.iter().map(|(path, seen)| (path, seen));
        after.troubles = zones
            .chain(allowed)
            .filter_map(|(path, seen)| Some((path.clone(), seen.trouble.clone()?)))
            .collect();
        let is_same = after.troubles == before.troubles
            && Arc::ptr_eq(&after.allowed, &before.allowed)
            && after
                .zones
                .iter()
                .zip(&before.zones)
                .all(|(a, b)| Arc::ptr_eq(a, b));
        if !is_same {
            self.cell.store(Arc::new(after));
        }
    }
}

impl Seen {
    fn at(stamp: Option<Stamp>) -> Self {
        Self {
            settled: stamp,
            last: stamp,
            trouble: None,
        }
    }

    /// Whether what was read is what stands there `now`.
    fn is_as_read(&self, now: &Self) -> bool {
        self.trouble.is_none() && now.settled.is_some() && self.settled == now.settled
    }
}

fn renew(file: &ZoneFile, seen: &mut Seen, zone: &mut Arc<Zone>, shelf: Option<&Shelf>) {
    let stamp = Stamp::of(&file.path).ok();
    let new = match Zone::load(&file.path, file.options, shelf) {
        Ok(new) => new,
        Err(error) => return seen.refuse(&file.path, stamp, error.to_string()),
    };
    let (before, now) = (zone.rules(), new.rules());
    if before >= SMALL && now < before / 2 {
        let words = format!(
            "it holds {now} rules and held {before}, as after a download that failed; if this is \
             meant, say so by a reload or a restart"
        );
        return seen.refuse(&file.path, stamp, words);
    }
    new.take_counts(zone);
    announce(&new);
    *zone = Arc::new(new);
    match stamp {
        Some(stamp) => seen.settle(stamp),
        None => seen.trouble = None,
    }
}

fn renew_allowed(path: &Path, seen: &mut Seen, allowed: &mut Arc<Allowed>) {
    let stamp = Stamp::of(path).ok();
    match Allowed::load(path) {
        Ok(new) => {
            announce_allowed(&new);
            *allowed = Arc::new(new);
            match stamp {
                Some(stamp) => seen.settle(stamp),
                None => seen.trouble = None,
            }
        }
        Err(error) => seen.refuse(path, stamp, error.to_string()),
    }
}

fn announce(zone: &Zone) {
    let (file, report) = (zone.path().display(), zone.report());
    tracing::info!(
        %file,
        zone = zone.name(),
        serial = zone.serial(),
        rules = zone.rules(),
        shadow = zone.is_shadow(),
        "a policy zone is in force"
    );
    let Report {
        bad,
        outside,
        is_cut,
        ..
    } = *report;
    if report.skipped() > 0 {
        let others: u64 = report.other_triggers.iter().sum();
        tracing::warn!(%file, bad, outside, not_enforced = others, "records were left out");
    }
    if is_cut {
        tracing::warn!(%file, "its last line has no end: if the file was cut short, rules are missing");
    }
    say(zone.path(), &report.problems);
}

fn announce_allowed(allowed: &Allowed) {
    let file = allowed.path().display();
    tracing::info!(%file, names = allowed.len(), left_out = allowed.bad(), "names that no policy zone touches");
    say(allowed.path(), allowed.problems());
}

fn say(path: &Path, problems: &[Problem]) {
    for Problem { line, words } in problems.iter().take(LOGGED) {
        tracing::warn!("{}:{line}: {words}", path.display());
    }
}

#[cfg(test)]
mod tests;
