//! The figures: a confusion of verdicts, precision and recall, calibration.

use serde::Serialize;

use crate::assessment::Verdict;

/// Wanted against given verdicts. A share of nothing is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Verdicts {
    /// Rows: wanted flag, review, clear. Columns: given flag, review, clear.
    pub confusion: [[usize; 3]; 3],
    /// Of what was flagged, how much should have been.
    pub precision: Option<f64>,
    /// Of what should have been flagged, how much was.
    pub recall: Option<f64>,
    /// Of what should have been flagged, how much people were shown at all, as flag or review.
    pub shown: Option<f64>,
    /// Of what should have been cleared, how much was put before people for nothing.
    pub needless: Option<f64>,
}

impl Verdicts {
    /// Counts `(wanted, given)`; what has no wanted verdict is passed over.
    pub fn of(pairs: impl Iterator<Item = (Option<Verdict>, Verdict)>) -> Self {
        let at = |verdict| match verdict {
            Verdict::Flag => 0,
            Verdict::Review => 1,
            Verdict::Clear => 2,
        };
        let mut counts = [[0; 3]; 3];
        for (wanted, given) in pairs {
            if let Some(wanted) = wanted {
                counts[at(wanted)][at(given)] += 1;
            }
        }
        let [flag, review, clear] = counts;
        let wanted: usize = flag.iter().sum();
        Self {
            confusion: counts,
            precision: share(flag[0], flag[0] + review[0] + clear[0]),
            recall: share(flag[0], wanted),
            shown: share(flag[0] + flag[1], wanted),
            needless: share(clear[0] + clear[1], clear.iter().sum()),
        }
    }

    /// Sites counted.
    #[must_use]
    pub fn sites(&self) -> usize {
        self.confusion.iter().flatten().sum()
    }
}

/// One axis at its threshold for a look, and how well its probabilities hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AxisReport {
    /// Probability from which the axis is worth a look.
    pub threshold: f64,
    /// Of what reaches the threshold, how much is so.
    pub precision: Option<f64>,
    /// Of what is so, how much reaches the threshold.
    pub recall: Option<f64>,
    /// How well the probabilities hold.
    #[serde(flatten)]
    pub calibration: Calibration,
}

/// How well probabilities hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// Mean squared distance from the truth: 0 is perfect, 0.25 is a coin.
    pub brier: Option<f64>,
    /// Expected calibration error: mean distance between said and true shares, by bins.
    pub ece: Option<f64>,
    /// Ten bins of equal width; those without a site are left out.
    pub bins: Vec<Bin>,
}

/// One bin of a calibration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    /// Its lower end; the width is 0.1.
    pub from: f64,
    /// Sites in it.
    pub sites: usize,
    /// The mean probability said.
    pub said: f64,
    /// The share that is so.
    pub so: f64,
}

impl AxisReport {
    /// Measures `(probability, truth)`.
    pub fn of(threshold: f64, judged: impl Iterator<Item = (f64, bool)>) -> Self {
        let judged: Vec<(f64, bool)> = judged.collect();
        let count = |holds: fn(bool, bool) -> bool| {
            let met = judged
                .iter()
                .filter(|(said, so)| holds(*said >= threshold, *so));
            met.count()
        };
        let both = count(|reached, so| reached && so);
        Self {
            threshold,
            precision: share(both, count(|reached, _| reached)),
            recall: share(both, count(|_, so| so)),
            calibration: Calibration::of(&judged),
        }
    }
}

impl Calibration {
    fn of(judged: &[(f64, bool)]) -> Self {
        if judged.is_empty() {
            return Self::default();
        }
        let all = judged.len() as f64;
        let truth = |so: bool| if so { 1.0 } else { 0.0 };
        let squares = judged.iter().map(|(said, so)| (said - truth(*so)).powi(2));
        let mut bins = Vec::new();
        let mut error = 0.0;
        for number in 0..10_u32 {
            let own = |said: f64| ((said * 10.0) as u32).min(9) == number;
            let inside: Vec<_> = judged.iter().filter(|(said, _)| own(*said)).collect();
            if inside.is_empty() {
                continue;
            }
            let count = inside.len() as f64;
            let said = inside.iter().map(|(said, _)| said).sum::<f64>() / count;
            let so = inside.iter().map(|(_, so)| truth(*so)).sum::<f64>() / count;
            error += (said - so).abs() * count / all;
            bins.push(Bin {
                from: f64::from(number) / 10.0,
                sites: inside.len(),
                said: rounded(said),
                so: rounded(so),
            });
        }
        Self {
            brier: Some(rounded(squares.sum::<f64>() / all)),
            ece: Some(rounded(error)),
            bins,
        }
    }
}

fn share(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| rounded(part as f64 / all as f64))
}

pub(super) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Clear, Flag, Review};

    #[test]
    fn verdicts_are_counted_by_what_was_wanted() {
        let pairs = [
            (Some(Flag), Flag),
            (Some(Flag), Flag),
            (Some(Flag), Review),
            (Some(Flag), Clear),
            (Some(Review), Flag),
            (Some(Clear), Review),
            (Some(Clear), Clear),
            (None, Flag),
        ];
        let found = Verdicts::of(pairs.into_iter());
        assert_eq!(found.confusion, [[2, 1, 1], [1, 0, 0], [0, 1, 1]]);
        assert_eq!(found.precision, Some(0.6667));
        assert_eq!(found.recall, Some(0.5));
        assert_eq!(found.shown, Some(0.75));
        assert_eq!(found.needless, Some(0.5));
        assert_eq!(Verdicts::of(std::iter::empty()).precision, None);
    }

    #[test]
    fn calibration_is_measured() {
        let sure = AxisReport::of(0.5, [(1.0, true), (0.0, false)].into_iter());
        assert_eq!(
            (sure.calibration.brier, sure.calibration.ece),
            (Some(0.0), Some(0.0))
        );
        assert_eq!((sure.precision, sure.recall), (Some(1.0), Some(1.0)));
        // Said 0.8, and one of two is so: 0.3 off; Brier (0.04 + 0.64) / 2.
        let off = AxisReport::of(0.9, [(0.8, true), (0.8, false)].into_iter());
        assert_eq!(
            (off.calibration.brier, off.calibration.ece),
            (Some(0.34), Some(0.3))
        );
        assert_eq!((off.precision, off.recall), (None, Some(0.0)));
        assert_eq!(off.calibration.bins[0].from, 0.8);
    }
}
