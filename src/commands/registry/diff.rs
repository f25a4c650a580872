//! `registry diff`: what changed between two snapshots.

use std::{collections::BTreeMap, path::Path};

use blocklist::{
    register::{Changed, Diff, Snapshot, notices, table},
    time::Day,
};
use data::{
    reference,
    rematch::{self, Affected},
};
use serde::Serialize;
use serde_json::Value;

use super::{import::age_days, known, read, self_described};
use crate::{
    cli::Global,
    clock,
    commands::open_store,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

/// Most sites that are named in words; JSON holds all.
const MOST_SITES: usize = 50;

/// How two snapshots differ, how old they are, and what that changes for the sites in the store.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    #[serde(flatten)]
    diff: Diff,
    /// The first and the second.
    snapshots: [Side; 2],
    /// Sites of which the second says something else than the first, each as if it were signed.
    affected: Vec<Affected>,
    #[serde(skip)]
    lines: BTreeMap<String, String>,
}

/// One of two snapshots.
#[derive(Debug, Serialize)]
struct Side {
    register: String,
    taken_on: Day,
    age_days: i64,
    /// Whether it is young enough to say "licensed".
    fresh: bool,
}

impl Compared {
    pub(super) async fn of(
        global: &Global,
        dir: &DataDir,
        a: &Snapshot,
        b: &Snapshot,
        register_days: u32,
    ) -> Result<Self, Failure> {
        let now = clock::now();
        let store = open_store(global, dir).await?;
        let affected = match rematch::affected(&store, a, b, now.0).await {
            Err(data::Error::NoLog | data::Error::EmptyLog) => Vec::new(),
            affected => affected?,
        };
        let side = |snapshot: &Snapshot| Side {
            register: snapshot.register.clone(),
            taken_on: snapshot.taken_on,
            age_days: age_days(snapshot, now),
            // Before there is a log nobody has said how long a copy holds.
            fresh: register_days == 0 || snapshot.is_fresh(now, register_days),
        };
        Ok(Self {
            diff: Diff::between(a, b, now),
            snapshots: [side(a), side(b)],
            affected,
            lines: [a, b].into_iter().flat_map(lines).collect(),
        })
    }

    /// One line for each difference.
    pub(super) fn in_words(&self) -> String {
        let mut text = in_words(&self.diff, &self.lines);
        for side in self.snapshots.iter().filter(|side| !side.fresh) {
            text += &format!(
                "{} of {} is {} days old: too old to say \"licensed\"\n",
                visible(&side.register),
                side.taken_on,
                side.age_days
            );
        }
        for site in self.affected.iter().take(MOST_SITES) {
            let listing = site.listing_id.as_ref().map(ToString::to_string);
            text += &format!(
                "site {}: {} → {}{}{}\n",
                visible(&site.host),
                site.from.as_str().replace('_', " "),
                site.to.as_str().replace('_', " "),
                listing
                    .map(|id| format!(", listing {id}"))
                    .unwrap_or_default(),
                match &site.assessed {
                    Some(verdict) => format!(", assessed: {}", visible(verdict)),
                    None => ", not assessed".into(),
                }
            );
        }
        if self.affected.len() > MOST_SITES {
            text += &format!("and {} sites more\n", self.affected.len() - MOST_SITES);
        }
        text
    }
}

pub(super) async fn run(
    global: &Global,
    dir: &DataDir,
    names: [&str; 2],
    printer: &Printer,
) -> Result<Exit, Failure> {
    let [a, b] = names;
    let (mut a, mut b) = (load(global, dir, a).await?, load(global, dir, b).await?);
    // A table does not say what it is of: of what it is compared with.
    if a.register.is_empty() {
        a.register.clone_from(&b.register);
    } else if b.register.is_empty() {
        b.register.clone_from(&a.register);
    }
    let days = known(global, dir).await?.register_days;
    let compared = Compared::of(global, dir, &a, &b, days).await?;
    printer.result(&compared, || compared.in_words());
    Ok(if compared.diff.is_empty() {
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
    let (mut rows, mut warnings) = (Vec::new(), Vec::new());
    if notices::is_one(text) {
        warnings = notices::warnings(text).map_err(|error| refuse(&error))?;
    } else {
        rows = table::rows(text).map_err(|error| refuse(&error))?;
    }
    Ok(Snapshot {
        register: String::new(),
        // Nor does it say of which day: it is taken for today's.
        taken_on: Day::parse(&clock::now().to_string()[..10])?,
        source: String::new(),
        rows,
        warnings,
        notes: String::new(),
        lookup_url: String::new(),
        raw_sha256: None,
    })
}

/// What a reader knows a record by, beside its id: firm or brand, and hosts.
fn lines(snapshot: &Snapshot) -> Vec<(String, String)> {
    let hosts = |hosts: &mut dyn Iterator<Item = String>| hosts.collect::<Vec<_>>().join(" ");
    let rows = snapshot.rows.iter().map(|row| {
        let named = hosts(&mut row.all_hosts().map(|(host, _)| host.to_string()));
        let line = format!("{}  {named}", visible(row.firm()));
        (row.record_id.clone(), line)
    });
    let warnings = snapshot.warnings.iter().map(|warning| {
        let named = hosts(&mut warning.hosts.iter().map(ToString::to_string));
        let line = format!("{}  {named}", visible(&warning.brand));
        (warning.record_id.clone(), line)
    });
    rows.chain(warnings).collect()
}

fn in_words(diff: &Diff, lines: &BTreeMap<String, String>) -> String {
    let named = |id: &String| {
        let line = lines.get(id).map_or("", |line| line.trim_end());
        format!("{}  {line}", visible(id)).trim_end().to_owned()
    };
    let mut text = String::new();
    for id in &diff.added {
        text += &format!("+ {}\n", named(id));
    }
    for id in &diff.removed {
        text += &format!("- {}\n", named(id));
    }
    for change in &diff.changed {
        text += &format!("~ {} {}\n", visible(&change.record_id), changed(change));
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

/// A field that differs; of a list what it gained and lost.
fn changed(change: &Changed) -> String {
    let entries = |value: &Value| match value {
        Value::Array(entries) => Some(entries.clone()),
        Value::Null => Some(Vec::new()),
        _ => None,
    };
    let is_list = change.from.is_array() || change.to.is_array();
    if let (true, Some(from), Some(to)) = (is_list, entries(&change.from), entries(&change.to)) {
        let only = |sign: &str, some: &[Value], others: &[Value]| -> Vec<String> {
            let missing = some.iter().filter(|entry| !others.contains(entry));
            missing
                .map(|entry| format!("{sign} {}", shown(entry)))
                .collect()
        };
        let moves = [only("+", &to, &from), only("-", &from, &to)].concat();
        if !moves.is_empty() {
            return format!("{}: {}", change.field, moves.join(", "));
        }
    }
    let (from, to) = (shown(&change.from), shown(&change.to));
    format!("{}: {from} → {to}", change.field)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::String(text) => format!("\"{}\"", visible(text)),
        other => visible(&other.to_string()),
    }
}
