//! `check`: what the registers, warnings and the list say of one host.

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
    let name = web::host_in_query(query)
        .map_err(|error| Failure::usage(format_args!("`{}`: {error}", visible(query))))?;
    let store = open_store(global, dir).await?;
    let now = clock::now();
    let trust = store.trust().await?;
    let known = store.known(now).await?;
    let answer = web::check_answer(&name, query, &known, now, &trust.public_url, trust.demo);
    let verdict = answer["verdict"].as_str().unwrap_or_default().to_owned();
    printer.result(&answer, || {
        let mut text = format!("{name}: {}\n", verdict.replace('_', " "));
        for reason in answer["reasons"].as_array().into_iter().flatten() {
            text += &format!(
                "  {}\n",
                visible(reason["text"].as_str().unwrap_or_default())
            );
        }
        text
    });
    Ok(if verdict == "licensed" {
        Exit::Done
    } else {
        Exit::Negative
    })
}
