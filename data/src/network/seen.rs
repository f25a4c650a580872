//! What sites show: identifiers by site, kept from the first sight on, and the newest sketch of a
//! site's text.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Found, Role, Sight,
    conn::{Conn, Value},
    ties::{Counts, Row},
};
use crate::{
    error::Result,
    pool::{Store, on, storable},
};

type Key = (String, String);

/// Keeps what a site shows; gives each identifier whose weight may be otherwise now, with its role
/// before (`None`: it is new here) and now.
pub(super) async fn keep(
    conn: &mut Conn<'_>,
    host: &str,
    found: &[Found],
    at: i64,
) -> Result<HashMap<Key, (Option<Role>, Role)>> {
    const BEFORE: &str = "SELECT kind, value, role FROM identifier WHERE host = $1";
    const ADD: &str = "INSERT INTO identifier
        (host, kind, value, role, place, url, capture, quote, first_seen, last_seen)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
    const AGAIN: &str = "UPDATE identifier SET role = $4, last_seen = $5
        WHERE host = $1 AND kind = $2 AND value = $3";
    let before: Vec<(String, String, String)> = conn.all(BEFORE, &[host.into()]).await?;
    let before: HashMap<Key, Role> = before
        .into_iter()
        .map(|(kind, value, word)| ((kind, value), role(&word)))
        .collect();
    let mut changed = HashMap::new();
    let mut shown: BTreeMap<Key, &Found> = BTreeMap::new();
    for one in found {
        let key = (one.kind.clone(), storable(&one.value).into_owned());
        let kept = shown.entry(key).or_insert(one);
        if one.role > kept.role {
            *kept = one;
        }
    }
    for (key, found) in shown {
        let known = before.get(&key).copied();
        let head = [
            host.into(),
            Value::from(&key.0),
            Value::from(&key.1),
            found.role.as_str().into(),
        ];
        if known.is_some() {
            conn.run(AGAIN, &[&head[..], &[at.into()]].concat()).await?;
        } else {
            let texts = [&found.place, &found.url, &found.capture, &found.quote];
            let texts = texts.map(|text| storable(text));
            let texts = texts.each_ref().map(|text| Value::Text(text));
            conn.run(ADD, &[&head[..], &texts[..], &[at.into()]].concat())
                .await?;
        }
        if known != Some(found.role) {
            changed.insert(key, (known, found.role));
        }
    }
    Ok(changed)
}

fn role(word: &str) -> Role {
    match word {
        "own" => Role::Own,
        "reserved" => Role::Reserved,
        // The table allows no other word; whatever ties nothing is the safe reading.
        _ => Role::Mentioned,
    }
}

/// How many sites show each of these identifiers as their own.
pub(super) async fn counts(
    conn: &mut Conn<'_>,
    keys: impl Iterator<Item = &Key>,
) -> Result<Counts> {
    const SQL: &str = "SELECT kind, value, role, COUNT(*) FROM identifier
        WHERE value IN ({}) AND role <> 'mentioned' GROUP BY kind, value, role";
    let keys: HashSet<&Key> = keys.collect();
    let values: HashSet<&str> = keys.iter().map(|(_, value)| value.as_str()).collect();
    let marked: Vec<Key> = conn
        .among(&format!("{MARKED} AND m.value IN ({{}})"), &values)
        .await?;
    let rows: Vec<(String, String, String, i64)> = conn.among(SQL, values).await?;
    let mut counts = Counts::new();
    for (kind, value, word, sites) in rows {
        let key = (kind, value);
        if !keys.contains(&key) {
            continue;
        }
        let count = counts.entry(key).or_default();
        match role(&word) {
            Role::Reserved => count.reserved += sites,
            _ => count.own += sites,
        }
    }
    nobodys(&mut counts, &marked);
    Ok(counts)
}

/// Identifiers that an officer marked as nobody's.
pub(super) const MARKED: &str = "SELECT m.kind, m.value FROM identifier_mark m
    WHERE m.mark = 'nobodys' AND NOT EXISTS (SELECT 1 FROM identifier_mark n
        WHERE n.kind = m.kind AND n.value = m.value AND n.seq > m.seq)";

fn nobodys(counts: &mut Counts, marked: &[Key]) {
    for key in marked {
        if let Some(count) = counts.get_mut(key) {
            count.nobodys = true;
        }
    }
}

const COLUMNS: &str = "host, kind, value, place, url, capture, quote, first_seen";

/// What these sites show as their own.
pub(super) async fn of_hosts(conn: &mut Conn<'_>, hosts: &HashSet<String>) -> Result<Vec<Row>> {
    let sql = format!("SELECT {COLUMNS} FROM identifier WHERE host IN ({{}}) AND role = 'own'");
    Ok(conn.among(&sql, hosts).await?)
}

/// Every site that shows one of these identifiers as its own.
pub(super) async fn of_keys(conn: &mut Conn<'_>, keys: &HashSet<&Key>) -> Result<Vec<Row>> {
    let sql = format!("SELECT {COLUMNS} FROM identifier WHERE value IN ({{}}) AND role = 'own'");
    let values: HashSet<&str> = keys.iter().map(|(_, value)| value.as_str()).collect();
    let mut rows: Vec<Row> = conn.among(&sql, values).await?;
    rows.retain(|row| keys.contains(&row.key));
    Ok(rows)
}

/// Everything that any site shows as its own, and how often.
pub(super) async fn everything(conn: &mut Conn<'_>) -> Result<(Vec<Row>, Counts)> {
    const COUNTS: &str = "SELECT kind, value, role, COUNT(*) FROM identifier
        WHERE role <> 'mentioned' GROUP BY kind, value, role";
    let sql = format!("SELECT {COLUMNS} FROM identifier WHERE role = 'own'");
    let rows = conn.all(&sql, &[]).await?;
    let counted: Vec<(String, String, String, i64)> = conn.all(COUNTS, &[]).await?;
    let mut counts = Counts::new();
    for (kind, value, word, sites) in counted {
        let count = counts.entry((kind, value)).or_default();
        match role(&word) {
            Role::Reserved => count.reserved += sites,
            _ => count.own += sites,
        }
    }
    nobodys(&mut counts, &conn.all::<Key>(MARKED, &[]).await?);
    Ok((rows, counts))
}

/// A sketch of a site's text, made by the crawler.
#[derive(Clone, Copy, Debug)]
pub struct NewSketch<'a> {
    /// The site.
    pub host: &'a str,
    /// `main`: what its pages say; `legal`: its terms.
    pub part: &'a str,
    /// Smallest hashes, in hex; what they mean is the crawler's.
    pub minhash: &'a str,
    /// How many words it was made of.
    pub words: i64,
    /// The page.
    pub url: &'a str,
    /// Hex SHA-256 of the captured body.
    pub capture: &'a str,
    /// How the text begins.
    pub quote: &'a str,
    /// When, in Unix seconds.
    pub at: i64,
}

/// A kept sketch.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptSketch {
    /// The site.
    pub host: String,
    /// `main` or `legal`.
    pub part: String,
    /// Smallest hashes, in hex.
    pub minhash: String,
    /// How many words it was made of.
    pub words: i64,
    /// The page.
    pub url: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// How the text begins.
    pub quote: String,
}

/// Keeps the newest sketch of a part of a site's text.
pub async fn keep_sketch(store: &Store, new: NewSketch<'_>) -> Result<()> {
    const SQL: &str = "INSERT INTO sketch (host, part, minhash, words, url, capture, quote, seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (host, part) DO UPDATE SET minhash = excluded.minhash, words = excluded.words,
            url = excluded.url, capture = excluded.capture, quote = excluded.quote, seen_at = excluded.seen_at";
    on!(store, |db| sqlx::query(SQL)
        .bind(new.host)
        .bind(new.part)
        .bind(new.minhash)
        .bind(new.words)
        .bind(storable(new.url))
        .bind(new.capture)
        .bind(storable(new.quote))
        .bind(new.at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The sketches of one site.
pub async fn sketches(store: &Store, host: &str) -> Result<Vec<KeptSketch>> {
    const SQL: &str = "SELECT host, part, minhash, words, url, capture, quote FROM sketch
        WHERE host = $1 ORDER BY part";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(host)
        .fetch_all(db)
        .await)?)
}

/// Crawled sites whose identifiers are reserved, because a register or a guard list names them.
pub async fn reserved_hosts(store: &Store) -> Result<Vec<String>> {
    const SQL: &str = "SELECT DISTINCT host FROM identifier WHERE role = 'reserved' ORDER BY host";
    Ok(on!(store, |db| sqlx::query_scalar(SQL)
        .fetch_all(db)
        .await)?)
}

/// What a site shows, in whatever role: kind and value.
///
/// # Errors
/// When the store fails.
pub async fn shown_on(store: &Store, host: &str) -> Result<Vec<Key>> {
    const SQL: &str = "SELECT kind, value FROM identifier WHERE host = $1 ORDER BY kind, value";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(&*storable(host))
        .fetch_all(db)
        .await)?)
}

/// Which sites show an identifier, in whatever role, and where; at most 100.
pub async fn shown_by(store: &Store, kind: &str, value: &str) -> Result<Vec<(String, Sight)>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identifier WHERE value = $1 AND kind = $2 ORDER BY host LIMIT 100"
    );
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&*storable(value))
        .bind(kind)
        .fetch_all(db)
        .await)?;
    Ok(rows.into_iter().map(|row| (row.host, row.sight)).collect())
}
