//! Files that are looked at every second and read again when they change, while queries are answered.
//!
//! A look is one `stat` a file, which is cheap, needs nothing of the system and sees what the kernel's
//! own notices do not: files on network file systems, and a file another one was renamed over. A file
//! is read once it has stood unchanged for a look, so that one being written is not read half.
//!
//! What was in force stays in force, with an alarm in the log and in the node's state, when a file is
//! gone, cannot be read, is no zone, or has lost more than half of its rules: that is what a download
//! that failed looks like. An operator who means it says so by a reload or a restart.

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
    sync::Notify,
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
#[derive(Debug)]
struct ZoneFile {
    path: PathBuf,
    options: ZoneOptions,
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
#[derive(Debug, Default)]
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
        let shelf = own.compiled.as_deref().map(Shelf::new);
        if let Some(shelf) = &shelf {
            shelf.keep_only(own.zones.iter().map(|zone| zone.path.as_path()));
        }
        let mut zones = Vec::new();
        let mut seen = Vec::new();
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
            let stamp = Stamp::of(&file.path).ok();
            let zone = Zone::load(&file.path, file.options, shelf.as_ref())?;
            announce(&zone);
            zones.push(Arc::new(zone));
            seen.push((file, Seen::at(stamp)));
        }
        let (names, allowed) = match own.allow_names.clone() {
            Some(path) => {
                let stamp = Stamp::of(&path).ok();
                let names = Allowed::load(&path).map_err(|source| LoadError::Io {
                    path: path.clone(),
                    source,
                })?;
                announce_allowed(&names);
                (names, Some((path, Seen::at(stamp))))
            }
            None => (Allowed::default(), None),
        };
        Ok(Self {
            files: seen,
            allowed,
            shelf,
            cell: Arc::new(ArcSwap::from_pointee(Zones::new(zones, names))),
        })
    }

    /// Where the zones in force are read from.
    pub(crate) fn cell(&self) -> ZonesCell {
        self.cell.clone()
    }

    /// Looks until it is told to stop. `reload` has every file read again that is not in force as it
    /// is, and taken also when it lost most of its rules.
    pub(crate) async fn run(
        mut self,
        policy: Arc<PolicyCell>,
        reload: Arc<Notify>,
        stop: CancellationToken,
    ) {
        let mut in_force = self.cell.load_full();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_meant = tokio::select! {
                () = stop.cancelled() => return,
                () = reload.notified() => true,
                _ = look.tick() => false,
            };
            // Off the threads that answer.
            let looked = tokio::task::spawn_blocking(move || {
                self.look(is_meant);
                self
            });
            match looked.await {
                Ok(watcher) => self = watcher,
                Err(error) => {
                    tracing::error!(%error, "policy files are no longer watched");
                    return;
                }
            }
            let zones = self.cell.load_full();
            if !Arc::ptr_eq(&zones, &in_force) {
                in_force = zones.clone();
                policy.swap_zones(zones);
            }
        }
    }

    /// Looks at all files once and reads those that changed. With `is_meant` an operator says that
    /// they are as they should be.
    pub(crate) fn look(&mut self, is_meant: bool) {
        let before = self.cell.load_full();
        let mut after = Zones::clone(&before);
        for ((file, seen), zone) in self.files.iter_mut().zip(&mut after.zones) {
            let is_ready = seen.look(&file.path);
            if is_ready || is_meant && seen.trouble.is_some() {
                renew(file, seen, zone, self.shelf.as_ref(), is_meant);
            }
        }
        if let Some((path, seen)) = &mut self.allowed {
            let is_ready = seen.look(path);
            if is_ready || is_meant && seen.trouble.is_some() {
                renew_allowed(path, seen, &mut after.allowed);
            }
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
}

fn renew(
    file: &ZoneFile,
    seen: &mut Seen,
    zone: &mut Arc<Zone>,
    shelf: Option<&Shelf>,
    is_meant: bool,
) {
    let stamp = Stamp::of(&file.path).ok();
    let new = match Zone::load(&file.path, file.options, shelf) {
        Ok(new) => new,
        Err(error) => return seen.refuse(&file.path, stamp, error.to_string()),
    };
    let (before, now) = (zone.rules(), new.rules());
    if !is_meant && before >= SMALL && now < before / 2 {
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
