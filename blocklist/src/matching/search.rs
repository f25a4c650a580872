//! Which rows, warnings and exchanges abroad a name or a number means.

use super::{
    Known, Operator, Query,
    names::{Closeness, NameKey},
};
use crate::register::{LicenceRow, Measure, Snapshot, Warning};

/// What a name or a number means.
#[derive(Debug, Default)]
pub(super) struct Meant<'a> {
    /// Rows, each with its snapshot and whether that is signed.
    pub(super) rows: Vec<(&'a Snapshot, bool, &'a LicenceRow)>,
    pub(super) warnings: Vec<&'a Warning>,
    pub(super) operators: Vec<&'a Operator>,
    /// The name found, when it is near what was asked but not the same.
    pub(super) near: Option<&'a str>,
}

/// Finds what is meant. Of names only the nearest count: an exact hit hides the merely near.
pub(super) fn search<'a>(query: &Query, known: &'a Known) -> Meant<'a> {
    match query {
        Query::Host(_) => Meant::default(),
        Query::Bin(bin) => of_rows(known, |row| row.bin == *bin),
        Query::LicenceNo(number) => of_number(number, known),
        Query::Name(text) => {
            // Registers number their licences as they like; what is one of theirs is a number.
            let by_number = of_number(text, known);
            if by_number.rows.is_empty() {
                of_name(text, known)
            } else {
                by_number
            }
        }
    }
}

fn of_number<'a>(number: &str, known: &'a Known) -> Meant<'a> {
    of_rows(known, |row| {
        !row.licence_no.is_empty() && row.licence_no.eq_ignore_ascii_case(number)
    })
}

fn of_rows<'a>(known: &'a Known, is_meant: impl Fn(&LicenceRow) -> bool) -> Meant<'a> {
    let rows: Vec<_> = known.rows().filter(|(.., row)| is_meant(row)).collect();
    // Alerts about forged copies of a licence belong to its number.
    let forged = |warning: &&Warning| {
        warning.measure == Measure::ForgedDocument
            && rows
                .iter()
                .any(|(.., row)| !row.licence_no.is_empty() && row.licence_no == warning.licence_no)
    };
    Meant {
        warnings: known.warnings.iter().filter(forged).collect(),
        rows,
        ..Meant::default()
    }
}

fn of_name<'a>(text: &str, known: &'a Known) -> Meant<'a> {
    let asked = NameKey::of(text);
    let nearest = |names: &mut dyn Iterator<Item = &'a str>| {
        names
            .filter_map(|name| Some((asked.closeness(&NameKey::of(name))?, name)))
            .min_by_key(|(closeness, _)| *closeness)
    };
    let rows = known.rows().filter_map(|found| {
        let (closeness, name) = nearest(&mut found.2.names())?;
        Some((closeness, name, found))
    });
    let against = known.warnings.iter();
    let warnings = against
        .filter(|warning| warning.measure != Measure::ForgedDocument)
        .filter_map(|warning| {
            let aliases = warning.aliases.iter().map(String::as_str);
            let (closeness, name) = nearest(&mut aliases.chain([warning.brand.as_str()]))?;
            // Words of a name are no reason to say that an authority acted against it.
            let closeness = match closeness {
                Closeness::Begins => Closeness::Near,
                other => other,
            };
            Some((closeness, name, warning))
        });
    let operators = known.operators.iter().filter_map(|operator| {
        let (closeness, name) = nearest(&mut [operator.name.as_str()].into_iter())?;
        Some((closeness, name, operator))
    });
    let (rows, warnings, operators): (Vec<_>, Vec<_>, Vec<_>) =
        (rows.collect(), warnings.collect(), operators.collect());
    let found = || {
        let rows = rows.iter().map(|(closeness, name, _)| (*closeness, *name));
        let warnings = warnings
            .iter()
            .map(|(closeness, name, _)| (*closeness, *name));
        let operators = operators
            .iter()
            .map(|(closeness, name, _)| (*closeness, *name));
        rows.chain(warnings).chain(operators)
    };
    let Some((best, name)) = found().min_by_key(|(closeness, _)| *closeness) else {
        return Meant::default();
    };
    let near = best == Closeness::Near;
    let counts = |closeness: Closeness| (closeness == Closeness::Near) == near;
    Meant {
        rows: rows
            .into_iter()
            .filter(|(closeness, ..)| counts(*closeness))
            .map(|(.., row)| row)
            .collect(),
        warnings: warnings
            .into_iter()
            .filter(|(closeness, ..)| counts(*closeness))
            .map(|(.., warning)| warning)
            .collect(),
        operators: operators
            .into_iter()
            .filter(|(closeness, ..)| counts(*closeness))
            .map(|(.., operator)| operator)
            .collect(),
        near: near.then_some(name),
    }
}
