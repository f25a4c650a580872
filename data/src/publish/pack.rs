//! Packed forms of the lists, made once for all who will fetch them. Nobody waits for them: the release
//! stands, and the publisher goes on with the next while these are made beside it.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use blocklist::export::Format;
use flate2::{Compression, write::GzEncoder};
use tokio::task::JoinHandle;

use super::{Hook, Step, artefacts::beside, files};
use crate::error::Result;

/// How packed files end.
pub(super) const ENDINGS: [&str; 2] = ["gz", "zst"];
/// The level of gzip.
const GZIP: u32 = 6;
/// The level of zstd.
const ZSTD: i32 = 9;

/// The lists of one release on their way to be packed. Dropping it gives up what is not packed yet.
#[derive(Debug)]
pub(super) struct Packing {
    given_up: Arc<AtomicBool>,
    task: Option<JoinHandle<()>>,
}

impl Packing {
    /// Packs what is not packed yet of the release in `folder`, on a thread of its own.
    pub(super) fn start(folder: PathBuf, hook: Hook) -> Self {
        let given_up = Arc::new(AtomicBool::new(false));
        let until = given_up.clone();
        let task = tokio::task::spawn_blocking(move || match pack(&folder, &until) {
            Ok(()) => hook(Step::Packed),
            // A later release took this one's place, and its folder is gone or will be.
            Err(_) if until.load(Ordering::Relaxed) => {}
            Err(error) => {
                tracing::warn!(%error, "the lists are published, but not packed: readers get them whole");
            }
        });
        Self {
            given_up,
            task: Some(task),
        }
    }

    /// Waits until everything is packed.
    pub(super) async fn done(&mut self) {
        if let Some(task) = self.task.take() {
            // Whatever became of it was said where it happened.
            let _ = task.await;
        }
    }
}

impl Drop for Packing {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

fn pack(folder: &Path, given_up: &AtomicBool) -> Result<()> {
    for format in Format::ALL {
        let path = folder.join(format.path());
        let open = || Ok::<_, io::Error>(Until(File::open(&path)?, given_up));
        let [gzip, zstd] = ENDINGS.map(|ending| beside(&path, ending));
        if !gzip.exists() {
            files::write_by(&gzip, |file| {
                let mut packed = GzEncoder::new(BufWriter::new(file), Compression::new(GZIP));
                io::copy(&mut open()?, &mut packed)?;
                packed.finish()?.flush()
            })?;
        }
        if !zstd.exists() {
            files::write_by(&zstd, |file| {
                let mut packed = zstd::Encoder::new(BufWriter::new(file), ZSTD)?;
                io::copy(&mut open()?, &mut packed)?;
                packed.finish()?.flush()
            })?;
        }
    }
    Ok(())
}

/// A file that is read until its packing is given up.
struct Until<'a>(File, &'a AtomicBool);

impl Read for Until<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.1.load(Ordering::Relaxed) {
            return Err(io::Error::other("a later release took its place"));
        }
        self.0.read(into)
    }
}
