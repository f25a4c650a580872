//! Everything a verdict follows from.

use serde::{Deserialize, Serialize};

use crate::{
    DomainName,
    fold::Listing,
    register::{HostKind, LicenceRow, Snapshot, Warning},
};

/// What is known at a moment: what people signed, and what is shipped where they signed nothing.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The latest signed snapshot of each register.
    pub snapshots: Vec<Snapshot>,
    /// Reference data shipped with the program, of registers that no signed snapshot covers. No row
    /// of it can say "licensed".
    pub shipped: Vec<Snapshot>,
    /// Names in authorities' notices.
    pub warnings: Vec<Warning>,
    /// Exchanges abroad that are widely known.
    pub operators: Vec<Operator>,
    /// Listings and where they stand.
    pub listings: Vec<Listing>,
    /// Days after which a snapshot no longer says "licensed".
    pub register_days: u32,
}

/// An exchange abroad, named so that its own site is not taken for a look-alike. That it stands
/// here says nothing for or against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// The name it is known by.
    pub name: String,
    /// Its site.
    pub host: DomainName,
    /// Where we have it from.
    pub source: String,
}

/// A row, where it stands, and one host of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowHost<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) signed: bool,
    pub(super) row: &'a LicenceRow,
    pub(super) host: &'a DomainName,
    pub(super) kind: HostKind,
}

impl Known {
    /// Every register held, and whether two officers signed it.
    pub fn registers(&self) -> impl Iterator<Item = (&Snapshot, bool)> {
        let signed = self.snapshots.iter().map(|snapshot| (snapshot, true));
        signed.chain(self.shipped.iter().map(|snapshot| (snapshot, false)))
    }

    /// Every row of every register.
    pub fn rows(&self) -> impl Iterator<Item = (&Snapshot, bool, &LicenceRow)> {
        self.registers().flat_map(|(snapshot, signed)| {
            snapshot.rows.iter().map(move |row| (snapshot, signed, row))
        })
    }
}
