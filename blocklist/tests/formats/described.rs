//! The bodies of files as docs/VERIFY.md says them, written from that page and docs/record.json alone:
//! whoever follows them gets the bytes that we publish.

use std::collections::{BTreeMap, BTreeSet};

use blocklist::{
    Folded, Scope,
    export::Format,
    fold::{Action, Entry},
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{ORIGIN, known, list, written};

/// What entries of one name say together.
#[derive(Clone, Copy)]
struct Own<'a> {
    blocked: bool,
    below: Option<bool>,
    listing_id: Option<&'a str>,
}

/// Names with what is said of them, in the order of their octets.
type Names<'a> = BTreeMap<&'a str, Own<'a>>;

/// A name in its place.
struct Line<'a> {
    name: &'a str,
    own: Own<'a>,
    /// Whether names below it are blocked, by its own entries or from above.
    below: bool,
    /// Whether it would be blocked by what stands above it.
    above: bool,
}

impl Line<'_> {
    fn tree(&self) -> Option<bool> {
        (self.below != self.above).then_some(self.below)
    }

    fn alone(&self) -> Option<bool> {
        (self.own.blocked != self.below).then_some(self.own.blocked)
    }

    fn is_only_below(&self) -> bool {
        self.tree() == Some(true) && self.alone() == Some(false)
    }

    fn is_exception(&self) -> bool {
        self.above && !(self.own.blocked && self.below)
    }
}

fn said(folded: &Folded) -> Names<'_> {
    let mut names = Names::new();
    let monitoring = folded.monitoring.as_ref().expect("names for monitoring");
    for (name, blocked) in [
        (&monitoring.always_blocked, true),
        (&monitoring.never_blocked, false),
    ] {
        let own = Own {
            blocked,
            below: Some(blocked),
            listing_id: None,
        };
        names.insert(name.as_str(), own);
    }
    let mut of: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &folded.entries {
        of.entry(entry.name.as_str()).or_default().push(entry);
    }
    for (name, entries) in of {
        let blocks = |entry: &Entry| entry.action == Action::Block;
        let blocked = entries.iter().all(|entry| blocks(entry));
        let mut trees = entries.iter().filter(|entry| entry.scope == Scope::Subtree);
        let below = trees
            .clone()
            .next()
            .map(|_| trees.all(|entry| blocks(entry)));
        let listing_id = Some(entries[0].listing_id.as_str());
        let own = Own {
            blocked,
            below,
            listing_id,
        };
        names.insert(name, own);
    }
    names
}

/// The names above, the nearest first.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(dot, _)| &name[dot + 1..])
}

fn lines<'a>(names: &'a Names<'a>) -> impl Iterator<Item = Line<'a>> {
    names.iter().map(|(name, own)| {
        let above = above(name).find_map(|up| names.get(up)?.below);
        Line {
            name,
            own: *own,
            below: own.below.or(above).unwrap_or(false),
            above: above.unwrap_or(false),
        }
    })
}

/// A file that is being put together.
struct File<'a> {
    names: Names<'a>,
    left_out: BTreeMap<&'a str, &'static str>,
    record: Value,
    public_domain: String,
}

impl<'a> File<'a> {
    /// The names above these lines that block the names below them.
    fn parents(&self, of: impl Fn(&Line<'_>) -> bool) -> BTreeSet<&'a str> {
        let found = lines(&self.names).filter(of).flat_map(|line| {
            let blocks = |up: &&str| {
                self.names
                    .get(up)
                    .is_some_and(|own| own.below == Some(true))
            };
            above(line.name).filter(blocks).collect::<Vec<_>>()
        });
        let found: BTreeSet<&str> = found.collect();
        let names = self.names.keys().copied();
        names.filter(|name| found.contains(name)).collect()
    }

    fn leave_out(&mut self, names: impl IntoIterator<Item = &'a str>, why: &'static str) {
        for name in names {
            self.names.remove(name);
            self.left_out.insert(name, why);
        }
    }

    /// Leaves out every name for which there is a reason, until there is none.
    fn leave_out_where(&mut self, why: impl Fn(&Line<'_>) -> Option<&'static str>) {
        loop {
            let found: BTreeMap<String, &'static str> = lines(&self.names)
                .filter_map(|line| Some((line.name.to_owned(), why(&line)?)))
                .collect();
            if found.is_empty() {
                return;
            }
            for (name, why) in found {
                let name = self.names.keys().copied().find(|known| *known == name);
                self.leave_out(name, why);
            }
        }
    }

    #[allow(
        clippy::redundant_closure_for_method_calls,
        reason = "the method alone is for one lifetime of a line"
    )]
    fn body(&mut self, format: Format) -> String {
        const EXCEPTION: &str = "has an exception below it";
        match format {
            Format::Domains | Format::Bind => {
                let parents = self.parents(|line| line.is_exception());
                self.leave_out(parents, EXCEPTION);
            }
            Format::Adblock => {
                let as_before = self.names.clone();
                let parents =
                    self.parents(|line| line.is_exception() && too_deep(&as_before, line));
                self.leave_out(parents, "lies below too many exceptions");
                let as_before = self.names.clone();
                self.leave_out_where(|line| {
                    too_deep(&as_before, line).then_some("lies below too many exceptions")
                });
            }
            _ => {}
        }
        match format {
            Format::Bind => self.leave_out_where(|line| match line.alone() {
                _ if line.is_only_below() => Some("only the names below it are listed"),
                Some(true) if line.tree().is_none() => Some("listed without the names below it"),
                _ => None,
            }),
            Format::Unbound => self.leave_out_where(|line| {
                line.is_only_below()
                    .then_some("only the names below it are listed")
            }),
            _ => {}
        }
        let all: Vec<Line<'_>> = lines(&self.names).collect();
        let each = |text: &dyn Fn(&Line<'_>) -> String| all.iter().map(text).collect::<String>();
        let domain = &self.public_domain;
        match format {
            Format::Domains => each(&|line| match line.own.blocked {
                true => format!("{}\n", line.name),
                false => String::new(),
            }),
            Format::Hosts => each(&|line| match line.own.blocked {
                true => format!("0.0.0.0 {0}\n:: {0}\n", line.name),
                false => String::new(),
            }),
            Format::Dnsmasq => each(&|line| {
                let say = |blocked: bool, pattern: &str| match blocked {
                    true => format!("address=/{pattern}{}/\n", line.name),
                    false => format!("server=/{pattern}{}/#\n", line.name),
                };
                match (line.alone(), line.tree()) {
                    (Some(blocked), _) => say(blocked, "") + &say(!blocked, "*."),
                    (None, Some(blocked)) => say(blocked, ""),
                    (None, None) => String::new(),
                }
            }),
            Format::Unbound => {
                "server:\n".to_owned()
                    + &each(&|line| {
                        let name = line.name;
                        match (line.alone(), line.tree()) {
                            (Some(true), _) => format!(
                                "local-zone: \"{name}.\" transparent\nlocal-data: '{name}. 60 IN TXT \"{}\"'\n",
                                line.own.listing_id.expect("a listing")
                            ),
                            (_, Some(true)) => format!("local-zone: \"{name}.\" always_nxdomain\n"),
                            (None, None) => String::new(),
                            _ => format!("local-zone: \"{name}.\" always_transparent\n"),
                        }
                    })
            }
            Format::Bind => each(&|line| match line.tree() {
                Some(true) => format!(
                    "zone \"{}\" {{ type primary; database \"_builtin empty ns.{domain}. hostmaster.{domain}.\"; }};\n",
                    line.name
                ),
                _ => String::new(),
            }),
            Format::Knot => {
                let fixed = |which: &str| texts(&self.record["formats"]["list/knot"][which]);
                let mut body = fixed("before").join("\n") + "\n";
                for blocked in [true, false] {
                    let trees = all.iter().filter(|line| line.tree() == Some(blocked));
                    let alone = all.iter().filter(|line| line.alone() == Some(blocked));
                    for (table, names) in [
                        ("tree", trees.map(|line| line.name).collect::<Vec<_>>()),
                        ("alone", alone.map(|line| line.name).collect()),
                    ] {
                        if !names.is_empty() {
                            let names = names.join("\n");
                            body += &format!("names({table}, {blocked}, [[\n{names}\n]])\n");
                        }
                    }
                }
                body + &fixed("after").join("\n") + "\n"
            }
            Format::Adblock => each(&|line| {
                let (tree, alone) = strengths(&self.names, line);
                let rule = |anchor: &str, strength: Option<usize>| match strength {
                    Some(strength) => format!(
                        "{}{anchor}{}^{}\n",
                        if strength % 2 == 1 { "@@" } else { "" },
                        line.name,
                        if strength >= 2 { "$important" } else { "" },
                    ),
                    None => String::new(),
                };
                rule("||", tree) + &rule("|", alone)
            }),
            Format::Rpz | Format::Csv | Format::Json => unreachable!(),
        }
    }
}

/// The strengths of the lines for a name with all below it, and for the name alone.
fn strengths(names: &Names<'_>, line: &Line<'_>) -> (Option<usize>, Option<usize>) {
    let next = |strength: Option<usize>, blocks: bool| match strength {
        None => blocks.then_some(0),
        Some(strength) if (strength % 2 == 0) == blocks => Some(strength),
        Some(strength) => Some(strength + 1),
    };
    let mut way: Vec<bool> = above(line.name)
        .filter_map(|up| names.get(up)?.below)
        .collect();
    way.reverse();
    let reached = way.into_iter().chain(line.own.below).fold(None, next);
    let tree = line.tree().and(reached);
    (tree, line.alone().and(next(reached, line.own.blocked)))
}

fn too_deep(names: &Names<'_>, line: &Line<'_>) -> bool {
    let (tree, alone) = strengths(names, line);
    tree.max(alone) >= Some(4)
}

fn texts(value: &Value) -> Vec<&str> {
    let texts = value.as_array().expect("texts").iter();
    texts.map(|text| text.as_str().expect("a text")).collect()
}

/// The whole file, its head from docs/record.json.
fn described(format: Format, folded: &Folded, newest: Option<&str>) -> String {
    let mut file = File {
        names: said(folded),
        left_out: BTreeMap::new(),
        record: serde_json::from_str(include_str!("../../../docs/record.json")).unwrap(),
        public_domain: folded.policy.public_domain.to_string(),
    };
    let body = file.body(format);
    let of = &file.record["formats"][format.path()];
    let said = |part: &str, line: &str| {
        let text = file.record[part][line].as_str();
        text.expect("a line of the record").to_owned()
    };
    let mut header = vec![said("header", "list"), said("header", "verify")];
    header.extend(texts(&of["notes"]).into_iter().map(str::to_owned));
    let left_out = file.left_out.iter();
    header.extend(left_out.map(|(name, why)| format!("left out, {why}: {name}")));
    let footer = [
        said("footer", newest.map_or("nothing", |_| "newest")),
        said("footer", "serial"),
    ];
    let mark = of["mark"].as_str().unwrap();
    let marked = |lines: &[String]| -> String {
        lines
            .iter()
            .map(|line| format!("{mark} {line}\n"))
            .collect()
    };
    (marked(&header) + &body + &marked(&footer))
        .replace("{origin}", ORIGIN)
        .replace("{serial}", &folded.serial().to_string())
        .replace("{size}", &folded.size.to_string())
        .replace("{root}", &blocklist::Digest::of(b"root").to_string())
        .replace("{newest}", newest.unwrap_or_default())
}

const DESCRIBED: [Format; 7] = [
    Format::Domains,
    Format::Hosts,
    Format::Dnsmasq,
    Format::Unbound,
    Format::Bind,
    Format::Knot,
    Format::Adblock,
];

#[test]
fn a_list_with_everything_in_it_is_as_the_page_describes_it() {
    let folded = known::folded();
    for format in DESCRIBED {
        let page = described(format, &folded, Some("2026-11-21T06:01:00Z"));
        assert_eq!(page, written(format, &folded), "{format:?}");
    }
}

/// More exceptions below blocks than a format can say, and parents of which only what is below is listed.
#[test]
fn what_is_left_out_is_what_the_page_says() {
    let deep = ["b.t+", "!a.b.t+", "a.a.b.t+", "!a.a.a.b.t+", "a.a.a.a.b.t+"];
    let deeper = [&deep[..], &["!a.a.a.a.a.b.t+", "c.b.t", "c.t", "c.c.t+"]].concat();
    let only_below = ["a.t+", "!a.t", "a.a.a.t+", "!a.a.a.t", "b.a.t"];
    for (lines, why) in [
        (&deep[..], "lies below too many exceptions"),
        (&deeper, "lies below too many exceptions"),
        (&only_below, "only the names below it are listed"),
    ] {
        let folded = list(lines);
        let texts = DESCRIBED.map(|format| {
            let page = described(format, &folded, None);
            assert_eq!(page, written(format, &folded), "{format:?}");
            page
        });
        assert!(texts.iter().any(|text| text.contains(why)), "{why}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_file_is_as_the_page_describes_it(
        lines in proptest::collection::vec("!?(b\\.)?(a\\.){0,7}t\\+?", 0..14),
    ) {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let folded = list(&lines);
        for format in DESCRIBED {
            prop_assert_eq!(described(format, &folded, None), written(format, &folded));
        }
    }
}
