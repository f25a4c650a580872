//! One room says things as codes, another has the words: every code the crawler, the register and
//! the fold can give has its message in all three languages, with exactly its arguments, and no
//! message stands there for a code that nobody gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use blocklist::{fold::ListingState, matching};
use crawler::{assessment, signal};

/// Key → variables of one language.
type Words = BTreeMap<String, BTreeSet<String>>;

fn words(language: &str) -> Words {
    let found = words_in(
        language,
        &["common", "public", "console", "signals", "problems"],
    );
    assert!(found.len() > 300, "{language}: {}", found.len());
    found
}

fn words_in(language: &str, files: &[&str]) -> Words {
    let mut found = Words::new();
    for file in files {
        let path = format!("../web/locales/{language}/{file}.ftl");
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let Some((key, text)) = line.split_once(" = ") else {
                continue;
            };
            let variables = text.split('$').skip(1).map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                rest[..end.unwrap_or(rest.len())].to_owned()
            });
            found.insert(key.to_owned(), variables.collect());
        }
    }
    found
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every code that is looked up by a key made at run time, and its arguments.
fn given() -> Words {
    let mut given = Words::new();
    // Look-alikes have words of their own, below.
    for known in signal::IDS {
        if known.axis != signal::Axis::Guard {
            given.insert(format!("signal-{}", known.id), set(&[]));
        }
    }
    for guard in signal::guards::KINDS
        .iter()
        .chain(assessment::REGISTER_GUARDS)
    {
        given.insert(format!("guard-{guard}"), set(&[]));
    }
    // A look-alike is also named as what the site seems to be.
    for kind in assessment::KINDS.iter().chain(signal::guards::KINDS) {
        given.insert(format!("kind-{kind}"), set(&[]));
    }
    for (code, arguments) in assessment::CONTRADICTIONS {
        given.insert(format!("contradiction-{code}"), set(arguments));
    }
    for (code, arguments) in matching::REASONS {
        given.insert(format!("reason-{code}"), set(arguments));
    }
    given
}

#[test]
fn every_code_has_its_words_in_three_languages() {
    let given = given();
    assert!(given.len() > 80);
    for language in ["kk", "ru", "en"] {
        let words = words(language);
        for (key, arguments) in &given {
            let held = words
                .get(key)
                .unwrap_or_else(|| panic!("{language} has no words for {key}"));
            assert_eq!(held, arguments, "{language} {key}");
        }
    }
}

#[test]
fn no_words_stand_for_a_code_that_nobody_gives() {
    let given = given();
    // Of this file every key is made at run time; keys of the others stand in the source.
    for key in words_in("kk", &["signals"]).keys() {
        assert!(given.contains_key(key), "nobody gives {key}");
    }
}

/// Verdicts and states are matched one by one where their keys are named; here it is held that they
/// follow one pattern, and that each has a word and a meaning.
#[test]
fn every_verdict_and_state_has_a_word_and_a_meaning() {
    use matching::Verdict::*;
    let verdicts = [
        Blocked,
        Suspended,
        Warned,
        Licensed,
        LicenceUnconfirmed,
        LicenceEnded,
        LicensedElsewhere,
        Lookalike,
        Unknown,
    ];
    assert_eq!(
        Unknown as usize + 1,
        verdicts.len(),
        "a new verdict needs its words"
    );
    let at = blocklist::testing::START;
    let reason = String::new;
    let states = [
        ListingState::Scheduled { at },
        ListingState::Listed { since: at },
        ListingState::Suspended { register: reason() },
        ListingState::Guarded { reason: reason() },
        ListingState::Expired { at },
        ListingState::Lifted {
            at,
            reason: reason(),
        },
        ListingState::Annulled {
            at,
            reason: reason(),
        },
    ];
    let mut keys = Vec::new();
    for verdict in verdicts {
        let code = verdict.as_str().replace('_', "-");
        keys.extend([
            format!("verdict-{code}"),
            format!("meaning-{code}"),
            format!("todo-{code}-1"),
        ]);
    }
    for state in states {
        let code = match state {
            ListingState::Scheduled { .. } => "scheduled",
            ListingState::Listed { .. } => "blocked",
            ListingState::Suspended { .. } => "suspended",
            ListingState::Guarded { .. } => "guarded",
            ListingState::Expired { .. } => "expired",
            ListingState::Lifted { .. } => "lifted",
            ListingState::Annulled { .. } => "annulled",
        };
        keys.extend([format!("state-{code}"), format!("meaning-state-{code}")]);
    }
    for language in ["kk", "ru", "en"] {
        let words = words(language);
        for key in &keys {
            assert!(words.contains_key(key), "{language} has no words for {key}");
        }
    }
}

/// Fields of the forms that `data::decide` and `data::ending` can refuse, read from their source: each
/// has an arm of its own where the console says what to do.
#[test]
fn every_field_that_can_be_refused_has_its_words() {
    let mut source = String::new();
    let mut folders = vec!["../data/src/decide".into(), "../data/src/ending".into()];
    while let Some(folder) = folders.pop() {
        let folder: std::path::PathBuf = folder;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                source.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let console = std::fs::read_to_string("../web/src/console/problems.rs").unwrap();
    let mut fields = BTreeSet::new();
    for opening in ["required(\"", "Field(\""] {
        let found = source.split(opening).skip(1);
        fields.extend(found.filter_map(|rest| rest.split('"').next()));
    }
    assert!(fields.len() >= 6, "{fields:?}");
    for field in fields {
        assert!(
            console.contains(&format!("\"{field}\" => ")),
            "no words for {field}"
        );
    }
}
