//! Networks kept up to date: what one site changed, or everything anew.
//!
//! Both ways end in the same rows. One site is cheap: only it, and sites of identifiers whose weight
//! it changed, are held against others again, and only networks that lost or won a tie are grouped
//! again. All of it is one transaction under one lock, so what a second crawl sees is whole.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    Cause, Found, Role,
    conn::{Conn, Value},
    group::{self, Grouped},
    seen,
    ties::{Pair, Rules, Tie, Ties, ties},
};
use crate::{
    error::{Error, Result},
    pool::{Store, locks, transaction},
};

/// What an update came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Ties that are new, different or gone.
    pub ties: usize,
    /// Sites that belong to another network than before, or to none.
    pub moved: usize,
}

/// Keeps what a site was found to show, and brings the networks up to date.
///
/// # Errors
/// When the store fails; nothing is kept then.
pub async fn update(
    store: &Store,
    host: &str,
    found: &[Found],
    at: i64,
    rules: &impl Rules,
) -> Result<Update> {
    Ok(transaction!(store, locks::NETWORKS, |tx| {
        let mut conn = Conn::from(&mut *tx);
        one_site(&mut conn, host, found, at, rules).await?
    }))
}

/// Computes all ties and networks anew from what sites show and what officers cut; changes nothing
/// where everything is as it should be.
///
/// # Errors
/// When the store fails; nothing is changed then.
pub async fn rebuild(store: &Store, at: i64, rules: &impl Rules) -> Result<Update> {
    Ok(transaction!(store, locks::NETWORKS, |tx| {
        let mut conn = Conn::from(&mut *tx);
        everything(&mut conn, at, rules).await?
    }))
}

async fn one_site(
    conn: &mut Conn<'_>,
    host: &str,
    found: &[Found],
    at: i64,
    rules: &impl Rules,
) -> Result<Update> {
    let changed = seen::keep(conn, host, found, at).await?;
    if changed.is_empty() {
        return Ok(Update::default());
    }
    // Who is to be held against others again: this site, and everybody who shows an identifier that
    // counts otherwise now.
    let mut asked = HashSet::from([host.to_owned()]);
    let now = seen::counts(conn, changed.keys()).await?;
    let mut turned = HashSet::new();
    for (key, (before, after)) in &changed {
        let count = now.get(key).copied().unwrap_or_default();
        let mut was = count;
        match after {
            Role::Own => was.own -= 1,
            Role::Reserved => was.reserved -= 1,
            Role::Mentioned => {}
        }
        match before {
            Some(Role::Own) => was.own += 1,
            Some(Role::Reserved) => was.reserved += 1,
            Some(Role::Mentioned) | None => {}
        }
        if was.points(&key.0, rules) != count.points(&key.0, rules) {
            turned.insert(key);
        }
    }
    let rows = seen::of_keys(conn, &turned).await?;
    asked.extend(rows.into_iter().map(|row| row.host));
    again(conn, &asked, at, (Cause::Site, host), rules).await
}

/// Holds these sites against all others again, and groups what came of it.
pub(super) async fn again(
    conn: &mut Conn<'_>,
    asked: &HashSet<String>,
    at: i64,
    (cause, subject): (Cause, &str),
    rules: &impl Rules,
) -> Result<Update> {
    let own = seen::of_hosts(conn, asked).await?;
    let counts = seen::counts(conn, own.iter().map(|row| &row.key)).await?;
    let live: HashSet<&(String, String)> = own
        .iter()
        .map(|row| &row.key)
        .filter(|key| {
            counts
                .get(*key)
                .is_some_and(|count| count.points(&key.0, rules) > 0)
        })
        .collect();
    let rows = seen::of_keys(conn, &live).await?;
    let new = ties(&rows, &counts, Some(asked), rules);
    let old = kept_ties(conn, Some(asked)).await?;
    let touched = write_ties(conn, &old, &new, at).await?;
    if touched.is_empty() {
        return Ok(Update::default());
    }
    let ties = touched.len();
    let hosts = touched.into_iter().flat_map(|(a, b)| [a, b]).collect();
    let moved = regroup(conn, hosts, at, cause, subject).await?;
    Ok(Update { ties, moved })
}

async fn everything(conn: &mut Conn<'_>, at: i64, rules: &impl Rules) -> Result<Update> {
    let (rows, counts) = seen::everything(conn).await?;
    let new = ties(&rows, &counts, None, rules);
    let old = kept_ties(conn, None).await?;
    let touched = write_ties(conn, &old, &new, at).await?.len();
    let mut hosts: BTreeSet<String> = new.into_keys().flat_map(|(a, b)| [a, b]).collect();
    hosts.extend(members(conn, None).await?.into_keys());
    let moved = regroup(conn, hosts, at, Cause::Rebuild, "").await?;
    Ok(Update {
        ties: touched,
        moved,
    })
}

/// The newest row of each pair.
const TIES: &str = "SELECT host_a, host_b, strength, reasons FROM network_edge e
    WHERE NOT EXISTS (SELECT 1 FROM network_edge n
        WHERE n.host_a = e.host_a AND n.host_b = e.host_b AND n.seq > e.seq) AND strength > 0";

/// Ties as they are kept, of which one end is among `hosts`.
async fn kept_ties(conn: &mut Conn<'_>, hosts: Option<&HashSet<String>>) -> Result<Ties> {
    let rows: Vec<(String, String, i64, String)> = match hosts {
        None => conn.all(TIES, &[]).await?,
        Some(hosts) => {
            let mut rows = Vec::new();
            for end in ["host_a", "host_b"] {
                let sql = format!("{TIES} AND e.{end} IN ({{}})");
                rows.extend(conn.among(&sql, hosts).await?);
            }
            rows
        }
    };
    let tie = |(a, b, strength, reasons): (String, String, i64, String)| {
        let reasons =
            serde_json::from_str(&reasons).map_err(|error| Error::stored("network_edge", error))?;
        Ok(((a, b), Tie { strength, reasons }))
    };
    rows.into_iter().map(tie).collect()
}

/// Appends what is new, different or gone; gives the pairs.
async fn write_ties(conn: &mut Conn<'_>, old: &Ties, new: &Ties, at: i64) -> Result<Vec<Pair>> {
    let different = new
        .iter()
        .filter(|(pair, tie)| old.get(*pair).is_none_or(|was| !was.same_as(tie)))
        .map(|(pair, tie)| (pair, Some(tie)));
    let gone = old
        .keys()
        .filter(|pair| !new.contains_key(*pair))
        .map(|pair| (pair, None));
    let changes: Vec<(&Pair, Option<&Tie>)> = different.chain(gone).collect();
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    const SQL: &str = "INSERT INTO network_edge (seq, host_a, host_b, at, strength, reasons)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let mut seq = conn.next_seq("network_edge").await?;
    for (pair, tie) in &changes {
        let reasons = tie.map_or(Ok("[]".to_owned()), |tie| {
            serde_json::to_string(&tie.reasons)
        });
        let reasons = reasons.map_err(|error| Error::stored("network_edge", error))?;
        let values = [
            seq.into(),
            Value::from(&pair.0),
            Value::from(&pair.1),
            at.into(),
            tie.map_or(0, |tie| tie.strength).into(),
            Value::from(&reasons),
        ];
        conn.run(SQL, &values).await?;
        seq += 1;
    }
    Ok(changes.into_iter().map(|(pair, _)| pair.clone()).collect())
}

/// The newest membership row of each host.
const MEMBERS: &str = "SELECT host, network_id FROM network_member m
    WHERE NOT EXISTS (SELECT 1 FROM network_member n WHERE n.host = m.host AND n.seq > m.seq)
        AND network_id IS NOT NULL";

/// To which network hosts belong: of these, or of all.
async fn members(
    conn: &mut Conn<'_>,
    hosts: Option<&BTreeSet<String>>,
) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = match hosts {
        None => conn.all(MEMBERS, &[]).await?,
        Some(hosts) => {
            conn.among(&format!("{MEMBERS} AND m.host IN ({{}})"), hosts)
                .await?
        }
    };
    Ok(rows.into_iter().collect())
}

/// Groups the networks of `hosts` again, by the ties that nobody has cut; gives how many sites moved.
pub(super) async fn regroup(
    conn: &mut Conn<'_>,
    mut hosts: BTreeSet<String>,
    at: i64,
    cause: Cause,
    subject: &str,
) -> Result<usize> {
    let own: BTreeSet<String> = members(conn, Some(&hosts)).await?.into_values().collect();
    let sql = format!("{MEMBERS} AND m.network_id IN ({{}})");
    let of_networks: Vec<(String, String)> = conn.among(&sql, &own).await?;
    let before: BTreeMap<String, String> = of_networks.into_iter().collect();
    hosts.extend(before.keys().cloned());

    let all: HashSet<String> = hosts.iter().cloned().collect();
    let kept = kept_ties(conn, Some(&all)).await?;
    let cut = cuts(conn, &hosts).await?;
    let links = kept
        .keys()
        .filter(|pair| hosts.contains(&pair.0) && hosts.contains(&pair.1) && !cut.contains(*pair));
    let sets = group::components(links.map(|(a, b)| (a.as_str(), b.as_str())));
    let mut claims = before.clone();
    claims.extend(ended(conn, &hosts, &before).await?);
    let now = group::numbered(sets, &claims);
    let change = Change { at, cause, subject };
    change.write(conn, &before, now).await
}

/// Pairs among `hosts` that an officer has cut.
async fn cuts(conn: &mut Conn<'_>, hosts: &BTreeSet<String>) -> Result<BTreeSet<Pair>> {
    const SQL: &str = "SELECT host_a, host_b FROM network_cut c
        WHERE c.host_a IN ({}) AND kind = 'cut' AND NOT EXISTS (SELECT 1 FROM network_cut n
            WHERE n.host_a = c.host_a AND n.host_b = c.host_b AND n.seq > c.seq)";
    Ok(conn.among(SQL, hosts).await?.into_iter().collect())
}

/// For hosts that belong to no network: the last one they belonged to, if it has no site any more. A
/// network whose only tie was cut comes back under its own number when the cut is undone.
async fn ended(
    conn: &mut Conn<'_>,
    hosts: &BTreeSet<String>,
    before: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    const SQL: &str = "SELECT m.host, m.network_id FROM network_member m
        WHERE m.host IN ({}) AND m.network_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM network_member n
            WHERE n.host = m.host AND n.seq > m.seq AND n.network_id IS NOT NULL)
        AND NOT EXISTS (
            SELECT 1 FROM network_member k WHERE k.network_id = m.network_id AND NOT EXISTS (
                SELECT 1 FROM network_member l WHERE l.host = k.host AND l.seq > k.seq))";
    let free = hosts.iter().filter(|host| !before.contains_key(*host));
    Ok(conn.among(SQL, free).await?.into_iter().collect())
}

/// A change of networks that is to be written down.
struct Change<'a> {
    at: i64,
    cause: Cause,
    subject: &'a str,
}

impl Change<'_> {
    /// Writes what is otherwise than before: numbers, members, and in a word what happened to each.
    async fn write(
        self,
        conn: &mut Conn<'_>,
        before: &BTreeMap<String, String>,
        now: Vec<Grouped>,
    ) -> Result<usize> {
        let mut sizes: HashMap<&str, usize> = HashMap::new();
        for id in before.values() {
            *sizes.entry(id).or_default() += 1;
        }
        let kept: HashSet<String> = now.iter().filter_map(|group| group.id.clone()).collect();
        let mut taken_in: HashSet<&str> = HashSet::new();
        let mut after: BTreeMap<String, String> = BTreeMap::new();
        for Grouped { id, members } in now {
            let count = members.len();
            let came_from: BTreeSet<&str> = members
                .iter()
                .filter_map(|host| before.get(host).map(String::as_str))
                .collect();
            let (id, is_new) = match id {
                Some(id) => (id, false),
                None => (self.new_network(conn).await?, true),
            };
            let mut told = false;
            for other in came_from.into_iter().filter(|other| *other != id) {
                // A number that lives on elsewhere: this part split from it. Else it ends in this one.
                let kind = if kept.contains(other) {
                    "split"
                } else if taken_in.insert(other) {
                    "merged"
                } else {
                    continue;
                };
                self.event(conn, kind, &id, Some(other), count).await?;
                told = true;
            }
            let was = sizes.get(id.as_str()).copied().unwrap_or(0);
            let kind = match was {
                _ if told => None,
                _ if is_new => Some("formed"),
                0 => Some("restored"),
                was if count > was => Some("grown"),
                was if count < was => Some("shrunk"),
                _ => None,
            };
            if let Some(kind) = kind {
                self.event(conn, kind, &id, None, count).await?;
            }
            after.extend(members.into_iter().map(|host| (host, id.clone())));
        }
        for id in sizes.keys() {
            if !kept.contains(*id) && !taken_in.contains(id) {
                self.event(conn, "ended", id, None, 0).await?;
            }
        }
        self.move_members(conn, before, &after).await
    }

    async fn move_members(
        &self,
        conn: &mut Conn<'_>,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
    ) -> Result<usize> {
        const SQL: &str =
            "INSERT INTO network_member (seq, host, network_id, at) VALUES ($1, $2, $3, $4)";
        let hosts: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let moved: Vec<&String> = hosts
            .into_iter()
            .filter(|host| before.get(*host) != after.get(*host))
            .collect();
        let mut seq = conn.next_seq("network_member").await?;
        for host in &moved {
            let to = after.get(*host).map(String::as_str);
            let values = [
                seq.into(),
                Value::from(*host),
                Value::MaybeText(to),
                self.at.into(),
            ];
            conn.run(SQL, &values).await?;
            seq += 1;
        }
        Ok(moved.len())
    }

    /// The next number of the year: `N-2026-000001`.
    async fn new_network(&self, conn: &mut Conn<'_>) -> Result<String> {
        const COUNT: &str = "SELECT COUNT(*) FROM network";
        const SQL: &str = "INSERT INTO network (id, formed_at) VALUES ($1, $2)";
        let count: Vec<(i64,)> = conn.all(COUNT, &[]).await?;
        let number = count.first().map_or(0, |row| row.0) + 1;
        let year = blocklist::Timestamp(self.at).year();
        let id = format!("N-{year:04}-{number:06}");
        conn.run(SQL, &[Value::from(&id), self.at.into()]).await?;
        Ok(id)
    }

    async fn event(
        &self,
        conn: &mut Conn<'_>,
        kind: &str,
        id: &str,
        other: Option<&str>,
        sites: usize,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO network_event
            (seq, at, kind, network_id, other_id, sites, cause, subject)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = [
            conn.next_seq("network_event").await?.into(),
            self.at.into(),
            kind.into(),
            id.into(),
            Value::MaybeText(other),
            i64::try_from(sites).unwrap_or(i64::MAX).into(),
            self.cause.as_str().into(),
            self.subject.into(),
        ];
        conn.run(SQL, &values).await?;
        Ok(())
    }
}
