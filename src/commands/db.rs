//! `db migrate|check|backup`: looking after the database.

use data::{backup, check, pool::schema};
use serde_json::json;

use super::{database, open_store};
use crate::{
    cli::{Db, Global},
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    verb: Db,
    printer: &Printer,
) -> Result<Exit, Failure> {
    match verb {
        Db::Migrate => {
            dir.create()?;
            let migrated = schema::migrate(&database(global, dir)).await?;
            let result = json!({ "from": migrated.from, "to": migrated.to });
            printer.result(&result, || {
                if migrated.from == migrated.to {
                    format!("the schema is up to date at {}", migrated.to)
                } else {
                    format!("the schema went from {} to {}", migrated.from, migrated.to)
                }
            });
            Ok(Exit::Done)
        }
        Db::Check => {
            let store = open_store(global, dir).await?;
            let checked = check::check(&store, &dir.release()).await?;
            store.close().await;
            show(&checked, printer);
            Ok(if checked.problems.is_empty() {
                Exit::Done
            } else {
                Exit::Negative
            })
        }
        Db::Backup { file } => {
            backup::backup(&database(global, dir), &file).await?;
            let size = std::fs::metadata(&file).map_or(0, |file| file.len());
            let result = json!({ "file": file, "bytes": size });
            printer.result(&result, || format!("{}: {size} octets", file.display()));
            Ok(Exit::Done)
        }
    }
}

fn show(checked: &check::Checked, printer: &Printer) {
    let problems: Vec<_> = checked
        .problems
        .iter()
        .map(|found| json!({ "table": found.table, "row": found.row, "problem": found.problem }))
        .collect();
    let result = json!({
        "audit_rows": checked.audit_rows, "audit_anchors": checked.audit_anchors, "leaves": checked.leaves, "releases": checked.releases,
        "signatures": checked.signatures, "problems": problems,
    });
    printer.result(&result, || {
        let mut text = format!(
            "{} audit rows, {} of their anchors, {} leaves, {} releases, {} signatures looked at\n",
            checked.audit_rows,
            checked.audit_anchors,
            checked.leaves,
            checked.releases,
            checked.signatures
        );
        for found in &checked.problems {
            let row = visible(&found.row);
            text += &format!("{} {row}: {}\n", found.table, visible(&found.problem));
        }
        if checked.problems.is_empty() {
            text += "the store is whole\n";
        }
        text
    });
}
