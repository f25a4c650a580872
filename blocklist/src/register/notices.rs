//! Lists of warnings as a table that somebody made by hand: CSV like that of a register, with columns
//! of its own.

use super::{
    Mapping, Measure, SourceDate, Warning,
    table::{self, Field, TableError},
};

/// The columns of a list of warnings. Lists are parted by `;`.
pub const COLUMNS: [&str; 14] = [
    "record_id",
    "brand",
    "aliases",
    "authority",
    "measure",
    "published",
    "hosts",
    "mapping",
    "licence_no",
    "legal_basis",
    "source_url",
    "source_date",
    "confidence",
    "notes",
];

/// Columns that every list of warnings has. Nothing is assumed of what an authority did, or when.
pub const REQUIRED: [&str; 7] = [
    "record_id",
    "brand",
    "authority",
    "measure",
    "published",
    "source_url",
    "source_date",
];

/// Whether a table is one of warnings, by its header: no register has a column `measure`.
pub fn is_one(text: &str) -> bool {
    let header = text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}'))
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let names = header.unwrap_or_default().split(',');
    names
        .map(|name| name.trim().trim_matches('"'))
        .any(|name| name == "measure")
}

/// Reads a list of warnings from a table with a header line. Columns may stand in any order; an unknown
/// one is refused.
///
/// # Errors
/// The first field that cannot be, with its place.
pub fn warnings(text: &str) -> Result<Vec<Warning>, TableError> {
    table::read(text, &COLUMNS, &REQUIRED, empty, set)
}

/// A notice in which nothing is set yet.
pub fn empty() -> Warning {
    Warning {
        record_id: String::new(),
        brand: String::new(),
        aliases: Vec::new(),
        authority: String::new(),
        measure: Measure::Warning,
        published: SourceDate::Undated,
        hosts: Vec::new(),
        mapping: Mapping::Ours,
        licence_no: String::new(),
        legal_basis: String::new(),
        source_url: String::new(),
        source_date: SourceDate::Undated,
        confidence: String::new(),
        notes: String::new(),
    }
}

/// Sets one field of a notice from its text; also used by the reader of saved pages.
///
/// # Errors
/// When the text is not what the column holds.
pub fn set(warning: &mut Warning, column: &str, field: &Field) -> Result<(), TableError> {
    let text = || field.text.clone();
    match column {
        "record_id" => warning.record_id = text(),
        "brand" => warning.brand = text(),
        "aliases" => warning.aliases = table::list(field),
        "authority" => warning.authority = text(),
        "measure" => {
            const WORDS: [&str; 6] = [
                "warning",
                "access_restricted",
                "investigation",
                "exposed",
                "liquidated",
                "forged_document",
            ];
            warning.measure = table::word(field, &WORDS)?;
        }
        "published" => warning.published = date(field)?,
        "hosts" => warning.hosts = table::hosts(field)?,
        "mapping" if field.text.is_empty() => {}
        "mapping" => warning.mapping = table::word(field, &["ours", "source"])?,
        "licence_no" => warning.licence_no = text(),
        "legal_basis" => warning.legal_basis = text(),
        "source_url" => warning.source_url = text(),
        "source_date" => warning.source_date = date(field)?,
        "confidence" => warning.confidence = text(),
        "notes" => warning.notes = text(),
        other => return Err(field.refuse(format!("unknown column `{other}`"))),
    }
    Ok(())
}

fn date(field: &Field) -> Result<SourceDate, TableError> {
    SourceDate::parse(&field.text).map_err(|error| field.refuse(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TABLE: &str = "brand,record_id,authority,measure,published,hosts,mapping,source_url,source_date\n\
        Tez,tez,AFSA,warning,2026-11,tez.test; tez2.test,source,https://a.test/,2026-11-20\n\
        Eski,eski,AFM,exposed,undated,,,https://a.test/,undated\n";

    #[test]
    fn a_table_becomes_warnings() {
        let read = warnings(TABLE).unwrap();
        assert_eq!(
            (read[0].measure, read[0].mapping),
            (Measure::Warning, Mapping::Source)
        );
        assert_eq!(
            (read[0].hosts.len(), read[0].published),
            (2, SourceDate::Month(2026, 11))
        );
        assert_eq!(
            (read[1].measure, read[1].mapping),
            (Measure::Exposed, Mapping::Ours)
        );
        assert!(is_one(TABLE));
        assert!(!is_one("record_id,regulator\nx,measure"));
        assert!(is_one("# a remark\n\"record_id\",\"measure\"\n"));
    }

    #[test]
    fn errors_point_at_the_field() {
        for (from, to, line, says) in [
            (
                "exposed",
                "blocked",
                3,
                "write one of warning, access_restricted",
            ),
            ("2026-11,", "soon,", 2, "soon"),
            ("tez2.test", "tez..test", 2, "tez..test"),
            ("measure", "measures", 1, "unknown column `measures`"),
            (
                "source_date",
                "notes",
                1,
                "the column `source_date` is missing",
            ),
        ] {
            let error = warnings(&TABLE.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.problem.contains(says), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_table_is_read_or_refused(text in "\\PC{0,200}", cell in "\\PC{0,40}") {
            let _ = (is_one(&text), warnings(&text));
            let _ = warnings(&TABLE.replace("exposed", &cell));
        }
    }
}
