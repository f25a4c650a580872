//! The fitted model shipped with the program: points of every signal, biases and thresholds.
//!
//! `data/model/weights.toml` is written by `qalqan evaluate data/corpus --fit`; the crawler reads it
//! and reports an error with file and line.

/// File name and TOML text of the model.
pub const WEIGHTS: (&str, &str) = ("model/weights.toml", include_str!("../model/weights.toml"));
