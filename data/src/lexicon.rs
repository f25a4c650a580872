//! The lexicons shipped with the program: words and phrases by sense and language.
//!
//! They are data, kept under `data/lexicon/`, embedded so that the binary needs no files beside it.
//! The crawler parses them and reports an error with file and line.

/// `(file name, TOML text)` of each lexicon.
pub const FILES: &[(&str, &str)] = &[
    (
        "lexicon/activity.toml",
        include_str!("../lexicon/activity.toml"),
    ),
    (
        "lexicon/targeting.toml",
        include_str!("../lexicon/targeting.toml"),
    ),
    ("lexicon/rails.toml", include_str!("../lexicon/rails.toml")),
    (
        "lexicon/cities.toml",
        include_str!("../lexicon/cities.toml"),
    ),
    (
        "lexicon/guards.toml",
        include_str!("../lexicon/guards.toml"),
    ),
];
