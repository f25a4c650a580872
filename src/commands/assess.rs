//! `assess`: what the machine says of one saved page, and why.

use std::path::Path;

use crawler::assessment::{Assessor, Verdict};
use url::Url;

use crate::{
    failure::{Exit, Failure},
    print::Printer,
};

mod explain;

/// The largest page taken, in octets.
const MAX_PAGE: u64 = 5 * 1024 * 1024;

pub(crate) fn run(
    file: &Path,
    url: &str,
    explain: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let unreadable =
        |why: &dyn std::fmt::Display| Failure::usage(format_args!("{}: {why}", file.display()));
    let size = std::fs::metadata(file)
        .map_err(|error| unreadable(&error))?
        .len();
    if size > MAX_PAGE {
        return Err(unreadable(
            &"larger than 5 MB; a page is judged up to that size",
        ));
    }
    let bytes = std::fs::read(file).map_err(|error| unreadable(&error))?;
    let url =
        Url::parse(url).map_err(|error| Failure::usage(format_args!("--url {url}: {error}")))?;
    let assessment = Assessor::shipped()?.assess_file(&bytes, &url);
    printer.result(&assessment, || {
        let mut text = explain::summary(&assessment);
        if explain {
            text += &explain::ledger(&assessment);
        }
        text
    });
    Ok(if assessment.verdict == Verdict::Flag {
        Exit::Done
    } else {
        Exit::Negative
    })
}
