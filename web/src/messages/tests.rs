//! The message files of the three languages say the same things.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

/// Key → variables, for one language.
fn keys(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let mut current = String::new();
        for line in file.lines() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            if !line.starts_with([' ', '}']) {
                let (name, _) = line
                    .split_once(" = ")
                    .unwrap_or_else(|| panic!("not a message: {line}"));
                current = name.to_owned();
                assert!(
                    found.insert(current.clone(), BTreeSet::new()).is_none(),
                    "{current} twice"
                );
            }
            for piece in line.split('$').skip(1) {
                let variable: String = piece
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                found.get_mut(&current).unwrap().insert(variable);
            }
        }
    }
    found
}

#[test]
fn the_three_languages_hold_the_same_keys_and_variables() {
    let [kk, ru, en] = SOURCES.each_ref().map(|(_, files)| keys(files));
    assert_eq!(kk.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    assert_eq!(ru.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    for (key, variables) in &en {
        assert_eq!(&kk[key], variables, "kk {key}");
        assert_eq!(&ru[key], variables, "ru {key}");
    }
}

#[test]
fn every_message_parses_and_no_translation_is_left_in_english() {
    for (tag, files) in &SOURCES {
        for file in files {
            assert!(FluentResource::try_new((*file).to_owned()).is_ok(), "{tag}");
        }
    }
    // Words that are the same everywhere: pure placeables and signs.
    let same = ["date-time", "term-from-to", "top-signal", "ledger-none"];
    for key in keys(&SOURCES[2].1).keys() {
        if same.contains(&key.as_str()) {
            continue;
        }
        let english = text(Lang::En, key, &[]);
        assert_ne!(text(Lang::Kk, key, &[]), english, "kk {key}");
        assert_ne!(text(Lang::Ru, key, &[]), english, "ru {key}");
    }
}

/// Every string literal after `opening` in `source`.
fn literals_after<'a>(source: &'a str, opening: &str) -> Vec<&'a str> {
    source
        .split(opening)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn files_below(directory: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "html")
            && !path.ends_with("tests.rs")
        {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_key_that_is_used_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files_below(&root.join("src"), &mut sources);
    files_below(&root.join("templates"), &mut sources);
    let known = keys(&SOURCES[2].1);
    let mut used = 0;
    for source in &sources {
        for opening in [
            ".t(\"", ".t1(\"", ".t2(\"", ".n(\"", " key(\"", "(key(\"", "[key(\"",
        ] {
            for name in literals_after(source, opening) {
                assert!(known.contains_key(name), "no message {name}");
                used += 1;
            }
        }
    }
    assert!(used > 200, "the search found only {used} uses");
}

#[test]
fn counts_choose_the_plural_form() {
    let count = |lang, n| text(lang, "register-count", &[("count", Value::Count(n))]);
    assert_eq!(count(Lang::Ru, 1), "1 запись");
    assert_eq!(count(Lang::Ru, 3), "3 записи");
    assert_eq!(count(Lang::Ru, 11), "11 записей");
    assert_eq!(count(Lang::En, 1), "1 listing");
    assert_eq!(count(Lang::Kk, 5), "5 жазба");
}
