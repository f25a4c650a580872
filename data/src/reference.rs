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
mod tests {
    use super::*;
    use blocklist::{
        matching::{Known, Query, Verdict, answer},
        register::{HostKind, Measure},
        testing::START,
    };

    fn reference() -> &'static Reference {
        shipped().unwrap()
    }

    fn known() -> Known {
        Known {
            shipped: reference().snapshots.clone(),
            warnings: reference()
                .snapshots
                .iter()
                .flat_map(|s| s.warnings.clone())
                .collect(),
            operators: reference().operators.clone(),
            register_days: 14,
            ..Known::default()
        }
    }

    /// Of 16 records of registers two are regimes without rows and one is memory alone; of 24 records
    /// of measures six are counts without names, one rests on memory, and one is a wrongful block
    /// that was lifted.
    #[test]
    fn the_shipped_rows_are_those_that_have_a_source() {
        let rows: Vec<_> = reference().snapshots.iter().flat_map(|s| &s.rows).collect();
        let warnings: Vec<_> = reference()
            .snapshots
            .iter()
            .flat_map(|s| &s.warnings)
            .collect();
        assert_eq!((rows.len(), warnings.len()), (13, 16));
        assert_eq!(
            reference()
                .snapshots
                .iter()
                .filter(|s| s.register.starts_with("nbk-"))
                .count(),
            2
        );
        assert!(rows.iter().all(|row| row.record_id != "bitfinexsec"));
        for row in rows {
            assert_eq!(row.basis, Basis::Secondary, "{}", row.record_id);
            assert!(row.source_url.starts_with("http"), "{}", row.record_id);
            assert!(
                !row.confidence.is_empty() && !row.status_note.is_empty(),
                "{}",
                row.record_id
            );
            assert_eq!(row.term(), None, "{}", row.record_id);
        }
        for warning in warnings {
            assert!(
                warning.source_url.starts_with("https://"),
                "{}",
                warning.record_id
            );
            assert!(!warning.confidence.is_empty(), "{}", warning.record_id);
        }
        assert_eq!(reference().operators.len(), 104);
    }

    /// Memory is marked as memory wherever it is shipped.
    #[test]
    fn hosts_from_memory_are_marked() {
        for row in reference().snapshots.iter().flat_map(|s| &s.rows) {
            for host in &row.related {
                let doubted = [
                    "binance.kz",
                    "caspianex.com",
                    "biteeu.kz",
                    "biteeu.com",
                    "intebix.kz",
                    "intebix.com",
                ];
                if doubted.contains(&host.name.as_str()) {
                    assert_eq!(host.kind, HostKind::Unconfirmed, "{}", host.name);
                    assert!(
                        host.note.contains("from memory, unverified"),
                        "{}",
                        host.name
                    );
                }
            }
        }
    }

    #[test]
    fn no_shipped_host_is_ever_licensed_and_each_is_guarded() {
        let guarded = register_hosts().unwrap().names;
        let known = known();
        let mut count = 0;
        for row in reference().snapshots.iter().flat_map(|s| &s.rows) {
            for (host, kind) in row.all_hosts() {
                let verdict = answer(Query::Host(host.clone()), &known, START).verdict;
                let expected = match kind {
                    HostKind::Trading | HostKind::Unconfirmed => Verdict::LicenceUnconfirmed,
                    HostKind::Support | HostKind::Group => Verdict::LicensedElsewhere,
                };
                assert_eq!(verdict, expected, "{host}");
                assert!(guarded.contains(host), "{host}");
                count += 1;
            }
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn what_people_type_is_answered_without_accusing() {
        use Verdict::*;
        for (query, verdict, reason) in [
            ("bybit.kz", LicenceUnconfirmed, "reported-only"),
            (
                "https://www.bybit.kz/en-KAZ/",
                LicenceUnconfirmed,
                "reported-only",
            ),
            ("bybit.nl", LicensedElsewhere, "group-host"),
            ("bybit.com", LicensedElsewhere, "group-host"),
            ("bybit.id", LicensedElsewhere, "group-host"),
            ("binance.us", LicensedElsewhere, "group-host"),
            ("bybit-kz.net", Unknown, "not-found"),
            ("bybit.net", Lookalike, "resembles"),
            ("eurasia.big.one", LicenceUnconfirmed, "reported-only"),
            ("big.one", LicensedElsewhere, "group-host"),
            ("www.big.one", LicensedElsewhere, "group-host"),
            ("big.kz", Unknown, "not-found"),
            ("upbit.com", LicensedElsewhere, "group-host"),
            (
                "bigoneeurasia.ladesk.com",
                LicensedElsewhere,
                "support-host",
            ),
            ("other.ladesk.com", Unknown, "not-found"),
            ("binance.kz", LicenceUnconfirmed, "host-unconfirmed"),
            ("ataix.kz", LicenceUnconfirmed, "reported-only"),
            ("okx.com", Warned, "warned"),
            ("app.okx.com", Warned, "warned"),
            ("coinbase.com", Warned, "reported-block"),
            ("kraken.com", Unknown, "foreign-exchange"),
            ("kaspi.kz", Unknown, "not-found"),
            ("OKX", Warned, "warned"),
            ("ОКЭКС", Warned, "warned"),
            ("Хуоби", Warned, "warned"),
            ("Коинбейс", Warned, "reported-block"),
            ("RAKS", Warned, "reported-liquidated"),
            ("Чароит", Warned, "reported-investigation"),
            ("Asar Baspana", Warned, "reported-exposed"),
            ("bybit", LicenceUnconfirmed, "reported-only"),
            ("байбит", LicenceUnconfirmed, "reported-only"),
            ("ТОО Байбит Лимитед", LicenceUnconfirmed, "reported-only"),
            ("Бинанс", LicenceUnconfirmed, "reported-only"),
            ("Upbit", LicenceUnconfirmed, "reported-only"),
            ("bybti", Lookalike, "name-close"),
            ("kraken", Unknown, "foreign-exchange"),
            ("kaspi", Unknown, "not-found"),
            ("Kazakhstan", Unknown, "not-found"),
            ("220340900479", LicenceUnconfirmed, "reported-only"),
            ("AFSA-G-LA-2022-0002", LicenceUnconfirmed, "reported-only"),
            ("AFSA-G-LA-2023-0004", LicenceUnconfirmed, "reported-only"),
            ("AFSA-G-LA-2031-0001", Unknown, "number-not-found"),
        ] {
            let found = answer(Query::parse(query).unwrap(), &known(), START);
            assert_eq!(found.verdict, verdict, "{query}: {:?}", found.reasons);
            assert_eq!(
                found.reasons[0].code, reason,
                "{query}: {:?}",
                found.reasons
            );
        }
    }

    #[test]
    fn a_name_answers_for_each_of_its_addresses() {
        let found = answer(Query::parse("Bybit").unwrap(), &known(), START);
        let verdicts: Vec<_> = found
            .hosts
            .iter()
            .map(|answer| (answer.host.as_str(), answer.found.verdict))
            .collect();
        assert!(
            verdicts.contains(&("bybit.kz", Verdict::LicenceUnconfirmed)),
            "{verdicts:?}"
        );
        assert!(
            verdicts.contains(&("bybit.nl", Verdict::LicensedElsewhere)),
            "{verdicts:?}"
        );
        assert_eq!(
            found.also,
            [Verdict::LicenceEnded, Verdict::LicensedElsewhere]
        );
        assert_eq!(found.rows.len(), 2);
        let bin = answer(Query::parse("220340900479").unwrap(), &known(), START);
        let ids: Vec<_> = bin
            .rows
            .iter()
            .map(|row| row.row.record_id.as_str())
            .collect();
        assert_eq!(ids, ["ataix-datf", "ataix-dasp"]);
    }

    #[test]
    fn a_forged_copy_is_told_of_with_the_number_and_never_against_the_firm() {
        let told = |query: &str| {
            let found = answer(Query::parse(query).unwrap(), &known(), START);
            let told = found
                .reasons
                .iter()
                .any(|reason| reason.code == "forged-copy");
            (told, found.verdict)
        };
        assert_eq!(
            told("AFSA-G-LA-2023-0004"),
            (true, Verdict::LicenceUnconfirmed)
        );
        assert_eq!(
            told("AFSA-G-LA-2023-0003"),
            (false, Verdict::LicenceUnconfirmed)
        );
        assert_eq!(told("Bybit Limited"), (false, Verdict::LicenceUnconfirmed));
        assert_eq!(told("bybit.kz"), (false, Verdict::LicenceUnconfirmed));
    }

    #[test]
    fn warnings_of_a_regulator_are_four_and_the_mapping_is_ours() {
        let warnings = reference().snapshots.iter().flat_map(|s| &s.warnings);
        let of_afsa: Vec<_> = warnings.filter(|w| w.measure == Measure::Warning).collect();
        assert_eq!(of_afsa.len(), 4);
        for warning in of_afsa {
            assert_eq!(warning.mapping, blocklist::register::Mapping::Ours);
            assert!(!warning.hosts.is_empty() && !warning.legal_basis.is_empty());
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_the_place() {
        let (file, text) = REGISTERS[0];
        for (from, to, says) in [
            (
                "regulator = \"AFSA\"",
                "regulater = \"AFSA\"",
                "unknown field `regulater`",
            ),
            ("2022-04-07", "7.4.2022", "a date is written"),
            ("220340900479", "220340900478", "row `ataix-datf`, bin: "),
            (
                "basis = \"secondary\"",
                "basis = \"register\"",
                "row `ataix-datf`, basis: ",
            ),
            (
                "identity high; current status low",
                "",
                "row `ataix-datf`, confidence: ",
            ),
            ("ataix-dasp", "ataix-datf", "row `ataix-datf`, record_id: "),
        ] {
            let Err(error) = read_register(file, &text.replacen(from, to, 1)) else {
                panic!("{to} was taken");
            };
            let error = error.to_string();
            assert!(
                error.starts_with("data/registers/afsa.toml: ") && error.contains(says),
                "{error}"
            );
        }
        let bad = OPERATORS
            .1
            .replacen("https://alpaca.markets", "https://al paca", 1);
        assert!(
            read_operators(&bad)
                .unwrap_err()
                .to_string()
                .starts_with("line 4, column 8: ")
        );
    }

    proptest::proptest! {
        /// Whatever is typed is answered or refused, and what is no address clears and accuses nobody.
        #[test]
        fn any_text_is_answered_within_bounds(
            text in ".{0,60}|(bybit|okx|binance|атаикс|220340900479|AFSA-G-LA-2023-0004)[ .a-zа-я]{0,6}"
        ) {
            static KNOWN: LazyLock<Known> = LazyLock::new(known);
            if let Ok(query) = Query::parse(&text) {
                let is_host = matches!(query, Query::Host(_));
                let found = answer(query, &KNOWN, START);
                proptest::prop_assert!(!found.reasons.is_empty());
                proptest::prop_assert!(!found.also.contains(&found.verdict));
                let bounded = !matches!(found.verdict, Verdict::Blocked | Verdict::Suspended | Verdict::Licensed);
                proptest::prop_assert!(is_host || bounded);
            }
        }
    }
}
