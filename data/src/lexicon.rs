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
    ("lexicon/order.toml", include_str!("../lexicon/order.toml")),
    (
        "lexicon/targeting.toml",
        include_str!("../lexicon/targeting.toml"),
    ),
    ("lexicon/trade.toml", include_str!("../lexicon/trade.toml")),
    ("lexicon/talk.toml", include_str!("../lexicon/talk.toml")),
    ("lexicon/rails.toml", include_str!("../lexicon/rails.toml")),
    (
        "lexicon/cities.toml",
        include_str!("../lexicon/cities.toml"),
    ),
    (
        "lexicon/guards.toml",
        include_str!("../lexicon/guards.toml"),
    ),
    ("lexicon/kinds.toml", include_str!("../lexicon/kinds.toml")),
];

/// Endings of stems by language: file name and TOML text.
pub const ENDINGS: (&str, &str) = (
    "lexicon/endings.toml",
    include_str!("../lexicon/endings.toml"),
);

/// Currency codes: file name and TOML text.
pub const CURRENCIES: (&str, &str) = (
    "lexicon/currencies.toml",
    include_str!("../lexicon/currencies.toml"),
);

/// Marks that exchangers' programs leave: file name and TOML text.
pub const PLATFORMS: (&str, &str) = (
    "lexicon/platforms.toml",
    include_str!("../lexicon/platforms.toml"),
);

/// Telephone codes of Kazakhstan: file name and TOML text.
pub const PHONES: (&str, &str) = (
    "lexicon/phones.toml",
    include_str!("../lexicon/phones.toml"),
);

/// Words beside which the number of a licence stands, and those that make it another number: file name
/// and TOML text.
pub const LICENCES: (&str, &str) = (
    "lexicon/licences.toml",
    include_str!("../lexicon/licences.toml"),
);
