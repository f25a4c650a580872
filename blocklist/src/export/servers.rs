//! Formats that are configuration of name servers. In all of them the nearest line decides, as it
//! does in the list, so only what differs from what stands above is written.

use super::{Part, out::Out, pieces::Lines};
use crate::{
    DomainName,
    rules::{Rule, Rules},
};

/// Options of dnsmasq: `address=/name/` answers NXDOMAIN, `server=/name/#` asks as for any other name,
/// and `*.` in front means the names below and not the name (since 2.86).
pub(super) fn dnsmasq<'a>(rules: impl Iterator<Item = Rule<'a>>, out: &mut Out) {
    let mut say = |blocked: bool, pattern: &str, name: &DomainName| {
        if blocked {
            out.put(&["address=/", pattern, name.as_str(), "/\n"]);
        } else {
            out.put(&["server=/", pattern, name.as_str(), "/#\n"]);
        }
    };
    for rule in rules {
        match (rule.tree(), rule.exact()) {
            (None, None) => {}
            (Some(blocked), None) => say(blocked, "", rule.name),
            (_, Some(blocked)) => {
                // There is no line for a name alone, so the names below get one of their own.
                say(blocked, "", rule.name);
                say(!blocked, "*.", rule.name);
            }
        }
    }
}

/// Local zones of Unbound. A name alone gets data of another type than anybody asks of it: the name
/// answers NODATA, the names below it resolve.
pub(super) fn unbound<'a>(rules: impl Iterator<Item = Rule<'a>>, out: &mut Out) {
    for rule in rules {
        let name = rule.name.as_str();
        let kind = match (rule.tree(), rule.exact()) {
            (_, Some(true)) => "transparent",
            (Some(true), _) => "always_nxdomain",
            (Some(false), _) | (None, Some(false)) => "always_transparent",
            (None, None) => continue,
        };
        out.put(&["local-zone: \"", name, ".\" ", kind, "\n"]);
        if kind == "transparent"
            && let Some(listing_id) = rule.listing_id
        {
            let id = listing_id.as_str();
            out.put(&["local-data: '", name, ". 60 IN TXT \"", id, "\"'\n"]);
        }
    }
}

/// Empty zones of BIND, from its built-in database, so that no file is needed beside this one.
pub(super) fn bind<'a>(rules: impl Iterator<Item = Rule<'a>>, domain: &DomainName, out: &mut Out) {
    let rest = format!(
        "\" {{ type primary; database \"_builtin empty ns.{domain}. hostmaster.{domain}.\"; }};\n"
    );
    for rule in rules.filter(|rule| rule.tree() == Some(true)) {
        out.put(&["zone \"", rule.name.as_str(), &rest]);
    }
}

/// A policy of Knot Resolver: tables of names and a function that finds the nearest. Not its own
/// `policy.suffix`, because a name that `policy.PASS` lets through skips all later policies, and
/// forwarding is one. The names stand in long strings, because a function of LuaJIT holds no more
/// than 65,536 constants.
pub(super) fn knot(rules: &Rules<'_>) -> Vec<Part> {
    let mut parts = vec![Part::Text(TABLES.to_owned())];
    for blocked in [true, false] {
        let kinds = [
            ("tree", Lines::Tree(blocked)),
            ("alone", Lines::Alone(blocked)),
        ];
        for (table, lines) in kinds {
            if rules.iter().any(|rule| is_in(lines, &rule)) {
                parts.push(Part::Text(format!("names({table}, {blocked}, [[\n")));
                parts.push(Part::Lines(lines));
                parts.push(Part::Text("]])\n".to_owned()));
            }
        }
    }
    parts.push(Part::Text(POLICY.to_owned()));
    parts
}

const TABLES: &str = "\
local tree, alone = {}, {}
local function names(into, blocked, text)
\tfor name in text:gmatch('%S+') do into[kres.str2dname(name .. '.')] = blocked end
end
";

const POLICY: &str = "\
policy.add(function (_, query)
\tlocal name, at = query:name(), 1
\tlocal blocked = alone[name]
\twhile blocked == nil and at < #name do
\t\tblocked = tree[name:sub(at)]
\t\tat = at + name:byte(at) + 1
\tend
\treturn blocked and policy.DENY or nil
end)
";

/// Whether a rule stands in a table.
fn is_in(table: Lines, rule: &Rule<'_>) -> bool {
    match table {
        Lines::All => true,
        Lines::LeftOut => false,
        Lines::Tree(blocked) => rule.tree() == Some(blocked),
        Lines::Alone(blocked) => rule.exact() == Some(blocked),
    }
}

/// The names in a table of the policy of Knot Resolver.
pub(super) fn knot_table<'a>(table: Lines, rules: impl Iterator<Item = Rule<'a>>, out: &mut Out) {
    for rule in rules.filter(|rule| is_in(table, rule)) {
        out.put(&[rule.name.as_str(), "\n"]);
    }
}
