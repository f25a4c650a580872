//! Rows as a table that opens in a spreadsheet and runs nothing there.

use super::COLUMNS;
use crate::{
    register::{HostKind, HostProof, LicenceRow, LicenceState},
    time::Day,
};

/// Writes rows as a table that [`rows`](super::rows) reads back, but for one thing: a field that a spreadsheet
/// would take for a formula is written with an apostrophe before it. A semicolon inside a proof is
/// written as a comma, or `%3B` in its address.
pub fn write<'a>(rows: impl IntoIterator<Item = &'a LicenceRow>) -> String {
    let mut out = COLUMNS.join(",");
    out.push('\n');
    for row in rows {
        let kind = |wanted: HostKind| {
            let hosts = row.all_hosts().filter(|(_, kind)| *kind == wanted);
            hosts
                .map(|(host, _)| host.as_str())
                .collect::<Vec<_>>()
                .join("; ")
        };
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let state = match row.state {
            LicenceState::Active => "active",
            LicenceState::Suspended => "suspended",
            LicenceState::Withdrawn => "withdrawn",
        };
        let fields: [&str; COLUMNS.len()] = [
            &row.record_id,
            &row.regulator,
            &row.legal_name,
            &row.brand,
            &row.aliases.join("; "),
            &row.bin,
            &row.licence_no,
            &row.activities.join("; "),
            &row.regime,
            row.basis.as_str(),
            state,
            &day(row.valid_from),
            &day(row.valid_to),
            &kind(HostKind::Trading),
            &kind(HostKind::Unconfirmed),
            &kind(HostKind::Support),
            &kind(HostKind::Group),
            &row.proofs
                .iter()
                .map(proof_text)
                .collect::<Vec<_>>()
                .join("; "),
            &row.banks.join("; "),
            &row.register_url,
            &row.source_url,
            &row.source_date.to_string(),
            &row.status_note,
            &row.confidence,
            &row.notes,
        ];
        out += &fields.map(quoted).join(",");
        out.push('\n');
    }
    out
}

/// A proof as the table holds it: what parts proofs from one another cannot stand inside one.
fn proof_text(proof: &HostProof) -> String {
    let HostProof {
        host,
        basis,
        source_url,
        source_date,
        note,
    } = proof;
    let source = source_url.replace(';', "%3B");
    let text = format!(
        "{host} {} {source_date} {source} {}",
        basis.as_str(),
        note.replace(';', ",")
    );
    text.trim_end().to_owned()
}

/// A field in quotes, unable to begin a formula.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let lead = if formula { "'" } else { "" };
    format!("\"{lead}{}\"", text.replace('"', "\"\""))
}
