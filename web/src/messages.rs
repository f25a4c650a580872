//! All words of the pages, from Fluent files compiled into the program.
//!
//! The files of the three languages hold the same keys with the same variables; a test holds that,
//! and that every key a template or a source file names exists.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::language::Lang;

macro_rules! sources {
    ($($lang:literal),*) => {
        [$((
            $lang,
            [
                include_str!(concat!("../locales/", $lang, "/common.ftl")),
                include_str!(concat!("../locales/", $lang, "/public.ftl")),
                include_str!(concat!("../locales/", $lang, "/console.ftl")),
                include_str!(concat!("../locales/", $lang, "/case.ftl")),
                include_str!(concat!("../locales/", $lang, "/signals.ftl")),
                include_str!(concat!("../locales/", $lang, "/problems.ftl")),
                include_str!(concat!("../locales/", $lang, "/networks.ftl")),
                include_str!(concat!("../locales/", $lang, "/appeals.ftl")),
                include_str!(concat!("../locales/", $lang, "/ending.ftl")),
                include_str!(concat!("../locales/", $lang, "/notices.ftl")),
                include_str!(concat!("../locales/", $lang, "/campaigns.ftl")),
            ],
        )),*]
    };
}

/// The files, in the order of [`Lang::ALL`].
pub(crate) static SOURCES: [(&str, [&str; 11]); 3] = sources!("kk", "ru", "en");

static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> = LazyLock::new(|| {
    SOURCES
        .iter()
        .map(|(tag, files)| bundle(tag, files))
        .collect()
});

fn bundle(tag: &str, files: &[&str]) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Names stand in <bdi> elements; isolation marks inside the text would be doubled and copied.
    bundle.set_use_isolating(false);
    for file in files {
        let resource = match FluentResource::try_new((*file).to_owned()) {
            Ok(resource) => resource,
            Err((resource, errors)) => {
                tracing::error!(
                    tag,
                    ?errors,
                    "a message file has errors; the rest of it is used"
                );
                resource
            }
        };
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(
                tag,
                ?errors,
                "a message stands in two files; the first is used"
            );
        }
    }
    bundle
}

/// Marks a message key that is passed on as a value, so that the test can find it in the source.
pub(crate) const fn key(name: &'static str) -> &'static str {
    name
}

/// A value inside a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// Text, used as it is.
    Text(&'a str),
    /// A count, which also chooses the plural form.
    Count(i64),
}

/// The message `key` in `lang`, or `None` when there is none.
pub(crate) fn find(lang: Lang, key: &str, values: &[(&str, Value<'_>)]) -> Option<String> {
    let index = Lang::ALL.iter().position(|other| *other == lang)?;
    let bundle = BUNDLES.get(index)?;
    let pattern = bundle.get_message(key)?.value()?;
    let mut args = FluentArgs::with_capacity(values.len());
    for (name, value) in values {
        let value = match value {
            Value::Text(text) => FluentValue::from(*text),
            Value::Count(count) => FluentValue::from(*count),
        };
        args.set((*name).to_owned(), value);
    }
    let mut errors = Vec::new();
    let text = bundle
        .format_pattern(pattern, Some(&args), &mut errors)
        .into_owned();
    if !errors.is_empty() {
        tracing::error!(key, %lang, ?errors, "a message could not be filled in");
    }
    Some(text)
}

/// The message `key` in `lang`. An unknown key shows itself, so that a page never fails for a word.
pub(crate) fn text(lang: Lang, key: &str, values: &[(&str, Value<'_>)]) -> String {
    find(lang, key, values).unwrap_or_else(|| {
        tracing::error!(key, %lang, "a message is missing");
        format!("⟨{key}⟩")
    })
}

#[cfg(test)]
mod tests;
