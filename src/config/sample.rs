//! The file that says every default, made from the definitions of the command line.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::file::{Kind, options, repeats};

/// A commented file with every key. Keys that have a default stand with it; the others stand as
/// comments that show what they take.
pub(crate) fn sample(command: &Command) -> String {
    let mut text = String::from(
        "# Configuration of qalqan. Every key is a long option of its verb, with the same meaning.\n\
         # The command line overrides the environment, that overrides this file, and this file\n\
         # overrides what is built in. Paths are relative to where the command is started.\n",
    );
    table(&mut text, command, &[]);
    text
}

fn table(text: &mut String, command: &Command, verb: &[&str]) {
    let options: Vec<_> = options(command).collect();
    if !options.is_empty() {
        if !verb.is_empty() {
            let about = command.get_about().map(ToString::to_string);
            let _ = write!(
                text,
                "\n# {}\n[{}]\n",
                about.unwrap_or_default(),
                verb.join(".")
            );
        }
        for (long, arg) in options {
            option(text, long, arg);
        }
    }
    for below in command.get_subcommands() {
        table(text, below, &[verb, &[below.get_name()]].concat());
    }
}

fn option(text: &mut String, long: &str, arg: &Arg) {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<_> = arg
        .get_possible_values()
        .iter()
        .filter(|_| Kind::of(arg) == Kind::Text)
        .map(|value| value.get_name().to_owned())
        .collect();
    let words = if words.is_empty() {
        String::new()
    } else {
        format!(": {}", words.join(", "))
    };
    let _ = writeln!(text, "\n# {help}{words}");
    let defaults: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    let (comment, values) = match Kind::of(arg) {
        Kind::Flag if defaults.is_empty() => ("", vec!["false".to_owned()]),
        Kind::Number if matches!(arg.get_action(), ArgAction::Count) && defaults.is_empty() => {
            ("", vec!["0".to_owned()])
        }
        _ if defaults.is_empty() => ("# ", vec![placeholder(arg)]),
        _ => ("", defaults),
    };
    let _ = writeln!(text, "{comment}{long} = {}", literal(arg, &values));
}

/// What the help shows in place of a value.
fn placeholder(arg: &Arg) -> String {
    arg.get_value_names()
        .and_then(|names| names.first())
        .map_or_else(|| "VALUE".to_owned(), ToString::to_string)
}

/// Values of an option as TOML.
pub(crate) fn literal(arg: &Arg, values: &[String]) -> String {
    let one = |value: &String| match Kind::of(arg) {
        Kind::Text => toml::Value::String(value.clone()).to_string(),
        Kind::Flag | Kind::Number => value.clone(),
    };
    if repeats(arg) {
        let parts: Vec<_> = values.iter().map(one).collect();
        format!("[{}]", parts.join(", "))
    } else {
        values.first().map(one).unwrap_or_default()
    }
}
