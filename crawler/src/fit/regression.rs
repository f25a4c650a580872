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

/// One observation.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Columns that hold, each once.
    pub(super) columns: Vec<usize>,
    /// What is known before any column, in log odds.
    pub(super) offset: f64,
    /// What is true of it.
    pub(super) positive: bool,
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
    let mut fitted = Fitted {
        bias,
        weights: columns.iter().map(|column| column.prior).collect(),
    };
    let mut holds: Vec<Vec<usize>> = vec![Vec::new(); columns.len()];
    for (index, row) in rows.iter().enumerate() {
        for column in &row.columns {
            if let Some(list) = holds.get_mut(*column) {
                list.push(index);
            }
        }
    }
    let all: Vec<usize> = (0..rows.len()).collect();
    let mut logits: Vec<f64> = rows
        .iter()
        .map(|row| row.offset + fitted.logit(&row.columns))
        .collect();
    for _ in 0..MAX_ROUNDS {
        let free = Column {
            prior: bias,
            sense: None,
        };
        let step = step(rows, &all, &logits, free, fitted.bias, strength);
        fitted.bias += step;
        all.iter().for_each(|row| logits[*row] += step);
        let mut moved = step.abs();
        for (at, column) in columns
            .iter()
            .enumerate()
            .filter(|(at, _)| !holds[*at].is_empty())
        {
            let step = self::step(
                rows,
                &holds[at],
                &logits,
                *column,
                fitted.weights[at],
                strength,
            );
            fitted.weights[at] += step;
            holds[at].iter().for_each(|row| logits[*row] += step);
            moved = moved.max(step.abs());
        }
        if moved < STILL {
            break;
        }
    }
    fitted
}

/// How far one weight moves: the minimum of the bound p(1-p) <= 1/4 along it, kept to its sign.
fn step(
    rows: &[&Row],
    holds: &[usize],
    logits: &[f64],
    column: Column,
    weight: f64,
    strength: f64,
) -> f64 {
    let mut gradient = strength * (weight - column.prior);
    let mut curvature = strength;
    for (row, logit) in holds
        .iter()
        .filter_map(|at| Some((rows.get(*at)?, logits.get(*at)?)))
    {
        let truth = if row.positive { 1.0 } else { 0.0 };
        gradient += row.weight * (sigmoid(*logit) - truth);
        curvature += row.weight * 0.25;
    }
    let next = weight - gradient / curvature;
    let next = match column.sense {
        Some(Sense::For) => next.max(0.0),
        Some(Sense::Against) => next.min(0.0),
        Some(Sense::Note | Sense::Words) => 0.0,
        None => next,
    };
    next - weight
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
            positive,
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
            |row: &Row| sigmoid(fitted.logit(&row.columns)) - f64::from(u8::from(row.positive));
        let of_weight: f64 = rows[..30].iter().map(error).sum::<f64>() + fitted.weights[0] - 0.5;
        let of_bias: f64 = rows.iter().map(error).sum::<f64>() + fitted.bias + 1.0;
        assert!(
            of_weight.abs() < 1e-2 && of_bias.abs() < 1e-2,
            "{of_weight} {of_bias}"
        );
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
