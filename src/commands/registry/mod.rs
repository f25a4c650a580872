//! `registry import|show|diff`: licence registers and lists of warnings.

mod diff;
mod import;
mod page;
mod show;

use std::{path::Path, sync::Arc};

use blocklist::{matching::Known, register::Snapshot};
use data::{known::KnownNow, reference};

use super::open_store;
use crate::{
    cli::{Global, Registry},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

/// Largest file that is read, in octets.
const LARGEST: u64 = 32 << 20;

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    verb: Registry,
    printer: &Printer,
) -> Result<Exit, Failure> {
    match verb {
        Registry::Import(options) => import::run(global, dir, &options, printer).await,
        Registry::Show { register, csv } => {
            show::run(global, dir, register.as_deref(), csv, printer).await
        }
        Registry::Diff { a, b } => diff::run(global, dir, [&a, &b], printer).await,
    }
}

/// What is held: what people signed and what is shipped; before there is a log, what is shipped.
async fn known(global: &Global, dir: &DataDir) -> Result<Arc<KnownNow>, Failure> {
    let store = open_store(global, dir).await?;
    match store.known(clock::now()).await {
        Err(data::Error::NoLog | data::Error::EmptyLog) => {
            let shipped = reference::shipped()?.snapshots.clone();
            Ok(Arc::new(KnownNow::from(Known {
                warnings: shipped.iter().flat_map(|s| s.warnings.clone()).collect(),
                shipped,
                ..Known::default()
            })))
        }
        known => Ok(known?),
    }
}

/// Reads a file, however large it says it is, up to [`LARGEST`].
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let refuse =
        |error: &dyn std::fmt::Display| Failure::usage(format_args!("{}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| refuse(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| refuse(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(refuse(&"larger than 32 MiB; a register is far smaller"));
    }
    Ok(bytes)
}

/// Reads a snapshot that says itself what it is: JSON, or TOML as the shipped files are written.
fn self_described(path: &Path, bytes: &[u8]) -> Result<Snapshot, Failure> {
    let refuse =
        |error: &dyn std::fmt::Display| Failure::usage(format_args!("{}: {error}", path.display()));
    if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        let text = std::str::from_utf8(bytes).map_err(|error| refuse(&error))?;
        toml::from_str(text).map_err(|error| refuse(&error))
    } else {
        Snapshot::from_json(bytes).map_err(|error| refuse(&error))
    }
}
