//! Appeals in words, for the public pages and the console alike.

use data::appeal::{
    State,
    outcome::Decided,
    proof::{Look, Seen},
};

use crate::{hostile, messages::key, page::Page};

/// How a state is shown.
pub(crate) struct StateWords {
    /// Message key of the word.
    pub(crate) word: &'static str,
    /// Message key of the sentence for the sender.
    pub(crate) meaning: &'static str,
    /// Colour class.
    pub(crate) tone: &'static str,
}

/// The words of a state.
pub(crate) fn state_words(state: State) -> StateWords {
    let (word, meaning, tone) = match state {
        State::Received => (
            key("appeal-state-received"),
            key("appeal-meaning-received"),
            "info",
        ),
        State::ProofWanted => (
            key("appeal-state-proof-wanted"),
            key("appeal-meaning-proof-wanted"),
            "care",
        ),
        State::Proved => (
            key("appeal-state-proved"),
            key("appeal-meaning-proved"),
            "info",
        ),
        State::Taken => (
            key("appeal-state-taken"),
            key("appeal-meaning-taken"),
            "info",
        ),
        State::Upheld => (
            key("appeal-state-upheld"),
            key("appeal-meaning-upheld"),
            "good",
        ),
        State::Rejected => (
            key("appeal-state-rejected"),
            key("appeal-meaning-rejected"),
            "",
        ),
        State::Withdrawn => (
            key("appeal-state-withdrawn"),
            key("appeal-meaning-withdrawn"),
            "",
        ),
    };
    StateWords {
        word,
        meaning,
        tone,
    }
}

/// Who appeals, in words.
pub(crate) fn kind_words(p: &Page, kind: &str) -> String {
    p.t(match kind {
        "owner" => key("appeal-kind-owner"),
        _ => key("appeal-kind-report"),
    })
}

/// The public reason of a decision; the code itself where there are no words for it.
pub(crate) fn reason_words(p: &Page, code: &str) -> String {
    p.t_or(&format!("appeal-code-{code}"), &hostile::line(code, 100))
}

/// How a decided appeal ended, in words.
pub(crate) fn outcome_words(p: &Page, decided: &Decided) -> String {
    p.t(
        match (decided.decision.as_str(), decided.outcome.as_deref()) {
            ("upheld", Some("annul")) => key("appeal-outcome-annul"),
            ("upheld", _) => key("appeal-outcome-lift"),
            _ => key("appeal-outcome-rejected"),
        },
    )
}

/// What was seen at one place, in words.
pub(crate) struct LookView {
    pub(crate) asked: String,
    pub(crate) seen: String,
    /// What others wrote there.
    pub(crate) detail: String,
    pub(crate) tone: &'static str,
}

/// What was seen, place by place.
pub(crate) fn looks(p: &Page, looks: &[Look]) -> Vec<LookView> {
    let view = |look: &Look| {
        let (seen, tone) = match look.seen {
            Seen::Token => (key("appeal-seen-token"), "good"),
            Seen::Other => (key("appeal-seen-other"), "care"),
            Seen::Nothing => (key("appeal-seen-nothing"), "care"),
            Seen::NoAnswer => (key("appeal-seen-no-answer"), "care"),
        };
        LookView {
            asked: hostile::line(&look.asked, 400),
            seen: p.t(seen),
            detail: hostile::line(&look.detail, 300),
            tone,
        }
    };
    looks.iter().map(view).collect()
}
