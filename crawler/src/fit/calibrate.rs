//! Platt's calibration: a line from scores of sites left out to log odds. Folded into the points, it
//! keeps the sum a sum.

use super::regression::{Fitted, sigmoid};

/// `slope * logit + shift`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    slope: f64,
    shift: f64,
}

/// A small corpus that a model separates would ask for any slope; beyond these it is over-confidence.
const SLOPES: (f64, f64) = (0.6, 1.5);
const SHIFTS: (f64, f64) = (-1.0, 1.0);

impl Line {
    /// A score on calibrated odds.
    pub(super) fn at(self, logit: f64) -> f64 {
        self.slope * logit + self.shift
    }

    /// Points on calibrated odds.
    pub(super) fn scale(self, points: f64) -> f64 {
        self.slope * points
    }

    /// The same model on calibrated odds.
    pub(super) fn of(self, fitted: &Fitted) -> Fitted {
        Fitted {
            bias: self.at(fitted.bias),
            weights: fitted
                .weights
                .iter()
                .map(|weight| self.scale(*weight))
                .collect(),
        }
    }
}

/// Fits the line to `(logit, truth, weight)` by Newton's method, with Platt's softened targets.
pub(super) fn fit(judged: &[(f64, bool, f64)]) -> Line {
    let of = |wanted: bool| -> f64 {
        let rows = judged.iter().filter(|(_, positive, _)| *positive == wanted);
        rows.map(|(_, _, weight)| weight).sum()
    };
    let (high, low) = (of(true), of(false));
    let (high, low) = ((high + 1.0) / (high + 2.0), 1.0 / (low + 2.0));
    let mut line = Line {
        slope: 1.0,
        shift: 0.0,
    };
    for _ in 0..50 {
        // A little ridge towards the identity keeps the matrix invertible.
        let (mut by_slope, mut by_shift) = (line.slope - 1.0, line.shift);
        let (mut ss, mut st, mut tt) = (1.0, 0.0, 1.0);
        for (logit, positive, weight) in judged {
            let target = if *positive { high } else { low };
            let share = sigmoid(line.slope * logit + line.shift);
            let error = weight * (share - target);
            let spread = weight * share * (1.0 - share);
            by_slope += error * logit;
            by_shift += error;
            ss += spread * logit * logit;
            st += spread * logit;
            tt += spread;
        }
        let determinant = ss * tt - st * st;
        let slope = line.slope - (tt * by_slope - st * by_shift) / determinant;
        let shift = line.shift - (ss * by_shift - st * by_slope) / determinant;
        line = Line {
            slope: slope.clamp(SLOPES.0, SLOPES.1),
            shift: shift.clamp(SHIFTS.0, SHIFTS.1),
        };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_over_confident_score_is_flattened_and_a_right_one_left_alone() {
        // At logit 2 three of four are positive: log odds 1.1, not 2.
        let judged: Vec<_> = (0..400)
            .map(|i| {
                let high = i % 2 == 0;
                let expected = if i % 8 < 6 { high } else { !high };
                (if high { 2.0 } else { -2.0 }, expected, 1.0)
            })
            .collect();
        let line = fit(&judged);
        assert!(line.slope < 0.65 && line.shift.abs() < 0.1, "{line:?}");
        let right: Vec<_> = (0..1_000)
            .map(|i| (1.1, i % 4 != 0, 1.0))
            .chain((0..1_000).map(|i| (-1.1, i % 4 == 0, 1.0)))
            .collect();
        let line = fit(&right);
        assert!((line.slope - 1.0).abs() < 0.05, "{line:?}");
    }
}
