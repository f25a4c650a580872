//! The fitted model shipped with the program: points of every signal, biases and thresholds.
//!
//! `data/model/weights.toml` is written by `qalqan evaluate data/corpus --fit`; the crawler reads it
//! and reports an error with file and line.

/// File name and TOML text of the model.
pub const WEIGHTS: (&str, &str) = ("model/weights.toml", include_str!("../model/weights.toml"));

/// File name and TOML text of the points of words, written by the same command.
pub const WORDS: (&str, &str) = ("model/words.toml", include_str!("../model/words.toml"));

/// File name and TOML text of the prior: points given by hand, which the fit starts from and keeps
/// where the corpus has nothing to say.
pub const PRIOR: (&str, &str) = ("model/prior.toml", include_str!("../model/prior.toml"));

/// File name and TOML text of the points that tell kinds of sites apart; written by the same command,
/// beside the weights.
pub const KINDS: (&str, &str) = ("model/kinds.toml", include_str!("../model/kinds.toml"));

/// File name and TOML text of the prior of [`KINDS`].
pub const KINDS_PRIOR: (&str, &str) = (
    "model/kinds_prior.toml",
    include_str!("../model/kinds_prior.toml"),
);
