//! `list secondaries`: whether the list arrived, as the publisher of this data directory knows it.

use std::fmt::Write as _;

use blocklist::Timestamp;
use resolver::secondaries::{Book, Refused, SecondaryStatus};
use serde::Serialize;
use serde_json::json;

use crate::{
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, style, styled, visible},
};

/// A secondary, and how far it is behind.
#[derive(Serialize)]
struct Shown<'b> {
    #[serde(flatten)]
    status: &'b SecondaryStatus,
    /// Leaves of the log; null where it never said what it has.
    behind: Option<u32>,
}

impl Shown<'_> {
    /// Whether somebody should look at it.
    fn wants_attention(&self) -> bool {
        let silent = self.status.asked.is_none();
        silent || self.status.error.is_some() || self.behind.is_some_and(|behind| behind > 0)
    }
}

pub(crate) fn run(dir: &DataDir, printer: &Printer) -> Result<Exit, Failure> {
    let path = dir.secondaries();
    let read = std::fs::read(&path).and_then(|bytes| Ok((bytes, path.metadata()?.modified()?)));
    let (bytes, written) = read.map_err(|error| {
        Failure::usage(format_args!(
            "{}: {error}; `qalqan publish` or `qalqan run` writes it, in its data directory",
            path.display()
        ))
    })?;
    let book: Book = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::usage(format_args!(
            "{}: {error}; a running publisher of this version writes it anew",
            path.display()
        ))
    })?;
    let written = written.duration_since(std::time::UNIX_EPOCH);
    let as_of = Timestamp(written.map_or(0, |since| since.as_secs().cast_signed()));
    let all: Vec<_> = book
        .secondaries
        .iter()
        .map(|one| shown(&book, one))
        .collect();
    let result = json!({
        "as_of": as_of, "serving": book.serving, "secondaries": all, "refused": book.refused,
    });
    printer.result(&result, || text(&book, &all, as_of));
    Ok(if all.iter().any(Shown::wants_attention) {
        Exit::Negative
    } else {
        Exit::Done
    })
}

fn shown<'b>(book: &Book, status: &'b SecondaryStatus) -> Shown<'b> {
    let behind = book.serving.and_then(|at| status.behind(at.serial));
    Shown { status, behind }
}

fn text(book: &Book, all: &[Shown<'_>], as_of: Timestamp) -> String {
    let mut text = match book.serving {
        Some(at) => format!("serial {} since {}, as of {as_of}\n", at.serial, at.at),
        None => format!("no zone is served, as of {as_of}\n"),
    };
    for shown in all {
        let status = shown.status;
        let address = match status.port {
            Some(port) => std::net::SocketAddr::new(status.address, port).to_string(),
            None => status.address.to_string(),
        };
        let words = words(shown).join(", ");
        let words = if shown.wants_attention() {
            styled(style::ERROR, words)
        } else {
            words
        };
        let _ = writeln!(text, "  {address}  {words}");
    }
    if !book.refused.is_empty() {
        let _ = writeln!(text, "refused to others: {}", refusals(&book.refused));
    }
    text
}

fn words(shown: &Shown<'_>) -> Vec<String> {
    let status = shown.status;
    let mut words = vec![match (shown.behind, status.has) {
        (Some(0), _) => "has it".to_owned(),
        (Some(behind), Some(has)) => format!("has {}, {behind} behind", has.serial),
        _ => "has never said what it has".to_owned(),
    }];
    words.push(match status.asked {
        Some(at) => format!("asked {at}"),
        None => "has never asked".to_owned(),
    });
    match (&status.error, status.acknowledged) {
        // What another server answered.
        (Some(error), _) => words.push(format!("was not told: {}", visible(error))),
        (None, Some(at)) => words.push(format!("heard of {}", at.serial)),
        (None, None) => {}
    }
    words.push(format!(
        "{} whole and {} differences",
        status.whole, status.differences
    ));
    if !status.refused.is_empty() {
        words.push(format!("refused: {}", refusals(&status.refused)));
    }
    words
}

fn refusals(refused: &Refused) -> String {
    let words: Vec<_> = refused
        .iter()
        .map(|(why, count)| format!("{count} {}", why.word()))
        .collect();
    words.join(", ")
}
