//! Operators' networks: what sites show, what ties two of them together, and which sites one
//! operator seems to run.
//!
//! * `seen` keeps [`Found`] identifiers by site, and sketches of a site's text; nothing is forgotten.
//! * [`ties`] finds which pairs of sites share enough, by [`Rules`] that the crawler gives; pure.
//! * [`group`] makes networks of ties and decides which of them keeps which number; pure.
//! * [`keep`] does both for what one site changed, in one transaction, or for everything anew.
//! * [`office`] and `volume` are what officers add: cuts, and volumes; [`mark`] says that an identifier is nobody's. [`read`] and [`mod@totals`] are for those who look.
//!
//! [`mask`] takes out what points to a person.
//!
//! A network is a statement about resemblance, made by a machine, for people who decide. It is shown
//! in the console; what leaves the centre is masked.

mod conn;
pub mod console;
pub mod file;
pub mod group;
pub mod keep;
mod links;
pub mod mark;
pub mod mask;
pub mod office;
pub mod read;
mod seen;
pub mod ties;
pub mod totals;
mod volume;

use serde::{Deserialize, Serialize};

pub use file::{NetworkFile, NetworkLine};
pub use keep::{Update, rebuild, update};
pub use mark::{Mark, mark_nobodys, marks, undo_nobodys};
pub use office::{NetworkError, cut, undo_cut};
pub use read::{list, load, of_host, resolve};
pub use seen::{KeptSketch, NewSketch, keep_sketch, reserved_hosts, shown_by, shown_on, sketches};
pub use ties::{Rules, Shared, Tie};
pub use totals::{Totals, totals};
pub use volume::{
    Amounts, MOST_TABLED, NewVolume, TabledVolume, add_volume, add_volumes, withdraw_volume,
};

/// Identifiers that every page may show, as TOML; the crawler reads it.
pub const COMMON: &str = include_str!("../network/common.toml");

/// Strength from which a tie links two sites, in hundredths.
pub const LINKS_FROM: i64 = 100;

/// How an identifier stands to the site that shows it; of several places on one site the last in this
/// order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// In the text of a site that writes about others; ties nothing.
    Mentioned,
    /// The site's own, as far as a machine can tell: it may tie sites together.
    Own,
    /// Of a licensed or guarded site: whoever else shows it may have copied it, so it ties nobody.
    Reserved,
}

impl Role {
    /// The word in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Mentioned => "mentioned",
            Self::Reserved => "reserved",
        }
    }
}

/// An identifier found on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// `wallet.tron`, `analytics.metrika`, `phone`, ….
    pub kind: String,
    /// Normalised.
    pub value: String,
    /// Whose it is.
    pub role: Role,
    /// Where on the page.
    pub place: String,
    /// The page.
    pub url: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// The page's own words around it.
    pub quote: String,
}

/// Where one of two sites shows what both have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// The page.
    pub url: String,
    /// Where on it.
    #[serde(rename = "where")]
    pub place: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// The page's own words around it.
    pub quote: String,
    /// When it was first seen there, in Unix seconds.
    #[serde(with = "rfc3339")]
    pub first_seen: i64,
}

/// One reason of a tie: an identifier that both sites show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Its kind.
    pub kind: String,
    /// The identifier.
    pub value: String,
    /// What it counts, in hundredths.
    pub points: i64,
    /// Sites that showed it when the tie was found: the fewer, the more it counts.
    pub sites: i64,
    /// On the first site of the pair.
    pub a: Sight,
    /// On the second.
    pub b: Sight,
}

/// Unix seconds in JSON, as everywhere: RFC 3339, UTC.
mod rfc3339 {
    use blocklist::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &i64, to: S) -> Result<S::Ok, S::Error> {
        Timestamp(*at).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        Ok(Timestamp::deserialize(from)?.0)
    }
}

/// Why networks changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A site was assessed.
    Site,
    /// An officer cut a tie.
    Cut,
    /// An officer took a cut back.
    CutUndone,
    /// An officer marked an identifier as nobody's.
    Mark,
    /// An officer took such a mark back.
    MarkUndone,
    /// Everything was computed anew.
    Rebuild,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Cut => "cut",
            Self::CutUndone => "cut_undone",
            Self::Mark => "mark",
            Self::MarkUndone => "mark_undone",
            Self::Rebuild => "rebuild",
        }
    }
}
