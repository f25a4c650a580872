//! Reads networks from the store.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    file::{Event, Month, NetworkFile, NetworkLine, PastSite, Site, Volume},
    links::{edges, identifiers},
};
use crate::{
    error::Result,
    pool::{Store, on, storable},
};

/// Present members: host, network, since.
pub(super) const PRESENT: &str = "SELECT m.host, m.network_id, m.at FROM network_member m
    WHERE m.network_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM network_member n WHERE n.host = m.host AND n.seq > m.seq)";

/// The network a host belongs to.
///
/// # Errors
/// When the store fails.
pub async fn of_host(store: &Store, host: &str) -> Result<Option<String>> {
    const SQL: &str =
        "SELECT network_id FROM network_member WHERE host = $1 ORDER BY seq DESC LIMIT 1";
    let row: Option<Option<String>> = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(&*storable(host))
        .fetch_optional(db)
        .await)?;
    Ok(row.flatten())
}

/// The network that a number stands for today: itself, or the one that took it in.
///
/// # Errors
/// When the store fails.
pub async fn resolve(store: &Store, id: &str) -> Result<Option<String>> {
    const THERE: &str = "SELECT COUNT(*) FROM network WHERE id = $1";
    const LIVE: &str =
        "SELECT COUNT(*) FROM network_member m WHERE network_id = $1 AND NOT EXISTS (
        SELECT 1 FROM network_member n WHERE n.host = m.host AND n.seq > m.seq)";
    const INTO: &str = "SELECT network_id FROM network_event
        WHERE kind = 'merged' AND other_id = $1 ORDER BY seq DESC LIMIT 1";
    let mut id = storable(id).into_owned();
    let mut seen = BTreeSet::new();
    let there: i64 = on!(store, |db| sqlx::query_scalar(THERE)
        .bind(&id)
        .fetch_one(db)
        .await)?;
    if there == 0 {
        return Ok(None);
    }
    while seen.insert(id.clone()) {
        let live: i64 = on!(store, |db| sqlx::query_scalar(LIVE)
            .bind(&id)
            .fetch_one(db)
            .await)?;
        let into: Option<String> = on!(store, |db| sqlx::query_scalar(INTO)
            .bind(&id)
            .fetch_optional(db)
            .await)?;
        match into {
            Some(into) if live == 0 => id = into,
            _ => break,
        }
    }
    Ok(Some(id))
}

/// All networks that have sites now: those with flagged sites first, then by size and age.
///
/// # Errors
/// When the store fails or holds what cannot be read.
pub async fn list(store: &Store) -> Result<Vec<NetworkLine>> {
    let mut sites = sites(store, None).await?;
    let wallets = wallets(store, None).await?;
    let stated = volumes(store).await?;
    let mut lines = Vec::new();
    for (id, formed_at) in numbers(store).await? {
        if let Some(sites) = sites.remove(&id) {
            lines.push(line(id, formed_at, &sites, &wallets, &stated));
        }
    }
    lines.sort_by(|a, b| {
        (b.flagged > 0, b.sites)
            .cmp(&(a.flagged > 0, a.sites))
            .then(a.id.cmp(&b.id))
    });
    Ok(lines)
}

/// One network, whatever number of it is asked for.
///
/// # Errors
/// When the store fails or holds what cannot be read.
pub async fn load(store: &Store, id: &str) -> Result<Option<NetworkFile>> {
    let Some(id) = resolve(store, id).await? else {
        return Ok(None);
    };
    const FORMED: &str = "SELECT formed_at FROM network WHERE id = $1";
    let formed_at: i64 = on!(store, |db| sqlx::query_scalar(FORMED)
        .bind(&id)
        .fetch_one(db)
        .await)?;
    let sites = sites(store, Some(&id))
        .await?
        .remove(&id)
        .unwrap_or_default();
    let wallets = wallets(store, Some(&id)).await?;
    let volumes = volumes(store).await?.remove(&id).unwrap_or_default();
    let hosts: BTreeSet<String> = sites.iter().map(|site| site.host.clone()).collect();
    let past = past(store, &id).await?;
    let ever: BTreeSet<String> = past
        .iter()
        .map(|site| site.host.clone())
        .chain(hosts.iter().cloned())
        .collect();
    let stated = BTreeMap::from([(id.clone(), volumes)]);
    let line = line(id.clone(), formed_at, &sites, &wallets, &stated);
    let volumes = stated.into_values().flatten().collect();
    Ok(Some(NetworkFile {
        edges: edges(store, &hosts, &ever).await?,
        identifiers: identifiers(store, &id).await?,
        events: events(store, &id).await?,
        activity: activity(store, &id, &sites).await?,
        volumes,
        past,
        sites,
        line,
    }))
}

fn line(
    id: String,
    formed_at: i64,
    sites: &[Site],
    wallets: &BTreeMap<String, BTreeSet<String>>,
    volumes: &BTreeMap<String, Vec<Volume>>,
) -> NetworkLine {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in sites.iter().filter_map(|site| site.kinds.first()) {
        *kinds.entry(kind).or_default() += 1;
    }
    let mut kinds: Vec<(usize, &str)> = kinds.into_iter().map(|(kind, n)| (n, kind)).collect();
    kinds.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let count = |what: &dyn Fn(&Site) -> bool| sites.iter().filter(|site| what(site)).count();
    let state = |site: &Site, states: &[&str]| {
        site.case_state
            .as_deref()
            .is_some_and(|state| states.contains(&state))
    };
    let own: BTreeSet<&String> = sites
        .iter()
        .filter_map(|site| wallets.get(&site.host))
        .flatten()
        .collect();
    let standing = |rows: &Vec<Volume>| rows.iter().filter(|volume| !volume.replaced).count();
    NetworkLine {
        formed_at,
        changed_at: sites
            .iter()
            .map(|site| site.since)
            .max()
            .unwrap_or(formed_at),
        sites: sites.len(),
        flagged: count(&|site| site.verdict == "flag"),
        review: count(&|site| site.verdict == "review"),
        cases: count(&|site| state(site, &["open", "in_review", "proposed"])),
        listed: count(&|site| state(site, &["listed"])),
        kinds: kinds.into_iter().map(|(_, kind)| kind.to_owned()).collect(),
        wallets: own.len(),
        volumes: volumes.get(&id).map_or(0, standing),
        id,
    }
}

async fn numbers(store: &Store) -> Result<BTreeMap<String, i64>> {
    const SQL: &str = "SELECT id, formed_at FROM network";
    let rows: Vec<(String, i64)> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    Ok(rows.into_iter().collect())
}

#[derive(sqlx::FromRow)]
struct SiteRow {
    host: String,
    network_id: String,
    at: i64,
    verdict: Option<String>,
    exchange: Option<f64>,
    serves_kz: Option<f64>,
    assessed_at: Option<i64>,
    report: Option<String>,
    case_id: Option<String>,
    case_state: Option<String>,
    listing_id: Option<String>,
}

/// Sites by network, each with its latest case: of one, or of all.
async fn sites(store: &Store, id: Option<&str>) -> Result<BTreeMap<String, Vec<Site>>> {
    let sql = format!(
        "SELECT p.host, p.network_id, p.at, a.verdict, a.exchange, a.serves_kz, a.assessed_at, a.report,
            c.id AS case_id, c.state AS case_state, (SELECT MAX(q.listing_id) FROM proposal q
                WHERE q.case_id = c.id AND c.state IN ('proposed', 'listed', 'lifted', 'annulled', 'expired')) AS listing_id
        FROM ({PRESENT}) p LEFT JOIN assessment a ON a.id = (SELECT b.id FROM assessment b
            WHERE b.host = p.host ORDER BY b.assessed_at DESC, b.id DESC LIMIT 1)
        LEFT JOIN review_case c ON c.id = (SELECT MAX(d.id) FROM review_case d WHERE d.host = p.host)
        WHERE $1 = '' OR p.network_id = $1 ORDER BY p.host"
    );
    let rows: Vec<SiteRow> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id.unwrap_or_default())
        .fetch_all(db)
        .await)?;
    let mut sites: BTreeMap<String, Vec<Site>> = BTreeMap::new();
    for row in rows {
        sites.entry(row.network_id).or_default().push(Site {
            since: row.at,
            verdict: row.verdict.unwrap_or_default(),
            exchange: row.exchange.unwrap_or_default(),
            serves_kz: row.serves_kz.unwrap_or_default(),
            kinds: kinds(row.report.as_deref()),
            assessed_at: row.assessed_at.unwrap_or_default(),
            case_id: row.case_id,
            case_state: row.case_state,
            listing_id: row.listing_id,
            host: row.host,
        });
    }
    Ok(sites)
}

fn kinds(report: Option<&str>) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Report {
        #[serde(default)]
        kinds: Vec<String>,
    }
    let read = report.map(serde_json::from_str::<Report>);
    read.and_then(std::result::Result::ok)
        .map(|report| report.kinds)
        .unwrap_or_default()
}

/// Wallets that members show as their own, by host: of one network, or of all.
async fn wallets(store: &Store, id: Option<&str>) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let sql = format!(
        "SELECT i.host, i.value FROM identifier i JOIN ({PRESENT}) p ON p.host = i.host
        WHERE i.role = 'own' AND i.kind LIKE 'wallet.%' AND ($1 = '' OR p.network_id = $1)"
    );
    let rows: Vec<(String, String)> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id.unwrap_or_default())
        .fetch_all(db)
        .await)?;
    let mut wallets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (host, value) in rows {
        wallets.entry(host).or_default().insert(value);
    }
    Ok(wallets)
}

/// Volumes by the network they stand for today.
pub(super) async fn volumes(store: &Store) -> Result<BTreeMap<String, Vec<Volume>>> {
    const SQL: &str =
        "SELECT v.id, v.network_id, o.display_name AS officer, v.given_at, v.period_from,
            v.period_to, v.kzt, v.usdt, v.rate, v.rate_on, v.source, v.document, v.replaces,
            (v.period_from IS NULL OR EXISTS (
                SELECT 1 FROM network_volume r WHERE r.replaces = v.id)) AS replaced
        FROM network_volume v JOIN officer o ON o.id = v.officer_id ORDER BY v.given_at, v.id";
    let rows: Vec<Volume> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    let mut today: BTreeMap<String, String> = BTreeMap::new();
    let mut volumes: BTreeMap<String, Vec<Volume>> = BTreeMap::new();
    for row in rows {
        if !today.contains_key(&row.network_id) {
            let id = resolve(store, &row.network_id).await?;
            today.insert(
                row.network_id.clone(),
                id.unwrap_or_else(|| row.network_id.clone()),
            );
        }
        let id = today.get(&row.network_id).cloned().unwrap_or_default();
        volumes.entry(id).or_default().push(row);
    }
    Ok(volumes)
}

async fn past(store: &Store, id: &str) -> Result<Vec<PastSite>> {
    const SQL: &str = "SELECT m.host, m.at, n.at, n.network_id FROM network_member m
        JOIN network_member n ON n.host = m.host AND n.seq = (
            SELECT MIN(l.seq) FROM network_member l WHERE l.host = m.host AND l.seq > m.seq)
        WHERE m.network_id = $1 ORDER BY m.seq";
    let rows: Vec<(String, i64, i64, Option<String>)> =
        on!(store, |db| sqlx::query_as(SQL).bind(id).fetch_all(db).await)?;
    Ok(rows
        .into_iter()
        .map(|(host, from, to, went_to)| PastSite {
            host,
            from,
            to,
            went_to,
        })
        .collect())
}

async fn events(store: &Store, id: &str) -> Result<Vec<Event>> {
    const SQL: &str = "SELECT at, kind, network_id, other_id, sites, cause, subject
        FROM network_event WHERE network_id = $1 OR other_id = $1 ORDER BY seq";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(id)
        .fetch_all(db)
        .await)?)
}

/// Counts by month over the sites of a network.
async fn activity(store: &Store, id: &str, sites: &[Site]) -> Result<Vec<Month>> {
    let of = |table: &str, time: &str| {
        format!(
            "SELECT x.{time} FROM {table} x JOIN ({PRESENT}) p ON p.host = x.host
            WHERE p.network_id = $1"
        )
    };
    type Field = fn(&mut Month) -> &mut i64;
    let counted: [(String, Field); 4] = [
        (of("site", "discovered_at"), |month| &mut month.discovered),
        (of("capture", "fetched_at"), |month| &mut month.captures),
        (of("identifier", "first_seen"), |month| {
            &mut month.identifiers
        }),
        (of("review_case", "opened_at"), |month| &mut month.cases),
    ];
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    let mut add = |at: i64, field: Field| {
        let day = blocklist::Timestamp(at).to_string();
        let name: String = day.chars().take(7).collect();
        let month = months.entry(name.clone()).or_insert_with(|| Month {
            month: name,
            ..Month::default()
        });
        *field(month) += 1;
    };
    for (sql, field) in counted {
        let times: Vec<i64> = on!(store, |db| sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_all(db)
            .await)?;
        times.into_iter().for_each(|at| add(at, field));
    }
    for site in sites {
        add(site.since, |month| &mut month.joined);
    }
    Ok(months.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Centre, Engine, NOW};

    crate::both_engines!(one_network_is_read_without_the_wallets_of_others);

    async fn one_network_is_read_without_the_wallets_of_others(engine: Engine) {
        let centre = Centre::on(engine).await;
        for (seq, (host, number)) in (1..).zip([("a.test", 1), ("b.test", 1), ("c.test", 2)]) {
            centre.plant_case(host).await;
            let id = format!("N-2026-00000{number}");
            for sql in [
                format!("INSERT INTO network (id, formed_at) VALUES ('{id}', {NOW}) ON CONFLICT DO NOTHING"),
                format!("INSERT INTO network_member (seq, host, network_id, at) VALUES ({seq}, '{host}', '{id}', {NOW})"),
                format!(
                    "INSERT INTO identifier (host, kind, value, role, place, url, capture, quote, first_seen, last_seen)
                    VALUES ('{host}', 'wallet.tron', 'T{number}', 'own', 'p', 'u', '', '', {NOW}, {NOW})"
                ),
            ] {
                centre.sql(&sql).await.unwrap();
            }
        }
        let hosts = async |id| {
            let wallets = wallets(&centre.store, id).await.unwrap();
            wallets.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(hosts(None).await, ["a.test", "b.test", "c.test"]);
        assert_eq!(hosts(Some("N-2026-000002")).await, ["c.test"]);
        let file = load(&centre.store, "N-2026-000001").await.unwrap().unwrap();
        assert_eq!(
            (file.line.wallets, file.line.cases, file.line.formed_at),
            (1, 2, NOW)
        );
        assert_eq!(file.sites[1].case_id.as_deref(), Some("C-2026-000002"));
    }
}
