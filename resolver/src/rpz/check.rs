//! What files of an operator hold, and what of it would not be in force: for trying them out before a
//! node reads them.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::{
    allow::Allowed,
    parse::{OTHER_TRIGGERS, Problem, Report},
    zone::{LoadError, Zone, ZoneOptions},
};

/// What a policy zone file holds.
#[derive(Debug, Serialize)]
pub struct CheckedZone {
    /// As it was given.
    pub file: String,
    /// The zone's name, without its last dot.
    pub zone: String,
    /// Of its SOA record.
    pub serial: u32,
    /// Rules that would be in force, a wildcard counted for itself.
    pub rules: u64,
    /// Octets of memory they take.
    pub octets: usize,
    /// What became of its records.
    #[serde(flatten)]
    pub report: Report,
    /// Rules on other things than the name asked for, which are not enforced yet, by their kind.
    pub not_enforced: BTreeMap<&'static str, u64>,
}

/// What a file of allowed names holds.
#[derive(Debug, Serialize)]
pub struct CheckedNames {
    /// As it was given.
    pub file: String,
    /// Names that would be let through, each with all below it.
    pub names: usize,
    /// Lines left out.
    pub bad: u64,
    /// The first of them.
    pub problems: Vec<Problem>,
}

impl CheckedZone {
    /// Whether all that the file says would be in force.
    pub fn is_whole(&self) -> bool {
        self.report.skipped() == 0 && !self.report.is_cut
    }
}

/// Reads a policy zone file as a node would.
///
/// # Errors
/// As a node would refuse to start with it.
pub fn check_zone(path: &Path) -> Result<CheckedZone, LoadError> {
    let zone = Zone::load(path, ZoneOptions::default(), None)?;
    let report = zone.report().clone();
    Ok(CheckedZone {
        file: path.display().to_string(),
        zone: zone.name().to_owned(),
        serial: zone.serial(),
        rules: zone.rules(),
        octets: zone.octets(),
        not_enforced: OTHER_TRIGGERS
            .into_iter()
            .zip(report.other_triggers)
            .filter(|(_, count)| *count > 0)
            .collect(),
        report,
    })
}

/// Reads a file of allowed names as a node would.
///
/// # Errors
/// When it cannot be read.
pub fn check_names(path: &Path) -> Result<CheckedNames, LoadError> {
    let allowed = Allowed::load(path).map_err(|source| LoadError::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(CheckedNames {
        file: path.display().to_string(),
        names: allowed.len(),
        bad: allowed.bad(),
        problems: allowed.problems().to_vec(),
    })
}
