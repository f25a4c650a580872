//! `appeal check`: looks once after appeals, as `run` and `crawl` do all the time.

use std::sync::Arc;

use data::appeal::proof::Seen;
use serde_json::json;

use super::open_store;
use crate::{
    centre::appeals::{self, Looked, Round},
    cli::{Appeal, Global},
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    verb: Appeal,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let Appeal::Check { upstream } = verb;
    let store = open_store(global, dir).await?;
    let prover = Arc::new(appeals::prover(&store, &upstream).await?);
    let round = appeals::round(&store, &prover).await?;
    store.close().await;
    let looked: Vec<_> = round
        .looked
        .iter()
        .map(|looked| {
            json!({
                "id": looked.id, "host": looked.host, "found": looked.found,
                "proved": looked.proved, "looks": looked.looks,
            })
        })
        .collect();
    let (lapsed, erased) = (round.swept.lapsed, round.swept.erased);
    let result = json!({ "looked": looked, "lapsed": lapsed, "erased": erased });
    printer.result(&result, || text(&round));
    Ok(Exit::Done)
}

fn text(round: &Round) -> String {
    let mut text: String = round.looked.iter().map(appeal).collect();
    text.push_str(&format!(
        "{} looked for, {} lapsed, {} erased",
        round.looked.len(),
        round.swept.lapsed,
        round.swept.erased
    ));
    text
}

fn appeal(looked: &Looked) -> String {
    let state = match (looked.proved, looked.found) {
        (true, _) => "proved",
        (false, true) => "found, but as many as people can read are before them already",
        (false, false) => "not proved",
    };
    let mut text = format!("{}  {}  {state}\n", looked.id, looked.host);
    for look in &looked.looks {
        let seen = match look.seen {
            Seen::Token => "the token",
            Seen::Other => "something else",
            Seen::Nothing => "nothing",
            Seen::NoAnswer => "no answer",
        };
        let (asked, detail) = (visible(&look.asked), visible(&look.detail));
        text.push_str(&format!("    {asked}: {seen}  {detail}\n"));
    }
    text
}
