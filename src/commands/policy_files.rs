//! An operator's own files for a node: which they are, and `resolver --check`, which reads them as a
//! node would and says what of them would not be in force.

use std::{fmt::Write as _, path::PathBuf};

use resolver::{
    CheckedNames, CheckedZone, LoadError, OwnError, OwnRules, PolicyFile, Problem, check_names,
    check_zone,
};
use serde::Serialize;

use crate::{
    cli::{PolicyError, Resolver},
    failure::{Exit, Failure},
    print::{Printer, style, styled, visible},
};

/// What `resolver --check --format json` prints.
#[derive(Serialize)]
struct Checked {
    /// In order of priority; zones in shadow come first.
    zones: Vec<CheckedZone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_names: Option<CheckedNames>,
}

/// The files that the command line names.
pub(crate) fn own_rules(options: &Resolver) -> Result<OwnRules, Failure> {
    let shadow = options.policy_shadow.iter().map(|path| (path, true));
    let zones = shadow.chain(options.policy.iter().map(|path| (path, false)));
    Ok(OwnRules {
        zones: zones.map(file).collect::<Result<_, _>>()?,
        allow_names: options.allow_names.clone(),
        error: match options.policy_error {
            PolicyError::Blocked => OwnError::Blocked,
            PolicyError::Filtered => OwnError::Filtered,
        },
        compiled: None,
    })
}

fn file((path, is_shadow): (&PathBuf, bool)) -> Result<PolicyFile, Failure> {
    if path.to_string_lossy().starts_with("rpz://") {
        return Err(Failure::not_built_yet(format_args!(
            "fetching a policy zone from {}; have it written to a file and name that, it is read \
             again whenever it changes",
            path.display()
        )));
    }
    Ok(PolicyFile {
        path: path.clone(),
        is_shadow,
    })
}

/// Reads the files and says what they hold. Something left out is a negative answer.
pub(crate) fn check(own: &OwnRules, printer: &Printer) -> Result<Exit, Failure> {
    if own.zones.is_empty() && own.allow_names.is_none() {
        return Err(Failure::usage(
            "--check needs something to read: --policy, --policy-shadow or --allow-names",
        ));
    }
    let zones = own.zones.iter().map(|zone| check_zone(&zone.path));
    let checked = Checked {
        zones: zones
            .collect::<Result<_, _>>()
            .map_err(|error| unread(&error))?,
        allow_names: match &own.allow_names {
            Some(path) => Some(check_names(path).map_err(|error| unread(&error))?),
            None => None,
        },
    };
    printer.result(&checked, || text(&checked));
    let names_are_whole = checked
        .allow_names
        .as_ref()
        .is_none_or(|names| names.bad == 0);
    Ok(
        if names_are_whole && checked.zones.iter().all(CheckedZone::is_whole) {
            Exit::Done
        } else {
            Exit::Negative
        },
    )
}

fn unread(error: &LoadError) -> Failure {
    let mut words = error.to_string();
    if let LoadError::NoSoa { path, report } = error {
        let first = report.problems.get(..10).unwrap_or(&report.problems);
        let said = problems(&path.display().to_string(), first);
        let _ = write!(words, "\n{}", said.trim_end());
    }
    Failure::usage(words)
}

fn text(checked: &Checked) -> String {
    let mut text = String::new();
    for zone in &checked.zones {
        let CheckedZone {
            file,
            zone,
            serial,
            rules,
            octets,
            report,
            not_enforced,
        } = zone;
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{}: zone {}, serial {serial}: {rules} rules of {} records, {} KiB in memory",
            visible(file),
            visible(zone),
            report.records,
            octets.div_ceil(1024)
        );
        let mut count = |count: u64, words: &str| {
            if count > 0 {
                let _ = writeln!(text, "  {count} {words}");
            }
        };
        count(
            report.duplicates,
            "say again what was said; the first holds",
        );
        count(
            report.ignored,
            "are no policy (NS, DNSSEC, the zone's own name)",
        );
        count(
            report.bad,
            "left out: unreadable, or against an earlier record",
        );
        count(report.outside, "left out: outside the zone");
        for (trigger, number) in not_enforced {
            count(
                *number,
                &format!("left out: rules on {trigger}, not enforced yet"),
            );
        }
        if report.is_cut {
            let words = "the last line has no end: the file may have been cut short";
            let _ = writeln!(text, "  {}", styled(style::ERROR, words));
        }
        text.push_str(&problems(file, &report.problems));
        more(&mut text, report.skipped(), &report.problems);
    }
    if let Some(names) = &checked.allow_names {
        let file = visible(&names.file);
        let _ = writeln!(
            text,
            "{file}: {} names that no policy zone touches",
            names.names
        );
        if names.bad > 0 {
            let _ = writeln!(text, "  {} lines left out", names.bad);
        }
        text.push_str(&problems(&names.file, &names.problems));
        more(&mut text, names.bad, &names.problems);
    }
    text
}

fn problems(file: &str, problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let Problem { line, words } = problem;
        let _ = writeln!(text, "{}:{line}: {}", visible(file), visible(words));
        text
    })
}

/// Says how many problems were counted and not kept.
fn more(text: &mut String, all: u64, told: &[Problem]) {
    let more = all.saturating_sub(told.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "… and {more} more");
    }
}
