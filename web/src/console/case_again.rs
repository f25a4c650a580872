//! Why a site whose case was closed is put before officers again, in words.

use blocklist::matching::Verdict;
use data::case::{self, CaseFile, Change, Reopened};

use crate::{
    console::{case_checks::Stop, case_view::signal_name},
    hostile,
    messages::key,
    page::Page,
    public::check,
};

/// The stop sign of a case that was closed before.
pub(crate) fn stop(p: &Page, file: &CaseFile) -> Option<Stop> {
    let mut changes = file.changes.iter();
    let change = changes.find(|change| is_reopening(change))?;
    let text = words(p, change);
    (!text.is_empty()).then(|| Stop::amber(p.t(key("again-title")), text))
}

fn is_reopening(change: &Change) -> bool {
    change.actor == case::CRAWLER && change.action == "reopened"
}

/// What is new since, as the audit chain holds it; empty for what is not about that.
pub(crate) fn words(p: &Page, change: &Change) -> String {
    if !is_reopening(change) {
        return String::new();
    }
    let Ok(new) = serde_json::from_str::<Reopened>(&change.detail) else {
        return String::new();
    };
    let mut said = vec![p.t1(key("again-after"), "case", &hostile::line(&new.after, 32))];
    if !new.signals.is_empty() {
        let names: Vec<String> = new.signals.iter().map(|id| signal_name(p, id)).collect();
        said.push(p.t1(key("again-signals"), "names", &names.join("; ")));
    }
    if let Some(verdicts) = &new.verdict {
        let [from, to] = verdicts
            .each_ref()
            .map(|code| p.t_or(&format!("machine-{code}"), &hostile::line(code, 20)));
        said.push(p.t2(key("again-verdict"), ("from", &from), ("to", &to)));
    }
    if let Some(standings) = &new.standing {
        let [from, to] = standings.each_ref().map(|code| standing(p, code));
        said.push(p.t2(key("again-standing"), ("from", &from), ("to", &to)));
    }
    if !new.claims.is_empty() {
        said.push(p.t(key("again-claims")));
    }
    if new.review {
        said.push(p.t(key("again-review")));
    }
    said.join(" ")
}

fn standing(p: &Page, code: &str) -> String {
    let read = serde_json::from_value::<Verdict>(code.into());
    read.map_or_else(
        |_| hostile::line(code, 40),
        |verdict| check::word(p, verdict),
    )
}
