//! `log show|verify`: the public log.

use serde_json::json;

use super::replayed;
use crate::{
    cli::Log,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

pub(crate) async fn run(dir: &DataDir, verb: Log, printer: &Printer) -> Result<Exit, Failure> {
    match verb {
        Log::Show(base) => {
            let (_, leaves) = replayed::leaves_of(dir, &base).await?;
            for leaf in leaves.iter().take_while(|_| printer.is_read()) {
                // A leaf is canonical JSON: one line.
                printer.json(&String::from_utf8_lossy(leaf));
            }
        }
        Log::Verify(base) => {
            let replayed = replayed::log_of(dir, &base).await?;
            replayed::check_tiles(&replayed, 0).await?;
            let release = &replayed.release;
            let result = json!({ "origin": replayed.trust.origin, "size": release.size, "root": release.root });
            printer.result(&result, || {
                format!(
                    "{}: {} leaves, root {}; genesis, tree, checkpoint and every signature verify",
                    replayed.trust.origin, release.size, release.root
                )
            });
        }
    }
    Ok(Exit::Done)
}
