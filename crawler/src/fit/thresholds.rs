//! Where a flag begins, and where a look: chosen on sites left out, every view of them.

use super::{Fit, SHARES, may_flag};
use crate::assessment::Verdict;
use crate::corpus::Prepared;

/// Flags must be right this often; the corpus is no world, so a little more than is promised.
const PRECISION: f64 = 0.985;
/// The wanted precision must hold this far below the thresholds as well: what sites left out show is
/// always kinder than pages nobody has seen.
const MARGIN: f64 = 0.05;
/// Of the positives of an axis, this share must reach the threshold for a look.
const LOOKED_AT: f64 = 0.95;
/// Where equals are chosen between: in the middle, away from both mistakes.
const MIDDLE: f64 = 0.75;

/// One view of a site that only the thresholds decide.
struct Candidate {
    exchange: f64,
    serves_kz: f64,
    wanted: bool,
    weight: f64,
}

/// Sets the thresholds of the fit's models.
pub(super) fn choose(fit: &mut Fit, sites: &[Prepared]) {
    let mut candidates = Vec::new();
    let (mut exchanges, mut serving) = (Vec::new(), Vec::new());
    for (index, site) in sites.iter().enumerate() {
        for (view, (name, _)) in site.views.iter().enumerate() {
            let Some((may, exchange, serves_kz)) = may_flag(fit.honest(index), site, view) else {
                continue;
            };
            let share = SHARES.iter().find(|(shared, _)| shared == name);
            let weight = share.map_or(0.0, |(_, share)| *share);
            if site.site.exchange == Some(true) {
                exchanges.push((exchange, weight));
            }
            if site.site.serves_kz == Some(true) {
                serving.push((serves_kz, weight));
            }
            // Where people should decide and the site is what a flag says, a flag wrongs nobody.
            let truly = site.site.exchange == Some(true)
                && site.site.serves_kz == Some(true)
                && !site.site.licensed;
            let wanted = site.site.wanted().filter(|_| may);
            if let Some(wanted) = wanted.filter(|w| *w != Verdict::Review || !truly) {
                candidates.push(Candidate {
                    exchange,
                    serves_kz,
                    wanted: wanted == Verdict::Flag,
                    weight,
                });
            }
        }
    }
    let (exchange, serves_kz) = flags(&candidates);
    let (look, look_kz) = (
        looks(&exchanges).min(exchange),
        looks(&serving).min(serves_kz),
    );
    for model in std::iter::once(&mut fit.model).chain(&mut fit.left_out) {
        (model.exchange.flag, model.exchange.review) = (exchange, look);
        (model.serves_kz.flag, model.serves_kz.review) = (serves_kz, look_kz);
    }
}

/// Hundredths from `from` to `to` in steps of five.
fn grid(from: u32, to: u32) -> impl Iterator<Item = f64> + Clone {
    (from..=to)
        .step_by(5)
        .map(|hundredths| f64::from(hundredths) / 100.0)
}

/// The pair that finds most at the wanted precision; among equals the one nearest the middle.
fn flags(candidates: &[Candidate]) -> (f64, f64) {
    let mut best: Option<((f64, f64), (f64, f64))> = None;
    for exchange in grid(60, 95) {
        for serves_kz in grid(60, 95) {
            let (right, _) = flagged(candidates, exchange, serves_kz);
            let (near, all) = flagged(candidates, exchange - MARGIN, serves_kz - MARGIN);
            let precision = if all > 0.0 { near / all } else { 1.0 };
            // Where nothing is precise enough, precision counts alone.
            let found = if precision >= PRECISION {
                right
            } else {
                precision - 1.0
            };
            let central = -(exchange - MIDDLE).abs() - (serves_kz - MIDDLE).abs();
            let worth = ((found * 1e6).round(), central);
            if best.is_none_or(|(held, _)| worth > held) {
                best = Some((worth, (exchange, serves_kz)));
            }
        }
    }
    best.map_or((MIDDLE, MIDDLE), |(_, pair)| pair)
}

/// What these thresholds flag: rightly, and altogether.
fn flagged(candidates: &[Candidate], exchange: f64, serves_kz: f64) -> (f64, f64) {
    let reach = candidates
        .iter()
        .filter(|held| held.exchange >= exchange && held.serves_kz >= serves_kz);
    reach.fold((0.0, 0.0), |(right, all), held| {
        let own = if held.wanted { held.weight } else { 0.0 };
        (right + own, all + held.weight)
    })
}

/// The highest threshold up to even odds that nearly all positives reach.
fn looks(positives: &[(f64, f64)]) -> f64 {
    let all: f64 = positives.iter().map(|(_, weight)| weight).sum();
    let reach = |threshold: &f64| {
        let met = positives.iter().filter(|(share, _)| share >= threshold);
        met.map(|(_, weight)| weight).sum::<f64>() >= LOOKED_AT * all
    };
    let found = grid(30, 50).filter(reach).last();
    found.unwrap_or(0.3)
}
