//! What ties the sites of a network: ties with the cuts on them, and the identifiers behind them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    LINKS_FROM, Mark,
    file::{CutRow, Edge, Identifier, Seen},
    marks,
    read::PRESENT,
    ties::Pair,
};
use crate::{
    error::{Error, Result},
    pool::{Store, on},
};

/// Ties with one end in the network and the other there too, or there once.
pub(super) async fn edges(
    store: &Store,
    hosts: &BTreeSet<String>,
    ever: &BTreeSet<String>,
) -> Result<Vec<Edge>> {
    const SQL: &str = "SELECT e.host_a, e.host_b, e.strength, e.reasons, e.at FROM network_edge e
        WHERE (e.host_a = $1 OR e.host_b = $1) AND strength > 0 AND NOT EXISTS (
            SELECT 1 FROM network_edge n
            WHERE n.host_a = e.host_a AND n.host_b = e.host_b AND n.seq > e.seq)";
    let mut edges: BTreeMap<Pair, Edge> = BTreeMap::new();
    for host in hosts {
        let rows: Vec<(String, String, i64, String, i64)> = on!(store, |db| {
            sqlx::query_as(SQL).bind(host).fetch_all(db).await
        })?;
        for (a, b, strength, reasons, at) in rows {
            if !(ever.contains(&a) && ever.contains(&b)) {
                continue;
            }
            let reasons = serde_json::from_str(&reasons)
                .map_err(|error| Error::stored("network_edge", error))?;
            let pair = (a.clone(), b.clone());
            edges.insert(
                pair,
                Edge {
                    a,
                    b,
                    strength,
                    reasons,
                    at,
                    cut: None,
                },
            );
        }
    }
    for (pair, cut) in standing_cuts(store).await? {
        if let Some(edge) = edges.get_mut(&pair) {
            edge.cut = Some(cut);
        }
    }
    debug_assert!(edges.values().all(|edge| edge.strength >= LINKS_FROM));
    Ok(edges.into_values().collect())
}

async fn standing_cuts(store: &Store) -> Result<BTreeMap<Pair, CutRow>> {
    const SQL: &str = "SELECT c.host_a, c.host_b, c.kind, o.display_name, c.why, c.at
        FROM network_cut c JOIN officer o ON o.id = c.officer_id
        WHERE c.kind = 'cut' AND NOT EXISTS (SELECT 1 FROM network_cut n
            WHERE n.host_a = c.host_a AND n.host_b = c.host_b AND n.seq > c.seq)";
    type Row = (String, String, String, String, String, i64);
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    Ok(rows
        .into_iter()
        .map(|(a, b, kind, officer, why, at)| {
            let cut = CutRow {
                kind,
                officer,
                why,
                at,
            };
            ((a, b), cut)
        })
        .collect())
}

#[derive(sqlx::FromRow)]
struct IdentifierRow {
    host: String,
    kind: String,
    value: String,
    place: String,
    url: String,
    capture: String,
    quote: String,
    first_seen: i64,
    last_seen: i64,
    anywhere: i64,
}

/// What the sites of a network show as their own, the most shared first.
pub(super) async fn identifiers(store: &Store, id: &str) -> Result<Vec<Identifier>> {
    let sql = format!(
        "SELECT i.host, i.kind, i.value, i.place, i.url, i.capture, i.quote, i.first_seen, i.last_seen,
            (SELECT COUNT(*) FROM identifier o
                WHERE o.kind = i.kind AND o.value = i.value AND o.role = 'own') AS anywhere
        FROM identifier i JOIN ({PRESENT}) p ON p.host = i.host
        WHERE p.network_id = $1 AND i.role = 'own' ORDER BY i.kind, i.value, i.host"
    );
    let rows: Vec<IdentifierRow> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_all(db)
        .await)?;
    let mut marked: BTreeMap<(String, String), Mark> = marks(store)
        .await?
        .into_iter()
        .map(|mark| ((mark.kind.clone(), mark.value.clone()), mark))
        .collect();
    let mut all: Vec<Identifier> = Vec::new();
    for row in rows {
        let seen = Seen {
            host: row.host,
            url: row.url,
            place: row.place,
            capture: row.capture,
            quote: row.quote,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
        };
        match all.last_mut() {
            Some(last) if last.kind == row.kind && last.value == row.value => last.sites.push(seen),
            _ => all.push(Identifier {
                nobodys: marked.remove(&(row.kind.clone(), row.value.clone())),
                kind: row.kind,
                value: row.value,
                sites: vec![seen],
                anywhere: row.anywhere,
            }),
        }
    }
    // A text that is alike shares several bands; they say one thing.
    let mut told: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    all.retain(|one| {
        let hosts = one.sites.iter().map(|seen| seen.host.clone()).collect();
        !one.kind.starts_with("text.") || told.insert((one.kind.clone(), hosts))
    });
    all.sort_by(|a, b| {
        b.sites
            .len()
            .cmp(&a.sites.len())
            .then_with(|| (&a.kind, &a.value).cmp(&(&b.kind, &b.value)))
    });
    Ok(all)
}
