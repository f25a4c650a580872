//! `check`: what the registers, warnings and the list say of one host.

use blocklist::{
    DomainName,
    matching::{Verdict, check_host},
};
use serde_json::json;

use super::open_store;
use crate::{
    cli::Global,
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    query: &str,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let name = host_of(query)?;
    let store = open_store(global, dir).await?;
    let now = clock::now();
    let found = check_host(&name, &store.known(now).await?, now);
    let result = json!({
        "query": query, "verdict": found.verdict, "also": found.also, "listing_id": found.listing_id,
        "matched": found.matched, "reasons": found.reasons, "as_of": now,
        "sources": found.matched.iter().map(|m| &m.row.source_url).collect::<Vec<_>>(),
    });
    printer.result(&result, || {
        let mut text = format!("{name}: {}\n", found.verdict.as_str().replace('_', " "));
        for reason in &found.reasons {
            let args: Vec<_> = reason
                .args
                .iter()
                .map(|(key, value)| format!("{key} {value}"))
                .collect();
            text += &format!("  {} {}\n", reason.code.replace('-', " "), args.join(", "));
        }
        text
    });
    Ok(if found.verdict == Verdict::Licensed {
        Exit::Done
    } else {
        Exit::Negative
    })
}

/// The host in a name or URL.
fn host_of(query: &str) -> Result<DomainName, Failure> {
    let host = query.split_once("://").map_or(query, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    DomainName::parse(host).map_err(|error| Failure::new(Exit::Usage, error))
}
