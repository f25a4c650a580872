//! `registry import|show`: licence registers.

use blocklist::register::Snapshot;
use data::{ceremony, register};
use serde_json::json;

use super::{open_store, user::credentials};
use crate::{
    cli::{Global, Registry},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    verb: Registry,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    match verb {
        Registry::Import { file, signers } => {
            let bytes = std::fs::read(&file)
                .map_err(|error| Failure::usage(format_args!("{}: {error}", file.display())))?;
            let snapshot = Snapshot::from_json(&bytes)
                .map_err(|error| Failure::usage(format_args!("{}: {error}", file.display())))?;
            let [first, second] = credentials(&signers, "officer")?;
            let officers = [
                (first.0.as_str(), first.1.as_str()),
                (second.0.as_str(), second.1.as_str()),
            ];
            ceremony::enter_register(&store, &snapshot, officers, clock::now().0).await?;
            let result = json!({
                "register": snapshot.register, "taken_on": snapshot.taken_on,
                "rows": snapshot.rows.len(), "sha256": snapshot.digest(),
            });
            printer.result(&result, || {
                format!(
                    "{} of {}: {} rows signed; the publisher enters it into the log",
                    snapshot.register,
                    snapshot.taken_on,
                    snapshot.rows.len()
                )
            });
        }
        Registry::Show => {
            let snapshots = register::snapshots(&store).await?;
            printer.result(&json!({ "snapshots": snapshots }), || {
                let rows = snapshots
                    .iter()
                    .flat_map(|s| s.rows.iter().map(move |row| (s, row)));
                rows.map(|(s, row)| {
                    let hosts: Vec<_> = row.hosts.iter().map(ToString::to_string).collect();
                    format!(
                        "{} {}  {}  {}  {}\n",
                        s.register,
                        s.taken_on,
                        row.licence_no,
                        row.legal_name,
                        hosts.join(" ")
                    )
                })
                .collect()
            });
        }
    }
    Ok(Exit::Done)
}
