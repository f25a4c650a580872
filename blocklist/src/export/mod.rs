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
mod pieces;
mod servers;
mod writing;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io::{self, Write},
    ops::Range,
    sync::Arc,
};

use out::Out;
pub use pieces::{Before, Ground, Layout, Read, Written};
use pieces::{Lines, Runs};
pub use writing::{Writing, write_together};

use crate::{
    Digest, Timestamp,
    fold::{Action, Change, Folded, ListingState},
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
    runs: Runs,
}

impl<'a> Exports<'a> {
    /// Looks through `folded` once. `origin` and `root` name the log it was folded from.
    pub fn new(folded: &'a Folded, origin: &'a str, root: Digest) -> Self {
        let rules = Rules::new(folded);
        Self {
            folded,
            origin,
            root,
            runs: Runs::new(folded, &rules),
            rules,
            newest: newest(folded),
        }
    }

    /// As [`Self::new`], of a list of the same log to which `change` leads from the one before, so that what
    /// is the same in both can be taken over from its artefacts.
    pub fn after(
        folded: &'a Folded,
        origin: &'a str,
        root: Digest,
        (ground, change): (&Ground, &Change),
    ) -> Self {
        let Some(runs) = Runs::after(folded, &ground.cuts, change) else {
            return Self::new(folded, origin, root);
        };
        let marks = ground.marks.after(folded, change);
        let rules = marks.map(|marks| Rules::marked(folded, Arc::new(marks)));
        Self {
            folded,
            origin,
            root,
            runs,
            rules: rules.unwrap_or_else(|| Rules::new(folded)),
            newest: newest(folded),
        }
    }

    /// What was found out of the list, for the one after it.
    pub fn ground(&self) -> Ground {
        Ground {
            cuts: self.runs.cuts.clone(),
            marks: self.rules.marks().clone(),
        }
    }

    /// Decides what `format` can say of the list.
    pub fn format(&self, format: Format) -> Export<'a> {
        let mut list = self.clone();
        format.leave_out(&mut list.rules);
        let zone =
            (format == Format::Rpz).then(|| zone::Records::new(self.folded, self.rules.clone()));
        Export {
            format,
            list,
            zone,
            places: machine::Places::default(),
        }
    }
}

/// One list, ready to be written down in one format.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    format: Format,
    list: Exports<'a>,
    /// The records, where the format is the zone.
    zone: Option<zone::Records<'a>>,
    /// Looked up by lines with dates.
    places: machine::Places<'a>,
}

/// A part of an artefact.
enum Part {
    /// The same for every list, or of few octets.
    Text(String),
    /// Lines, in order of name.
    Lines(Lines),
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
            left_out: self.left_out().collect(),
            below: rules
                .filter(|rule| rule.listing_id.is_some())
                .filter_map(|rule| Some((rule.name.as_str(), self.format.loss_below(&rule)?)))
                .collect(),
        }
    }

    /// What is left out, in order of name.
    fn left_out(&self) -> impl Iterator<Item = (&'a str, Why)> + '_ {
        self.rules().left_out()
    }

    fn rules(&self) -> &Rules<'a> {
        let zone = self.zone.as_ref();
        zone.map_or(&self.list.rules, zone::Records::rules)
    }

    /// Writes the artefact, in large pieces.
    ///
    /// # Errors
    /// When `sink` does.
    pub fn write(&self, sink: &mut dyn Write) -> io::Result<()> {
        Writing::new(self.clone(), None)?.write_to(sink)
    }

    /// Begins to write the artefact, the same octets as [`Self::write`], with what can be taken over from the
    /// one of the list before, if the list goes on from there ([`Exports::after`]); see [`write_together`].
    ///
    /// # Errors
    /// When what stands behind the names cannot be put into words, which it always can.
    pub fn begin(self, before: Option<Before<'a>>) -> io::Result<Writing<'a>> {
        Writing::new(self, before)
    }

    fn is_plain(&self, run: &Range<usize>) -> bool {
        let zone = self.zone.as_ref();
        zone.map_or_else(|| self.rules().is_plain(run), |zone| zone.is_plain(run))
    }

    /// All there is to write, in order.
    fn parts(&self) -> io::Result<Vec<Part>> {
        let body = self.body()?;
        Ok(match self.header_and_footer() {
            Some((header, footer)) => [Part::Text(header), Part::Lines(Lines::LeftOut)]
                .into_iter()
                .chain(body)
                .chain([Part::Text(footer)])
                .collect(),
            None => body,
        })
    }

    /// What stands behind the header.
    fn body(&self) -> io::Result<Vec<Part>> {
        let Exports {
            folded,
            origin,
            root,
            newest,
            ..
        } = &self.list;
        let text = |text: &str| Part::Text(text.to_owned());
        let lines = Part::Lines(Lines::All);
        Ok(match self.format {
            Format::Rpz => {
                let head = self.zone.iter().flat_map(zone::Records::head);
                vec![
                    Part::Text(head.map(|record| format!("{record}\n")).collect()),
                    lines,
                ]
            }
            Format::Unbound => vec![text("server:\n"), lines],
            Format::Knot => servers::knot(self.rules()),
            Format::Csv => {
                let monitoring = machine::csv_monitoring(folded);
                vec![text(machine::TITLES), lines, Part::Text(monitoring)]
            }
            Format::Json => {
                let tail = machine::json_tail(folded, *newest, (origin, *root))?;
                vec![text(machine::JSON_HEAD), lines, Part::Text(tail)]
            }
            _ => vec![lines],
        })
    }

    fn write_lines(&self, lines: Lines, run: &Range<usize>, out: &mut Out) {
        let folded = self.list.folded;
        let (all, entries) = (self.rules(), pieces::entries(folded, run));
        if lines == Lines::LeftOut {
            let comment = self.format.comment().unwrap_or_default();
            let names = all.left_out_within(run.clone());
            names.for_each(|(name, why)| {
                out.put(&[comment, " left out, ", why.text(), ": ", name, "\n"]);
            });
            return;
        }
        let rules = all.within(run.clone());
        match self.format {
            Format::Rpz => write_zone(self.zone.as_ref(), run, out),
            Format::Domains => names::domains(rules, out),
            Format::Hosts => names::hosts(rules, out),
            Format::Dnsmasq => servers::dnsmasq(rules, out),
            Format::Unbound => servers::unbound(rules, out),
            Format::Bind => servers::bind(rules, &folded.policy.public_domain, out),
            Format::Knot => servers::knot_table(lines, rules, out),
            Format::Adblock => adblock::write(all, rules, out),
            Format::Csv => machine::csv(folded, entries, &self.places, out),
            Format::Json => machine::json(entries, run.start == 0, out),
        }
    }

    /// What stands before everything, and behind it.
    ///
    /// Which list it is stands last of all: a file that ends otherwise is cut short, and one that begins
    /// like the one before it is hashed on from where they part.
    fn header_and_footer(&self) -> Option<(String, String)> {
        let comment = self.format.comment()?;
        let list = &self.list;
        let verify = "Verify it: qalqan list verify. What this format cannot say: docs/LISTS.md.";
        let notes = self.format.notes().iter();
        let header = [
            format!("National list of {}.", list.origin),
            verify.to_owned(),
        ]
        .into_iter()
        .chain(notes.map(|note| (*note).to_owned()));
        let newest = match list.newest {
            Some(time) => format!("Newest listing or lifting in it: {time}."),
            None => "Nothing was ever listed.".to_owned(),
        };
        let (serial, size, root) = (list.folded.serial(), list.folded.size, list.root);
        let which = format!("Serial {serial}, log size {size}, log root {root}.");
        let lines = |line: String| format!("{comment} {line}\n");
        Some((
            header.map(lines).collect(),
            [newest, which].map(lines).concat(),
        ))
    }
}

/// Lines of the zone file: one record each, absolute names (RFC 1035 §5).
fn write_zone(zone: Option<&zone::Records<'_>>, run: &Range<usize>, out: &mut Out) {
    let Some(zone) = zone else { return };
    let middle = format!(".{} {} IN CNAME ", zone.apex(), zone::TTL);
    let Ok(()) = zone.each(run.clone(), |wildcard, name, target| {
        out.put(&[wildcard, name, &middle, target, "\n"]);
        Ok::<(), Infallible>(())
    });
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
