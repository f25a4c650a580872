//! Learning the model from a corpus: logistic regression for each axis, cross-validated by site.
//!
//! Everything is decided by the corpus and the prior: no randomness, a fixed order, the same bytes on
//! every run. Each site counts once, spread over the views in which its pages may reach us, and all
//! of it, near copies included, stands in one fold.
//!
//! 1. `regression` fits the points towards the prior (`data/model/prior.toml`), which a signal keeps
//!    that the corpus does not show; how strongly is chosen by the log loss on sites left out.
//! 2. The scores of sites left out are calibrated (Platt), and the calibration is folded into the
//!    points, so that the ledger stays a plain sum.
//! 3. `words` shares out what the signals leave unexplained over the words of the sites, and calibrates
//!    the sum once more.
//! 4. `thresholds` chooses where a flag begins, again on sites left out, for precision.
//! 5. `kinds` tells kinds of sites apart, by the same descent and the same folds.

use std::collections::BTreeMap;

use crate::assessment::{Verdict, judge};
use crate::corpus::{Prepared, View};
use crate::model::{Model, Prior, Priors, Weights};

mod calibrate;
mod design;
mod kinds;
mod regression;
mod render;
mod thresholds;
mod words;

use design::Design;
pub use kinds::render_kinds;
use regression::{Fitted, Row};
pub use render::{render, render_words};
pub(crate) use words::vocabulary;

/// Parts that the corpus is split into; each is judged by a model that never saw it.
pub const FOLDS: usize = 5;

/// How many observations the prior is worth, in ascending order.
const STRENGTHS: [f64; 5] = [0.1, 0.3, 1.0, 3.0, 10.0];

/// How much each view of a site counts; together 1.
const SHARES: [(View, f64); 4] = [
    (View::Site, 0.4),
    (View::Front, 0.25),
    (View::Text, 0.2),
    (View::FrontText, 0.15),
];

/// What came of a fit.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Fitted on all sites.
    pub model: Model,
    /// For each fold, the model fitted without it, with the same calibration and thresholds.
    pub left_out: Vec<Model>,
    /// The fold of each site, in order.
    pub folds: Vec<usize>,
    /// How strongly each axis was drawn to the prior.
    pub strengths: BTreeMap<&'static str, f64>,
}

impl Fit {
    /// The model that never saw the site at `index`.
    #[must_use]
    pub fn honest(&self, index: usize) -> &Model {
        let fold = self.folds.get(index).copied().unwrap_or_default();
        self.left_out.get(fold).unwrap_or(&self.model)
    }
}

/// One axis before thresholds.
struct Axis {
    whole: Weights,
    left_out: Vec<Weights>,
    strength: f64,
}

/// The truth of one axis.
type Truth = fn(&Prepared) -> Option<bool>;

/// Fits both axes and the kinds. Sites whose truth is open for an axis do not count on it.
#[must_use]
pub fn fit(sites: &[Prepared], priors: &Priors) -> Fit {
    let folds: Vec<usize> = sites.iter().map(|site| fold(&site.site.family)).collect();
    let mut exchange = axis("exchange", sites, &folds, &priors.exchange, |s| {
        s.site.exchange
    });
    let serves = axis("serves_kz", sites, &folds, &priors.serves_kz, |s| {
        s.site.serves_kz
    });
    let kinds = kinds::fit(sites, &folds, &priors.kinds);
    let strengths = [
        ("exchange", exchange.strength),
        ("serves_kz", serves.strength),
    ];
    let worded = words::fit(sites, &folds, &mut exchange.whole, &mut exchange.left_out);
    let models = exchange.left_out.into_iter().zip(serves.left_out);
    let models = models.zip(worded.left_out);
    let mut fit = Fit {
        model: Model {
            exchange: exchange.whole,
            serves_kz: serves.whole,
            words: worded.words,
            kinds: kinds.whole,
            flag: 0.5,
        },
        left_out: models
            .zip(kinds.left_out)
            .map(|(((exchange, serves_kz), words), kinds)| Model {
                exchange,
                serves_kz,
                words,
                kinds,
                flag: 0.5,
            })
            .collect(),
        folds,
        strengths: strengths.into(),
    };
    thresholds::choose(&mut fit, sites);
    fit
}

/// The fold of a family: by its hash, so that a new site moves no other.
fn fold(family: &str) -> usize {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(family.as_bytes());
    usize::from(hash[0]) % FOLDS
}

fn axis(name: &str, sites: &[Prepared], folds: &[usize], prior: &Prior, truth: Truth) -> Axis {
    let design = Design::of(name, prior);
    let mut rows: Vec<(usize, Row)> = Vec::new();
    for (site, fold) in sites.iter().zip(folds) {
        let Some(positive) = truth(site) else {
            continue;
        };
        for (view, observed) in &site.views {
            let share = SHARES.iter().find(|(shared, _)| shared == view);
            rows.push((
                *fold,
                Row {
                    columns: design.columns_of(&observed.signals),
                    offset: 0.0,
                    truth: positive,
                    weight: share.map_or(0.0, |(_, share)| *share),
                },
            ));
        }
    }
    let fit_on = |strength: f64, without: Option<usize>| {
        let rows = rows.iter().filter(|(fold, _)| Some(*fold) != without);
        let rows: Vec<&Row> = rows.map(|(_, row)| row).collect();
        regression::fit(&rows, &design.columns, design.bias, strength)
    };
    let left_out = |strength| -> Vec<Fitted> {
        let folds = 0..FOLDS;
        folds.map(|fold| fit_on(strength, Some(fold))).collect()
    };
    let judged = |models: &[Fitted]| -> Vec<(f64, bool, f64)> {
        rows.iter()
            .filter_map(|(fold, row)| {
                let logit = models.get(*fold)?.logit(&row.columns);
                Some((logit, row.truth, row.weight))
            })
            .collect()
    };
    let mut best: Option<(f64, f64, Vec<Fitted>)> = None;
    for strength in STRENGTHS {
        let models = left_out(strength);
        let loss = regression::log_loss(judged(&models).into_iter());
        if best.as_ref().is_none_or(|(least, _, _)| loss < *least) {
            best = Some((loss, strength, models));
        }
    }
    let (_, strength, models) = best.unwrap_or((0.0, 1.0, Vec::new()));
    let line = calibrate::fit(&judged(&models));
    let weights = |fitted: &Fitted| {
        let fitted = line.of(fitted);
        let points = design.points(&fitted).into_iter();
        Weights {
            bias: cents(fitted.bias),
            review: 0.5,
            points: points.map(|(id, points)| (id, cents(points))).collect(),
        }
    };
    Axis {
        whole: weights(&fit_on(strength, None)),
        left_out: models.iter().map(weights).collect(),
        strength,
    }
}

/// Points have two decimals, in the file as in the ledger. Never a negative zero.
fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

/// Whether `site` is flagged in this view once nothing but the thresholds could keep it from it.
fn may_flag(model: &Model, site: &Prepared, view: usize) -> Option<(bool, f64, f64)> {
    let mut open = model.clone();
    open.flag = 0.0;
    (open.exchange.review, open.serves_kz.review) = (0.0, 0.0);
    let (_, observed) = site.views.get(view)?;
    let judged = judge(observed, &site.standing, &open);
    let may = judged.verdict == Verdict::Flag;
    Some((may, judged.exchange, judged.serves_kz))
}
