//! Which rows, warnings and exchanges abroad a name or a number means.

use super::{
    Index, Operator, Query,
    index::{Bearer, NameHit, Row},
    names::{Closeness, NameKey},
};
use crate::register::Warning;

/// Most bearers of a name that are told of: a word that more of them share names nobody.
const MOST_FOUND: usize = 50;

/// What a name or a number means.
#[derive(Debug, Default)]
pub(super) struct Meant<'a> {
    /// Rows, each with its snapshot and whether that is signed.
    pub(super) rows: Vec<Row<'a>>,
    pub(super) warnings: Vec<&'a Warning>,
    pub(super) operators: Vec<&'a Operator>,
    /// The name found, when it is near what was asked but not the same.
    pub(super) near: Option<&'a str>,
    /// How many more bear the name.
    pub(super) more: usize,
}

/// Finds what is meant. Of names only the nearest count: an exact hit hides the merely near.
pub(super) fn search<'a>(query: &Query, index: &'a Index) -> Meant<'a> {
    match query {
        Query::Host(_) => Meant::default(),
        Query::Bin(bin) => of_rows(index, index.rows_of_bin(bin)),
        Query::LicenceNo(number) => of_rows(index, index.rows_of_number(number)),
        Query::Name(text) => {
            // Registers number their licences as they like; what is one of theirs is a number.
            let by_number = index.rows_of_number(text);
            if by_number.is_empty() {
                of_name(text, index)
            } else {
                of_rows(index, by_number)
            }
        }
    }
}

fn of_rows<'a>(index: &'a Index, rows: Vec<Row<'a>>) -> Meant<'a> {
    // Alerts about forged copies of a licence belong to its number.
    let mut warnings: Vec<&Warning> = Vec::new();
    for (.., row) in &rows {
        for warning in index.forged_copies_of(&row.licence_no) {
            if !row.licence_no.is_empty() && !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    Meant {
        rows,
        warnings,
        ..Meant::default()
    }
}

fn of_name<'a>(text: &str, index: &'a Index) -> Meant<'a> {
    let asked = NameKey::of(text);
    let mut hits = nearest_of_each(index.names_sharing(&asked));
    if hits.iter().all(|hit| hit.closeness == Closeness::Near) {
        hits = nearest_of_each(index.names_near(&asked));
    }
    let Some(best) = hits.iter().min_by_key(|hit| hit.closeness) else {
        return Meant::default();
    };
    let near = best.closeness == Closeness::Near;
    let mut counting = hits
        .iter()
        .filter(|hit| (hit.closeness == Closeness::Near) == near);
    let mut meant = Meant {
        near: near.then(|| name_of(best, index)).flatten(),
        ..Meant::default()
    };
    for hit in counting.by_ref().take(MOST_FOUND) {
        match hit.bearer {
            Bearer::Row(id) => meant.rows.extend(index.row(id)),
            Bearer::Warning(at) => meant.warnings.extend(index.warnings.get(at as usize)),
            Bearer::Operator(at) => meant.operators.extend(index.operators.get(at as usize)),
        }
    }
    meant.more = counting.count();
    meant
}

/// Of the names of one bearer, the nearest.
fn nearest_of_each(hits: Vec<NameHit>) -> Vec<NameHit> {
    let mut nearest: Vec<NameHit> = Vec::new();
    for mut hit in hits {
        // Words of a name are no reason to say that an authority acted against it.
        if matches!(hit.bearer, Bearer::Warning(_)) && hit.closeness == Closeness::Begins {
            hit.closeness = Closeness::Near;
        }
        match nearest.last_mut() {
            Some(last) if last.bearer == hit.bearer => {
                if hit.closeness < last.closeness {
                    *last = hit;
                }
            }
            _ => nearest.push(hit),
        }
    }
    nearest
}

fn name_of<'a>(hit: &NameHit, index: &'a Index) -> Option<&'a str> {
    let at = hit.name as usize;
    match hit.bearer {
        Bearer::Row(id) => index.row(id)?.2.names().nth(at),
        Bearer::Warning(id) => index.warnings.get(id as usize)?.names().nth(at),
        Bearer::Operator(id) => Some(index.operators.get(id as usize)?.name.as_str()),
    }
}
