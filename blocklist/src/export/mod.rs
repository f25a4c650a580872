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
mod servers;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

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

/// One list, ready to be written down in one format.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    format: Format,
    folded: &'a Folded,
    origin: &'a str,
    root: Digest,
    rules: Rules<'a>,
    losses: Losses<'a>,
}

impl<'a> Export<'a> {
    /// Decides what the format can say of `folded`. `origin` and `root` name the log it was folded from.
    pub fn new(format: Format, folded: &'a Folded, origin: &'a str, root: Digest) -> Self {
        let mut rules = Rules::new(&folded.entries);
        format.leave_out(&mut rules);
        let left_out = match format {
            Format::Rpz => zone::Records::new(folded).left_out().collect(),
            _ => rules.left_out().clone(),
        };
        let below = rules
            .iter()
            .filter_map(|rule| Some((rule.name.as_str(), format.loss_below(&rule)?)))
            .collect();
        Self {
            format,
            folded,
            origin,
            root,
            rules,
            losses: Losses { left_out, below },
        }
    }

    /// What the format loses of this list.
    pub fn losses(&self) -> &Losses<'a> {
        &self.losses
    }

    /// Writes the artefact, a line at a time.
    ///
    /// # Errors
    /// When `out` does.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_header(out)?;
        match self.format {
            Format::Rpz => zone::Records::new(self.folded).each(|record| writeln!(out, "{record}")),
            Format::Domains => names::domains(&self.rules, out),
            Format::Hosts => names::hosts(&self.rules, out),
            Format::Dnsmasq => servers::dnsmasq(&self.rules, out),
            Format::Unbound => servers::unbound(&self.rules, out),
            Format::Bind => servers::bind(&self.rules, &self.folded.policy.public_domain, out),
            Format::Knot => servers::knot(&self.rules, out),
            Format::Adblock => adblock::write(&self.rules, out),
            Format::Csv => machine::csv(self.folded, self.origin, out),
            Format::Json => machine::json(self.folded, self.origin, self.root, out),
        }
    }

    fn write_header(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(comment) = self.format.comment() else {
            return Ok(());
        };
        let (serial, size) = (self.folded.serial(), self.folded.size);
        let (origin, root) = (self.origin, self.root);
        writeln!(
            out,
            "{comment} National list of {origin}: serial {serial}, log size {size}, log root {root}."
        )?;
        match newest(self.folded) {
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
        for (name, why) in &self.losses.left_out {
            writeln!(out, "{comment} left out, {}: {name}", why.text())?;
        }
        Ok(())
    }
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
    Format::ALL
        .into_iter()
        .map(|format| {
            let mut bytes = Vec::new();
            // Writing to memory does not fail.
            let _ = Export::new(format, folded, origin, root).write(&mut bytes);
            (format.path().to_owned(), bytes)
        })
        .collect()
}
