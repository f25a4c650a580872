//! Points of words: what the signals of a site leave unexplained, shared out over the words that
//! stand on it. The words are those that several sites of the corpus use, and each is drawn to
//! nothing, so that only what many sites agree on comes to count.

use std::collections::{BTreeMap, BTreeSet};

use super::regression::{self, Column, Fitted, Row};
use super::{FOLDS, calibrate, cents};
use crate::charset;
use crate::corpus::{Prepared, Site, View};
use crate::lexicon::Lexicon;
use crate::model::{Weights, Words};
use crate::signal::{Groups, Page};
use crate::wording::{self, Vocabulary};

/// Families of sites that must use a word: fewer, and it is one writer's.
const USED_BY: usize = 5;
/// How many sites the wish for no points is worth. Less fits the corpus better and pages of other
/// writers worse.
const STRENGTH: f64 = 10.0;
/// How much each view of a site counts.
const SHARES: [(View, f64); 2] = [(View::Site, 0.6), (View::Front, 0.4)];

/// The words that the sites of a corpus share.
pub(crate) fn vocabulary(sites: &[Site], lexicon: &Lexicon) -> Vocabulary {
    let groups = Groups::of(lexicon);
    let mut families: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for site in sites {
        for saved in &site.pages {
            let text = charset::decode(&saved.body, "").text;
            let document = crate::document::read(&text, &saved.url);
            let page = Page::new(saved.url.clone(), String::new(), document, lexicon);
            for key in wording::keys(&page, &groups, lexicon) {
                families.entry(key).or_default().insert(&site.family);
            }
        }
    }
    families.retain(|_, families| families.len() >= USED_BY);
    Vocabulary::of(families.keys().map(String::as_str))
}

/// Words of the whole corpus and of each part left out, and the axis that goes with them.
pub(super) struct Learnt {
    pub(super) words: Words,
    pub(super) left_out: Vec<Words>,
}

/// Learns the points of words for the axis whose weights, `whole` and by fold, are given, and brings
/// both to one scale.
pub(super) fn fit(
    sites: &[Prepared],
    folds: &[usize],
    whole: &mut Weights,
    left_out: &mut [Weights],
) -> Learnt {
    let keys: BTreeSet<&str> = sites
        .iter()
        .filter_map(Prepared::whole)
        .flat_map(|observed| observed.wording.keys().map(AsRef::as_ref))
        .collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    let rows = rows(sites, folds, &keys, left_out);
    let columns = vec![
        Column {
            prior: 0.0,
            sense: None
        };
        keys.len()
    ];
    let without = |fold: Option<usize>| {
        let rows = rows.iter().filter(|(of, _)| Some(*of) != fold);
        let rows: Vec<&Row> = rows.map(|(_, row)| row).collect();
        regression::fit(&rows, &columns, 0.0, STRENGTH)
    };
    let parts: Vec<Fitted> = (0..FOLDS).map(|fold| without(Some(fold))).collect();
    let judged: Vec<(f64, bool, f64)> = rows
        .iter()
        .filter_map(|(fold, row)| {
            let logit = row.offset + parts.get(*fold)?.logit(&row.columns);
            Some((logit, row.truth, row.weight))
        })
        .collect();
    let line = calibrate::fit(&judged);
    let scaled = |weights: &mut Weights, fitted: &Fitted| {
        weights.bias = cents(line.at(weights.bias + fitted.bias));
        weights
            .points
            .values_mut()
            .for_each(|points| *points = cents(line.scale(*points)));
        let points = keys.iter().zip(&fitted.weights);
        let points = points.map(|(key, points)| ((*key).to_owned(), cents(line.scale(*points))));
        Words {
            points: points.filter(|(_, points)| *points != 0.0).collect(),
        }
    };
    let left_out = left_out
        .iter_mut()
        .zip(&parts)
        .map(|(weights, part)| scaled(weights, part))
        .collect();
    Learnt {
        words: scaled(whole, &without(None)),
        left_out,
    }
}

/// A row for each view, with what the signals alone say of a site left out.
fn rows(
    sites: &[Prepared],
    folds: &[usize],
    keys: &[&str],
    left_out: &[Weights],
) -> Vec<(usize, Row)> {
    let mut rows = Vec::new();
    for (site, fold) in sites.iter().zip(folds) {
        let (Some(positive), Some(weights)) = (site.site.exchange, left_out.get(*fold)) else {
            continue;
        };
        for (view, observed) in &site.views {
            let Some((_, weight)) = SHARES.iter().find(|(shared, _)| shared == view) else {
                continue;
            };
            let points = observed
                .signals
                .iter()
                .filter_map(|signal| weights.points.get(&signal.id));
            let columns = observed
                .wording
                .keys()
                .filter_map(|key| keys.binary_search(&key.as_ref()).ok());
            rows.push((
                *fold,
                Row {
                    columns: columns.collect(),
                    offset: weights.bias + points.sum::<f64>(),
                    truth: positive,
                    weight: *weight,
                },
            ));
        }
    }
    rows
}
