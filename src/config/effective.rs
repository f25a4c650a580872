//! Every value in effect, and where it comes from.

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use serde::Serialize;

use super::{
    Loaded,
    file::{Kind, Place, options, repeats},
    sample::literal,
};

/// Where a value comes from, the strongest last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "origin", rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// Built in.
    Default,
    /// The configuration file.
    File {
        #[serde(flatten)]
        place: Place,
    },
    /// This environment variable.
    Environment { variable: String },
    /// The command line of this moment.
    CommandLine,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File {
                place: Place { line, column },
            } => write!(f, "file, {line}:{column}"),
            Self::Environment { variable } => write!(f, "environment, {variable}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// An option with its value.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Value {
    /// The table: the verb's words with dots, empty for options of every command.
    pub(crate) verb: String,
    /// The long option.
    pub(crate) key: String,
    /// The value as in a file, null where nothing is set. Passwords in addresses are masked.
    pub(crate) value: serde_json::Value,
    /// The same as TOML, empty where nothing is set.
    #[serde(skip)]
    pub(crate) literal: String,
    #[serde(flatten)]
    pub(crate) origin: Origin,
}

/// Every option of every command with the value it would have, `matches` being the command line of
/// this moment.
pub(crate) fn effective(command: &Command, loaded: &Loaded, matches: &ArgMatches) -> Vec<Value> {
    let mut all = Vec::new();
    collect(&mut all, command, &[], loaded, matches);
    all
}

fn collect(
    all: &mut Vec<Value>,
    command: &Command,
    verb: &[String],
    loaded: &Loaded,
    matches: &ArgMatches,
) {
    for (long, arg) in options(command) {
        let told = verb.is_empty().then(|| on_command_line(arg, matches));
        let (values, origin) = told
            .flatten()
            .or_else(|| in_environment(arg))
            .or_else(|| in_file(arg, verb, loaded))
            .unwrap_or_else(|| (built_in(arg), Origin::Default));
        let values: Vec<_> = values.iter().map(|value| masked(value)).collect();
        all.push(Value {
            verb: verb.join("."),
            key: long.to_owned(),
            value: json(arg, &values),
            literal: if values.is_empty() {
                String::new()
            } else {
                literal(arg, &values)
            },
            origin,
        });
    }
    for below in command.get_subcommands() {
        let verb = [verb, &[below.get_name().to_owned()]].concat();
        collect(all, below, &verb, loaded, matches);
    }
}

fn json(arg: &Arg, values: &[String]) -> serde_json::Value {
    let one = |value: &String| match Kind::of(arg) {
        Kind::Text => serde_json::Value::from(value.as_str()),
        Kind::Flag => serde_json::Value::from(value == "true"),
        Kind::Number => value
            .parse::<i64>()
            .map_or(serde_json::Value::Null, serde_json::Value::from),
    };
    if repeats(arg) {
        return values.iter().map(one).collect();
    }
    values.first().map_or(serde_json::Value::Null, one)
}

fn on_command_line(arg: &Arg, matches: &ArgMatches) -> Option<(Vec<String>, Origin)> {
    let id = arg.get_id().as_str();
    if matches.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    let values = if matches!(arg.get_action(), ArgAction::Count) {
        vec![matches.get_count(id).to_string()]
    } else {
        let raw = matches.get_raw(id).into_iter().flatten();
        raw.map(|value| value.to_string_lossy().into_owned())
            .collect()
    };
    Some((values, Origin::CommandLine))
}

fn in_environment(arg: &Arg) -> Option<(Vec<String>, Origin)> {
    let variable = arg.get_env()?;
    let value = std::env::var_os(variable)?;
    let variable = variable.to_string_lossy().into_owned();
    Some((
        vec![value.to_string_lossy().into_owned()],
        Origin::Environment { variable },
    ))
}

fn in_file(arg: &Arg, verb: &[String], loaded: &Loaded) -> Option<(Vec<String>, Origin)> {
    let setting = loaded
        .settings
        .iter()
        .find(|setting| setting.verb == verb && setting.id == arg.get_id().as_str())?;
    let place = setting.place;
    Some((setting.values.clone(), Origin::File { place }))
}

fn built_in(arg: &Arg) -> Vec<String> {
    let values: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    match Kind::of(arg) {
        Kind::Flag if values.is_empty() => vec!["false".to_owned()],
        Kind::Number if values.is_empty() && matches!(arg.get_action(), ArgAction::Count) => {
            vec!["0".to_owned()]
        }
        _ => values,
    }
}

/// An address with the password hidden, whether it stands before the host or among the parameters.
pub(crate) fn masked(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value.to_owned();
    };
    // The last `@` ends the credentials: a password may hold one.
    let (login, rest) = match rest.rsplit_once('@') {
        Some((who, rest)) => match who.split_once(':') {
            Some((login, _)) => (format!("{login}:***@"), rest),
            None => (format!("{who}@"), rest),
        },
        None => (String::new(), rest),
    };
    let rest = match rest.split_once('?') {
        Some((place, parameters)) => {
            let hidden = parameters
                .split('&')
                .map(|pair| match pair.split_once('=') {
                    Some((name, _)) if name.to_ascii_lowercase().contains("password") => {
                        format!("{name}=***")
                    }
                    _ => pair.to_owned(),
                });
            format!("{place}?{}", hidden.collect::<Vec<_>>().join("&"))
        }
        None => rest.to_owned(),
    };
    format!("{scheme}://{login}{rest}")
}
