//! What the program prints against what `docs/json` says of it.

use std::{fs, path::Path};

use serde_json::Value;

/// The documented shape of what a verb prints.
pub(crate) fn schema(verb: &str) -> jsonschema::Validator {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/json/{verb}.schema.json"));
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema = serde_json::from_slice(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Asserts that a document is as documented.
#[track_caller]
pub(crate) fn conforms(verb: &str, document: &str) {
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<_> = schema(verb)
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{verb}: {errors:#?}\n{document:#}");
}
