//! The model as the file that `model` reads.

use std::fmt::Write as _;

use super::{FOLDS, Fit};
use crate::corpus::{self, Prepared, Site};
use crate::model::{Weights, of_table};

/// The file: where the numbers come from, then the points in order of [`crate::signal::IDS`]. No date: the same
/// corpus gives the same bytes.
#[must_use]
pub fn render(fit: &Fit, sites: &[Prepared]) -> String {
    let truth: Vec<Site> = sites.iter().map(|site| site.site.clone()).collect();
    let count = |holds: fn(&Site) -> bool| truth.iter().filter(|site| holds(site)).count();
    let pages: usize = truth.iter().map(|site| site.pages.len()).sum();
    let mut out = String::from(
        "# Points of every signal: evidence counts up, what speaks against it counts down. Written by\n\
         # `qalqan evaluate data/corpus --fit data/model/weights.toml`; docs/ASSESSMENT.md says how.\n\n",
    );
    let _ = writeln!(
        out,
        "flag = {:.2} # probability of both axes together\n\n[fitted]",
        fit.model.flag
    );
    let _ = writeln!(out, "corpus = \"{}\"", corpus::hash(&truth));
    let _ = writeln!(out, "sites = {}\npages = {pages}", truth.len());
    let _ = writeln!(
        out,
        "exchange = {}",
        count(|site| site.exchange == Some(true))
    );
    let _ = writeln!(
        out,
        "serves_kz = {}",
        count(|site| site.serves_kz == Some(true))
    );
    let _ = writeln!(out, "folds = {FOLDS}");
    for (name, weights) in [
        ("exchange", &fit.model.exchange),
        ("serves_kz", &fit.model.serves_kz),
    ] {
        let strength = fit.strengths.get(name).copied().unwrap_or_default();
        let _ = writeln!(
            out,
            "\n[{name}] # drawn to the prior as by {strength} sites"
        );
        axis(name, weights, &mut out);
    }
    out
}

/// The file of words: a line a word or pair, in order.
#[must_use]
pub fn render_words(fit: &Fit) -> String {
    let mut out = String::from(
        "# Points of words that no lexicon has read, for an exchange or against it: beginnings of words, pairs of\n\
         # neighbours, and \"# \" before a word of a heading. Written with weights.toml by the same command.\n\n[points]\n",
    );
    for (key, points) in &fit.model.words.points {
        let _ = writeln!(out, "{} = {points:.2}", toml::Value::from(key.as_str()));
    }
    out
}

fn axis(name: &str, weights: &Weights, out: &mut String) {
    let Weights {
        bias,
        review,
        points,
    } = weights;
    let _ = writeln!(out, "bias = {bias:.2}\nreview = {review:.2}");
    let _ = writeln!(out, "\n[{name}.points]");
    for known in of_table(name) {
        for id in known.keys() {
            let points = points.get(&id).copied().unwrap_or_default();
            let _ = if id.contains('.') {
                writeln!(out, "\"{id}\" = {points:.2}")
            } else {
                writeln!(out, "{id} = {points:.2}")
            };
        }
    }
}
