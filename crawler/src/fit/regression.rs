//! Logistic regression over yes-or-no columns, with L2 regularisation towards given values and a sign
//! that each weight keeps. Cyclic coordinate descent on an upper bound of the loss: no step size, no
//! randomness, never a step that makes it worse.

use crate::signal::ids::Sense;

/// One column: where its weight is drawn to, and which sign it may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) prior: f64,
    pub(super) sense: Option<Sense>,
}

/// One observation, with a truth of yes or no, or one of several.
#[derive(Debug, Clone)]
pub(super) struct Row<T = bool> {
    /// Columns that hold, each once.
    pub(super) columns: Vec<usize>,
    /// What is known before any column, in log odds.
    pub(super) offset: f64,
    /// What is true of it.
    pub(super) truth: T,
    /// How much it counts.
    pub(super) weight: f64,
}

/// What was learnt.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    pub(super) bias: f64,
    pub(super) weights: Vec<f64>,
}

impl Fitted {
    /// Before any row was seen.
    pub(super) fn prior(columns: &[Column], bias: f64) -> Self {
        Self {
            bias,
            weights: columns.iter().map(|column| column.prior).collect(),
        }
    }

    /// Bias and weights of the columns that hold.
    pub(super) fn logit(&self, columns: &[usize]) -> f64 {
        let weights = columns.iter().filter_map(|at| self.weights.get(*at));
        self.bias + weights.sum::<f64>()
    }
}

/// The logistic function.
pub(super) fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Rounds over all columns; the fit ends earlier when nothing moves any more.
const MAX_ROUNDS: usize = 400;
const STILL: f64 = 1e-4;

/// Fits `columns` to `rows`. `strength` is how many observations a prior is worth.
pub(super) fn fit(rows: &[&Row], columns: &[Column], bias: f64, strength: f64) -> Fitted {
    let holds = holds(rows, columns.len());
    let mut fitted = Fitted::prior(columns, bias);
    let mut logits: Vec<f64> = rows
        .iter()
        .map(|row| row.offset + fitted.logit(&row.columns))
        .collect();
    let descent = Descent {
        rows,
        holds: &holds,
        columns,
        bias,
        strength,
        reach: f64::INFINITY,
    };
    for _ in 0..MAX_ROUNDS {
        let moved = descent.round(&mut fitted, &mut logits, |row| row.truth);
        if moved < STILL {
            break;
        }
    }
    fitted
}

/// For each column the rows in which it holds.
pub(super) fn holds<T>(rows: &[&Row<T>], columns: usize) -> Vec<Vec<usize>> {
    let mut holds = vec![Vec::new(); columns];
    for (index, row) in rows.iter().enumerate() {
        for column in &row.columns {
            if let Some(list) = holds.get_mut(*column) {
                list.push(index);
            }
        }
    }
    holds
}

/// What stays the same from round to round.
pub(super) struct Descent<'a, T = bool> {
    pub(super) rows: &'a [&'a Row<T>],
    /// For each column the rows in which it holds.
    pub(super) holds: &'a [Vec<usize>],
    pub(super) columns: &'a [Column],
    /// What the bias is drawn to.
    pub(super) bias: f64,
    pub(super) strength: f64,
    /// How far a weight moves at most in a round. The shorter, the nearer the bound of the loss, and
    /// the fewer rounds where most shares are small.
    pub(super) reach: f64,
}

impl<T> Descent<'_, T> {
    /// Moves the bias and every weight once, `logits` with them. Returns the longest move.
    pub(super) fn round(
        &self,
        fitted: &mut Fitted,
        logits: &mut [f64],
        truth: impl Fn(&Row<T>) -> bool + Copy,
    ) -> f64 {
        let free = Column {
            prior: self.bias,
            sense: None,
        };
        let step = self.step(0..self.rows.len(), logits, free, fitted.bias, truth);
        fitted.bias += step;
        logits.iter_mut().for_each(|logit| *logit += step);
        let mut moved = step.abs();
        for ((column, holds), weight) in self
            .columns
            .iter()
            .zip(self.holds)
            .zip(&mut fitted.weights)
            .filter(|((_, holds), _)| !holds.is_empty())
        {
            let step = self.step(holds.iter().copied(), logits, *column, *weight, truth);
            *weight += step;
            for row in holds {
                if let Some(logit) = logits.get_mut(*row) {
                    *logit += step;
                }
            }
            moved = moved.max(step.abs());
        }
        moved
    }

    /// How far one weight moves: the minimum of the bound along it, kept to its sign.
    fn step(
        &self,
        holds: impl Iterator<Item = usize>,
        logits: &[f64],
        column: Column,
        weight: f64,
        truth: impl Fn(&Row<T>) -> bool,
    ) -> f64 {
        let mut gradient = self.strength * (weight - column.prior);
        let mut curvature = self.strength;
        for (row, logit) in holds.filter_map(|at| Some((self.rows.get(at)?, logits.get(at)?))) {
            let share = sigmoid(*logit);
            let truth = if truth(row) { 1.0 } else { 0.0 };
            gradient += row.weight * (share - truth);
            curvature += row.weight * self.bend(share);
        }
        let next = weight - (gradient / curvature).clamp(-self.reach, self.reach);
        let next = match column.sense {
            Some(Sense::For) => next.max(0.0),
            Some(Sense::Against) => next.min(0.0),
            Some(Sense::Note | Sense::Words) => 0.0,
            None => next,
        };
        next - weight
    }

    /// The most that p(1-p) can be within reach of this share: 1/4 where that spans even odds.
    fn bend(&self, share: f64) -> f64 {
        let near = share.max(1.0 - share) / share.min(1.0 - share) * (-self.reach).exp();
        if near > 1.0 {
            near / ((1.0 + near) * (1.0 + near))
        } else {
            0.25
        }
    }
}

/// Mean of the log loss, each row by its weight.
pub(super) fn log_loss(judged: impl Iterator<Item = (f64, bool, f64)>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (logit, positive, weight) in judged {
        let margin = if positive { logit } else { -logit };
        // ln(1 + e^-m) without overflow.
        sum += weight * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0));
        count += weight;
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[usize], positive: bool) -> Row {
        Row {
            columns: columns.to_vec(),
            offset: 0.0,
            truth: positive,
            weight: 1.0,
        }
    }

    fn column(sense: Option<Sense>) -> Column {
        Column { prior: 0.0, sense }
    }

    #[test]
    fn without_columns_the_bias_is_the_log_odds() {
        let rows = [
            row(&[], true),
            row(&[], true),
            row(&[], true),
            row(&[], false),
        ];
        let fitted = fit(&rows.iter().collect::<Vec<_>>(), &[], 0.0, 1e-9);
        assert!((fitted.bias - 3.0_f64.ln()).abs() < 1e-2, "{}", fitted.bias);
    }

    #[test]
    fn the_minimum_is_where_the_gradient_vanishes() {
        // One column, strength 1: the gradient at the minimum is sum(p - y) + (w - prior) = 0.
        let mut rows: Vec<Row> = (0..30).map(|i| row(&[0], i % 5 != 0)).collect();
        rows.extend((0..30).map(|i| row(&[], i % 4 == 0)));
        let columns = [Column {
            prior: 0.5,
            sense: Some(Sense::For),
        }];
        let fitted = fit(&rows.iter().collect::<Vec<_>>(), &columns, -1.0, 1.0);
        let error =
            |row: &Row| sigmoid(fitted.logit(&row.columns)) - f64::from(u8::from(row.truth));
        let of_weight: f64 = rows[..30].iter().map(error).sum::<f64>() + fitted.weights[0] - 0.5;
        let of_bias: f64 = rows.iter().map(error).sum::<f64>() + fitted.bias + 1.0;
        assert!(
            of_weight.abs() < 1e-2 && of_bias.abs() < 1e-2,
            "{of_weight} {of_bias}"
        );
    }

    #[test]
    fn a_short_reach_comes_to_the_same_minimum_in_fewer_rounds() {
        // One of fifty is positive: p(1-p) is far below 1/4.
        let rows: Vec<Row> = (0..200).map(|i| row(&[i % 2], i % 50 == 0)).collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let columns = [column(None), column(None)];
        let holds = holds(&rows, columns.len());
        let rounds = |reach| {
            let descent = Descent {
                rows: &rows,
                holds: &holds,
                columns: &columns,
                bias: 0.0,
                strength: 0.1,
                reach,
            };
            let mut fitted = Fitted::prior(&columns, 0.0);
            let mut logits = vec![0.0; rows.len()];
            let moves = (1..5_000).find(|_| {
                let moved = descent.round(&mut fitted, &mut logits, |row| row.truth);
                moved < 1e-7
            });
            (moves.unwrap(), fitted.weights)
        };
        let ((far, wide), (near, short)) = (rounds(f64::INFINITY), rounds(0.5));
        assert!((wide[0] - short[0]).abs() < 1e-4 && (wide[1] - short[1]).abs() < 1e-4);
        assert!(near < far, "{near} {far}");
    }

    #[test]
    fn no_weight_turns_against_its_sense() {
        let rows: Vec<Row> = (0..40).map(|i| row(&[i % 2], i % 2 == 1)).collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let columns = [column(Some(Sense::For)), column(Some(Sense::Against))];
        let fitted = fit(&rows, &columns, 0.0, 0.1);
        assert!(
            fitted.weights.iter().all(|weight| weight.abs() < 1e-9),
            "{fitted:?}"
        );
        let free = fit(&rows, &[column(None), column(None)], 0.0, 0.1);
        assert!(free.weights[0] < -1.0 && free.weights[1] > 1.0, "{free:?}");
    }
}
