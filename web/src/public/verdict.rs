//! How each verdict is shown: colour, icon, words, and what a reader should do.

use blocklist::matching::{Answer, Query, Reason, Verdict};

use crate::messages::key;

/// Colour, icon and words of a verdict: `(tone, icon, word, meaning, what to do)`.
type Words = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// The words of an answer: those of its verdict, made exact where one verdict covers two things.
pub(crate) fn words_of(answer: &Answer) -> Words {
    let (tone, icon, word, meaning, todo) = exact_words(answer.verdict, &answer.reasons);
    let is_host = matches!(answer.query, Query::Host(_));
    let foreign = word == key("verdict-foreign");
    let (word, meaning) = match answer.verdict {
        Verdict::Unknown if !is_host && !foreign => {
            (key("verdict-unknown-name"), key("meaning-unknown-name"))
        }
        Verdict::LicenceUnconfirmed if !is_host => (word, key("meaning-by-name")),
        _ => (word, meaning),
    };
    (tone, icon, word, meaning, todo)
}

/// The words of a verdict on one address or on a name, by the reason that weighs most.
pub(crate) fn exact_words(verdict: Verdict, reasons: &[Reason]) -> Words {
    let (tone, icon, word, meaning, todo) = words(verdict);
    let first = reasons.first().map_or("", |reason| &reason.code);
    let (word, meaning) = match verdict {
        Verdict::Warned if first.starts_with("reported-") => {
            (key("verdict-measure"), key("meaning-measure"))
        }
        Verdict::LicenceUnconfirmed if first == "snapshot-too-old" => {
            (word, key("meaning-register-too-old"))
        }
        Verdict::Unknown if first == "foreign-exchange" => {
            (key("verdict-foreign"), key("meaning-foreign"))
        }
        _ => (word, meaning),
    };
    (tone, icon, word, meaning, todo)
}

/// Colour, icon and words of a verdict.
pub(crate) fn words(verdict: Verdict) -> Words {
    match verdict {
        Verdict::Blocked => (
            "bad",
            "stop",
            key("verdict-blocked"),
            key("meaning-blocked"),
            const {
                &[
                    key("todo-blocked-1"),
                    key("todo-blocked-2"),
                    key("todo-blocked-3"),
                ]
            },
        ),
        Verdict::Suspended => (
            "info",
            "pause",
            key("verdict-suspended"),
            key("meaning-suspended"),
            const { &[key("todo-suspended-1"), key("todo-suspended-2")] },
        ),
        Verdict::Warned => (
            "care",
            "warn",
            key("verdict-warned"),
            key("meaning-warned"),
            const { &[key("todo-warned-1"), key("todo-warned-2")] },
        ),
        Verdict::Licensed => (
            "good",
            "ok",
            key("verdict-licensed"),
            key("meaning-licensed"),
            const {
                &[
                    key("todo-licensed-1"),
                    key("todo-licensed-2"),
                    key("todo-licensed-3"),
                ]
            },
        ),
        Verdict::LicenceUnconfirmed => (
            "care",
            "half",
            key("verdict-licence-unconfirmed"),
            key("meaning-licence-unconfirmed"),
            const {
                &[
                    key("todo-licence-unconfirmed-1"),
                    key("todo-licence-unconfirmed-2"),
                ]
            },
        ),
        Verdict::LicenceEnded => (
            "care",
            "clock",
            key("verdict-licence-ended"),
            key("meaning-licence-ended"),
            const { &[key("todo-licence-ended-1"), key("todo-licence-ended-2")] },
        ),
        Verdict::LicensedElsewhere => (
            "care",
            "globe",
            key("verdict-licensed-elsewhere"),
            key("meaning-licensed-elsewhere"),
            const {
                &[
                    key("todo-licensed-elsewhere-1"),
                    key("todo-licensed-elsewhere-2"),
                ]
            },
        ),
        Verdict::Lookalike => (
            "care",
            "twins",
            key("verdict-lookalike"),
            key("meaning-lookalike"),
            const { &[key("todo-lookalike-1"), key("todo-lookalike-2")] },
        ),
        Verdict::Unknown => (
            "",
            "question",
            key("verdict-unknown"),
            key("meaning-unknown"),
            const {
                &[
                    key("todo-unknown-1"),
                    key("todo-unknown-2"),
                    key("todo-unknown-3"),
                ]
            },
        ),
    }
}
