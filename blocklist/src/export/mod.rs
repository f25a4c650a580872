//! The list written down for programs. Every artefact is a pure function of the fold, so anyone can
//! make it again and compare the bytes; nothing in it depends on when the release was signed.
//!
//! All formats write down the same effective set ([`crate::rules`]), in order of name and one line
//! after the other, so that a long list is never whole in memory. Most of them cannot say all of it;
//! what each loses is decided here, before the first line is written, stands in the file's header,
//! and is tabulated in `docs/LISTS.md`. Where a format cannot say an exception, the parent is left
//! out: too little is blocked, never too much.

mod adblock;
mod machine;
mod names;
mod out;
mod servers;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use out::Out;

use crate::{
    Digest, Timestamp,
    fold::{Action, Folded, ListingState},
    rules::{Rule, Rules, Why},
    zone,
};

/// A format of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Response policy zone, for BIND, Unbound, Knot Resolver and PowerDNS Recursor.
    Rpz,
    /// One name a line.
    Domains,
    /// A hosts file with the null addresses.
    Hosts,
    /// Options of dnsmasq 2.86 or newer.
    Dnsmasq,
    /// Local zones of Unbound, without RPZ.
    Unbound,
    /// Empty zones of BIND, without RPZ.
    Bind,
    /// Policies of Knot Resolver 5, in Lua.
    Knot,
    /// Filter rules as AdGuard Home and AdGuard DNS read them.
    Adblock,
    /// A table with the days of each listing (RFC 4180).
    Csv,
    /// Every entry with its listing (RFC 8785).
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Rpz,
        Self::Domains,
        Self::Hosts,
        Self::Dnsmasq,
        Self::Unbound,
        Self::Bind,
        Self::Knot,
        Self::Adblock,
        Self::Csv,
        Self::Json,
    ];

    /// The path of the artefact below the release base: `list/` and the word by which it is asked for.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Rpz => "list/rpz",
            Self::Domains => "list/domains",
            Self::Hosts => "list/hosts",
            Self::Dnsmasq => "list/dnsmasq",
            Self::Unbound => "list/unbound",
            Self::Bind => "list/bind",
            Self::Knot => "list/knot",
            Self::Adblock => "list/adblock",
            Self::Csv => "list/csv",
            Self::Json => "list/json",
        }
    }

    /// Its media type, as it is served.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// How a line begins that its reader skips; `None` where there is no such line.
    const fn comment(self) -> Option<&'static str> {
        match self {
            Self::Rpz => Some(";"),
            Self::Domains | Self::Hosts | Self::Dnsmasq | Self::Unbound => Some("#"),
            Self::Bind => Some("//"),
            Self::Knot => Some("--"),
            Self::Adblock => Some("!"),
            Self::Csv | Self::Json => None,
        }
    }

    /// What its reader has to know, a line each.
    const fn notes(self) -> &'static [&'static str] {
        match self {
            Self::Domains => &[
                "Each line is one name and nothing below it: a reader that takes names below along blocks more than was signed.",
            ],
            Self::Hosts => &[
                "Each name alone, at the null addresses. A hosts file knows neither the names below nor other types than addresses.",
            ],
            Self::Dnsmasq => &[
                "dnsmasq 2.86 or newer: older ones do not know /*.name/ and would block too much.",
            ],
            Self::Unbound => &["For Unbound without RPZ; with it, load the policy zone instead."],
            Self::Bind => &[
                "For BIND without RPZ; with it, load the policy zone instead. A listed name itself answers NODATA here.",
            ],
            Self::Knot => &[
                "Knot Resolver 5: dofile() it before other policies. Names that are not blocked go on to the next.",
            ],
            Self::Adblock => &["Title: National list", "Expires: 1 hours"],
            Self::Rpz | Self::Csv | Self::Json => &[],
        }
    }

    /// Leaves out what the format could only say by blocking more than was signed.
    fn leave_out(self, rules: &mut Rules<'_>) {
        match self {
            Self::Domains => rules.leave_out_parents(Why::Exception, |_| true),
            Self::Bind => {
                rules.leave_out_parents(Why::Exception, |_| true);
                rules.leave_out_where(|rule| match (rule.tree(), rule.exact()) {
                    (Some(true), Some(false)) => Some(Why::BelowOnly),
                    (None, Some(true)) => Some(Why::HostOnly),
                    _ => None,
                });
            }
            Self::Unbound => rules.leave_out_where(|rule| {
                let below_only = rule.tree() == Some(true) && rule.exact() == Some(false);
                below_only.then_some(Why::BelowOnly)
            }),
            Self::Adblock => adblock::leave_out(rules),
            _ => {}
        }
    }

    /// What becomes of the names below a name that is written down.
    fn loss_below(self, rule: &Rule<'_>) -> Option<Below> {
        match self {
            Self::Domains | Self::Hosts if rule.own_below == Some(Action::Block) => {
                Some(Below::Free)
            }
            // A host that is let through under a listed parent takes the names below it along.
            Self::Unbound if rule.tree().is_none() && rule.exact() == Some(false) => {
                Some(Below::LetThrough)
            }
            _ => None,
        }
    }
}

/// The paths of all artefacts of a release, below its base.
pub const ARTEFACTS: [&str; Format::ALL.len()] = {
    let mut paths = [""; Format::ALL.len()];
    let mut at = 0;
    while at < paths.len() {
        paths[at] = Format::ALL[at].path();
        at += 1;
    }
    paths
};

/// What becomes of names below one that a format could not say them of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Below {
    /// The listing takes them along; the format does not block them.
    Free,
    /// Only the name above them is let through; the format lets them through as well.
    LetThrough,
}

/// What a format loses of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses<'a> {
    /// Names of which nothing is said, and why; nothing stands in their place.
    pub left_out: BTreeMap<&'a str, Why>,
    /// Names whose names below fare otherwise than was signed.
    pub below: Vec<(&'a str, Below)>,
}

impl Losses<'_> {
    /// Whether the format says everything that is enforced.
    pub fn is_empty(&self) -> bool {
        self.left_out.is_empty() && self.below.is_empty()
    }
}

/// One list, ready to be written down in any format; what all of them need is found out once.
#[derive(Clone, Debug)]
pub struct Exports<'a> {
    folded: &'a Folded,
    origin: &'a str,
    root: Digest,
    rules: Rules<'a>,
    newest: Option<Timestamp>,
}

impl<'a> Exports<'a> {
    /// Looks through `folded` once. `origin` and `root` name the log it was folded from.
    pub fn new(folded: &'a Folded, origin: &'a str, root: Digest) -> Self {
        Self {
            folded,
            origin,
            root,
            rules: Rules::new(folded),
            newest: newest(folded),
        }
    }

    /// Decides what `format` can say of the list.
    pub fn format(&self, format: Format) -> Export<'a> {
        let mut list = self.clone();
        format.leave_out(&mut list.rules);
        let zone =
            (format == Format::Rpz).then(|| zone::Records::new(self.folded, self.rules.clone()));
        Export { format, list, zone }
    }
}

/// One list, ready to be written down in one format.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    format: Format,
    list: Exports<'a>,
    /// The records, where the format is the zone.
    zone: Option<zone::Records<'a>>,
}

impl<'a> Export<'a> {
    /// Decides what the format can say of `folded`. `origin` and `root` name the log it was folded from.
    pub fn new(format: Format, folded: &'a Folded, origin: &'a str, root: Digest) -> Self {
        Exports::new(folded, origin, root).format(format)
    }

    /// What the format loses of this list.
    pub fn losses(&self) -> Losses<'a> {
        let rules = self.list.rules.iter();
        Losses {
            left_out: self.left_out(),
            below: rules
                .filter(|rule| rule.listing_id.is_some())
                .filter_map(|rule| Some((rule.name.as_str(), self.format.loss_below(&rule)?)))
                .collect(),
        }
    }

    fn left_out(&self) -> BTreeMap<&'a str, Why> {
        match &self.zone {
            Some(records) => records.left_out().collect(),
            None => self.list.rules.left_out().clone(),
        }
    }

    /// Writes the artefact, in large pieces.
    ///
    /// # Errors
    /// When `sink` does.
    pub fn write(&self, sink: &mut dyn Write) -> io::Result<()> {
        let mut out = Out::new(sink);
        self.write_all(&mut out)?;
        out.flush()
    }

    fn write_all(&self, out: &mut Out<'_>) -> io::Result<()> {
        self.write_header(out)?;
        let Exports {
            folded,
            origin,
            root,
            rules,
            newest,
        } = &self.list;
        match self.format {
            Format::Rpz => self
                .zone
                .as_ref()
                .map_or(Ok(()), |zone| write_zone(zone, out)),
            Format::Domains => names::domains(rules, out),
            Format::Hosts => names::hosts(rules, out),
            Format::Dnsmasq => servers::dnsmasq(rules, out),
            Format::Unbound => servers::unbound(rules, out),
            Format::Bind => servers::bind(rules, &folded.policy.public_domain, out),
            Format::Knot => servers::knot(rules, out),
            Format::Adblock => adblock::write(rules, out),
            Format::Csv => machine::csv(folded, origin, out),
            Format::Json => machine::json(folded, *newest, (origin, *root), out),
        }
    }

    fn write_header(&self, out: &mut Out<'_>) -> io::Result<()> {
        let Some(comment) = self.format.comment() else {
            return Ok(());
        };
        let (serial, size) = (self.list.folded.serial(), self.list.folded.size);
        let (origin, root) = (self.list.origin, self.list.root);
        writeln!(
            out,
            "{comment} National list of {origin}: serial {serial}, log size {size}, log root {root}."
        )?;
        match self.list.newest {
            Some(time) => writeln!(out, "{comment} Newest listing or lifting in it: {time}.")?,
            None => writeln!(out, "{comment} Nothing was ever listed.")?,
        }
        writeln!(
            out,
            "{comment} Verify it: qalqan list verify. What this format cannot say: docs/LISTS.md."
        )?;
        for note in self.format.notes() {
            writeln!(out, "{comment} {note}")?;
        }
        for (name, why) in &self.left_out() {
            writeln!(out, "{comment} left out, {}: {name}", why.text())?;
        }
        Ok(())
    }
}

/// The zone file: one record a line, absolute names, the SOA first (RFC 1035 §5).
fn write_zone(zone: &zone::Records<'_>, out: &mut Out<'_>) -> io::Result<()> {
    for record in zone.head() {
        writeln!(out, "{record}")?;
    }
    let middle = format!(".{} {} IN CNAME ", zone.apex(), zone::TTL);
    zone.each(|wildcard, name, target| out.put(&[wildcard, name, &middle, target, "\n"]))
}

/// When a listing last took effect or was taken back. It moves only with the log, and so only with
/// the serial: signing a release anew changes no artefact.
pub fn newest(folded: &Folded) -> Option<Timestamp> {
    let moments = folded
        .listings
        .iter()
        .filter_map(|listing| match listing.state {
            ListingState::Listed { since } => Some(since),
            ListingState::Lifted { at, .. } | ListingState::Annulled { at, .. } => Some(at),
            _ => None,
        });
    moments.max()
}

/// All artefacts of a fold in memory, by path. Whoever only writes them uses [`Export`].
pub fn artefacts(folded: &Folded, origin: &str, root: Digest) -> BTreeMap<String, Vec<u8>> {
    let exports = Exports::new(folded, origin, root);
    Format::ALL
        .into_iter()
        .map(|format| {
            let mut bytes = Vec::new();
            // Writing to memory does not fail.
            let _ = exports.format(format).write(&mut bytes);
            (format.path().to_owned(), bytes)
        })
        .collect()
}
