//! What is shipped with the program: licences, warnings and exchanges abroad as other sources report
//! them, each with its source, date, basis and confidence. It is data, kept below `data/registers`,
//! `data/warnings` and `data/operators`, and embedded so that the binary needs no files beside it.
//!
//! Nothing here was read in a register, so nothing here can say "licensed". A snapshot that two
//! officers signed replaces the shipped one of the same name ([`crate::Store::known`]). A
//! demonstration sees none of it: its firms are invented, these are not.

use std::sync::LazyLock;

use blocklist::{
    DomainName,
    guard::{GuardList, Reach, Tier},
    matching::Operator,
    register::{Basis, Snapshot, SnapshotError, table},
};

use crate::error::{Error, Result};

/// `(file, text)` of each shipped register and list of warnings.
const REGISTERS: &[(&str, &str)] = &[
    (
        "registers/afsa.toml",
        include_str!("../registers/afsa.toml"),
    ),
    (
        "registers/nbk-dfa-platforms.toml",
        include_str!("../registers/nbk-dfa-platforms.toml"),
    ),
    (
        "registers/nbk-trading-platforms.toml",
        include_str!("../registers/nbk-trading-platforms.toml"),
    ),
    ("warnings/afm.toml", include_str!("../warnings/afm.toml")),
    ("warnings/afsa.toml", include_str!("../warnings/afsa.toml")),
    (
        "warnings/ministry.toml",
        include_str!("../warnings/ministry.toml"),
    ),
];

/// `(file, text)` of the exchanges abroad.
const OPERATORS: (&str, &str) = (
    "operators/foreign.csv",
    include_str!("../operators/foreign.csv"),
);

/// Shown to whoever is refused.
const REPORTED: &str =
    "a host of a firm that sources report as licensed; protected until two officers record why not";

/// Reference data that cannot be used, with the file and the place in it.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Not TOML of the right shape; the message holds line, column and field.
    #[error("data/{file}: {problem}")]
    Syntax {
        /// The file, below `data/`.
        file: &'static str,
        /// What is wrong, and where.
        problem: Box<toml::de::Error>,
    },
    /// A row with a field that cannot be.
    #[error("data/{file}: {problem}")]
    Row {
        /// The file, below `data/`.
        file: &'static str,
        /// The row, the field, and what is wrong.
        problem: SnapshotError,
    },
    /// A row that claims more than shipped data may.
    #[error("data/{file}: row `{record_id}`, {field}: {problem}")]
    Claim {
        /// The file, below `data/`.
        file: &'static str,
        /// The row.
        record_id: String,
        /// The field.
        field: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// A table with a field that cannot be.
    #[error("data/{file}, {problem}")]
    Table {
        /// The file, below `data/`.
        file: &'static str,
        /// Line, column, and what is wrong.
        problem: table::TableError,
    },
}

/// All of it, read once.
#[derive(Debug, Default)]
pub struct Reference {
    /// Registers and lists of warnings, in the order of their files.
    pub snapshots: Vec<Snapshot>,
    /// Exchanges abroad.
    pub operators: Vec<Operator>,
}

static SHIPPED: LazyLock<Result<Reference, ReferenceError>> = LazyLock::new(read);

/// The shipped data.
///
/// # Errors
/// The first place in a file that cannot be used. Tests read every file, so that this is an error of
/// whoever changed one and did not run them.
pub fn shipped() -> Result<&'static Reference> {
    SHIPPED.as_ref().map_err(Error::Reference)
}

/// Every host that a shipped row names, of whatever kind, as the guard list that a new log begins
/// with: a block of one would hit a firm that may well be licensed.
///
/// # Errors
/// As [`shipped`].
pub fn register_hosts() -> Result<GuardList> {
    Ok(guard_list(&shipped()?.snapshots))
}

/// Every host that a row of these snapshots names, of whatever kind.
pub(crate) fn guard_list(snapshots: &[Snapshot]) -> GuardList {
    let rows = snapshots.iter().flat_map(|snapshot| &snapshot.rows);
    let mut names: Vec<DomainName> = rows
        .flat_map(|row| row.all_hosts().map(|(name, _)| name.clone()))
        .collect();
    names.sort();
    names.dedup();
    GuardList {
        list: "reported-licences".into(),
        tier: Tier::Never,
        reach: Reach::Tree,
        reason: REPORTED.into(),
        names,
    }
}

fn read() -> Result<Reference, ReferenceError> {
    let snapshots = REGISTERS
        .iter()
        .map(|(file, text)| read_register(file, text))
        .collect::<Result<_, _>>()?;
    let (file, text) = OPERATORS;
    let operators =
        read_operators(text).map_err(|problem| ReferenceError::Table { file, problem })?;
    Ok(Reference {
        snapshots,
        operators,
    })
}

fn read_register(file: &'static str, text: &str) -> Result<Snapshot, ReferenceError> {
    let snapshot: Snapshot = toml::from_str(text).map_err(|problem| ReferenceError::Syntax {
        file,
        problem: Box::new(problem),
    })?;
    snapshot
        .check()
        .map_err(|problem| ReferenceError::Row { file, problem })?;
    let claim = |record_id: &str, field, problem| {
        Err(ReferenceError::Claim {
            file,
            record_id: record_id.to_owned(),
            field,
            problem,
        })
    };
    for row in &snapshot.rows {
        if row.basis == Basis::Register {
            let problem = "what is read in a register is signed by two officers, never shipped";
            return claim(&row.record_id, "basis", problem);
        }
        if row.confidence.is_empty() {
            return claim(
                &row.record_id,
                "confidence",
                "say how sure we are, and of what",
            );
        }
    }
    for warning in &snapshot.warnings {
        if warning.confidence.is_empty() {
            return claim(
                &warning.record_id,
                "confidence",
                "say how sure we are, and of what",
            );
        }
    }
    Ok(snapshot)
}

/// Columns `name`, `url`, `source`, in any order and among others.
fn read_operators(text: &str) -> Result<Vec<Operator>, table::TableError> {
    let mut records = table::records(text)?.into_iter();
    let header = records.next().unwrap_or_default();
    let at = |wanted: &str| header.iter().position(|field| field.text == wanted);
    let columns = [at("name"), at("url"), at("source")];
    let [Some(name), Some(url), Some(source)] = columns else {
        return Err(table::TableError {
            line: 1,
            column: 1,
            problem: "the columns `name`, `url` and `source` are needed".into(),
        });
    };
    records
        .map(|fields| {
            let refuse = |field: &table::Field, problem: String| table::TableError {
                line: field.line,
                column: field.column,
                problem,
            };
            if fields.len() != header.len() {
                let problem = format!("{} fields, the header has {}", fields.len(), header.len());
                return Err(refuse(&fields[0], problem));
            }
            let field = &fields[url];
            let rest = field.text.strip_prefix("https://").unwrap_or_default();
            let host = rest.split('/').next().unwrap_or_default();
            let host = host.strip_prefix("www.").unwrap_or(host);
            let host = DomainName::parse(host).map_err(|error| refuse(field, error.to_string()))?;
            Ok(Operator {
                name: fields[name].text.clone(),
                host,
                source: fields[source].text.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
