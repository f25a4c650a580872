//! What the programs that read a format are documented to do with it, written from their manuals and
//! not from the writers: each answers for one name, is it blocked.

use std::collections::BTreeMap;

use blocklist::{BlockSet, export::Format, fold::Entry, testing::name};

type Blocks = Box<dyn Fn(&str) -> bool>;

pub(crate) struct Reader(Blocks);

impl Reader {
    /// The programs that read this format, with `text` loaded.
    pub(crate) fn of(format: Format, text: &str) -> Vec<Self> {
        let readers: Vec<Blocks> = match format {
            Format::Rpz => vec![by_closest_encloser(text), by_walking_up(text)],
            Format::Domains => vec![exact(uncommented(text, "#"))],
            Format::Hosts => vec![hosts(text, "0.0.0.0 "), hosts(text, ":: ")],
            Format::Dnsmasq => vec![dnsmasq(text)],
            Format::Unbound => vec![unbound(text)],
            Format::Bind => vec![bind(text)],
            Format::Knot => vec![knot(text)],
            Format::Adblock => vec![adblock(text)],
            Format::Csv => vec![csv(text)],
            Format::Json => vec![json(text)],
        };
        readers.into_iter().map(Self).collect()
    }

    pub(crate) fn blocks(&self, host: &str) -> bool {
        self.0(host)
    }
}

fn uncommented(text: &str, comment: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with(comment));
    lines.map(str::to_owned).collect()
}

fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .is_some_and(|rest| rest.ends_with('.'))
}

fn is_at_or_below(host: &str, parent: &str) -> bool {
    host == parent || is_below(host, parent)
}

fn exact(names: Vec<String>) -> Blocks {
    Box::new(move |host| names.iter().any(|name| name == host))
}

fn hosts(text: &str, address: &str) -> Blocks {
    let lines = uncommented(text, "#");
    let names = lines.iter().filter_map(|line| line.strip_prefix(address));
    exact(names.map(str::to_owned).collect())
}

/// Policies by owner below the apex.
fn policies(text: &str) -> BTreeMap<String, bool> {
    let mut policies = BTreeMap::new();
    for line in uncommented(text, ";") {
        let [owner, "60", "IN", "CNAME", target] = line.split(' ').collect::<Vec<_>>()[..] else {
            continue;
        };
        let owner = owner.strip_suffix(".rpz.qalqan.test.").unwrap();
        let blocks = match target {
            "." => true,
            "rpz-passthru." => false,
            other => panic!("{other}"),
        };
        assert_eq!(policies.insert(owner.to_owned(), blocks), None, "{owner}");
    }
    policies
}

/// BIND and Unbound: names of the zone exist as in any other, and a wildcard matches only directly
/// below the closest name that exists (RFC 4592).
fn by_closest_encloser(text: &str) -> Blocks {
    let policies = policies(text);
    Box::new(move |host| {
        let exists = |name: &str| policies.keys().any(|owner| is_at_or_below(owner, name));
        if exists(host) {
            return policies.get(host).copied().unwrap_or(false);
        }
        let mut at = host;
        while let Some((_, parent)) = at.split_once('.') {
            if exists(parent) {
                return policies
                    .get(&format!("*.{parent}"))
                    .copied()
                    .unwrap_or(false);
            }
            at = parent;
        }
        policies.get("*").copied().unwrap_or(false)
    })
}

/// PowerDNS Recursor and Knot Resolver: the name, then each wildcard above it, the nearest first.
fn by_walking_up(text: &str) -> Blocks {
    let policies = policies(text);
    Box::new(move |host| {
        let mut at = host;
        let mut found = policies.get(host);
        while let (None, Some((_, parent))) = (found, at.split_once('.')) {
            found = policies.get(&format!("*.{parent}"));
            at = parent;
        }
        found.copied().unwrap_or(false)
    })
}

/// The longest pattern decides; `*.name` is every name that ends in `.name`.
fn dnsmasq(text: &str) -> Blocks {
    let lines = uncommented(text, "#");
    let rules: Vec<(String, bool)> = lines
        .iter()
        .map(|line| match line.strip_prefix("address=/") {
            Some(rest) => (rest.strip_suffix('/').unwrap().to_owned(), true),
            None => {
                let rest = line.strip_prefix("server=/").unwrap();
                (rest.strip_suffix("/#").unwrap().to_owned(), false)
            }
        })
        .collect();
    Box::new(move |host| {
        let matches = rules
            .iter()
            .filter(|(pattern, _)| match pattern.strip_prefix("*.") {
                Some(parent) => is_below(host, parent),
                None => is_at_or_below(host, pattern),
            });
        let length = |pattern: &str| pattern.trim_start_matches('*').len();
        let longest = matches.max_by_key(|(pattern, _)| length(pattern));
        longest.is_some_and(|(_, blocked)| *blocked)
    })
}

/// The closest local zone decides.
fn unbound(text: &str) -> Blocks {
    let lines = uncommented(text, "#");
    assert_eq!(lines[0], "server:");
    let zones: BTreeMap<String, String> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("local-zone: \""))
        .map(|rest| rest.split_once(".\" ").unwrap())
        .map(|(zone, kind)| (zone.to_owned(), kind.to_owned()))
        .collect();
    let data: Vec<String> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("local-data: '"))
        .map(|rest| rest.split_once(". 60 IN TXT ").unwrap().0.to_owned())
        .collect();
    Box::new(move |host| {
        let closest = zones
            .iter()
            .filter(|(zone, _)| is_at_or_below(host, zone))
            .max_by_key(|(zone, _)| zone.len());
        match closest.map(|(zone, kind)| (zone, kind.as_str())) {
            None | Some((_, "always_transparent")) => false,
            Some((_, "always_nxdomain")) => true,
            Some((_, "transparent")) => data.iter().any(|name| name == host),
            other => panic!("{other:?}"),
        }
    })
}

fn bind(text: &str) -> Blocks {
    let lines = uncommented(text, "//");
    let zones: Vec<String> = lines
        .iter()
        .map(|line| line.strip_prefix("zone \"").unwrap())
        .map(|rest| rest.split_once('"').unwrap().0.to_owned())
        .collect();
    Box::new(move |host| zones.iter().any(|zone| is_at_or_below(host, zone)))
}

/// What is said of the name alone, then the nearest name that takes names below along.
fn knot(text: &str) -> Blocks {
    let mut tables: BTreeMap<(String, String), bool> = BTreeMap::new();
    for block in text.split("\nnames(").skip(1) {
        let (head, rest) = block.split_once(", [[\n").unwrap();
        let (table, blocked) = head.split_once(", ").unwrap();
        for name in rest.split_once("]])").unwrap().0.lines() {
            let blocked = blocked.parse().unwrap();
            tables.insert((table.to_owned(), name.to_owned()), blocked);
        }
    }
    Box::new(move |host| {
        let said = |table: &str, name: &str| tables.get(&(table.to_owned(), name.to_owned()));
        let mut found = said("alone", host);
        let mut at = Some(host);
        while let (None, Some(name)) = (found, at) {
            found = said("tree", name);
            at = name.split_once('.').map(|(_, parent)| parent);
        }
        found.copied().unwrap_or(false)
    })
}

/// Exceptions win over blocks, and what is important over what is not.
fn adblock(text: &str) -> Blocks {
    let lines = uncommented(text, "!");
    let rules: Vec<(usize, bool, String)> = lines
        .iter()
        .map(|line| {
            let (line, important) = match line.strip_suffix("$important") {
                Some(rest) => (rest, 2),
                None => (line.as_str(), 0),
            };
            let (line, exception) = match line.strip_prefix("@@") {
                Some(rest) => (rest, 1),
                None => (line, 0),
            };
            let line = line.strip_suffix('^').unwrap();
            match line.strip_prefix("||") {
                Some(name) => (important + exception, true, name.to_owned()),
                None => {
                    let name = line.strip_prefix('|').unwrap();
                    (important + exception, false, name.to_owned())
                }
            }
        })
        .collect();
    Box::new(move |host| {
        let strongest = rules
            .iter()
            .filter(|(_, tree, name)| host == name || *tree && is_below(host, name))
            .map(|(strength, ..)| *strength)
            .max();
        strongest.is_some_and(|strength| strength % 2 == 0)
    })
}

fn csv(text: &str) -> Blocks {
    let entries: Vec<Entry> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<_> = line.split(',').collect();
            // A name for monitoring has no listing.
            let listing = if cells[3].is_empty() {
                "Q-2026-999999"
            } else {
                cells[3]
            };
            let value = serde_json::json!({
                "name": cells[0], "scope": cells[1], "action": cells[2], "listing_id": listing,
            });
            serde_json::from_value(value).unwrap()
        })
        .collect();
    set(&entries)
}

fn json(text: &str) -> Blocks {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut entries: Vec<Entry> = serde_json::from_value(value["entries"].clone()).unwrap();
    for (member, action) in [
        ("always_blocked", "block"),
        ("never_blocked", "pass-through"),
    ] {
        let entry = serde_json::json!({
            "name": value["monitoring"][member], "scope": "subtree", "action": action,
            "listing_id": "Q-2026-999999",
        });
        entries.push(serde_json::from_value(entry).unwrap());
    }
    set(&entries)
}

fn set(entries: &[Entry]) -> Blocks {
    let set = BlockSet::new(entries).unwrap();
    Box::new(move |host| set.find_name(&name(host)).is_some())
}
