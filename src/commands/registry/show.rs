//! `registry show`: every register and list of warnings that is held, with basis and age.

use blocklist::{
    Timestamp,
    matching::{self, Known},
    register::{LicenceRow, Snapshot, Warning, table},
};
use serde_json::{Value, json};

use super::{import::age_days, known};
use crate::{
    cli::Global,
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

pub(super) async fn run(
    global: &Global,
    dir: &DataDir,
    register: Option<&str>,
    csv: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let known = known(global, dir).await?;
    let now = clock::now();
    let wanted: Vec<(&Snapshot, bool)> = known
        .registers()
        .filter(|(held, _)| register.is_none_or(|register| held.register == register))
        .collect();
    if let (Some(register), true) = (register, wanted.is_empty()) {
        return Err(Failure::usage(format_args!(
            "no register `{}` is held",
            visible(register)
        )));
    }
    if csv {
        let rows = wanted.iter().flat_map(|(snapshot, _)| &snapshot.rows);
        printer.bytes(table::write(rows).as_bytes());
        return Ok(Exit::Done);
    }
    let registers: Vec<Value> = wanted
        .iter()
        .map(|(snapshot, signed)| in_json(&known, snapshot, *signed, now))
        .collect();
    let result = json!({
        "as_of": now, "register_days": known.register_days, "registers": registers,
    });
    printer.result(&result, || {
        let shown = wanted
            .iter()
            .map(|(snapshot, signed)| in_words(&known, snapshot, *signed, now));
        shown.collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

fn in_json(known: &Known, snapshot: &Snapshot, signed: bool, now: Timestamp) -> Value {
    let rows: Vec<_> = snapshot
        .rows
        .iter()
        .map(|row| {
            let verdict = matching::row_verdict(known, snapshot, signed, row, now);
            json!({ "verdict": verdict, "row": row })
        })
        .collect();
    json!({
        "register": snapshot.register, "taken_on": snapshot.taken_on, "signed": signed,
        "age_days": age_days(snapshot, now),
        "fresh": signed && snapshot.is_fresh(now, known.register_days),
        "source": snapshot.source, "lookup_url": snapshot.lookup_url, "notes": snapshot.notes,
        "sha256": snapshot.digest(), "raw_sha256": snapshot.raw_sha256,
        "rows": rows, "warnings": snapshot.warnings,
    })
}

fn in_words(known: &Known, snapshot: &Snapshot, signed: bool, now: Timestamp) -> String {
    let age = age_days(snapshot, now);
    let standing = if !signed {
        "shipped: reported by others, read in no register, signed by nobody here".to_owned()
    } else if snapshot.is_fresh(now, known.register_days) {
        format!("signed, {age} days old")
    } else {
        format!(
            "signed, {age} days old: too old to say \"licensed\" (limit {} days)",
            known.register_days
        )
    };
    let mut text = format!(
        "{} of {}: {standing}\n",
        visible(&snapshot.register),
        snapshot.taken_on
    );
    for row in &snapshot.rows {
        let verdict = matching::row_verdict(known, snapshot, signed, row, now);
        text += &line_of_row(row, verdict.as_str());
    }
    for warning in &snapshot.warnings {
        text += &line_of_warning(warning);
    }
    if snapshot.rows.is_empty() && snapshot.warnings.is_empty() {
        text += "  no rows\n";
    }
    text
}

fn line_of_row(row: &LicenceRow, verdict: &str) -> String {
    let hosts: Vec<String> = row
        .all_hosts()
        .map(|(host, kind)| match kind {
            blocklist::register::HostKind::Trading => host.to_string(),
            kind => format!("{host} ({})", format!("{kind:?}").to_lowercase()),
        })
        .collect();
    let proofs = row.proofs.iter().map(|proof| {
        format!(
            "    {}: {}, {}, {} {}",
            proof.host,
            proof.basis.as_str(),
            proof.source_date,
            visible(&proof.source_url),
            visible(&proof.note)
        )
    });
    let proofs: String = proofs
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    let or_dash = |text: &str| {
        if text.is_empty() {
            "-".into()
        } else {
            visible(text)
        }
    };
    format!(
        "  {}  {}  {}  [{}, {}]  {}\n{proofs}",
        or_dash(&row.licence_no),
        visible(row.firm()),
        verdict.replace('_', " "),
        row.basis.as_str(),
        row.source_date,
        or_dash(&hosts.join(" "))
    )
}

fn line_of_warning(warning: &Warning) -> String {
    let measure = serde_json::to_value(warning.measure).unwrap_or_default();
    let hosts: Vec<_> = warning.hosts.iter().map(ToString::to_string).collect();
    format!(
        "  {}  {}: {} [{}]  {}\n",
        visible(&warning.brand),
        visible(&warning.authority),
        measure.as_str().unwrap_or_default().replace('_', " "),
        warning.published,
        hosts.join(" ")
    )
}
