//! Identifiers that belong to nobody who runs a site.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) common: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) kind: String,
    #[expect(dead_code, reason = "for whoever reads the file")]
    what: String,
    #[expect(dead_code, reason = "for whoever reads the file")]
    source: String,
    pub(super) values: Vec<String>,
}

// A test reads the shipped file, so that it cannot be broken; without it nothing would be common.
static COMMON: LazyLock<HashSet<(String, String)>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(data::network::COMMON);
    file.map(|file| {
        let pairs = |entry: Entry| {
            let kind = entry.kind;
            entry
                .values
                .into_iter()
                .map(move |value| (kind.clone(), value))
        };
        file.common.into_iter().flat_map(pairs).collect()
    })
    .unwrap_or_default()
});

/// Whether every page may show it.
pub(super) fn is_common(kind: &str, value: &str) -> bool {
    COMMON.contains(&(kind.to_owned(), value.to_owned()))
}
