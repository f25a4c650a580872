//! `registry import`: a file becomes a snapshot, two officers sign it.

use std::path::Path;

use blocklist::{
    Digest, Timestamp,
    register::{Diff, Snapshot, table},
    time::DAY_SECONDS,
};
use data::ceremony;
use serde_json::json;

use super::{diff, known, page, read, self_described};
use crate::{
    cli::{Global, ImportRegister},
    clock,
    commands::{open_store, user::credentials},
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

pub(super) async fn run(
    global: &Global,
    dir: &DataDir,
    options: &ImportRegister,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let bytes = read(&options.file)?;
    let mut snapshot = snapshot(options, &bytes)?;
    snapshot.raw_sha256 = Some(Digest::of(&bytes));
    snapshot
        .check()
        .map_err(|error| refuse(&options.file, &error))?;
    let now = clock::now();
    if snapshot.taken_on.start() > now {
        let problem = format!(
            "the register cannot show a day to come, {}",
            snapshot.taken_on
        );
        return Err(refuse(&options.file, &problem));
    }
    let known = known(global, dir).await?;
    let held = known
        .registers()
        .find(|(held, _)| held.register == snapshot.register)
        .map(|(held, _)| held);
    let changes = held.map(|held| Diff::between(held, &snapshot, now));
    if !options.dry_run {
        let store = open_store(global, dir).await?;
        let [first, second] = credentials(&options.signers, "officer")?;
        let officers = [
            (first.0.as_str(), first.1.as_str()),
            (second.0.as_str(), second.1.as_str()),
        ];
        ceremony::enter_register(&store, &snapshot, officers, now.0).await?;
    }
    let age = age_days(&snapshot, now);
    let result = json!({
        "register": snapshot.register, "taken_on": snapshot.taken_on, "age_days": age,
        "rows": snapshot.rows.len(), "warnings": snapshot.warnings.len(),
        "sha256": snapshot.digest(), "raw_sha256": snapshot.raw_sha256,
        "signed": !options.dry_run, "changes": changes,
    });
    printer.result(&result, || {
        let mut text = format!(
            "{} of {}: {} rows {}\n",
            visible(&snapshot.register),
            snapshot.taken_on,
            snapshot.rows.len() + snapshot.warnings.len(),
            if options.dry_run {
                "read; nothing was signed"
            } else {
                "signed; the publisher enters it into the log"
            }
        );
        if known.register_days > 0 && !snapshot.is_fresh(now, known.register_days) {
            text += &format!(
                "It is {age} days old. After {} days a register no longer says \"licensed\": save it anew.\n",
                known.register_days
            );
        }
        if let Some(changes) = &changes {
            text += "Against what is held now:\n";
            text += &diff::in_words(changes);
        }
        text
    });
    Ok(Exit::Done)
}

/// Whole days since the snapshot's day began.
pub(super) fn age_days(snapshot: &Snapshot, now: Timestamp) -> i64 {
    (now.0 - snapshot.taken_on.start().0).div_euclid(DAY_SECONDS)
}

fn refuse(file: &Path, problem: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format_args!("{}: {problem}", file.display()))
}

fn snapshot(options: &ImportRegister, bytes: &[u8]) -> Result<Snapshot, Failure> {
    let file = &options.file;
    let extension = file
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    let extension = extension.to_ascii_lowercase();
    let rows = match (&options.mapping, extension.as_str()) {
        (Some(mapping), _) => {
            let text = read(mapping)?;
            let text = String::from_utf8(text).map_err(|error| refuse(mapping, &error))?;
            let mapping = page::Mapping::parse(&text).map_err(|error| refuse(mapping, &error))?;
            let page = std::str::from_utf8(bytes).map_err(|error| refuse(file, &error))?;
            page::rows(page, &mapping).map_err(|error| refuse(file, &error))?
        }
        (None, "html" | "htm") => {
            let problem = "a saved page needs --mapping, which says where its fields stand";
            return Err(refuse(file, &problem));
        }
        (None, "csv") => {
            let text = std::str::from_utf8(bytes).map_err(|error| refuse(file, &error))?;
            table::rows(text)
                .map_err(|error| Failure::usage(format_args!("{}, {error}", file.display())))?
        }
        _ => return self_described(file, bytes),
    };
    let (Some(register), Some(taken_on), Some(source)) =
        (&options.register, options.taken_on, &options.source)
    else {
        let problem =
            "a table or a page does not say what it is: give --register, --taken-on and --source";
        return Err(refuse(file, &problem));
    };
    Ok(Snapshot {
        register: register.clone(),
        taken_on,
        source: source.clone(),
        rows,
        warnings: Vec::new(),
        notes: String::new(),
        lookup_url: String::new(),
        raw_sha256: None,
    })
}
