//! Where a flag begins, and where a look: chosen on sites left out, every view of them.

use super::{Fit, SHARES, may_flag};
use crate::assessment::Verdict;
use crate::corpus::Prepared;

/// Flags of what should be flagged or cleared must be right this often on a corpus that has more
/// look-alikes in it, and harder ones, than the world.
const PRECISION: f64 = 0.96;
/// The wanted precision must hold this far below the thresholds as well: what sites left out show is
/// always kinder than pages nobody has seen.
const MARGIN: f64 = 0.05;
/// Of the positives of an axis, this share must reach the threshold for a look.
const LOOKED_AT: f64 = 0.95;

/// One view of a site that only the thresholds decide.
struct Candidate {
    /// Probability that it is both, an exchange and for Kazakhstan.
    both: f64,
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
            // Where people should decide, a flag brings the site before people as well.
            let wanted = site.site.wanted().filter(|_| may);
            if let Some(wanted) = wanted.filter(|wanted| *wanted != Verdict::Review) {
                candidates.push(Candidate {
                    both: exchange * serves_kz,
                    wanted: wanted == Verdict::Flag,
                    weight,
                });
            }
        }
    }
    let flag = flags(&candidates);
    let (look, look_kz) = (looks(&exchanges), looks(&serving));
    for model in std::iter::once(&mut fit.model).chain(&mut fit.left_out) {
        model.flag = flag;
        (model.exchange.review, model.serves_kz.review) = (look, look_kz);
    }
}

/// Hundredths from `from` to `to` in steps of five.
fn grid(from: u32, to: u32) -> impl Iterator<Item = f64> + Clone {
    (from..=to)
        .step_by(5)
        .map(|hundredths| f64::from(hundredths) / 100.0)
}

/// The lowest threshold from which flags are right as often as wanted, and a little below it too; the
/// one that is most precise where none is.
fn flags(candidates: &[Candidate]) -> f64 {
    let held = grid(50, 95).find(|flag| {
        let near = precision(candidates, flag - MARGIN);
        precision(candidates, *flag).min(near) >= PRECISION
    });
    held.unwrap_or_else(|| {
        let most =
            |a: &f64, b: &f64| precision(candidates, *a).total_cmp(&precision(candidates, *b));
        grid(50, 95).max_by(most).unwrap_or(1.0)
    })
}

/// How much of what reaches `flag` is rightly flagged; 1 when nothing does.
fn precision(candidates: &[Candidate], flag: f64) -> f64 {
    let reach = candidates.iter().filter(|held| held.both >= flag);
    let (right, all) = reach.fold((0.0, 0.0), |(right, all), held| {
        let own = if held.wanted { held.weight } else { 0.0 };
        (right + own, all + held.weight)
    });
    if all > 0.0 { right / all } else { 1.0 }
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
