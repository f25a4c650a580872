//! `registry import`: a file becomes a snapshot, two officers sign it.

use std::path::{Path, PathBuf};

use blocklist::{
    Digest, Timestamp,
    register::{Snapshot, notices, table},
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
    let files = read_all(options)?;
    let file = &files[0].path;
    let mut snapshot = snapshot(options, &files)?;
    snapshot.raw_sha256 = Some(raw_sha256(&files));
    snapshot.check().map_err(|error| refuse(file, &error))?;
    let now = clock::now();
    if snapshot.taken_on.start() > now {
        let problem = format!(
            "the register cannot show a day to come, {}",
            snapshot.taken_on
        );
        return Err(refuse(file, &problem));
    }
    let known = known(global, dir).await?;
    let held = known
        .registers()
        .find(|(held, _)| held.register == snapshot.register)
        .map(|(held, _)| held);
    let changes = match held {
        Some(held) => {
            Some(diff::Compared::of(global, dir, held, &snapshot, known.register_days).await?)
        }
        None => None,
    };
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
        "files": files.iter().map(|file| json!({
            "file": file.path.display().to_string(), "sha256": file.sha256,
        })).collect::<Vec<_>>(),
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
            text += &changes.in_words();
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

/// A file that was read, and its hash.
struct Raw {
    path: PathBuf,
    bytes: Vec<u8>,
    sha256: Digest,
}

fn read_all(options: &ImportRegister) -> Result<Vec<Raw>, Failure> {
    let one = |path: &PathBuf| {
        let bytes = read(path)?;
        Ok(Raw {
            path: path.clone(),
            sha256: Digest::of(&bytes),
            bytes,
        })
    };
    options.files.iter().map(one).collect()
}

/// The hash of one file; of several, that of what `sha256sum` prints of them where they lie.
fn raw_sha256(files: &[Raw]) -> Digest {
    if let [one] = files {
        return one.sha256;
    }
    let name = |file: &Raw| {
        let name = file.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let lines = files.iter().map(|f| format!("{}  {}\n", f.sha256, name(f)));
    Digest::of(lines.collect::<String>().as_bytes())
}

fn snapshot(options: &ImportRegister, files: &[Raw]) -> Result<Snapshot, Failure> {
    let first = &files[0];
    let extension = first.path.extension().and_then(|e| e.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    if let (None, [_, second, ..]) = (&options.mapping, files) {
        let problem = "several files at once are saved pages, which need --mapping";
        return Err(refuse(&second.path, &problem));
    }
    let rows = match (&options.mapping, extension.as_str()) {
        (Some(mapping), _) => from_pages(mapping, files)?,
        (None, "html" | "htm") => {
            let problem = "a saved page needs --mapping, which says where its fields stand";
            return Err(refuse(&first.path, &problem));
        }
        (None, "csv") => from_table(first)?,
        _ => return self_described(&first.path, &first.bytes),
    };
    let (Some(register), Some(taken_on), Some(source)) =
        (&options.register, options.taken_on, &options.source)
    else {
        let problem =
            "a table or a page does not say what it is: give --register, --taken-on and --source";
        return Err(refuse(&first.path, &problem));
    };
    Ok(Snapshot {
        register: register.clone(),
        taken_on,
        source: source.clone(),
        rows: rows.licences,
        warnings: rows.warnings,
        notes: String::new(),
        lookup_url: String::new(),
        raw_sha256: None,
    })
}

fn from_pages(mapping: &Path, files: &[Raw]) -> Result<page::Rows, Failure> {
    let text = String::from_utf8(read(mapping)?).map_err(|error| refuse(mapping, &error))?;
    let parsed = page::Mapping::parse(&text).map_err(|error| refuse(mapping, &error))?;
    let pages = files.iter().map(|file| {
        let html = std::str::from_utf8(&file.bytes).map_err(|error| refuse(&file.path, &error))?;
        Ok(page::SavedPage {
            file: file.path.display().to_string(),
            html: html.to_owned(),
        })
    });
    let pages: Vec<_> = pages.collect::<Result<_, Failure>>()?;
    page::rows(&pages, &parsed).map_err(|error| Failure::usage(format_args!("{error}")))
}

fn from_table(file: &Raw) -> Result<page::Rows, Failure> {
    let text = std::str::from_utf8(&file.bytes).map_err(|error| refuse(&file.path, &error))?;
    let refuse = |error| Failure::usage(format_args!("{}, {error}", file.path.display()));
    let mut rows = page::Rows::default();
    if notices::is_one(text) {
        rows.warnings = notices::warnings(text).map_err(refuse)?;
    } else {
        rows.licences = table::rows(text).map_err(refuse)?;
    }
    Ok(rows)
}
