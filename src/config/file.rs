//! The configuration file: TOML with one table a verb, whose keys are the long options of that verb.
//!
//! What may be said is not written down here: it is what the command line defines. Each value is
//! tried with the option's own parser, so a file is refused for what its command would refuse, and
//! the refusal names line and column.

use std::{any::TypeId, borrow::Cow, ops::Range};

use clap::{Arg, ArgAction, Command, error::ErrorKind};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A place in a file, from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value the file gives to an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The verbs that lead to the command; empty for options of every command.
    pub(crate) verb: Vec<String>,
    /// The option's identifier in the command line's definitions.
    pub(crate) id: String,
    /// The values as they would stand on the command line.
    pub(crate) values: Vec<String>,
    pub(crate) place: Place,
}

/// Something a file cannot say.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Problem {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// The options of a command that a file may give: every long one, except the one that names the
/// file.
pub(crate) fn options(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    command
        .get_arguments()
        .filter(|arg| !matches!(arg.get_id().as_str(), "config" | "help" | "version"))
        .filter_map(|arg| Some((arg.get_long()?, arg)))
}

/// What kind of value an option takes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Flag,
    Number,
    Text,
}

impl Kind {
    pub(crate) fn of(arg: &Arg) -> Self {
        let parsed = arg.get_value_parser().type_id();
        let numbers = [
            TypeId::of::<u8>(),
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<i64>(),
            TypeId::of::<usize>(),
        ];
        match arg.get_action() {
            ArgAction::SetTrue | ArgAction::SetFalse => Self::Flag,
            ArgAction::Count => Self::Number,
            _ if numbers.iter().any(|number| parsed == *number) => Self::Number,
            _ => Self::Text,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "text in quotes",
        }
    }
}

/// Whether an option may be given several times, and so takes an array.
pub(crate) fn repeats(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// Reads a file: every value in it, or everything that is wrong with it in order of place.
///
/// # Errors
/// All problems, never an empty list.
pub(crate) fn parse(text: &str, command: &Command) -> Result<Vec<Setting>, Vec<Problem>> {
    let mut reading = Reading {
        text,
        settings: Vec::new(),
        problems: Vec::new(),
    };
    match DeTable::parse(text) {
        Ok(table) => reading.table(command, &[], table.get_ref()),
        Err(error) => reading.problem(&error.span().unwrap_or(0..0), error.message()),
    }
    if reading.problems.is_empty() {
        return Ok(reading.settings);
    }
    reading.problems.sort_by_key(|problem| problem.place);
    Err(reading.problems)
}

struct Reading<'a> {
    text: &'a str,
    settings: Vec<Setting>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn problem(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.problems.push(Problem {
            place: place(self.text, span.start),
            message: message.into(),
        });
    }

    fn table(&mut self, command: &Command, verb: &[String], table: &DeTable<'_>) {
        for (key, value) in table {
            let name: &Cow<'_, str> = key.get_ref();
            if let Some(below) = command.find_subcommand(name.as_ref()) {
                let verb = [verb, &[name.to_string()]].concat();
                match value.get_ref() {
                    DeValue::Table(table) => self.table(below, &verb, table),
                    _ => self.problem(
                        &key.span(),
                        format!(
                            "`{name}` is a verb: its options stand below [{}]",
                            verb.join(".")
                        ),
                    ),
                }
            } else if let Some((_, arg)) = options(command).find(|(long, _)| long == name) {
                self.value(verb, arg, value);
            } else {
                self.problem(&key.span(), unknown(command, verb, name));
            }
        }
    }

    fn value(&mut self, verb: &[String], arg: &Arg, value: &Spanned<DeValue<'_>>) {
        let parts = match value.get_ref() {
            DeValue::Array(parts) if repeats(arg) => parts.iter().collect(),
            _ => vec![value],
        };
        let mut values = Vec::new();
        for part in parts {
            match word(arg, part.get_ref()).and_then(|word| tried(arg, word)) {
                Ok(word) => values.push(word),
                Err(message) => return self.problem(&part.span(), message),
            }
        }
        self.settings.push(Setting {
            verb: verb.to_vec(),
            id: arg.get_id().to_string(),
            values,
            place: place(self.text, value.span().start),
        });
    }
}

/// A value as it would stand on the command line.
fn word(arg: &Arg, value: &DeValue<'_>) -> Result<String, String> {
    let kind = Kind::of(arg);
    match (kind, value) {
        (Kind::Flag, DeValue::Boolean(on)) => Ok(on.to_string()),
        (Kind::Number, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix())
                .map(|number| number.to_string())
                .map_err(|_| format!("the number {} is too large", number.as_str()))
        }
        (Kind::Text, DeValue::String(text)) => Ok(text.to_string()),
        (_, DeValue::Array(_)) => Err(format!("takes one value: {}", kind.words())),
        (_, other) => Err(format!("takes {}, not {}", kind.words(), type_words(other))),
    }
}

fn type_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// Gives the value back if the option's own parser takes it.
fn tried(arg: &Arg, value: String) -> Result<String, String> {
    // How often `-v` is given has no parser of words.
    if matches!(arg.get_action(), ArgAction::Count) {
        return match value.parse::<u8>() {
            Ok(_) => Ok(value),
            Err(error) => Err(error.to_string()),
        };
    }
    let alone = Arg::new("value")
        .value_parser(arg.get_value_parser().clone())
        .allow_hyphen_values(true)
        .required(true);
    let command = Command::new("value").no_binary_name(true).arg(alone);
    match command.try_get_matches_from([&value]) {
        Ok(_) => Ok(value),
        Err(error) => Err(refusal(&error, &value)),
    }
}

/// What the parser says, without the names of the command line.
fn refusal(error: &clap::Error, value: &str) -> String {
    use clap::error::{ContextKind, ContextValue};
    if let (ErrorKind::InvalidValue, Some(ContextValue::Strings(words))) =
        (error.kind(), error.get(ContextKind::ValidValue))
    {
        return format!("`{value}` is none of {}", words.join(", "));
    }
    match std::error::Error::source(error) {
        Some(why) => format!("`{value}`: {why}"),
        None => format!("`{value}` cannot stand here"),
    }
}

/// Says that a key is unknown, and which one may have been meant.
fn unknown(command: &Command, verb: &[String], name: &str) -> String {
    let known = options(command)
        .map(|(long, _)| long)
        .chain(command.get_subcommands().map(Command::get_name));
    let nearest = known
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min();
    let table = if verb.is_empty() {
        "a key of every command, nor a verb".to_owned()
    } else {
        format!("a key of [{}]", verb.join("."))
    };
    match nearest {
        Some((_, nearest)) => format!("`{name}` is not {table}; did you mean `{nearest}`?"),
        None => format!("`{name}` is not {table}; `qalqan config default` shows all"),
    }
}

/// The place of an octet.
fn place(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}
