//! `crawl status`: how far the crawl of this store is.

use data::frontier::{self, Trouble};
use serde::Serialize;
use serde_json::json;

use super::open_store;
use crate::{
    cli::Global,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

/// A site, as `crawl status --format json` shows it.
#[derive(Serialize)]
struct Site {
    host: String,
    state: String,
    discovered_from: String,
    /// When it was assessed, as everywhere in JSON: RFC 3339, UTC.
    assessed_at: Option<blocklist::Timestamp>,
    /// Why nothing of it could be captured.
    failure: Option<String>,
}

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    limit: u32,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    // Where there is no log yet there is no crawl either, and that is said as everywhere.
    store.trust().await?;
    let counts = frontier::counts(&store).await?;
    let sites_by_state = frontier::site_counts(&store).await?;
    let troubles = frontier::troubles(&store, limit.into()).await?;
    let sites: Vec<_> = frontier::sites(&store, limit.into())
        .await?
        .into_iter()
        .map(|row| Site {
            host: row.host,
            state: row.state,
            discovered_from: row.discovered_from,
            assessed_at: row.assessed_at.map(blocklist::Timestamp),
            failure: row.failure,
        })
        .collect();
    store.close().await;
    let addresses = [
        ("queued", counts.queued),
        ("leased", counts.leased),
        ("done", counts.done),
        ("refused", counts.refused),
    ];
    let result = json!({
        "addresses": addresses.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "sites_by_state": sites_by_state,
        "sites": sites,
        "troubles": troubles,
    });
    printer.result(&result, || {
        let line = |counts: &[(&str, i64)]| {
            let words: Vec<_> = counts
                .iter()
                .map(|(state, n)| format!("{n} {state}"))
                .collect();
            if words.is_empty() {
                "none".to_owned()
            } else {
                words.join(", ")
            }
        };
        let by_state: Vec<_> = sites_by_state
            .iter()
            .map(|(state, n)| (state.as_str(), *n))
            .collect();
        let mut text = format!(
            "addresses: {}\nsites: {}\n",
            line(&addresses),
            line(&by_state)
        );
        for site in &sites {
            let why = site.failure.as_deref().map(visible).unwrap_or_default();
            text += &format!("  {:9} {}  {why}", site.state, visible(&site.host));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        for Trouble {
            url,
            outcome,
            attempts,
        } in &troubles
        {
            text += &format!(
                "tried {attempts} times: {}  {}\n",
                visible(url),
                visible(outcome)
            );
        }
        text
    });
    Ok(Exit::Done)
}
