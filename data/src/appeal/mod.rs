//! Appeals: what the owner of a listed name, or anybody else, holds against a listing, and what
//! somebody who had no part in it decides.
//!
//! * [`receive`] takes one in and gives a [`code::Receipt`], by which alone its sender is known from
//!   then on ([`sender`]); nothing is kept of where it came from.
//! * An owner is heard once control of the name is proved: [`proof`] holds what is to be looked for,
//!   and what was seen. A report is heard at once. Neither reaches people twice, or without a bound.
//! * [`desk`] is what officers have before them, by when it is due; [`decide`] what they do: take,
//!   uphold, reject. Whoever signed the listing does neither, and the database holds that.
//! * [`outcome`] is what the public sees; [`keep`] seals what would name the sender, and erases it.
//!
//! The state of an appeal is that of the last row of its trail; rows are added and never changed.

#[macro_use]
mod trail;
pub mod code;
pub mod decide;
pub mod desk;
pub mod keep;
pub mod outcome;
pub mod proof;
pub mod receive;
pub mod sender;

#[cfg(test)]
mod tests;

use crate::{decide::DecideError, error::Error};

/// Letters of a text, at least and at most.
pub const TEXT: std::ops::RangeInclusive<usize> = 10..=4_000;

/// Letters of a contact, at most.
pub const LONGEST_CONTACT: usize = 200;

/// Letters of a note or an answer by an officer, at most.
pub const LONGEST_NOTE: usize = 2_000;

/// Appeals of one kind against one listing that may be before people at once. Owners of the listed name
/// and owners of names below it are counted apart, here and in [`MOST_WAITING`]: neither can keep the
/// others out.
pub const MOST_OPEN: i64 = 20;

/// Owners' appeals against one listing that may wait for their proof at once. Anybody can send these, so
/// beyond them an owner publishes the proof first ([`AppealError::ProofFirst`]).
pub const MOST_WAITING: i64 = 200;

/// Who appeals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whoever controls the name, which is to be proved.
    Owner,
    /// Anybody who sees an error.
    Report,
}

impl Kind {
    /// Its word in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Report => "report",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Owner, Self::Report]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Where an appeal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A report that waits for an officer.
    Received,
    /// An owner's, who has not proved control yet.
    ProofWanted,
    /// An owner's, who has, and waits for an officer.
    Proved,
    /// An officer has it: the first answer.
    Taken,
    /// Decided for the sender; the listing has ended.
    Upheld,
    /// Decided against the sender.
    Rejected,
    /// Taken back, or never proved.
    Withdrawn,
}

impl State {
    const ALL: [Self; 7] = [
        Self::Received,
        Self::ProofWanted,
        Self::Proved,
        Self::Taken,
        Self::Upheld,
        Self::Rejected,
        Self::Withdrawn,
    ];

    /// Its word in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::ProofWanted => "proof-wanted",
            Self::Proved => "proved",
            Self::Taken => "taken",
            Self::Upheld => "upheld",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether nothing is to be decided any more.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Upheld | Self::Rejected | Self::Withdrawn)
    }

    /// Reads a stored word.
    fn stored(word: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| Error::stored("appeal_event", format!("unknown state {word}")))
    }
}

/// What an upheld appeal leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The listing is lifted: it no longer stands.
    Lift,
    /// It should never have stood: lifted at once, and moved to be annulled, which takes a second officer.
    Annul,
}

impl Outcome {
    /// Its word in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lift => "lift",
            Self::Annul => "annul",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Lift, Self::Annul]
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }
}

/// Reasons for upholding an appeal, as they are shown to the public.
pub const UPHELD_FOR: [&str; 5] = [
    "licensed",
    "not-an-exchange",
    "not-kz",
    "wrong-name",
    "order-flawed",
];

/// Reasons for rejecting one.
pub const REJECTED_FOR: [&str; 4] = [
    "evidence-stands",
    "no-licence-shown",
    "not-about-this",
    "listing-ended",
];

/// Why something is refused.
#[derive(Debug, thiserror::Error)]
pub enum AppealError {
    /// There is no such listing, it has ended, or it does not cover that name.
    #[error("the name is not on the list by that listing")]
    NotListed,
    /// A field is missing or out of bounds; the field's name is given.
    #[error("the field `{0}` is missing or not acceptable")]
    Field(&'static str),
    /// The same words about the same listing came today already; they count once.
    #[error("the same was received today already; it counts once")]
    Known,
    /// As many wait already as people can read.
    #[error("too many about this listing wait already; try again when some are decided")]
    Full,
    /// As many owners as may wait do, and none of them has proved anything. Nothing is kept of this one:
    /// whoever publishes the token and sends again with the receipt is taken in beyond the bound, once
    /// the token was seen at the host.
    #[error("too many wait unproved; publish the token first, and send again with the receipt")]
    ProofFirst {
        /// To be sent along.
        receipt: code::Receipt,
        /// To be published; it follows from the receipt.
        token: String,
    },
    /// The appeal is no longer where it was seen.
    #[error("the appeal is no longer in that state; load it again")]
    Stale,
    /// Only officers decide appeals.
    #[error("only an officer decides appeals; an admin or legal account cannot")]
    NotAnOfficer,
    /// Whoever signed the listing does not decide an appeal against it.
    #[error("you signed this listing; another officer decides appeals against it")]
    TookPart,
    /// Somebody else has taken it.
    #[error("another officer has taken this appeal; take it over first")]
    NotTaken,
    /// The listing is not ended by this officer's signature alone.
    #[error(
        "the lift waits for another officer's signature; uphold the appeal again once it is signed"
    )]
    LiftWaits,
    /// The listing could not be ended.
    #[error(transparent)]
    Lift(#[from] DecideError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for AppealError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

fn bounded(
    field: &'static str,
    text: &str,
    letters: std::ops::RangeInclusive<usize>,
) -> Result<(), AppealError> {
    if letters.contains(&text.trim().chars().count()) {
        Ok(())
    } else {
        Err(AppealError::Field(field))
    }
}
