//! Which pairs of sites share enough to be one operator's. Pure: a function of what sites show, in
//! whatever order they came.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{LINKS_FROM, Reason, Sight};

/// What the crawler knows of kinds of identifiers.
pub trait Rules: Sync {
    /// What one identifier of `kind` counts between two sites when `sites` show it, in hundredths; 0
    /// when it ties nobody. Never rises with `sites`, changes at few numbers, and is 0 from some
    /// hundred on: the number of pairs one identifier makes is bounded by it.
    fn points(&self, kind: &str, sites: i64) -> i64;
    /// What all that two sites share comes to, in hundredths. Kinds that say the same thing twice
    /// count once.
    fn strength(&self, shared: &[Shared<'_>]) -> i64;
}

impl<R: Rules + ?Sized> Rules for &R {
    fn points(&self, kind: &str, sites: i64) -> i64 {
        (**self).points(kind, sites)
    }

    fn strength(&self, shared: &[Shared<'_>]) -> i64 {
        (**self).strength(shared)
    }
}

/// An identifier that two sites share.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// What it counts, in hundredths.
    pub points: i64,
}

/// What ties two sites together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// In hundredths; at least [`LINKS_FROM`].
    pub strength: i64,
    /// What both show, the heaviest first.
    pub reasons: Vec<Reason>,
}

impl Tie {
    /// Whether two ties say the same. How many other sites show an identifier changes with every
    /// site that comes; only what it counts matters.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let key = |reason: &Reason| (reason.kind.clone(), reason.value.clone(), reason.points);
        self.strength == other.strength
            && self
                .reasons
                .iter()
                .map(key)
                .eq(other.reasons.iter().map(key))
    }
}

/// Two hosts, the lesser first.
pub type Pair = (String, String);

/// Ties by pair.
pub type Ties = BTreeMap<Pair, Tie>;

/// How many sites show an identifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// As their own.
    pub own: i64,
    /// As their own, and they are licensed or guarded: then it ties nobody.
    pub reserved: i64,
    /// An officer says that it is nobody's: it ties nobody.
    pub nobodys: bool,
}

impl Count {
    /// What the identifier counts.
    #[must_use]
    pub fn points(self, kind: &str, rules: &impl Rules) -> i64 {
        if self.nobodys || self.reserved > 0 || self.own < 2 {
            0
        } else {
            rules.points(kind, self.own)
        }
    }
}

/// Counts by kind and value.
pub type Counts = HashMap<(String, String), Count>;

/// One identifier as one site shows it as its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The site.
    pub host: String,
    /// Kind and value.
    pub key: (String, String),
    /// Where.
    pub sight: Sight,
}

impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for Row
where
    &'r str: sqlx::ColumnIndex<R>,
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            host: row.try_get("host")?,
            key: (row.try_get("kind")?, row.try_get("value")?),
            sight: Sight {
                url: row.try_get("url")?,
                place: row.try_get("place")?,
                capture: row.try_get("capture")?,
                quote: row.try_get("quote")?,
                first_seen: row.try_get("first_seen")?,
            },
        })
    }
}

/// An identifier on the first and on the second site of a pair, and what it counts.
type Both<'a> = (&'a Row, &'a Row, i64);

/// Reasons kept of one tie; the rest repeats what these say.
const MAX_REASONS: usize = 12;

/// The ties of all pairs of which one is among `of` (all pairs without it). `rows` must hold every
/// identifier of those sites, and every site that shows one of them.
#[must_use]
pub fn ties(
    rows: &[Row],
    counts: &Counts,
    of: Option<&HashSet<String>>,
    rules: &impl Rules,
) -> Ties {
    let mut shown: HashMap<&(String, String), Vec<&Row>> = HashMap::new();
    for row in rows {
        shown.entry(&row.key).or_default().push(row);
    }
    // By pair: what both show, each with its points.
    let mut shared: HashMap<(&str, &str), Vec<Both<'_>>> = HashMap::new();
    for (key, rows) in &shown {
        let points = counts
            .get(*key)
            .map_or(0, |count| count.points(&key.0, rules));
        if points <= 0 {
            continue;
        }
        for (index, one) in rows.iter().enumerate() {
            for other in rows.iter().skip(index + 1) {
                let (a, b) = if one.host < other.host {
                    (*one, *other)
                } else {
                    (*other, *one)
                };
                let asked = of.is_none_or(|of| of.contains(&a.host) || of.contains(&b.host));
                if asked && a.host != b.host {
                    let pair = shared.entry((&a.host, &b.host)).or_default();
                    pair.push((a, b, points));
                }
            }
        }
    }
    let mut ties = Ties::new();
    for ((a, b), mut both) in shared {
        let kinds: Vec<Shared<'_>> = both
            .iter()
            .map(|(row, _, points)| Shared {
                kind: &row.key.0,
                points: *points,
            })
            .collect();
        let strength = rules.strength(&kinds);
        if strength < LINKS_FROM {
            continue;
        }
        both.sort_by(|(x, _, p), (y, _, q)| q.cmp(p).then_with(|| x.key.cmp(&y.key)));
        // A text that is alike shares several bands; they say one thing.
        let mut texts = HashSet::new();
        both.retain(|(row, ..)| {
            !row.key.0.starts_with("text.") || texts.insert(row.key.0.as_str())
        });
        both.truncate(MAX_REASONS);
        let reasons = both.into_iter().map(|(one, other, points)| Reason {
            kind: one.key.0.clone(),
            value: one.key.1.clone(),
            points,
            sites: counts.get(&one.key).map_or(0, |count| count.own),
            a: one.sight.clone(),
            b: other.sight.clone(),
        });
        let tie = Tie {
            strength,
            reasons: reasons.collect(),
        };
        ties.insert((a.to_owned(), b.to_owned()), tie);
    }
    ties
}
