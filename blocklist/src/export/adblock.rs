//! Filter rules: `||name^` takes names below along, `|name^` is the name alone, `@@` lets through.
//!
//! Which rule is nearer does not matter to their readers: an exception wins over a block, and what is
//! `$important` over what is not. So each step down a chain of blocks and exceptions needs a stronger
//! kind of rule than the step above, and there are four.

use super::out::Out;
use crate::{
    fold::Action,
    rules::{Rule, Rules, Why},
};

/// Kinds of rules from the weakest to the strongest: even ones block, odd ones let through.
const STRENGTHS: [(&str, &str); 4] = [
    ("", ""),
    ("@@", ""),
    ("", "$important"),
    ("@@", "$important"),
];

/// The strength that `action` needs against `above`; `None` where nothing is to be said.
fn against(above: Option<usize>, action: Action) -> Option<usize> {
    match (above, action) {
        (None, Action::Block) => Some(0),
        (None, Action::PassThrough) => None,
        (Some(above), action) => {
            let same = above.is_multiple_of(2) == (action == Action::Block);
            Some(if same { above } else { above + 1 })
        }
    }
}

/// The strengths of the lines of a rule: for the name with all below it, and for the name alone.
fn strengths(rules: &Rules<'_>, rule: &Rule<'_>) -> (Option<usize>, Option<usize>) {
    let above = if rule.nested {
        let said = rules.ancestors(rule.name);
        let chain: Vec<_> = said.filter_map(|(_, below)| below).collect();
        chain.into_iter().rev().fold(None, against)
    } else {
        None
    };
    let below = rule.own_below.map_or(above, |own| against(above, own));
    let tree = rule.tree().and(below);
    (tree, rule.exact().and(against(below, rule.own_host)))
}

/// Leaves out what would need a fifth strength.
pub(super) fn leave_out(rules: &mut Rules<'_>) {
    let weak = |strength: Option<usize>| strength.is_none_or(|s| s < STRENGTHS.len());
    // An exception with a block of its own above a name alone: without the parents it is not needed.
    let as_before = rules.clone();
    rules.leave_out_parents(Why::Nested, |rule| {
        let (tree, exact) = strengths(&as_before, rule);
        !(weak(tree) && weak(exact))
    });
    let as_before = rules.clone();
    rules.leave_out_where(|rule| {
        let (tree, exact) = strengths(&as_before, rule);
        (!(weak(tree) && weak(exact))).then_some(Why::Nested)
    });
}

pub(super) fn write<'a>(all: &Rules<'a>, rules: impl Iterator<Item = Rule<'a>>, out: &mut Out) {
    for rule in rules {
        let (tree, exact) = strengths(all, &rule);
        for (strength, anchor) in [(tree, "||"), (exact, "|")] {
            if let Some((before, after)) = strength.and_then(|s| STRENGTHS.get(s)) {
                out.put(&[before, anchor, rule.name.as_str(), "^", after, "\n"]);
            }
        }
    }
}
