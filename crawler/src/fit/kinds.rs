//! Kinds of sites: one softmax over all of them, fitted on every view of every site whose kind is
//! known. Each kind in turn takes a round of the same descent as the axes, against all others held
//! still; its odds against them are a logistic regression.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::design::Design;
use super::regression::{Descent, Fitted, Row, holds};
use super::{FOLDS, SHARES, cents};
use crate::corpus::Prepared;
use crate::kind::{Kinds, OTHER};
use crate::model::Prior;
use crate::signal::IDS;
use crate::signal::ids::Known;

/// How many observations the prior is worth: of 1, 3 and 10 the one with the least log loss on sites
/// left out.
const STRENGTH: f64 = 3.0;
/// Rounds over all kinds; points are written with two decimals.
const MAX_ROUNDS: usize = 60;
const STILL: f64 = 1e-2;
/// How far a weight moves in a round at most.
const REACH: f64 = 0.5;
/// Fewer points than these are not written.
const LEAST: f64 = 0.1;
/// A kind is named where, of sites left out, this share is named rightly.
const RIGHT: f64 = 0.75;

/// What came of it.
pub(super) struct Heads {
    pub(super) whole: Arc<Kinds>,
    pub(super) left_out: Vec<Arc<Kinds>>,
}

/// The columns of every kind, in order of name.
struct Columns<'a>(Vec<(&'a str, Design)>);

/// Fits the kinds that the corpus knows.
pub(super) fn fit(sites: &[Prepared], folds: &[usize], priors: &BTreeMap<String, Prior>) -> Heads {
    let mut names: Vec<&str> = sites
        .iter()
        .filter_map(|s| s.site.kind.as_deref())
        .collect();
    names.sort_unstable();
    names.dedup();
    let none = Prior::default();
    let columns = Columns(
        names
            .iter()
            .map(|kind| (*kind, Design::free(priors.get(*kind).unwrap_or(&none))))
            .collect(),
    );
    let rows = rows(sites, folds, &columns);
    let fit_on = |without: Option<usize>| {
        let rows = rows.iter().filter(|(fold, _)| Some(*fold) != without);
        let rows: Vec<&Row<usize>> = rows.map(|(_, row)| row).collect();
        descend(&rows, &columns)
    };
    let left_out = (0..FOLDS).map(|fold| columns.kinds(&fit_on(Some(fold)), 0.0));
    let left_out: Vec<Kinds> = left_out.collect();
    let floor = floor(sites, folds, &left_out);
    let whole = columns.kinds(&fit_on(None), floor);
    let left_out = left_out.into_iter();
    Heads {
        whole: Arc::new(whole),
        left_out: left_out
            .map(|kinds| Arc::new(Kinds { floor, ..kinds }))
            .collect(),
    }
}

/// The lowest share, in steps of five hundredths, from which enough is named rightly.
fn floor(sites: &[Prepared], folds: &[usize], left_out: &[Kinds]) -> f64 {
    let likeliest: Vec<(f64, bool)> = sites
        .iter()
        .zip(folds)
        .filter_map(|(site, fold)| {
            let shares = left_out
                .get(*fold)?
                .shares(&site.whole()?.signals, |_| true);
            let first = shares.first()?;
            Some((first.share, site.site.kind.as_deref()? == first.kind))
        })
        .collect();
    let holds = |floor: &f64| {
        let named = likeliest.iter().filter(|(share, _)| share >= floor);
        let (all, right) = named.fold((0.0, 0.0), |(all, right), (_, so)| {
            (all + 1.0, right + if *so { 1.0 } else { 0.0 })
        });
        right >= RIGHT * all
    };
    let mut steps = (20..100)
        .step_by(5)
        .map(|hundredths| f64::from(hundredths) / 100.0);
    steps.find(holds).unwrap_or(1.0)
}

/// A row for each different view of a site, the truth being the kind's number.
fn rows(sites: &[Prepared], folds: &[usize], columns: &Columns<'_>) -> Vec<(usize, Row<usize>)> {
    let mut rows: Vec<(usize, Row<usize>)> = Vec::new();
    for (site, fold) in sites.iter().zip(folds) {
        let kind = site.site.kind.as_deref();
        let Some(truth) = columns.0.iter().position(|(name, _)| Some(*name) == kind) else {
            continue;
        };
        let own = rows.len();
        for (view, observed) in &site.views {
            let share = SHARES.iter().find(|(shared, _)| shared == view);
            let weight = share.map_or(0.0, |(_, share)| *share);
            let columns = columns
                .0
                .first()
                .map(|(_, design)| design.columns_of(&observed.signals));
            let columns = columns.unwrap_or_default();
            let held = rows
                .iter_mut()
                .skip(own)
                .find(|(_, row)| row.columns == columns);
            match held {
                Some((_, row)) => row.weight += weight,
                None => rows.push((
                    *fold,
                    Row {
                        columns,
                        offset: 0.0,
                        truth,
                        weight,
                    },
                )),
            }
        }
    }
    rows
}

fn descend(rows: &[&Row<usize>], columns: &Columns<'_>) -> Vec<Fitted> {
    let designs = || columns.0.iter().map(|(_, design)| design);
    let holds = holds(
        rows,
        designs().next().map_or(0, |design| design.columns.len()),
    );
    let mut heads: Vec<Fitted> = designs()
        .map(|d| Fitted::prior(&d.columns, d.bias))
        .collect();
    let of_rows = |head: &Fitted| rows.iter().map(|row| head.logit(&row.columns)).collect();
    let mut logits: Vec<Vec<f64>> = heads.iter().map(of_rows).collect();
    for _ in 0..MAX_ROUNDS {
        let mut moved: f64 = 0.0;
        // For each row the sum that every kind has its share of.
        let mut whole = vec![0.0; rows.len()];
        for own in &logits {
            whole
                .iter_mut()
                .zip(own)
                .for_each(|(sum, logit)| *sum += logit.exp());
        }
        for (kind, ((design, head), own)) in designs().zip(&mut heads).zip(&mut logits).enumerate()
        {
            let rest: Vec<f64> = whole
                .iter()
                .zip(own.iter())
                .map(|(sum, logit)| (sum - logit.exp()).max(f64::MIN_POSITIVE))
                .collect();
            let mut odds: Vec<f64> = own
                .iter()
                .zip(&rest)
                .map(|(logit, rest)| logit - rest.ln())
                .collect();
            let descent = Descent {
                rows,
                holds: &holds,
                columns: &design.columns,
                bias: design.bias,
                strength: STRENGTH,
                reach: REACH,
            };
            moved = moved.max(descent.round(head, &mut odds, |row| row.truth == kind));
            for (((own, odds), rest), whole) in own.iter_mut().zip(&odds).zip(&rest).zip(&mut whole)
            {
                *own = odds + rest.ln();
                *whole = rest + own.exp();
            }
        }
        if moved < STILL {
            break;
        }
    }
    heads
}

impl Columns<'_> {
    /// As the program applies them.
    fn kinds(&self, heads: &[Fitted], floor: f64) -> Kinds {
        let mut kinds = Kinds {
            floor,
            ..Kinds::default()
        };
        for ((name, design), head) in self.0.iter().zip(heads) {
            kinds.bias.insert((*name).to_owned(), cents(head.bias));
            for (id, points) in design.points(head) {
                let points = cents(points);
                if points.abs() >= LEAST {
                    kinds
                        .points
                        .entry(id)
                        .or_default()
                        .insert((*name).to_owned(), points);
                }
            }
        }
        kinds
    }
}

/// The file that `kind` reads: a line a signal, in order of [`IDS`].
#[must_use]
pub fn render_kinds(kinds: &Kinds) -> String {
    let mut out = format!(
        "# Points of every signal for every kind of site. Written with weights.toml, by the same command.\n\n\
         floor = {:.2} # named from this share on; below it the site is \"{OTHER}\"\n\n[bias]\n",
        kinds.floor
    );
    for (kind, bias) in &kinds.bias {
        let _ = writeln!(out, "{kind} = {bias:.2}");
    }
    let _ = writeln!(out, "\n[points]");
    for id in IDS.iter().flat_map(Known::keys) {
        let Some(points) = kinds.points.get(&id) else {
            continue;
        };
        let each: Vec<String> = points
            .iter()
            .map(|(kind, points)| format!("{kind} = {points:.2}"))
            .collect();
        let _ = writeln!(out, "\"{id}\" = {{ {} }}", each.join(", "));
    }
    out
}
