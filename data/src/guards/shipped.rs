//! The lists shipped with the program.

use std::collections::{BTreeMap, HashMap};

use blocklist::{
    DomainName,
    guard::{GuardList, MAX_REASON, Reach, Tier, floor},
};
use serde::Deserialize;
use toml::Spanned;

use super::{GuardFileError, Problem};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!("data/guard/", $name, ".toml"),
            include_str!(concat!("../../guard/", $name, ".toml")),
        )),*]
    };
}

/// `(file name, TOML text)` of each list, in the order in which they enter a log.
pub const FILES: &[(&str, &str)] = files![
    "kz-state",
    "kz-banks",
    "kz-payments",
    "kz-telecom",
    "dns",
    "trust-services",
    "email",
    "shared-hosting",
    "cdn-cloud",
    "platforms",
    "brands",
    "kz-sites",
    "top-sites",
];

/// A file of `data/guard/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    list: Spanned<String>,
    tier: Tier,
    reach: Reach,
    /// For whoever is refused; enters the log.
    reason: String,
    // For whoever reviews the file: they must be there, and nothing reads them.
    #[serde(rename = "why_this_reach")]
    _why_this_reach: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "date")]
    _date: toml::value::Date,
    #[serde(rename = "licence")]
    _licence: String,
    /// Names and what each is, by how sure we are that the name belongs on this list.
    names: BTreeMap<Confidence, BTreeMap<Spanned<String>, String>>,
}

/// How sure we are of a row. What we are less sure of is not shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Confidence {
    High,
    Medium,
}

/// Where a name stands and what is said of it there.
#[derive(Clone)]
struct Place {
    at: String,
    tier: Tier,
    reach: Reach,
}

/// The shipped lists, read and compared with each other and with the floor.
///
/// # Errors
/// The first row that is no name, stands twice, contradicts another or is protected without it.
pub fn shipped() -> Result<Vec<GuardList>, GuardFileError> {
    read(FILES)
}

fn read(files: &[(&str, &str)]) -> Result<Vec<GuardList>, GuardFileError> {
    let mut places: HashMap<DomainName, Vec<Place>> = HashMap::new();
    for list in floor::lists() {
        for name in list.names {
            places.entry(name).or_default().push(Place {
                at: list.list.clone(),
                tier: list.tier,
                reach: list.reach,
            });
        }
    }
    let mut lists = Vec::with_capacity(files.len());
    let mut rows = Vec::new();
    for (path, text) in files {
        let (list, of_list) = read_file(path, text)?;
        for (line, name) in &of_list {
            let place = Place {
                at: format!("{path}:{line}"),
                tier: list.tier,
                reach: list.reach,
            };
            enter(&mut places, name, place).map_err(|problem| error(path, *line, problem))?;
        }
        rows.extend(
            of_list
                .into_iter()
                .map(|(line, name)| (*path, line, name, list.tier)),
        );
        lists.push(list);
    }
    for (path, line, name, tier) in &rows {
        needed(&places, name, *tier).map_err(|problem| error(path, *line, problem))?;
    }
    Ok(lists)
}

/// Reads one file; gives the list, and its names with the line of each.
fn read_file(
    path: &str,
    text: &str,
) -> Result<(GuardList, Vec<(usize, DomainName)>), GuardFileError> {
    let line_of = |offset| text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
    let structure = |line, words: &str| error(path, line, Problem::Structure(words.to_owned()));
    let file: File = toml::from_str(text)
        .map_err(|e| structure(e.span().map_or(1, |span| line_of(span.start)), e.message()))?;
    let head = line_of(file.list.span().start);
    if format!("data/guard/{}.toml", file.list.get_ref()) != path {
        return Err(structure(head, "the list has another name than its file"));
    }
    if file.reason.chars().count() > MAX_REASON {
        return Err(structure(head, "the reason is longer than 300 characters"));
    }
    let mut rows = Vec::new();
    for written in file.names.values().flat_map(BTreeMap::keys) {
        let line = line_of(written.span().start);
        let name = DomainName::parse(written.get_ref())
            .map_err(|problem| error(path, line, problem.into()))?;
        rows.push((line, name));
    }
    rows.sort();
    let mut names: Vec<_> = rows.iter().map(|(_, name)| name.clone()).collect();
    names.sort();
    let list = GuardList {
        list: file.list.into_inner(),
        tier: file.tier,
        reach: file.reach,
        reason: file.reason,
        names,
    };
    Ok((list, rows))
}

/// Enters a name. It may stand on two lists only where they say different things: its own host is
/// protected by one, and what is below it, no more strictly, by the other.
fn enter(
    places: &mut HashMap<DomainName, Vec<Place>>,
    name: &DomainName,
    place: Place,
) -> Result<(), Problem> {
    let held = places.entry(name.clone()).or_default();
    let agrees = |other: &Place| match (other.reach, place.reach) {
        (Reach::Host, Reach::Tree) => other.tier >= place.tier,
        (Reach::Tree, Reach::Host) => other.tier <= place.tier,
        _ => false,
    };
    if let Some(first) = held.iter().find(|other| !agrees(other)) {
        return Err(Problem::Twice {
            name: name.to_string(),
            first: first.at.clone(),
        });
    }
    held.push(place);
    Ok(())
}

/// A row that another one makes needless goes stale unseen, so it is an error.
fn needed(
    places: &HashMap<DomainName, Vec<Place>>,
    name: &DomainName,
    tier: Tier,
) -> Result<(), Problem> {
    if name.is_public_suffix() {
        return Err(Problem::Covered {
            name: name.to_string(),
            above: name.to_string(),
            first: "the public suffix list".to_owned(),
        });
    }
    let mut above = name.parent();
    while let Some(ancestor) = above {
        let covers = |place: &&Place| place.reach == Reach::Tree && place.tier >= tier;
        if let Some(first) = places
            .get(&ancestor)
            .and_then(|held| held.iter().find(covers))
        {
            return Err(Problem::Covered {
                name: name.to_string(),
                above: ancestor.to_string(),
                first: first.at.clone(),
            });
        }
        above = ancestor.parent();
    }
    Ok(())
}

fn error(file: &str, line: usize, problem: Problem) -> GuardFileError {
    GuardFileError {
        file: file.to_owned(),
        line,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "tier = \"never\"\nreach = \"tree\"\nreason = \"r\"\nwhy_this_reach = \"w\"\n\
        source = \"s\"\ndate = 2026-11-21\nlicence = \"facts\"\n";

    fn one(list: &str, head: &str, names: &str) -> String {
        format!("list = \"{list}\"\n{head}[names.high]\n{names}")
    }

    fn refused(files: &[(&str, &str)]) -> String {
        read(files).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_lists_are_read() {
        let lists = shipped().unwrap();
        assert_eq!(lists.len(), FILES.len());
        for list in lists {
            assert!(
                !list.names.is_empty() && !list.reason.is_empty(),
                "{}",
                list.list
            );
            assert!(list.names.is_sorted_by(|a, b| a < b), "{}", list.list);
        }
    }

    #[test]
    fn names_come_back_in_their_normal_form() {
        let text = one("a", HEAD, "\"Банк.ҚАЗ.\" = \"x\"\n\"b.kz\" = \"y\"\n");
        let lists = read(&[("data/guard/a.toml", &text)]).unwrap();
        let parse = |text| DomainName::parse(text).unwrap();
        assert_eq!(lists[0].names, [parse("b.kz"), parse("банк.қаз")]);
    }

    #[test]
    fn a_wrong_row_is_named_with_file_and_line() {
        let raised = HEAD.replace("never", "raised");
        let shared = HEAD.replace("tree", "host");
        for (first, second, says) in [
            // Within a file: not a name, twice after normalising.
            (
                one("a", HEAD, "\"a..kz\" = \"x\"\n"),
                None,
                "data/guard/a.toml:10: `a..kz` is not a domain name",
            ),
            (
                one("a", HEAD, "\"b.kz\" = \"x\"\n\"B.kz\" = \"y\"\n"),
                None,
                "data/guard/a.toml:11: b.kz stands at data/guard/a.toml:10",
            ),
            // Across files: the same, the opposite, and what is protected without it.
            (
                one("a", HEAD, "\"b.kz\" = \"x\"\n"),
                Some(one("b", HEAD, "\"b.kz\" = \"x\"\n")),
                "data/guard/b.toml:10: b.kz stands at data/guard/a.toml:10",
            ),
            (
                one("a", HEAD, "\"b.kz\" = \"x\"\n"),
                Some(one("b", &raised, "\"b.kz\" = \"x\"\n")),
                "data/guard/b.toml:10: b.kz stands at data/guard/a.toml:10",
            ),
            (
                one("a", &raised, "\"www.b.kz\" = \"x\"\n"),
                Some(one("b", HEAD, "\"b.kz\" = \"x\"\n")),
                "data/guard/a.toml:10: www.b.kz is protected already: b.kz stands at data/guard/b.toml:10",
            ),
            // Against the floor and the public suffixes.
            (
                one("a", HEAD, "\"pay.egov.kz\" = \"x\"\n"),
                None,
                "egov.kz stands at floor/state",
            ),
            (
                one("a", &shared, "\"github.io\" = \"x\"\n"),
                None,
                "floor/shared",
            ),
            (
                one("a", HEAD, "\"com.kz\" = \"x\"\n"),
                None,
                "the public suffix list",
            ),
            // The structure.
            (
                one("a", "tier = \"often\"\n", ""),
                None,
                "data/guard/a.toml:2: ",
            ),
            (
                one("b", HEAD, "\"b.kz\" = \"x\"\n"),
                None,
                "data/guard/a.toml:1: the list has another name",
            ),
            (
                one("a", HEAD, "\"b.kz\" = 7\n"),
                None,
                "data/guard/a.toml:10: ",
            ),
        ] {
            let mut files = vec![("data/guard/a.toml", first.as_str())];
            files.extend(
                second
                    .iter()
                    .map(|text| ("data/guard/b.toml", text.as_str())),
            );
            let found = refused(&files);
            assert!(found.contains(says), "{found}, not {says}");
        }
    }

    #[test]
    fn a_shared_host_may_be_a_site_many_people_use() {
        let (shared, raised) = (
            HEAD.replace("tree", "host"),
            HEAD.replace("never", "raised"),
        );
        let row = "\"b.kz\" = \"x\"\n";
        let (a, b) = (one("a", &shared, row), one("b", &raised, row));
        assert!(read(&[("data/guard/a.toml", &a), ("data/guard/b.toml", &b)]).is_ok());
        // The other way round the first would say nothing.
        let (a, b) = (
            one("a", &raised.replace("tree", "host"), row),
            one("b", HEAD, row),
        );
        refused(&[("data/guard/a.toml", &a), ("data/guard/b.toml", &b)]);
    }
}
