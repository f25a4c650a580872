//! `config`, `completions` and `man`: all from the definitions of the command line themselves.

use std::path::Path;

use clap::{ArgMatches, CommandFactory as _};
use serde_json::json;

use crate::{
    cli::{Cli, Completions, Config, Man},
    config::{
        Loaded, Refused,
        effective::{Origin, Value, effective},
        sample::sample,
    },
    failure::{Exit, Failure},
    print::Printer,
};

pub(crate) fn config(
    verb: &Config,
    loaded: Result<Loaded, Refused>,
    matches: &ArgMatches,
    printer: &Printer,
) -> Exit {
    if matches!(verb, Config::Default) {
        printer.bytes(sample(&Cli::command()).as_bytes());
        return Exit::Done;
    }
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(refused) => {
            let problems = &refused.problems;
            if matches!(verb, Config::Check) {
                let result = json!({ "file": refused.file, "valid": false, "problems": problems });
                printer.object(&result);
            }
            refused.lines().for_each(|line| printer.complain(&line));
            return Exit::Usage;
        }
    };
    if matches!(verb, Config::Check) {
        let result = json!({ "file": loaded.file, "valid": true, "problems": [] });
        printer.result(&result, || match &loaded.file {
            Some(file) => format!(
                "{}: {} values, all valid",
                file.display(),
                loaded.settings.len()
            ),
            None => "there is no configuration file; every value is a default".to_owned(),
        });
    } else {
        let values = effective(&Cli::command(), &loaded, matches);
        let result = json!({ "file": loaded.file, "values": values });
        printer.result(&result, || show(&loaded, &values));
    }
    Exit::Done
}

/// The values as a file that would say them, each with where it comes from.
fn show(loaded: &Loaded, values: &[Value]) -> String {
    let mut text = match &loaded.file {
        Some(file) => format!("# file: {}\n", file.display()),
        None => "# no file\n".to_owned(),
    };
    let mut table = "";
    for value in values {
        if value.verb != table {
            table = &value.verb;
            text += &format!("\n[{table}]\n");
        }
        text += &match (&value.origin, value.literal.as_str()) {
            (Origin::Default, "") => format!("# {} is not set\n", value.key),
            (origin, literal) => format!("{} = {literal}  # {origin}\n", value.key),
        };
    }
    text
}

pub(crate) fn completions(options: &Completions, printer: &Printer) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "qalqan", &mut script);
    printer.bytes(&script);
    Exit::Done
}

pub(crate) fn man(options: &Man, printer: &Printer) -> Result<Exit, Failure> {
    if let Some(dir) = &options.out {
        write_pages(dir)
            .map_err(|error| Failure::usage(format_args!("{}: {error}", dir.display())))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        printer.bytes(&page);
    }
    Ok(Exit::Done)
}

fn write_pages(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Cli::command(), dir)
}
