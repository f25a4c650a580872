//! Options of `evaluate`.

use std::path::PathBuf;

use clap::Args;

/// Options of `evaluate`; docs/ASSESSMENT.md describes corpora.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Folder of sites, folder with the parts train and check, or a .jsonl file with a page a line
    pub(crate) corpus: PathBuf,
    /// Judge each site by a model that never saw it; done for a part called train in any case
    #[arg(long)]
    pub(crate) cross_validate: bool,
    /// Fit the model anew on the part called train and write it to this file, and kinds.toml beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) fit: Option<PathBuf>,
}
