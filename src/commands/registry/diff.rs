//! `registry diff`: what changed between two snapshots.

use std::path::Path;

use blocklist::register::{Diff, Snapshot, table};
use data::reference;
use serde_json::Value;

use super::{known, read, self_described};
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
    names: [&str; 2],
    printer: &Printer,
) -> Result<Exit, Failure> {
    let [a, b] = names;
    let (a, b) = (load(global, dir, a).await?, load(global, dir, b).await?);
    let diff = Diff::between(&a, &b, clock::now());
    printer.result(&diff, || match diff.is_empty() {
        true => "no difference".into(),
        false => in_words(&diff),
    });
    Ok(if diff.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    })
}

/// A file, or `signed:NAME` or `shipped:NAME`.
async fn load(global: &Global, dir: &DataDir, name: &str) -> Result<Snapshot, Failure> {
    let missing = |register: &str, how: &str| {
        Failure::usage(format_args!(
            "no {how} snapshot of `{}` is held; `qalqan registry show` names those that are",
            visible(register)
        ))
    };
    let of = |snapshots: &[Snapshot], register: &str| {
        snapshots.iter().find(|s| s.register == register).cloned()
    };
    if let Some(register) = name.strip_prefix("signed:") {
        let known = known(global, dir).await?;
        return of(&known.snapshots, register).ok_or_else(|| missing(register, "signed"));
    }
    if let Some(register) = name.strip_prefix("shipped:") {
        let shipped = &reference::shipped()?.snapshots;
        return of(shipped, register).ok_or_else(|| missing(register, "shipped"));
    }
    let path = Path::new(name);
    let bytes = read(path)?;
    if path.extension().is_none_or(|extension| extension != "csv") {
        return self_described(path, &bytes);
    }
    let refuse =
        |error: &dyn std::fmt::Display| Failure::usage(format_args!("{}, {error}", path.display()));
    let text = std::str::from_utf8(&bytes).map_err(|error| refuse(&error))?;
    Ok(Snapshot {
        register: String::new(),
        taken_on: blocklist::time::Day::parse("1970-01-01")?,
        source: String::new(),
        rows: table::rows(text).map_err(|error| refuse(&error))?,
        warnings: Vec::new(),
        notes: String::new(),
        lookup_url: String::new(),
        raw_sha256: None,
    })
}

/// One line for each difference.
pub(super) fn in_words(diff: &Diff) -> String {
    let mut text = String::new();
    for id in &diff.added {
        text += &format!("+ {}\n", visible(id));
    }
    for id in &diff.removed {
        text += &format!("- {}\n", visible(id));
    }
    for change in &diff.changed {
        text += &format!(
            "~ {} {}: {} → {}\n",
            visible(&change.record_id),
            change.field,
            shown(&change.from),
            shown(&change.to)
        );
    }
    for host in &diff.becomes_licensed {
        text += &format!("licensed: {host}\n");
    }
    for host in &diff.stops_being_licensed {
        text += &format!("no longer licensed: {host}\n");
    }
    if text.is_empty() {
        text += "no difference\n";
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::String(text) => format!("\"{}\"", visible(text)),
        other => visible(&other.to_string()),
    }
}
