//! Pages whose true answer is known: what the judgement is fitted on and measured by.
//!
//! A corpus is a folder with a folder for each site (`folder`), or a file with one page a line
//! (`lines`). Both give [`Site`]s; an error names the file and the line.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::assessment::Verdict;

mod folder;
mod lines;
mod prepared;

pub use prepared::{Prepared, View, prepare};

/// A corpus that cannot be used. The text says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file or folder that cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A `site.toml` of another shape.
    #[error("{}: {problem}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The parser's message, with line and column.
        problem: String,
    },
    /// A value that cannot be.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// No site at all.
    #[error("{}: no site in it; a site is a folder with a site.toml and its pages", .0.display())]
    Empty(PathBuf),
}

/// What a site truly is. The machine's own words for kinds are coarser.
pub const KINDS: &[&str] = &[
    "affiliate",
    "aggregator",
    "bank",
    "broker",
    "casino",
    "consultant",
    "exchange",
    "fiat_exchange",
    "instant_exchanger",
    "mining",
    "news",
    "otc",
    "other",
    "p2p",
    "payments",
    "reference",
    "regulator",
    "remittance",
    "shop",
    "telegram_bot",
    "tracker",
    "training",
    "wallet",
];

/// Kinds that must never be flagged, whatever their pages say, unless people should decide.
pub const PROTECTED: &[&str] = &["bank", "consultant", "fiat_exchange", "news", "regulator"];

/// One page as it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its address.
    pub url: url::Url,
    /// What was answered.
    pub body: Vec<u8>,
}

/// One site and the truth about it. A line of a file may leave parts of the truth open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name in lists of errors: the folder's, or the address of the page.
    pub name: String,
    /// Sites of one family are near copies of each other and share a fold; the host when none is given.
    pub family: String,
    /// One of [`KINDS`].
    pub kind: Option<String>,
    /// Whether it trades, exchanges or cashes out crypto assets for people.
    pub exchange: Option<bool>,
    /// Whether it serves people in Kazakhstan.
    pub serves_kz: Option<bool>,
    /// What a careful officer wants the machine to say.
    pub verdict: Option<Verdict>,
    /// Whether a live register row names the host.
    pub licensed: bool,
    /// Languages of its pages.
    pub languages: Vec<String>,
    /// What makes it so, in a sentence.
    pub why: String,
    /// Its pages, the front page first.
    pub pages: Vec<Saved>,
    /// Its rates feeds.
    pub feeds: Vec<Saved>,
}

impl Site {
    /// What the machine should say: as written, or else a flag for an exchange that serves
    /// Kazakhstan without a licence.
    #[must_use]
    pub fn wanted(&self) -> Option<Verdict> {
        self.verdict.or_else(|| {
            let flag = self.exchange? && self.serves_kz? && !self.licensed;
            Some(if flag { Verdict::Flag } else { Verdict::Clear })
        })
    }

    /// Whether a flag on it would be the worst of mistakes.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        let protected = self.licensed || PROTECTED.contains(&kind);
        protected && self.wanted() == Some(Verdict::Clear)
    }
}

/// Reads a corpus: a folder of sites or a `.jsonl` file.
///
/// # Errors
/// The first file that cannot be read or understood, with its line.
pub fn read(path: &Path) -> Result<Vec<Site>, CorpusError> {
    let sites = if path.is_dir() {
        folder::read(path)?
    } else {
        lines::read(path)?
    };
    if sites.is_empty() {
        return Err(CorpusError::Empty(path.to_owned()));
    }
    Ok(sites)
}

/// Hex SHA-256 over every site, in order: the same corpus gives the same words anywhere.
#[must_use]
pub fn hash(sites: &[Site]) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    for site in sites {
        let truth = format!(
            "{:?}",
            (
                &site.name,
                &site.family,
                &site.kind,
                site.exchange,
                site.serves_kz,
                site.verdict,
                site.licensed
            )
        );
        add(truth.as_bytes());
        for saved in site.pages.iter().chain(&site.feeds) {
            add(saved.url.as_str().as_bytes());
            add(&saved.body);
        }
    }
    crate::hex(&hasher.finalize())
}

fn load(path: &Path) -> Result<Vec<u8>, CorpusError> {
    std::fs::read(path).map_err(|source| CorpusError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The verdict as written in a corpus.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    Flag,
    Review,
    Clear,
}

impl From<Wanted> for Verdict {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Flag => Self::Flag,
            Wanted::Review => Self::Review,
            Wanted::Clear => Self::Clear,
        }
    }
}
