//! The shape of the workspace: which room may use which, and what must never be in the tree.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// What each room may use of the others, in code that ships.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("blocklist", &[]),
    ("data", &["blocklist"]),
    ("crawler", &["blocklist", "data"]),
    ("web", &["blocklist", "data"]),
    ("resolver", &["blocklist"]),
    (
        "qalqan",
        &["blocklist", "data", "crawler", "web", "resolver"],
    ),
];

/// What a room must not depend on itself (DESIGN: rooms).
const NEVER: [(&str, &[&str]); 5] = [
    (
        "blocklist",
        &["tokio", "sqlx", "reqwest", "axum", "hickory-proto"],
    ),
    (
        "data",
        &[
            "axum",
            "reqwest",
            "scraper",
            "hickory-proto",
            "hickory-server",
        ],
    ),
    ("crawler", &["axum", "askama", "hickory-server"]),
    (
        "web",
        &["reqwest", "scraper", "hickory-server", "hickory-resolver"],
    ),
    ("resolver", &["sqlx", "axum", "scraper"]),
];

fn metadata(options: Option<CargoOpt>) -> Metadata {
    let mut command = MetadataCommand::new();
    command
        .manifest_path("../Cargo.toml")
        .other_options(["--locked".to_owned()]);
    if let Some(options) = options {
        command.features(options);
    }
    command.exec().unwrap()
}

fn rooms(metadata: &Metadata) -> BTreeMap<&str, &Package> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), package))
        .collect()
}

fn uses(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
        .collect()
}

#[test]
fn arrows_run_one_way() {
    let metadata = metadata(None);
    let rooms = rooms(&metadata);
    let names: BTreeSet<&str> = MAY_USE
        .iter()
        .map(|(room, _)| *room)
        .chain(["tests"])
        .collect();
    assert_eq!(
        rooms.keys().copied().collect::<BTreeSet<_>>(),
        names,
        "a new room needs a place in this table"
    );
    for (room, allowed) in MAY_USE {
        let ours: BTreeSet<_> = uses(rooms[room])
            .into_iter()
            .filter(|name| rooms.contains_key(name))
            .collect();
        let stray: Vec<_> = ours.iter().filter(|name| !allowed.contains(name)).collect();
        assert!(stray.is_empty(), "{room} must not use {stray:?}");
    }
    for (room, never) in NEVER {
        let used = uses(rooms[room]);
        let stray: Vec<_> = never.iter().filter(|name| used.contains(*name)).collect();
        assert!(stray.is_empty(), "{room} must not depend on {stray:?}");
    }
}

/// Every package that a build of `root` compiles in, by name.
fn tree(metadata: &Metadata, root: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut open = vec![&rooms(metadata)[root].id];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let ships = |dep: &&cargo_metadata::NodeDep| {
                dep.dep_kinds
                    .iter()
                    .any(|kind| kind.kind != DependencyKind::Development)
            };
            open.extend(nodes[id].deps.iter().filter(ships).map(|dep| &dep.pkg));
        }
    }
    seen.into_iter()
        .map(|id| metadata[id].name.to_string())
        .collect()
}

#[test]
fn one_tls_provider_is_in_the_tree() {
    let tree = tree(&metadata(Some(CargoOpt::AllFeatures)), "qalqan");
    assert!(tree.contains("ring"));
    for other in [
        "aws-lc-rs",
        "aws-lc-sys",
        "openssl",
        "openssl-sys",
        "native-tls",
    ] {
        assert!(!tree.contains(other), "{other} is a second TLS provider");
    }
    for dead in ["hickory-recursor", "hickory-client", "trust-dns-resolver"] {
        assert!(!tree.contains(dead), "{dead} is unmaintained");
    }
}

#[test]
fn a_resolver_node_is_built_without_the_centre() {
    let tree = tree(&metadata(Some(CargoOpt::NoDefaultFeatures)), "qalqan");
    assert!(tree.contains("hickory-server") || tree.contains("hickory-proto"));
    for centre in [
        "sqlx", "axum", "scraper", "data", "web", "crawler", "askama",
    ] {
        assert!(!tree.contains(centre), "{centre} is in the tree of a node");
    }
}

/// Demonstration data names invented firms under `.test`, and no rule names a demonstration site.
#[test]
fn no_rule_names_a_demo_site() {
    let hosts = std::fs::read_to_string("../data/demo/world.toml").unwrap();
    let names: BTreeSet<&str> = hosts
        .lines()
        .filter_map(|line| line.strip_prefix("host = \""))
        .filter_map(|rest| rest.split('"').next()?.strip_suffix(".test"))
        .collect();
    assert!(names.len() >= 12, "{names:?}");
    let mut files = Vec::new();
    for folder in [
        "../crawler/src",
        "../blocklist/src",
        "../data/src",
        "../data/lexicon",
        "../web/src",
        "../resolver/src",
    ] {
        collect(std::path::Path::new(folder), &mut files);
    }
    assert!(files.len() > 60);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for name in &names {
            assert!(
                !text.contains(name),
                "{} names the demo site {name}",
                file.display()
            );
        }
    }
}

/// One file may ask the kernel for what has no safe form; nobody else takes the lint back.
#[test]
fn unsafe_code_is_in_one_file() {
    let mut files = Vec::new();
    for folder in ["blocklist", "data", "crawler", "web", "resolver"] {
        collect(format!("../{folder}/src").as_ref(), &mut files);
    }
    collect("../src".as_ref(), &mut files);
    let allowed = files.into_iter().filter(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        let text: String = text.split_whitespace().collect();
        text.contains("allow(unsafe_code") || text.contains("expect(unsafe_code")
    });
    let allowed: Vec<_> = allowed.collect();
    assert_eq!(
        allowed,
        [std::path::Path::new("../resolver/src/sys.rs")],
        "files that may hold unsafe code"
    );
}

fn collect(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// `docs/BAD_INPUT.md` promises a test for each row; a test that was renamed must not linger there.
#[test]
fn every_test_that_the_bad_input_table_names_exists() {
    let table = std::fs::read_to_string("../docs/BAD_INPUT.md").unwrap();
    let named = table.split('`').filter(|part| part.contains(".rs::"));
    let mut count = 0;
    for reference in named {
        let (file, test) = reference.split_once("::").unwrap();
        let text = std::fs::read_to_string(format!("../{file}"));
        let text = text.unwrap_or_else(|error| panic!("{reference}: {error}"));
        assert!(text.contains(&format!("fn {test}(")), "{reference}");
        count += 1;
    }
    assert!(count > 40, "{count} tests are named");
}
