//! A network as it is told: what the console, the command line and exports read.

use serde::Serialize;

use super::{Mark, Reason};

/// One line of the list of networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkLine {
    /// `N-2026-000001`.
    pub id: String,
    /// When its number was given, in Unix seconds.
    #[serde(with = "super::rfc3339")]
    pub formed_at: i64,
    /// When a site last joined or left it.
    #[serde(with = "super::rfc3339")]
    pub changed_at: i64,
    /// Its sites now.
    pub sites: usize,
    /// Of these, judged `flag` by their latest assessment.
    pub flagged: usize,
    /// Of these, judged `review`.
    pub review: usize,
    /// Of these, with a case that waits for somebody.
    pub cases: usize,
    /// Of these, with a listing that both officers signed and nobody lifted.
    pub listed: usize,
    /// What kinds of business its sites look like, the commonest first.
    pub kinds: Vec<String>,
    /// Different wallets that its sites show as their own.
    pub wallets: usize,
    /// Volumes that stand.
    pub volumes: usize,
}

/// A site of a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Site {
    /// The host.
    pub host: String,
    /// Since when it belongs there, in Unix seconds.
    #[serde(with = "super::rfc3339")]
    pub since: i64,
    /// `flag`, `review` or `clear`: its latest assessment.
    pub verdict: String,
    /// How sure the machine is that it is an exchange.
    pub exchange: f64,
    /// How sure it is that the site serves Kazakhstan.
    pub serves_kz: f64,
    /// What it looks like, likeliest first.
    pub kinds: Vec<String>,
    /// When that was found.
    #[serde(with = "super::rfc3339")]
    pub assessed_at: i64,
    /// Its latest case.
    pub case_id: Option<String>,
    /// `open`, `proposed`, `listed`, `dismissed` or `lifted`.
    pub case_state: Option<String>,
    /// The listing proposed or made for it.
    pub listing_id: Option<String>,
}

/// A time that a site belonged to a network and does no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastSite {
    /// The host.
    pub host: String,
    /// From when, in Unix seconds.
    #[serde(with = "super::rfc3339")]
    pub from: i64,
    /// Until when.
    #[serde(with = "super::rfc3339")]
    pub to: i64,
    /// To which network it went, if to any.
    pub went_to: Option<String>,
}

/// A tie between two sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The first site.
    pub a: String,
    /// The second.
    pub b: String,
    /// How strong, in hundredths; [`super::LINKS_FROM`] and more link.
    pub strength: i64,
    /// What both show, the heaviest first.
    pub reasons: Vec<Reason>,
    /// When the tie was first found, or last changed.
    #[serde(with = "super::rfc3339")]
    pub at: i64,
    /// The cut that stands on it, if one does: then it does not link.
    pub cut: Option<CutRow>,
}

/// A cut, or the undoing of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CutRow {
    /// `cut` or `undo`.
    pub kind: String,
    /// Who, by display name: for the console only.
    pub officer: String,
    /// Why, in their words.
    pub why: String,
    /// When.
    #[serde(with = "super::rfc3339")]
    pub at: i64,
}

/// An identifier that sites of a network show as their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// Its kind.
    pub kind: String,
    /// The identifier, in full: it may be a person's.
    pub value: String,
    /// Sites of the network that show it, with where.
    pub sites: Vec<Seen>,
    /// Sites anywhere that show it as their own.
    pub anywhere: i64,
    /// An officer says that it is nobody's: then it ties nobody.
    pub nobodys: Option<Mark>,
}

/// Where a site shows an identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The site.
    pub host: String,
    /// The page.
    pub url: String,
    /// Where on it.
    #[serde(rename = "where")]
    pub place: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// The page's own words around it.
    pub quote: String,
    /// First seen, in Unix seconds.
    #[serde(with = "super::rfc3339")]
    pub first_seen: i64,
    /// Last seen.
    #[serde(with = "super::rfc3339")]
    pub last_seen: i64,
}

/// Something that happened to a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Event {
    /// When, in Unix seconds.
    #[serde(with = "super::rfc3339")]
    pub at: i64,
    /// `formed`, `grown`, `merged` (it took `other` in), `split` (it came out of `other`), `shrunk`,
    /// `ended` or `restored`.
    pub kind: String,
    /// The network.
    #[sqlx(rename = "network_id")]
    pub id: String,
    /// The other one.
    #[sqlx(rename = "other_id")]
    pub other: Option<String>,
    /// Its sites afterwards.
    pub sites: i64,
    /// `site`, `cut`, `cut_undone`, `mark`, `mark_undone` or `rebuild`.
    pub cause: String,
    /// The site assessed, the two that were cut apart, or the identifier marked, shortened.
    pub subject: String,
}

/// A volume an officer stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Volume {
    /// Its row.
    pub id: i64,
    /// The network it was stated for; it may have been taken into this one since.
    pub network_id: String,
    /// Who, by display name: for the console only.
    pub officer: String,
    /// When, in Unix seconds.
    #[serde(with = "super::rfc3339")]
    pub given_at: i64,
    /// The first day.
    pub period_from: Option<String>,
    /// The last day.
    pub period_to: Option<String>,
    /// In whole tenge.
    pub kzt: Option<i64>,
    /// In millionths of a USDT.
    pub usdt: Option<i64>,
    /// Tenge for one USDT, in ten-thousandths.
    pub rate: Option<i64>,
    /// The day of that rate.
    pub rate_on: Option<String>,
    /// Where the figure comes from, or why it is withdrawn.
    pub source: String,
    /// Hash of the paper it stands in.
    pub document: Option<String>,
    /// The row it replaces or withdraws.
    pub replaces: Option<i64>,
    /// Whether a later row replaced it, or it only withdraws one: then it does not count.
    pub replaced: bool,
}

/// What happened on a network's sites in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Month {
    /// `2026-11`.
    pub month: String,
    /// Sites first heard of.
    pub discovered: i64,
    /// Pages captured.
    pub captures: i64,
    /// Identifiers first seen.
    pub identifiers: i64,
    /// Cases opened.
    pub cases: i64,
    /// Sites that joined.
    pub joined: i64,
}

/// A network with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkFile {
    /// The line in the list.
    pub line: NetworkLine,
    /// Its sites.
    pub sites: Vec<Site>,
    /// Sites that belonged to it once.
    pub past: Vec<PastSite>,
    /// Ties among its sites, and those that were cut and led out of it.
    pub edges: Vec<Edge>,
    /// What its sites show as their own, the most shared first.
    pub identifiers: Vec<Identifier>,
    /// What happened to it, the first first.
    pub events: Vec<Event>,
    /// What officers stated, the first first.
    pub volumes: Vec<Volume>,
    /// Activity by month, the earliest first.
    pub activity: Vec<Month>,
}
