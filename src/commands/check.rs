//! `check`: what the registers, warnings and the list say of a host, a name, a licence number or a BIN.

use blocklist::matching::Query;
use serde_json::Value;

use super::open_store;
use crate::{
    cli::Global,
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    query: &str,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let asked = Query::parse(query)
        .map_err(|error| Failure::usage(format_args!("`{}`: {error}", shortened(query))))?;
    let store = open_store(global, dir).await?;
    let now = clock::now();
    let trust = store.trust().await?;
    let known = store.known(now).await?;
    let answer = web::check_answer(query, asked, &known, now, &trust.public_url, trust.demo);
    let verdict = text(&answer["verdict"]);
    printer.result(&answer, || in_words(&answer));
    Ok(if verdict == "licensed" {
        Exit::Done
    } else {
        Exit::Negative
    })
}

/// The answer for people: the verdict, each address of a name or number with its own, and why.
fn in_words(answer: &Value) -> String {
    let verdict = |of: &Value| text(&of["verdict"]).replace('_', " ");
    let asked = &answer["asked"];
    let mut out = format!("{}: {}\n", visible(&text(&asked["text"])), verdict(answer));
    if asked["kind"] != "host" {
        for host in list(&answer["matched"]["hosts"]) {
            out += &format!("  {}  {}\n", text(&host["host"]), verdict(host));
        }
    }
    for reason in list(&answer["reasons"]) {
        out += &format!("  {}\n", visible(&text(&reason["text"])));
    }
    for source in list(&answer["sources"]) {
        if let Some(day) = source["stale_copy"].as_str() {
            out += &format!(
                "  Our copy of the register {} is from {day}: too old to say \"licensed\". Save it anew.\n",
                visible(&text(&source["name"]))
            );
        }
    }
    if answer["verdict"] == "unknown" {
        out += "  Not found is not safe: new sites appear every day.\n";
    }
    out
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What was typed, short enough for a line.
fn shortened(query: &str) -> String {
    visible(&query.chars().take(80).collect::<String>())
}
