//! The sites and what the registers say of each: read in pages, matched in memory, and written where
//! something else came out.

use blocklist::{
    DomainName,
    matching::{Claim, Match, Verdict},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    ACTOR, With,
    facts::{self, Ended},
};
use crate::{
    audit::append_audit,
    error::{Error, Result},
    known::{check_claims, check_host},
    pool::{Store, locks, on, transaction},
};

/// Sites that are read at once.
const PAGE: i64 = 5_000;

/// Rows that one statement writes: SQLite takes 32 766 values.
const ROWS: usize = 500;

/// A site as it stands in the store.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Held {
    pub(super) host: String,
    state: String,
    verdict: Option<String>,
    licence_match: Option<String>,
    claims: Option<String>,
}

/// A site as it was matched.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) host: String,
    /// The verdict that was kept, if one was.
    pub(super) before: Option<String>,
    pub(super) verdict: &'static str,
    /// The match and the claims as they were weighed, as JSON.
    pub(super) licence_match: String,
    claims: String,
    /// Whether this is something else than what was kept.
    pub(super) changed: bool,
    /// Whether the register calls it licensed.
    pub(super) licensed: bool,
    /// Whether nothing could be captured of it.
    pub(super) failed: bool,
    /// The licence that ended.
    pub(super) ended: Option<Ended>,
    /// The licence that is no longer in its register.
    pub(super) gone: Option<Ended>,
}

/// What is kept of a match; [`Held::licence_match`] and the field of that name of a case.
#[derive(Serialize)]
struct Kept<'a, C: Serialize> {
    r#match: &'a Match,
    claims: C,
}

/// The next sites by name after `after`; none when there are no more.
pub(super) async fn page(store: &Store, after: &str) -> Result<Vec<Held>> {
    const SQL: &str = "SELECT s.host, s.state, m.verdict, m.licence_match, m.claims
        FROM site s LEFT JOIN site_match m ON m.host = s.host
        WHERE s.host > $1 ORDER BY s.host LIMIT $2";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(after)
        .bind(PAGE)
        .fetch_all(db)
        .await)?)
}

/// One site, with the claims that were just read on it.
pub(super) async fn one(store: &Store, host: &DomainName, claims: String) -> Result<Held> {
    const SQL: &str = "SELECT s.host, s.state, m.verdict, m.licence_match, m.claims
        FROM site s LEFT JOIN site_match m ON m.host = s.host WHERE s.host = $1";
    let held: Held = on!(store, |db| sqlx::query_as(SQL)
        .bind(host.as_str())
        .fetch_one(db)
        .await)?;
    Ok(Held {
        claims: Some(claims),
        ..held
    })
}

/// Matches sites.
pub(super) fn look(page: Vec<Held>, with: &With) -> Result<Vec<Looked>> {
    page.into_iter().map(|held| look_at(held, with)).collect()
}

fn look_at(held: Held, with: &With) -> Result<Looked> {
    let name = DomainName::parse(&held.host).map_err(|error| Error::stored("site", error))?;
    let found = check_host(&name, &with.known, with.at);
    let claims = held.claims.unwrap_or_else(|| "[]".into());
    let licence_match = if claims == "[]" {
        text(&found, [(); 0])?
    } else {
        let read: Vec<Claim> =
            serde_json::from_str(&claims).map_err(|e| Error::stored("site_match", e))?;
        text(&found, check_claims(&name, &read, &with.known, with.at))?
    };
    let changed = held.licence_match.as_ref() != Some(&licence_match);
    let was_licensed = held.verdict.as_deref() == Some(Verdict::Licensed.as_str());
    let gone = match &held.licence_match {
        Some(before) if changed && was_licensed => facts::gone(&read_match(before)?, &found, &name),
        _ => None,
    };
    Ok(Looked {
        host: held.host,
        before: held.verdict,
        verdict: found.verdict.as_str(),
        licence_match,
        claims,
        changed,
        licensed: facts::says(&found, Verdict::Licensed),
        failed: held.state == "failed",
        ended: facts::ended(&found, with.at),
        gone,
    })
}

fn text(found: &Match, claims: impl Serialize) -> Result<String> {
    let kept = Kept {
        r#match: found,
        claims,
    };
    serde_json::to_string(&kept).map_err(|error| Error::stored("site_match", error))
}

fn read_match(text: &str) -> Result<Match> {
    #[derive(Deserialize)]
    struct Kept {
        r#match: Match,
    }
    let kept: Kept =
        serde_json::from_str(text).map_err(|error| Error::stored("site_match", error))?;
    Ok(kept.r#match)
}

/// Writes what came out otherwise, and gives how many. Where a site has a live case, the case shows it
/// from now on, and its history says since when.
pub(super) async fn keep<'a, 'c>(
    store: &Store,
    changed: impl Iterator<Item = &'a Looked>,
    live: impl Fn(&str) -> Option<&'c str>,
    now: i64,
) -> Result<u64> {
    let (waiting, others): (Vec<_>, Vec<_>) =
        changed.partition(|looked| live(&looked.host).is_some());
    for rows in others.chunks(ROWS) {
        write(store, rows, now).await?;
    }
    for looked in &waiting {
        let Some(case_id) = live(&looked.host) else {
            continue;
        };
        mark(store, looked, case_id, now).await?;
    }
    Ok((waiting.len() + others.len()) as u64)
}

/// The statement for so many rows. Where two runs meet, whoever comes second changes nothing.
fn upsert(rows: usize) -> String {
    let places: Vec<String> = (0..rows)
        .map(|row| {
            let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|place| row * 5 + place);
            format!("(${a}, ${b}, ${c}, ${d}, ${e})")
        })
        .collect();
    format!(
        "INSERT INTO site_match (host, verdict, licence_match, claims, matched_at) VALUES {}
        ON CONFLICT (host) DO UPDATE SET verdict = excluded.verdict,
            licence_match = excluded.licence_match, claims = excluded.claims,
            matched_at = excluded.matched_at
        WHERE site_match.licence_match <> excluded.licence_match
            OR site_match.claims <> excluded.claims",
        places.join(", ")
    )
}

async fn write(store: &Store, rows: &[&Looked], now: i64) -> Result<()> {
    let sql = upsert(rows.len());
    on!(store, |db| {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for row in rows {
            query = query
                .bind(&row.host)
                .bind(row.verdict)
                .bind(&row.licence_match)
                .bind(&row.claims)
                .bind(now);
        }
        query.execute(db).await.map(|_| ())
    })?;
    Ok(())
}

/// What a case held, with another match and other claims; the rest the crawler found stays.
fn with_match(held: &str, licence_match: &str) -> Result<String> {
    type Fields = serde_json::Map<String, serde_json::Value>;
    let read = |text: &str| {
        serde_json::from_str::<Fields>(text).map_err(|e| Error::stored("review_case", e))
    };
    let mut fields = read(held)?;
    fields.extend(read(licence_match)?);
    Ok(serde_json::Value::Object(fields).to_string())
}

async fn mark(store: &Store, looked: &Looked, case_id: &str, now: i64) -> Result<()> {
    const CASES: &str = concat!(
        "SELECT id, licence_match FROM review_case WHERE host = $1 AND ",
        crate::case::live!()
    );
    const CASE: &str = "UPDATE review_case SET licence_match = $1 WHERE id = $2";
    let sql = upsert(1);
    let detail = json!({ "from": looked.before, "to": looked.verdict });
    transaction!(store, locks::OFFICE, |tx| {
        let written = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&looked.host)
            .bind(looked.verdict)
            .bind(&looked.licence_match)
            .bind(&looked.claims)
            .bind(now)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if written == 1 {
            let held: Vec<(String, String)> = sqlx::query_as(CASES)
                .bind(&looked.host)
                .fetch_all(&mut *tx)
                .await?;
            for (id, held) in held {
                sqlx::query(CASE)
                    .bind(with_match(&held, &looked.licence_match)?)
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        // The same verdict in other words (a newer snapshot, say) is no event.
        if written == 1
            && looked
                .before
                .as_deref()
                .is_some_and(|v| v != looked.verdict)
        {
            append_audit!(tx, now, ACTOR, "rematched", case_id, &detail);
        }
    });
    Ok(())
}
