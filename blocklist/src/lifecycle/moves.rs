//! The moves: from where to where, and whose they are.

use std::fmt;

use super::Stage;

/// What can happen to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// An officer takes the case, from a colleague if need be.
    Take,
    /// It is given back; any officer may, for colleagues fall ill.
    Release,
    /// It is closed without a listing.
    Dismiss,
    /// A listing is proposed, with its order.
    Propose,
    /// The proposal is sent back; its statement is never used again.
    Return,
    /// The second officer signs the same bytes.
    Approve,
    /// A lawyer signs them third, where the name is of the raised tier.
    LegalSign,
    /// The number of an emergency listing's order is brought.
    Number,
    /// The statement enters the log.
    Sequence,
    /// The listing takes effect.
    Begin,
    /// A live row of a register names the host.
    Suspend,
    /// A guard covers the name.
    Guard,
    /// What held the listing back is gone.
    Resume,
    /// The listing was looked at again, and stands.
    Keep,
    /// The listing is taken off.
    Lift,
    /// Another officer finds the lifting right.
    ConfirmLift,
    /// Another officer finds it wrong: the site is a candidate again.
    ReverseLift,
    /// Annulment is asked for.
    AnnulPropose,
    /// Another officer signs it, too.
    Annul,
    /// An appeal is right; what follows is a lifting or an annulment of its own.
    AppealUphold,
    /// An appeal is not.
    AppealReject,
    /// A proposal waited too long for its second signature; its statement is never used again.
    Lapse,
    /// The fact that alone had opened the case holds no more.
    Withdraw,
    /// The listing's time is over.
    Expire,
    /// Whether to cancel an order was asked, and its listing was lifted.
    AnswerLift,
    /// Whether to cancel an order was asked, and its listing was annulled.
    AnswerAnnul,
}

/// Who, or what, makes a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mover {
    /// An officer.
    Officer,
    /// An officer who did not make the move that this one answers.
    SecondOfficer,
    /// An officer who signed nothing of the listing.
    Uninvolved,
    /// A lawyer.
    Legal,
    /// Two admins, who set guard lists.
    Admins,
    /// The publisher.
    Publisher,
    /// A licence register, by a snapshot that two officers entered.
    Register,
    /// Time alone.
    Time,
}

impl Mover {
    /// Whoever there is.
    pub const ALL: [Self; 8] = [
        Self::Officer,
        Self::SecondOfficer,
        Self::Uninvolved,
        Self::Legal,
        Self::Admins,
        Self::Publisher,
        Self::Register,
        Self::Time,
    ];

    /// Whether this one may do what is for `needed`: any officer is an officer, and one who had no part
    /// in a listing answers another's move, too.
    fn stands_for(self, needed: Self) -> bool {
        let rank = |mover| match mover {
            Self::Officer => Some(0),
            Self::SecondOfficer => Some(1),
            Self::Uninvolved => Some(2),
            _ => None,
        };
        match (rank(self), rank(needed)) {
            (Some(has), Some(needs)) => has >= needs,
            _ => self == needed,
        }
    }
}

impl fmt::Display for Mover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Officer => "an officer",
            Self::SecondOfficer => "another officer than the one it answers",
            Self::Uninvolved => "an officer who signed nothing of the listing",
            Self::Legal => "a lawyer",
            Self::Admins => "two admins",
            Self::Publisher => "the publisher",
            Self::Register => "a register",
            Self::Time => "time alone",
        })
    }
}

/// A move, whose it is, and from which stage it leads to which.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The move.
    pub mv: Move,
    /// The least that whoever makes it must be; one of these.
    pub by: &'static [Mover],
    /// From where to where.
    pub ways: &'static [(Stage, Stage)],
}

const fn step(mv: Move, by: &'static [Mover], ways: &'static [(Stage, Stage)]) -> Step {
    Step { mv, by, ways }
}

/// Every move there is. `case_step` in the store is this table, seen through [`Stage::case_state`].
#[rustfmt::skip]
pub static STEPS: &[Step] = {
    use {Mover::*, Stage::*};
    &[
    step(Move::Take, &[Officer], &[(Candidate, InReview), (InReview, InReview)]),
    step(Move::Release, &[Officer], &[(InReview, Candidate)]),
    step(Move::Dismiss, &[Officer], &[(Candidate, Dismissed), (InReview, Dismissed)]),
    step(Move::Propose, &[Officer], &[(Candidate, Proposed), (InReview, Proposed)]),
    // Of what both officers signed only a listing that still waits for a lawyer; the store holds that.
    step(Move::Return, &[Officer, Legal], &[(Proposed, Candidate), (Approved, Candidate), (Ordered, Candidate)]),
    step(Move::Approve, &[SecondOfficer], &[(Proposed, Approved)]),
    step(Move::LegalSign, &[Legal], &[(Proposed, Proposed), (Approved, Approved), (Ordered, Ordered)]),
    step(Move::Number, &[Officer], &[(Approved, Ordered), (Scheduled, Scheduled), (Listed, Listed),
        (Suspended, Suspended), (Guarded, Guarded)]),
    step(Move::Sequence, &[Publisher], &[(Approved, Scheduled), (Ordered, Scheduled)]),
    step(Move::Begin, &[Time], &[(Scheduled, Listed)]),
    step(Move::Suspend, &[Register], &[(Scheduled, Suspended), (Listed, Suspended), (Guarded, Suspended)]),
    step(Move::Guard, &[Admins, Register], &[(Scheduled, Guarded), (Listed, Guarded), (Suspended, Guarded)]),
    step(Move::Resume, &[Admins, Register, Time], &[(Suspended, Scheduled), (Guarded, Scheduled)]),
    step(Move::Keep, &[Officer], &[(Scheduled, Scheduled), (Listed, Listed), (Suspended, Suspended),
        (Guarded, Guarded)]),
    step(Move::Lift, &[Officer], &[(Approved, Lifted), (Ordered, Lifted), (Scheduled, Lifted),
        (Listed, Lifted), (Suspended, Lifted), (Guarded, Lifted)]),
    step(Move::ConfirmLift, &[SecondOfficer], &[(Lifted, Lifted)]),
    step(Move::ReverseLift, &[SecondOfficer], &[(Lifted, Candidate)]),
    step(Move::AnnulPropose, &[Officer], &[(Approved, Approved), (Ordered, Ordered), (Scheduled, Scheduled),
        (Listed, Listed), (Suspended, Suspended), (Guarded, Guarded), (Lifted, Lifted), (Expired, Expired)]),
    step(Move::Annul, &[SecondOfficer], &[(Approved, Annulled), (Ordered, Annulled), (Scheduled, Annulled),
        (Listed, Annulled), (Suspended, Annulled), (Guarded, Annulled), (Lifted, Annulled), (Expired, Annulled)]),
    step(Move::AppealUphold, &[Uninvolved], &[(Scheduled, Scheduled), (Listed, Listed),
        (Suspended, Suspended), (Guarded, Guarded), (Lifted, Lifted), (Expired, Expired), (Annulled, Annulled)]),
    step(Move::AppealReject, &[Uninvolved], &[(Scheduled, Scheduled), (Listed, Listed),
        (Suspended, Suspended), (Guarded, Guarded), (Lifted, Lifted), (Expired, Expired), (Annulled, Annulled)]),
    step(Move::Lapse, &[Time], &[(Proposed, Candidate)]),
    step(Move::Withdraw, &[Register], &[(Candidate, Dismissed)]),
    step(Move::Expire, &[Time], &[(Scheduled, Expired), (Listed, Expired), (Suspended, Expired),
        (Guarded, Expired)]),
    step(Move::AnswerLift, &[Officer], &[(Candidate, Lifted), (InReview, Lifted)]),
    step(Move::AnswerAnnul, &[SecondOfficer], &[(Candidate, Annulled), (InReview, Annulled)]),
    ]
};

impl Move {
    /// The word under which the store keeps it; `None` for what only the log shows.
    pub fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::Take => "take",
            Self::Release => "release",
            Self::Dismiss => "dismiss",
            Self::Propose => "propose",
            Self::Return => "return",
            Self::Approve => "approve",
            Self::LegalSign => "legal-sign",
            Self::Number => "number",
            Self::Keep => "keep",
            Self::Lift | Self::AnswerLift => "lift",
            Self::ConfirmLift => "confirm-lift",
            Self::ReverseLift => "reverse-lift",
            Self::AnnulPropose => "annul-propose",
            Self::Annul | Self::AnswerAnnul => "annul",
            Self::AppealUphold => "appeal-uphold",
            Self::AppealReject => "appeal-reject",
            Self::Lapse => "lapse",
            Self::Withdraw => "withdraw",
            Self::Expire => "expire",
            Self::Sequence | Self::Begin | Self::Suspend | Self::Guard | Self::Resume => {
                return None;
            }
        })
    }
}

/// Why a move is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The case is not where the move begins.
    #[error("{mv:?} is for a case that is {}; this one is {stage}", one_of(.from))]
    NotFrom {
        /// The move.
        mv: Move,
        /// Where the case is.
        stage: Stage,
        /// Where it would have to be.
        from: Vec<Stage>,
    },
    /// It is somebody else's move.
    #[error("{mv:?} is for {}, not for {mover}", one_of(.by))]
    NotBy {
        /// The move.
        mv: Move,
        /// Who tried.
        mover: Mover,
        /// Whose it is.
        by: &'static [Mover],
    },
}

fn one_of(words: &[impl fmt::Display]) -> String {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    words.join(" or ")
}

/// Where `mv`, made by `mover`, leads a case that is at `stage`.
///
/// An approval on an order that has its number is [`Stage::Ordered`] at once, which [`Stage::of`] tells. What [`Move::Resume`] lets go on begins at once if
/// its time has come.
///
/// # Errors
/// [`Refused`], with what the move needs.
///
/// # Examples
///
/// ```
/// use blocklist::lifecycle::{Move, Mover, Stage, next};
///
/// let proposed = next(Stage::Candidate, Move::Propose, Mover::Officer).unwrap();
/// let refused = next(proposed, Move::Approve, Mover::Officer).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "Approve is for another officer than the one it answers, not for an officer"
/// );
/// ```
pub fn next(stage: Stage, mv: Move, mover: Mover) -> Result<Stage, Refused> {
    // Every move has its row; a test looks.
    let (by, ways) = STEPS
        .iter()
        .find(|step| step.mv == mv)
        .map_or((&[][..], &[][..]), |step| (step.by, step.ways));
    let Some((_, to)) = ways.iter().find(|(from, _)| *from == stage) else {
        let from = ways.iter().map(|(from, _)| *from).collect();
        return Err(Refused::NotFrom { mv, stage, from });
    };
    if by.iter().any(|needed| mover.stands_for(*needed)) {
        Ok(*to)
    } else {
        Err(Refused::NotBy { mv, mover, by })
    }
}
