//! Volumes that officers state for networks, with their source. Nothing is ever changed or taken away;
//! a later row replaces a volume or withdraws it.

use blocklist::{Digest, time::Day};

use super::office::{NetworkError, may, words};
use crate::{
    audit::append_audit,
    decide::{Document, MAX_DOCUMENT},
    officer::Officer,
    pool::{Store, locks, random_id, storable, transaction},
};

/// An amount that an officer states for a network over some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// In whole tenge.
    pub kzt: Option<i64>,
    /// In millionths of a USDT.
    pub usdt: Option<i64>,
    /// Tenge for one USDT in ten-thousandths, and the day of that rate.
    pub rate: Option<(i64, Day)>,
    /// The first and the last day.
    pub period: (Day, Day),
}

/// A volume to enter.
#[derive(Clone, Debug)]
pub struct NewVolume<'a> {
    /// How much, and when.
    pub amounts: Amounts,
    /// Where the figure comes from, in words.
    pub source: &'a str,
    /// The paper it stands in.
    pub document: Option<Document>,
    /// The row that this one replaces.
    pub replaces: Option<i64>,
}

/// One line of a table of volumes.
#[derive(Clone, Copy, Debug)]
pub struct TabledVolume<'a> {
    /// The network.
    pub network_id: &'a str,
    /// How much, and when.
    pub amounts: Amounts,
    /// Where the figure comes from, in words.
    pub source: &'a str,
}

/// Most volumes that are entered at once.
pub const MOST_TABLED: usize = 2_000;

/// Enters a volume; gives its row's id.
///
/// # Errors
/// [`NetworkError::Field`] for amounts that are missing or out of bounds, a period that ends before
/// it begins, no source, or a document over [`MAX_DOCUMENT`].
pub async fn add_volume(
    store: &Store,
    officer: &Officer,
    network_id: &str,
    new: NewVolume<'_>,
    at: i64,
) -> Result<i64, NetworkError> {
    check(new.amounts)?;
    let entry = Entry {
        id: random_id()?,
        network_id,
        amounts: Some(new.amounts),
        source: new.source,
        replaces: new.replaces,
    };
    let document = new.document.as_ref();
    enter(
        store,
        officer,
        std::slice::from_ref(&entry),
        document,
        false,
        at,
    )
    .await?;
    Ok(entry.id)
}

/// Enters the volumes of a table, all of them or none; the table is kept beside each.
///
/// # Errors
/// [`NetworkError::Volume`] with the first that cannot be entered: for what [`add_volume`] refuses, and
/// where the same statement stands already, in the store or in the table.
pub async fn add_volumes(
    store: &Store,
    officer: &Officer,
    rows: &[TabledVolume<'_>],
    table: &Document,
    at: i64,
) -> Result<(), NetworkError> {
    if rows.is_empty() || rows.len() > MOST_TABLED {
        return Err(NetworkError::Field("document"));
    }
    let mut entries = Vec::with_capacity(rows.len());
    for (number, row) in (1..).zip(rows) {
        let fits = check(row.amounts).and_then(|()| words("source", row.source));
        fits.map_err(|error| NetworkError::Volume(number, Box::new(error)))?;
        entries.push(Entry {
            id: random_id()?,
            network_id: row.network_id,
            amounts: Some(row.amounts),
            source: row.source,
            replaces: None,
        });
    }
    enter(store, officer, &entries, Some(table), true, at).await
}

/// Withdraws a volume; the row stays and counts no more.
///
/// # Errors
/// [`NetworkError::Field`] when that row is not the network's, or was replaced already.
pub async fn withdraw_volume(
    store: &Store,
    officer: &Officer,
    network_id: &str,
    volume: i64,
    why: &str,
    at: i64,
) -> Result<i64, NetworkError> {
    let entry = Entry {
        id: random_id()?,
        network_id,
        amounts: None,
        source: why,
        replaces: Some(volume),
    };
    enter(
        store,
        officer,
        std::slice::from_ref(&entry),
        None,
        false,
        at,
    )
    .await?;
    Ok(entry.id)
}

fn check(amounts: Amounts) -> Result<(), NetworkError> {
    let Amounts {
        kzt,
        usdt,
        rate,
        period,
    } = amounts;
    // A thousand million million: far over any economy, and sums of many rows still fit.
    let fits = |amount: Option<i64>| {
        amount.is_none_or(|amount| (0..=1_000_000_000_000_000).contains(&amount))
    };
    if kzt.is_none() && usdt.is_none() || !fits(kzt) {
        Err(NetworkError::Field("kzt"))
    } else if !fits(usdt) {
        Err(NetworkError::Field("usdt"))
    } else if rate.is_some_and(|(rate, _)| !(1..=1_000_000_000).contains(&rate)) {
        Err(NetworkError::Field("rate"))
    } else if period.0 > period.1 {
        Err(NetworkError::Field("period"))
    } else {
        Ok(())
    }
}

struct Entry<'a> {
    id: i64,
    network_id: &'a str,
    amounts: Option<Amounts>,
    source: &'a str,
    replaces: Option<i64>,
}

/// Enters all of `entries` or none. Of a table, what stands already is refused: sent twice, it counts
/// once.
async fn enter(
    store: &Store,
    officer: &Officer,
    entries: &[Entry<'_>],
    document: Option<&Document>,
    tabled: bool,
    at: i64,
) -> Result<(), NetworkError> {
    const THERE: &str = "SELECT COUNT(*) FROM network WHERE id = $1";
    const REPLACEABLE: &str =
        "SELECT COUNT(*) FROM network_volume v WHERE id = $1 AND network_id = $2
        AND NOT EXISTS (SELECT 1 FROM network_volume r WHERE r.replaces = v.id)";
    const STANDS: &str = "SELECT COUNT(*) FROM network_volume v
        WHERE network_id = $1 AND period_from = $2 AND period_to = $3
            AND COALESCE(kzt, -1) = $4 AND COALESCE(usdt, -1) = $5 AND source = $6
            AND NOT EXISTS (SELECT 1 FROM network_volume r WHERE r.replaces = v.id)";
    const DOCUMENT: &str = "INSERT INTO network_document
        (sha256, file_name, content_type, bytes, attached_by, attached_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING";
    const SQL: &str = "INSERT INTO network_volume (id, network_id, officer_id, given_at, replaces,
            period_from, period_to, kzt, usdt, rate, rate_on, source, document)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    may(officer)?;
    if document.is_some_and(|held| held.bytes.is_empty() || held.bytes.len() > MAX_DOCUMENT) {
        return Err(NetworkError::Field("document"));
    }
    for entry in entries {
        words("source", entry.source)?;
    }
    let hash = document.map(|held| Digest::of(&held.bytes).to_string());
    let day = |day: Option<Day>| day.map(|day| day.to_string());
    transaction!(store, locks::OFFICE_AND_NETWORKS, |tx| {
        if let (Some(document), Some(hash)) = (document, &hash) {
            sqlx::query(DOCUMENT)
                .bind(hash)
                .bind(storable(&document.file_name))
                .bind(storable(&document.content_type))
                .bind(&document.bytes)
                .bind(&officer.id)
                .bind(at)
                .execute(&mut *tx)
                .await?;
        }
        for (number, entry) in (1..).zip(entries) {
            let refuse = |error| match tabled {
                true => NetworkError::Volume(number, Box::new(error)),
                false => error,
            };
            let (network_id, source) = (&*storable(entry.network_id), &*storable(entry.source));
            let amounts = entry.amounts;
            let from = day(amounts.map(|amounts| amounts.period.0));
            let to = day(amounts.map(|amounts| amounts.period.1));
            let kzt = amounts.and_then(|amounts| amounts.kzt);
            let usdt = amounts.and_then(|amounts| amounts.usdt);
            let rate = amounts.and_then(|amounts| amounts.rate);
            let there: i64 = sqlx::query_scalar(THERE)
                .bind(network_id)
                .fetch_one(&mut *tx)
                .await?;
            if there == 0 {
                return Err(refuse(NetworkError::Unknown(network_id.to_owned())));
            }
            if let Some(replaced) = entry.replaces {
                let free: i64 = sqlx::query_scalar(REPLACEABLE)
                    .bind(replaced)
                    .bind(network_id)
                    .fetch_one(&mut *tx)
                    .await?;
                if free == 0 {
                    return Err(refuse(NetworkError::Field("replaces")));
                }
            }
            if tabled {
                let stands: i64 = sqlx::query_scalar(STANDS)
                    .bind(network_id)
                    .bind(&from)
                    .bind(&to)
                    .bind(kzt.unwrap_or(-1))
                    .bind(usdt.unwrap_or(-1))
                    .bind(source)
                    .fetch_one(&mut *tx)
                    .await?;
                if stands > 0 {
                    return Err(refuse(NetworkError::Known));
                }
            }
            sqlx::query(SQL)
                .bind(entry.id)
                .bind(network_id)
                .bind(&officer.id)
                .bind(at)
                .bind(entry.replaces)
                .bind(&from)
                .bind(&to)
                .bind(kzt)
                .bind(usdt)
                .bind(rate.map(|rate| rate.0))
                .bind(day(rate.map(|rate| rate.1)))
                .bind(source)
                .bind(&hash)
                .execute(&mut *tx)
                .await?;
            let detail = serde_json::json!({
                "volume": entry.id, "replaces": entry.replaces, "document": hash,
                "withdrawn": amounts.is_none(),
            });
            append_audit!(tx, at, &officer.id, "network.volume", network_id, &detail);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        network::{self, Found, Role, Rules, Shared},
        testing::{Centre, Engine, NOW},
    };

    /// Whatever two sites share ties them.
    struct All;

    impl Rules for All {
        fn points(&self, _: &str, _: i64) -> i64 {
            100
        }

        fn strength(&self, shared: &[Shared<'_>]) -> i64 {
            if shared.is_empty() { 0 } else { 100 }
        }
    }

    crate::both_engines!(a_table_is_entered_whole_or_not_at_all);

    async fn a_table_is_entered_whole_or_not_at_all(engine: Engine) {
        let centre = Centre::on(engine).await;
        let store = &centre.store;
        for host in ["a.test", "b.test"] {
            centre.plant_case(host).await;
            let found = Found {
                kind: "wallet.tron".into(),
                value: "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE".into(),
                role: Role::Own,
                place: "p".into(),
                url: format!("http://{host}/"),
                capture: "ab".repeat(32),
                quote: String::new(),
            };
            network::update(store, host, &[found], NOW, &All)
                .await
                .unwrap();
        }
        let id = network::of_host(store, "a.test").await.unwrap().unwrap();
        let row = |kzt, source: &'static str| {
            let day = |text| Day::parse(text).unwrap();
            TabledVolume {
                network_id: &id,
                amounts: Amounts {
                    kzt: Some(kzt),
                    usdt: None,
                    rate: None,
                    period: (day("2026-10-01"), day("2026-10-31")),
                },
                source,
            }
        };
        let table = Document {
            file_name: "volumes.csv".into(),
            content_type: "text/csv".into(),
            bytes: b"a table".to_vec(),
        };
        let enter = async |rows: &[TabledVolume<'_>]| {
            add_volumes(store, &centre.first, rows, &table, NOW).await
        };
        let nowhere = TabledVolume {
            network_id: "N-2026-000009",
            ..row(2, "b")
        };
        for (rows, wrong) in [
            (vec![row(1, "a"), row(-1, "b")], 2),
            (vec![row(1, "a"), row(2, " ")], 2),
            (vec![row(1, "a"), nowhere], 2),
            (vec![row(1, "a"), row(2, "b"), row(1, "a")], 3),
        ] {
            let refused = enter(&rows).await;
            let is_that =
                matches!(refused, Err(NetworkError::Volume(number, _)) if number == wrong);
            assert!(is_that, "{refused:?}");
            assert_eq!(network::totals(store).await.unwrap().volumes, 0);
        }
        assert!(enter(&[]).await.is_err());
        enter(&[row(1, "a"), row(2, "b")]).await.unwrap();
        let held = network::load(store, &id).await.unwrap().unwrap().volumes;
        let sha256 = Digest::of(b"a table").to_string();
        assert_eq!(held.len(), 2);
        assert!(
            held.iter()
                .all(|row| row.document.as_ref() == Some(&sha256))
        );
        let again = enter(&[row(2, "b")]).await;
        let Err(NetworkError::Volume(1, why)) = again else {
            panic!("{again:?}");
        };
        assert!(matches!(*why, NetworkError::Known));
    }
}
