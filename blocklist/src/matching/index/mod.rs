//! Everything a verdict follows from, made ready to be asked: built once from [`Known`], asked
//! millions of times. Nothing is judged here; the index only finds what judging looks at.

mod names;
mod suffix;

use std::{collections::HashMap, ops::Deref};

use names::NameIndex;
pub(super) use names::{Bearer, NameHit};
use suffix::BySuffix;

use super::{
    Alike, Known, Operator,
    alike::AlikeIndex,
    known::RowHost,
    names::{NameKey, Word},
    number::number_key,
};
use crate::{
    DomainName,
    fold::Listing,
    register::{HostKind, LicenceRow, Measure, Snapshot, Warning},
};

/// What is known, with tables to find it by. It reads like the [`Known`] it was built from; to share
/// one among threads, put it behind an `Arc`.
#[derive(Clone, Debug, Default)]
pub struct Index {
    known: Known,
    hosts: BySuffix<HostId>,
    listings: BySuffix<u32>,
    warnings: BySuffix<u32>,
    operators: BySuffix<u32>,
    /// The first host below each registrable domain, help desks left out.
    relatives: HashMap<DomainName, HostId>,
    /// For an operator, the first host of a row that bears its brand.
    branded: HashMap<u32, HostId>,
    numbers: HashMap<String, Vec<RowId>>,
    bins: HashMap<String, Vec<RowId>>,
    /// Notices of forged copies by the number of the licence that was copied.
    forged: HashMap<String, Vec<u32>>,
    alike: AlikeIndex,
    alike_hosts: Vec<HostId>,
    names: NameIndex,
}

/// A row: which register, in the order of [`Known::registers`], and which row of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowId(u32, u32);

/// A host of a row, in the order of [`LicenceRow::all_hosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostId(RowId, u32);

/// A row with where it stands: its snapshot, and whether that is signed.
pub(super) type Row<'a> = (&'a Snapshot, bool, &'a LicenceRow);

/// A position as it is kept. Four thousand million rows do not fit into memory.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Deref for Index {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.known
    }
}

impl From<Known> for Index {
    fn from(known: Known) -> Self {
        Self::of(known)
    }
}

impl Index {
    /// Builds the tables: for 100 000 licensees a second or two of work.
    pub fn of(known: Known) -> Self {
        let mut index = Self {
            names: NameIndex::of(&known),
            ..Self::default()
        };
        index.add_rows(&known);
        for (at, listing) in known.listings.iter().enumerate() {
            index.listings.add(&listing.statement.name, position(at));
        }
        for (at, warning) in known.warnings.iter().enumerate() {
            if warning.measure == Measure::ForgedDocument {
                let number = number_key(&warning.licence_no);
                index.forged.entry(number).or_default().push(position(at));
                continue;
            }
            for host in &warning.hosts {
                index.warnings.add(host, position(at));
            }
        }
        for (at, operator) in known.operators.iter().enumerate() {
            index.operators.add(&operator.host, position(at));
        }
        index.branded = branded(&known);
        index.known = known;
        index
    }

    fn add_rows(&mut self, known: &Known) {
        let mut alike: Vec<(&DomainName, HostId)> = Vec::new();
        for (id, row) in numbered_rows(known) {
            for (text, map) in [
                (number_key(&row.licence_no), &mut self.numbers),
                (row.bin.clone(), &mut self.bins),
            ] {
                if !text.is_empty() {
                    map.entry(text).or_default().push(id);
                }
            }
            for (at, (host, kind)) in row.all_hosts().enumerate() {
                let host_id = HostId(id, position(at));
                self.hosts.add(host, host_id);
                // Help desks stand below names that many firms share.
                if kind != HostKind::Support {
                    if let Some(registrable) = host.registrable() {
                        self.relatives.entry(registrable).or_insert(host_id);
                    }
                    alike.push((host, host_id));
                }
            }
        }
        let (index, positions) = AlikeIndex::of(alike.iter().map(|(host, _)| *host));
        self.alike = index;
        self.alike_hosts = positions
            .into_iter()
            .filter_map(|at| alike.get(at).map(|(_, id)| *id))
            .collect();
    }

    /// What it was built from.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The row of a position; `None` only for a position of another index.
    pub(super) fn row(&self, id: RowId) -> Option<Row<'_>> {
        let (at, signed_count) = (id.0 as usize, self.known.snapshots.len());
        let (snapshot, signed) = match self.known.snapshots.get(at) {
            Some(snapshot) => (snapshot, true),
            None => (self.known.shipped.get(at - signed_count)?, false),
        };
        Some((snapshot, signed, snapshot.rows.get(id.1 as usize)?))
    }

    fn row_host(&self, id: HostId) -> Option<RowHost<'_>> {
        let (snapshot, signed, row) = self.row(id.0)?;
        let (host, kind) = row.all_hosts().nth(id.1 as usize)?;
        Some(RowHost {
            snapshot,
            signed,
            row,
            host,
            kind,
        })
    }

    /// Listings of the name and of names above it, longest first.
    pub(super) fn listings_over(&self, name: &DomainName) -> impl Iterator<Item = &Listing> {
        let found = self.listings.over(name).flatten();
        found.filter_map(|at| self.known.listings.get(*at as usize))
    }

    /// Notices against the name or a name above it, in the order of the notices.
    pub(super) fn warnings_over(&self, name: &DomainName) -> impl Iterator<Item = &Warning> {
        let mut found: Vec<u32> = self.warnings.over(name).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .filter_map(|at| self.known.warnings.get(at as usize))
    }

    /// Hosts of rows that are the longest to cover the name.
    pub(super) fn rows_over(&self, name: &DomainName) -> Vec<RowHost<'_>> {
        let longest = self.hosts.over(name).next().unwrap_or_default();
        let found = longest.iter().filter_map(|id| self.row_host(*id));
        found.collect()
    }

    /// Whether a row of any register names this host or one above it, however it stands to the licence.
    pub fn names_host(&self, name: &DomainName) -> bool {
        !self.rows_over(name).is_empty()
    }

    /// Exchanges abroad that the name belongs to, each with a host of a row that bears its brand.
    pub(super) fn operators_over(
        &self,
        name: &DomainName,
    ) -> impl Iterator<Item = (&Operator, Option<RowHost<'_>>)> {
        let mut found: Vec<u32> = self.operators.over(name).flatten().copied().collect();
        found.sort_unstable();
        found.into_iter().filter_map(|at| {
            let branded = self.branded.get(&at).and_then(|id| self.row_host(*id));
            Some((self.known.operators.get(at as usize)?, branded))
        })
    }

    /// A host of a row under the same registrable domain.
    pub(super) fn relative_of(&self, name: &DomainName) -> Option<RowHost<'_>> {
        let id = self.relatives.get(&name.registrable()?)?;
        self.row_host(*id)
    }

    /// The host of a row that the name resembles most plainly, and how.
    pub(super) fn alike(&self, name: &DomainName) -> Option<(RowHost<'_>, Alike)> {
        let (at, alike) = self.alike.find(name)?;
        let at = self.row_host(*self.alike_hosts.get(at)?)?;
        Some((at, alike))
    }

    /// Rows with a licence number, however it is written.
    pub(super) fn rows_of_number(&self, number: &str) -> Vec<Row<'_>> {
        self.rows_in(&self.numbers, &number_key(number))
    }

    /// Rows of a BIN.
    pub(super) fn rows_of_bin(&self, bin: &str) -> Vec<Row<'_>> {
        self.rows_in(&self.bins, bin)
    }

    fn rows_in(&self, map: &HashMap<String, Vec<RowId>>, key: &str) -> Vec<Row<'_>> {
        let ids = map.get(key).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.row(*id)).collect()
    }

    /// Notices that a forged copy of the licence with this number circulates.
    pub(super) fn forged_copies_of(&self, number: &str) -> impl Iterator<Item = &Warning> {
        let found = self.forged.get(&number_key(number));
        let found = found.map(Vec::as_slice).unwrap_or_default();
        found
            .iter()
            .filter_map(|at| self.known.warnings.get(*at as usize))
    }

    /// Names near the one asked for, in the order of rows, notices and exchanges abroad.
    pub(super) fn names_near(&self, asked: &NameKey) -> Vec<NameHit> {
        self.names.near(asked)
    }

    /// Names that share all words of one of the two: every [`Closeness::Same`] and
    /// [`Closeness::Begins`] is among them, at a fraction of the cost.
    ///
    /// [`Closeness::Same`]: super::names::Closeness::Same
    /// [`Closeness::Begins`]: super::names::Closeness::Begins
    pub(super) fn names_sharing(&self, asked: &NameKey) -> Vec<NameHit> {
        self.names.sharing(asked)
    }
}

fn numbered_rows(known: &Known) -> impl Iterator<Item = (RowId, &LicenceRow)> {
    let registers = known.registers().enumerate();
    registers.flat_map(|(register, (snapshot, _))| {
        let rows = snapshot.rows.iter().enumerate();
        rows.map(move |(at, row)| (RowId(position(register), position(at)), row))
    })
}

/// For each operator the first row with a host whose brand is within the operator's name.
fn branded(known: &Known) -> HashMap<u32, HostId> {
    let names: Vec<NameKey> = known
        .operators
        .iter()
        .map(|operator| NameKey::of(&operator.name))
        .collect();
    let mut of_word: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, name) in names.iter().enumerate() {
        for word in name.words() {
            of_word.entry(Word::class(word)).or_default().push(at);
        }
    }
    let mut found = HashMap::new();
    if names.is_empty() {
        return found;
    }
    for (id, row) in numbered_rows(known) {
        if row.brand.is_empty() || row.all_hosts().next().is_none() {
            continue;
        }
        let brand = NameKey::of(&row.brand);
        let first = brand
            .words()
            .first()
            .and_then(|word| of_word.get(word.class()));
        for at in first.into_iter().flatten() {
            if brand.is_within(&names[*at]) {
                found.entry(position(*at)).or_insert(HostId(id, 0));
            }
        }
    }
    found
}
