//! How each verdict is shown: colour, icon, words, and what a reader should do.

use blocklist::matching::Verdict;

use crate::messages::key;

/// Colour, icon and words of a verdict: `(tone, icon, word, meaning, what to do)`.
pub(crate) fn words(
    verdict: Verdict,
) -> (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
) {
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
