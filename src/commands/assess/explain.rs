//! An assessment as people read it: every point with its words and their place, what speaks against
//! it, what does not fit together.

use std::fmt::Write as _;

use crawler::{
    assessment::{Assessment, Contradiction, KindReason},
    score::Ledger,
    signal::{Axis, Signal, ids},
};

use crate::print::visible;

/// The words of the console, English.
const WORDS: &str = include_str!("../../../web/locales/en/signals.ftl");

/// Verdict and probabilities in a line.
pub(super) fn summary(found: &Assessment) -> String {
    format!(
        "{}: exchange {:.2}, serves Kazakhstan {:.2}\n",
        found.verdict.as_str(),
        found.exchange,
        found.serves_kz
    )
}

/// The ledger of both questions, and everything that shaped the verdict beside it.
pub(super) fn ledger(found: &Assessment) -> String {
    let mut out = String::new();
    let sums = &found.ledger;
    let of = |axes: &[Axis]| -> Vec<&Signal> {
        let own = found.signals.iter().filter(|s| axes.contains(&s.axis));
        own.filter(|signal| signal.weight != 0.0).collect()
    };
    question(
        "Is it an exchange?",
        &sums.exchange,
        &of(&[Axis::Exchange, Axis::Guard]),
        &mut out,
    );
    question(
        "Does it serve Kazakhstan?",
        &sums.serves_kz,
        &of(&[Axis::ServesKz]),
        &mut out,
    );
    let noted = found.signals.iter();
    let noted = noted.filter(|signal| signal.weight == 0.0 && signal.axis != Axis::Kind);
    section(
        "Recorded, without points",
        noted,
        &mut out,
        |signal, out| {
            let _ = writeln!(out, "          {}", name(&signal.id));
            quote(signal, out);
        },
    );
    section(
        "What speaks against a flag",
        &found.guards,
        &mut out,
        |guard, out| {
            let _ = writeln!(out, "  {}", word("guard", guard));
        },
    );
    section(
        "What does not fit together",
        &found.contradictions,
        &mut out,
        |found, out| {
            let _ = writeln!(out, "  {}", contradiction(found));
        },
    );
    section(
        "What it seems to be",
        &found.kind_reasons,
        &mut out,
        |reason, out| kind(reason, found, out),
    );
    out
}

/// A kind and what carried it; one that is not sure is said to be the nearest. Words that stand in no
/// sum above are quoted here.
fn kind(reason: &KindReason, found: &Assessment, out: &mut String) {
    let unsure = if found.kinds.contains(&reason.kind) {
        ""
    } else {
        "unsure; nearest is "
    };
    let share = reason.probability * 100.0;
    let _ = writeln!(
        out,
        "  {unsure}{} ({share:.0} %)",
        word("kind", &reason.kind)
    );
    for carried in &reason.signals {
        let _ = writeln!(out, "  {:>+6.2}  {}", carried.points, name(&carried.id));
        let mut own = found.signals.iter().filter(|s| s.id == carried.id);
        if let Some(signal) = own.find(|signal| signal.axis == Axis::Kind) {
            quote(signal, out);
        }
    }
}

/// One question: the sum, line by line, and what it comes to.
fn question(title: &str, sum: &Ledger, signals: &[&Signal], out: &mut String) {
    let _ = writeln!(out, "\n{title}");
    let _ = writeln!(out, "  {:>+6.2}  before anything is seen", sum.bias);
    for signal in signals {
        let _ = writeln!(out, "  {:>+6.2}  {}", signal.weight, name(&signal.id));
        quote(signal, out);
    }
    let _ = writeln!(
        out,
        "  {:>+6.2}  together: {:.1} %",
        sum.logit,
        sum.probability * 100.0
    );
}

fn quote(signal: &Signal, out: &mut String) {
    let _ = writeln!(
        out,
        "          “{}”  {}",
        visible(&signal.quote),
        visible(&signal.place)
    );
}

/// A section with a line for each of `items`; nothing when there are none.
fn section<T>(
    title: &str,
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    line: impl Fn(T, &mut String),
) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_some() {
        let _ = writeln!(out, "\n{title}");
    }
    items.for_each(|item| line(item, out));
}

/// A signal in words, with its id for whoever looks it up in the model.
fn name(id: &str) -> String {
    let (family, _) = ids::parts(id);
    let words = match family.strip_prefix("guard.") {
        Some(kind) => word("guard", kind),
        None => word("signal", family),
    };
    format!("{words} ({id})")
}

/// The words of a code; the code itself where there are none.
fn word(sort: &str, code: &str) -> String {
    let key = format!("{sort}-{code}");
    let mut lines = WORDS.lines().filter_map(|line| line.split_once(" = "));
    let found = lines.find(|(held, _)| *held == key);
    found.map_or_else(|| visible(code), |(_, words)| words.to_owned())
}

/// A contradiction in words, its arguments filled in.
fn contradiction(found: &Contradiction) -> String {
    let mut words = word("contradiction", found.code);
    for (argument, value) in &found.args {
        let value = match *argument {
            "guard" => word("guard", value),
            "signal" => name(value),
            _ => visible(value),
        };
        words = words.replace(&format!("{{ ${argument} }}"), &value);
    }
    words
}
