use clap::CommandFactory as _;
use proptest::prelude::*;

use super::{
    effective::{Origin, effective, masked},
    file::{Kind, Place, Problem, Setting, options, parse, repeats},
    sample::{literal, sample},
    *,
};

fn settings(text: &str) -> Vec<Setting> {
    parse(text, &Cli::command()).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// The problems of a file as lines.
fn problems(text: &str) -> Vec<String> {
    let problems = parse(text, &Cli::command()).expect_err("something is wrong");
    let line =
        |Problem { place, message }: Problem| format!("{}:{}: {message}", place.line, place.column);
    problems.into_iter().map(line).collect()
}

/// Every option of every command with the verb it belongs to.
fn every_option(mut visit: impl FnMut(&[String], &clap::Arg)) {
    fn walk(command: &Command, verb: &[String], visit: &mut impl FnMut(&[String], &clap::Arg)) {
        options(command).for_each(|(_, arg)| visit(verb, arg));
        for below in command.get_subcommands() {
            walk(
                below,
                &[verb, &[below.get_name().to_owned()]].concat(),
                visit,
            );
        }
    }
    walk(&Cli::command(), &[], &mut visit);
}

#[test]
fn the_sample_says_exactly_the_defaults_of_every_option() {
    let settings = settings(&sample(&Cli::command()));
    let mut with_default = 0;
    every_option(|verb, arg| {
        let mut defaults: Vec<_> = arg
            .get_default_values()
            .iter()
            .map(|value| value.to_string_lossy().into_owned())
            .collect();
        if defaults.is_empty() {
            defaults.extend(match (Kind::of(arg), arg.get_action()) {
                (Kind::Flag, _) => Some("false".to_owned()),
                (_, clap::ArgAction::Count) => Some("0".to_owned()),
                _ => None,
            });
        }
        let said = settings
            .iter()
            .find(|setting| setting.verb == verb && setting.id == arg.get_id().as_str());
        let said = said
            .map(|setting| setting.values.clone())
            .unwrap_or_default();
        assert_eq!(said, defaults, "{verb:?} {arg}");
        with_default += usize::from(!defaults.is_empty());
    });
    assert_eq!(settings.len(), with_default);
}

#[test]
fn every_key_of_the_sample_is_a_key_although_it_stands_as_a_comment() {
    let sample = sample(&Cli::command());
    let mut seen = 0;
    let bare: String = sample
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key)
                if key
                    .split_once(" = ")
                    .is_some_and(|(key, _)| !key.contains(' ')) =>
            {
                key
            }
            _ => line,
        })
        .inspect(|line| seen += usize::from(line.contains(" = ")))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let mut options = 0;
    every_option(|_, _| options += 1);
    assert_eq!(seen, options, "{bare}");
    let unknown = match parse(&bare, &Cli::command()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    // A placeholder such as "ADDR" is no address, but no key is unknown.
    assert!(
        unknown
            .iter()
            .all(|problem| !problem.message.contains("is not a key")),
        "{unknown:?}"
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place_all_at_once() {
    #[cfg(feature = "centre")]
    assert_eq!(
        problems(
            "verbos = 1\n[crawl]\nconcurency = 4\nconcurrency = 0\n\
             upstream = [\"127.0.0.1:53\", \"ns.test\"]\n  seeds = 7\n[crwal]\n"
        ),
        [
            "1:1: `verbos` is not a key of every command, nor a verb; did you mean `verbose`?",
            "3:1: `concurency` is not a key of [crawl]; did you mean `concurrency`?",
            "4:15: `0`: 0 is not in 1..=1024",
            "5:29: `ns.test`: invalid socket address syntax",
            "6:11: takes text in quotes, not a number",
            "7:2: `crwal` is not a key of every command, nor a verb; did you mean `crawl`?",
        ]
    );
    assert_eq!(
        problems("color = \"sometimes\"\nquiet = \"yes\"\nresolver = 3\n[list]\n"),
        [
            "1:9: `sometimes` is none of auto, always, never",
            "2:9: takes true or false, not text",
            "3:1: `resolver` is a verb: its options stand below [resolver]",
        ]
    );
    assert_eq!(
        problems("[resolver]\nworkers = 9999999999999999999999\n").len(),
        1
    );
    assert_eq!(
        problems("config = \"x\"\n").len(),
        1,
        "a file names no other"
    );
    let place = |text: &str| problems(text)[0].clone();
    assert!(
        place("a = \"б\n").starts_with("1:"),
        "{}",
        place("a = \"б\n")
    );
    // Columns count characters, not octets.
    assert!(place("format = [\"қалқан\", 1]").starts_with("1:10: takes one value"));
}

#[test]
fn what_a_file_says_is_a_default_that_the_command_line_overrides() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("node.toml");
    let forward = "forward = [\"192.0.2.1:53\", \"192.0.2.2:53\"]";
    std::fs::write(
        &file,
        format!(
            "format = \"json\"\n[resolver]\nworkers = 7\nforward-validates = true\n{forward}\n"
        ),
    )
    .unwrap();
    let told = |args: &[&str]| {
        let named = ["qalqan", "--config", file.to_str().unwrap()];
        let told = read([&named, args].concat().into_iter().map(OsString::from));
        let told = told.unwrap_or_else(|error| panic!("{error}"));
        let cli::Command::Resolver(resolver) = told.cli.command else {
            panic!("another verb");
        };
        (told.cli.global.format, resolver)
    };
    let (format, resolver) = told(&["resolver"]);
    assert_eq!(format, cli::Format::Json);
    assert_eq!((resolver.workers, resolver.forward.len()), (7, 2));
    assert!(resolver.forward_validates);
    let (format, resolver) = told(&[
        "resolver",
        "--format",
        "text",
        "--workers",
        "3",
        "--forward",
        "192.0.2.9:53",
    ]);
    assert_eq!(format, cli::Format::Text);
    assert_eq!((resolver.workers, resolver.forward.len()), (3, 1));
}

#[test]
fn every_value_knows_where_it_comes_from() {
    let loaded = Loaded {
        file: Some("x.toml".into()),
        settings: settings("[resolver]\nworkers = 7\n"),
    };
    let matches = Cli::command()
        .try_get_matches_from(["qalqan", "-vv", "--data", "here", "config", "show"])
        .unwrap();
    let values = effective(&Cli::command(), &loaded, &matches);
    let of = |verb: &str, key: &str| {
        let value = values
            .iter()
            .find(|v| v.verb == verb && v.key == key)
            .unwrap();
        (value.literal.as_str(), value.origin.clone())
    };
    let place = Place {
        line: 2,
        column: 11,
    };
    assert_eq!(of("resolver", "workers"), ("7", Origin::File { place }));
    assert_eq!(of("", "verbose"), ("2", Origin::CommandLine));
    assert_eq!(of("", "data"), ("\"here\"", Origin::CommandLine));
    assert_eq!(of("", "format"), ("\"text\"", Origin::Default));
    assert_eq!(of("resolver", "trust"), ("", Origin::Default));
    let mut options = 0;
    every_option(|_, _| options += 1);
    assert_eq!(values.len(), options);
}

#[test]
fn no_password_of_an_address_is_shown() {
    for (address, shown) in [
        ("postgres://u:secret@db/x", "postgres://u:***@db/x"),
        (
            "postgres://u:se?c@r:et@db:5/x?a=b",
            "postgres://u:***@db:5/x?a=b",
        ),
        (
            "postgres://db/x?user=u&password=secret",
            "postgres://db/x?user=u&password=***",
        ),
        ("postgres://u@db/x", "postgres://u@db/x"),
        ("sqlite:qalqan.db", "sqlite:qalqan.db"),
        ("127.0.0.1:53", "127.0.0.1:53"),
    ] {
        assert_eq!(masked(address), shown);
    }
}

proptest! {
    /// No octets make the parser panic, and every refusal has places inside the text.
    #[test]
    fn any_text_is_read_or_refused(
        keys in proptest::collection::vec("[a-z.]{1,12}|verbose|format|\\[resolver\\]|workers|listen|\\PC{1,8}", 0..8),
        values in proptest::collection::vec("true|[0-9]{1,22}|0x[0-9a-f]{1,17}|\"\\PC{0,8}\"|\\[\\PC{0,8}|\\{a=[0-9]\\}|\\PC{0,12}", 8),
    ) {
        let text: String = keys.iter().zip(&values)
            .map(|(key, value)| if key.starts_with('[') { format!("{key}\n") } else { format!("{key} = {value}\n") })
            .collect();
        read_or_refused(&text)?;
    }

    #[test]
    fn any_octets_are_read_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_or_refused(&String::from_utf8_lossy(&octets))?;
    }

    /// A value written as TOML is read back as itself.
    #[test]
    fn text_of_any_kind_survives_the_file(text in "\\PC{0,30}|[\\x00-\\x7f]{0,30}") {
        let command = Cli::command();
        let (_, arg) = options(&command).find(|(long, _)| *long == "database").unwrap();
        prop_assert!(!repeats(arg));
        let file = format!("database = {}\n", literal(arg, std::slice::from_ref(&text)));
        prop_assert_eq!(&settings(&file)[0].values, &[text]);
    }
}

fn read_or_refused(text: &str) -> Result<(), TestCaseError> {
    if let Err(problems) = parse(text, &Cli::command()) {
        prop_assert!(!problems.is_empty());
        for Problem { place, .. } in problems {
            prop_assert!(place.line >= 1 && place.line <= text.matches('\n').count() + 1);
            prop_assert!(place.column >= 1 && place.column <= text.chars().count() + 1);
        }
    }
    Ok(())
}
