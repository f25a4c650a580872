//! What the end of a listing takes with it, in the transaction that ends it. Macros, because the two
//! engines' transactions are two types.

/// The case that asks to cancel a listing's order, if one waits: with the listing goes the question.
pub(crate) const CANCEL: &str = "SELECT id, state FROM review_case
    WHERE about = $1 AND reason = 'cancel' AND state IN ('open', 'in_review')";

/// Answers what was asked of a listing's dates.
pub(crate) const ANSWER: &str = "UPDATE question SET answer = $1, answered_at = $2
    WHERE listing_id = $3 AND answer IS NULL";

pub(crate) const LIFT: &str =
    "INSERT INTO lift (listing_id, lifted_by, second_by, lifted_at, due_at)
    VALUES ($1, $2, $3, $4, $5)";

/// Closes what still asks about a listing that `$step` ends: the case about cancelling its order, by
/// the same move with the id `$answered`, and the questions about its dates.
macro_rules! close_matters {
    ($tx:ident, $listing_id:expr, $step:expr, $answered:expr, $answer:expr) => {{
        let cancel: Option<(String, String)> = sqlx::query_as($crate::ending::close::CANCEL)
            .bind($listing_id)
            .fetch_optional(&mut *$tx)
            .await?;
        if let Some((case_id, state)) = &cancel {
            let from = if state == "open" { "open" } else { "in_review" };
            let answer = $crate::decide::moves::Move {
                id: $answered,
                case_id,
                from,
                ..$step
            };
            enter_move!($tx, answer);
        }
        sqlx::query($crate::ending::close::ANSWER)
            .bind($answer)
            .bind($step.at)
            .bind($listing_id)
            .execute(&mut *$tx)
            .await?;
    }};
}
pub(crate) use close_matters;

/// Enters a lift where another officer reviews it.
macro_rules! enter_lift {
    ($tx:ident, $listing_id:expr, $by:expr, $second:expr, $at:expr, $due:expr) => {
        sqlx::query($crate::ending::close::LIFT)
            .bind($listing_id)
            .bind($by)
            .bind($second)
            .bind($at)
            .bind($due)
            .execute(&mut *$tx)
            .await?
    };
}
pub(crate) use enter_lift;
