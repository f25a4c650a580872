//! From the command line, the environment and the configuration file to what a command is told.
//!
//! Every option is defined once, in [`crate::cli`]. A file changes the defaults of those
//! definitions before the command line is read, so an option's value is the first there is of: the
//! command line, its environment variable, the file, the built-in default. [`effective`] tells which
//! it was, [`sample`] writes the file that says the defaults.

pub(crate) mod effective;
pub(crate) mod file;
pub(crate) mod sample;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use self::file::{Place, Problem, Setting};
use crate::{
    cli::{self, Cli},
    paths::DataDir,
};

/// The largest file read, in octets: one that says everything has a few thousand.
const MAX_FILE: u64 = 1 << 20;

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The file, if there is one.
    pub(crate) file: Option<PathBuf>,
    pub(crate) settings: Vec<Setting>,
}

/// A file that cannot be used, and everything that is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) file: PathBuf,
    /// The file as a whole cannot be read.
    pub(crate) unreadable: Option<String>,
    pub(crate) problems: Vec<Problem>,
}

impl Refused {
    /// What is wrong, one place a line.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let whole = self.unreadable.iter().cloned();
        let places = self.problems.iter().map(|problem| {
            let Place { line, column } = problem.place;
            format!("{line}:{column}: {}", problem.message)
        });
        let file = self.file.display();
        let colon = if self.unreadable.is_some() { ": " } else { ":" };
        whole
            .chain(places)
            .map(move |words| format!("{file}{colon}{words}"))
    }
}

/// Everything a command is told.
pub(crate) struct Told {
    pub(crate) cli: Cli,
    /// The command line as it was read, to tell where a value came from.
    pub(crate) matches: ArgMatches,
    pub(crate) config: Result<Loaded, Refused>,
}

/// Reads the command line over the environment over the file over the defaults.
///
/// # Errors
/// What clap refuses, or has to print: help, version.
pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Told, clap::Error> {
    let args: Vec<_> = args.into_iter().collect();
    let first = First::read(&args);
    let config = first.load();
    let mut command = Cli::command().color(first.color.into());
    if let Ok(loaded) = &config {
        for setting in &loaded.settings {
            command = with_default(command, &setting.verb, setting);
        }
    }
    let matches = command.try_get_matches_from_mut(args)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    Ok(Told {
        cli,
        matches,
        config,
    })
}

/// Gives one option another default.
fn with_default(command: Command, verb: &[String], setting: &Setting) -> Command {
    match verb.split_first() {
        Some((first, rest)) => {
            command.mut_subcommand(first, |below| with_default(below, rest, setting))
        }
        // What the file gives is no longer missing.
        None => command.mut_arg(&setting.id, |arg| {
            arg.default_values(setting.values.clone()).required(false)
        }),
    }
}

/// What must be known before the command line can be read in earnest.
#[derive(Default)]
struct First {
    config: Option<PathBuf>,
    data: Option<PathBuf>,
    demo: bool,
    color: cli::Color,
}

impl First {
    /// Reads what it can: what is wrong with the rest is said by the reading in earnest.
    fn read(args: &[OsString]) -> Self {
        let Ok(matches) = Cli::command()
            .ignore_errors(true)
            .try_get_matches_from(args)
        else {
            return Self::default();
        };
        let path = |id| matches.try_get_one::<PathBuf>(id).ok().flatten().cloned();
        Self {
            config: path("config"),
            data: path("data"),
            demo: matches.subcommand_name() == Some("demo"),
            color: matches
                .try_get_one("color")
                .ok()
                .flatten()
                .copied()
                .unwrap_or_default(),
        }
    }

    /// The file that was named, or the data directory's own if there is one.
    fn load(&self) -> Result<Loaded, Refused> {
        if let Some(file) = &self.config {
            return load(file);
        }
        let dir = DataDir::named(self.data.as_deref(), self.demo);
        let file = dir.config_file();
        if !file.is_file() {
            return Ok(Loaded::default());
        }
        let loaded = load(&file)?;
        let moves = |setting: &&Setting| setting.verb.is_empty() && setting.id == "data";
        match loaded.settings.iter().find(moves) {
            None => Ok(loaded),
            Some(setting) => Err(Refused {
                problems: vec![Problem {
                    place: setting.place,
                    message: "the file of a data directory cannot name another data directory; name the file with --config instead".into(),
                }],
                file,
                unreadable: None,
            }),
        }
    }
}

fn load(file: &Path) -> Result<Loaded, Refused> {
    let refused = |unreadable: Option<String>, problems| Refused {
        file: file.to_owned(),
        unreadable,
        problems,
    };
    let text = read_file(file).map_err(|why| refused(Some(why), Vec::new()))?;
    let settings =
        file::parse(&text, &Cli::command()).map_err(|problems| refused(None, problems))?;
    Ok(Loaded {
        file: Some(file.to_owned()),
        settings,
    })
}

fn read_file(file: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE {
        return Err("larger than 1 MiB; a configuration file is not".into());
    }
    String::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))
}

#[cfg(test)]
mod tests;
