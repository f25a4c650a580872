//! Formats that are configuration of name servers. In all of them the nearest line decides, as it
//! does in the list, so only what differs from what stands above is written.

use std::io::{self, Write};

use super::out::Out;
use crate::{
    DomainName,
    rules::{Rule, Rules},
};

/// Options of dnsmasq: `address=/name/` answers NXDOMAIN, `server=/name/#` asks as for any other name,
/// and `*.` in front means the names below and not the name (since 2.86).
pub(super) fn dnsmasq(rules: &Rules<'_>, out: &mut Out<'_>) -> io::Result<()> {
    let mut say = |blocked: bool, pattern: &str, name: &DomainName| {
        if blocked {
            out.put(&["address=/", pattern, name.as_str(), "/\n"])
        } else {
            out.put(&["server=/", pattern, name.as_str(), "/#\n"])
        }
    };
    for rule in rules.iter() {
        match (rule.tree(), rule.exact()) {
            (None, None) => {}
            (Some(blocked), None) => say(blocked, "", rule.name)?,
            (_, Some(blocked)) => {
                // There is no line for a name alone, so the names below get one of their own.
                say(blocked, "", rule.name)?;
                say(!blocked, "*.", rule.name)?;
            }
        }
    }
    Ok(())
}

/// Local zones of Unbound. A name alone gets data of another type than anybody asks of it: the name
/// answers NODATA, the names below it resolve.
pub(super) fn unbound(rules: &Rules<'_>, out: &mut Out<'_>) -> io::Result<()> {
    writeln!(out, "server:")?;
    for rule in rules.iter() {
        let name = rule.name.as_str();
        let kind = match (rule.tree(), rule.exact()) {
            (_, Some(true)) => "transparent",
            (Some(true), _) => "always_nxdomain",
            (Some(false), _) | (None, Some(false)) => "always_transparent",
            (None, None) => continue,
        };
        out.put(&["local-zone: \"", name, ".\" ", kind, "\n"])?;
        if kind == "transparent"
            && let Some(listing_id) = rule.listing_id
        {
            let id = listing_id.as_str();
            out.put(&["local-data: '", name, ". 60 IN TXT \"", id, "\"'\n"])?;
        }
    }
    Ok(())
}

/// Empty zones of BIND, from its built-in database, so that no file is needed beside this one.
pub(super) fn bind(rules: &Rules<'_>, domain: &DomainName, out: &mut Out<'_>) -> io::Result<()> {
    let rest = format!(
        "\" {{ type primary; database \"_builtin empty ns.{domain}. hostmaster.{domain}.\"; }};\n"
    );
    rules
        .iter()
        .filter(|rule| rule.tree() == Some(true))
        .try_for_each(|rule| out.put(&["zone \"", rule.name.as_str(), &rest]))
}

/// A policy of Knot Resolver: tables of names and a function that finds the nearest. Not its own
/// `policy.suffix`, because a name that `policy.PASS` lets through skips all later policies, and
/// forwarding is one. The names stand in long strings, because a function of LuaJIT holds no more
/// than 65,536 constants.
pub(super) fn knot(rules: &Rules<'_>, out: &mut Out<'_>) -> io::Result<()> {
    out.write_all(TABLES.as_bytes())?;
    for blocked in [true, false] {
        let tree = rules.iter().filter(|rule| rule.tree() == Some(blocked));
        write_table("tree", blocked, tree, out)?;
        let exact = rules.iter().filter(|rule| rule.exact() == Some(blocked));
        write_table("alone", blocked, exact, out)?;
    }
    out.write_all(POLICY.as_bytes())
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

fn write_table<'a>(
    table: &str,
    blocked: bool,
    rules: impl Iterator<Item = Rule<'a>>,
    out: &mut Out<'_>,
) -> io::Result<()> {
    let mut rules = rules.peekable();
    if rules.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "names({table}, {blocked}, [[")?;
    for rule in rules {
        out.put(&[rule.name.as_str(), "\n"])?;
    }
    writeln!(out, "]])")
}
