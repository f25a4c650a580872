//! `network show`: the operators' networks, for people and programs, without what points to a person
//! unless a reason is given.

mod graphml;
mod words;

use blocklist::DomainName;
use data::{
    Store, audit,
    network::{self, NetworkFile, mask},
};
use serde_json::json;

use super::open_store;
use crate::{
    cli::{Global, NetworkShow},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    options: NetworkShow,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    store.trust().await?;
    let asked = match &options.network {
        Some(asked) => Some(number(&store, asked).await?),
        None => None,
    };
    let masked = options.unmask.is_none();
    if let Some(reason) = options.unmask.as_deref() {
        if reason.trim().is_empty() {
            return Err(Failure::usage("--unmask needs a reason; it is audited"));
        }
        // Written before anything is shown: who sees it has left a trace.
        let subject = asked.as_deref().unwrap_or("all");
        let detail = json!({ "reason": reason });
        audit::record(
            &store,
            clock::now().0,
            "cli",
            "network.unmask",
            subject,
            &detail,
        )
        .await?;
    }
    let list = network::list(&store).await?;
    let totals = match options.totals {
        true => Some(network::totals(&store).await?),
        false => None,
    };
    let totals = totals.map(|mut totals| {
        if masked {
            mask::volumes(&mut totals.sources);
        }
        totals
    });
    let shown = match &asked {
        Some(id) => vec![file(&store, id, masked).await?],
        None => Vec::new(),
    };
    if let Some(path) = &options.graphml {
        let graph = match shown.as_slice() {
            [] => {
                let mut all = Vec::new();
                for line in &list {
                    all.push(file(&store, &line.id, masked).await?);
                }
                graphml::graph(&all)
            }
            one => graphml::graph(one),
        };
        data::publish::files::write(path, graph.as_bytes())?;
    }
    store.close().await;
    let one = shown.first();
    let lines = if one.is_some() { &[] } else { list.as_slice() };
    let result = json!({ "masked": masked, "networks": lines, "network": one, "totals": totals });
    printer.result(&result, || {
        let mut text = match one {
            Some(file) => words::network(file),
            None => words::list(lines),
        };
        if let Some(totals) = &totals {
            text += &words::totals(totals);
        }
        text
    });
    Ok(Exit::Done)
}

/// The number of the network that is meant: its own, or that of a site in it.
async fn number(store: &Store, asked: &str) -> Result<String, Failure> {
    let id = match DomainName::parse(asked) {
        Ok(host) if !asked.starts_with("N-") => network::of_host(store, host.as_str()).await?,
        _ => network::resolve(store, asked).await?,
    };
    id.ok_or_else(|| {
        let words = format!("{asked} is no network, and no site of one; `network show` lists them");
        Failure::new(Exit::Negative, anyhow::anyhow!(words))
    })
}

async fn file(store: &Store, id: &str, masked: bool) -> Result<NetworkFile, Failure> {
    let file = network::load(store, id).await?;
    let mut file = file.ok_or_else(|| Failure::usage(format_args!("there is no network {id}")))?;
    if masked {
        mask::network(&mut file);
    }
    Ok(file)
}
