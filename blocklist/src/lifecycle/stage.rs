//! Where a case stands, in one word.

use std::fmt;

use crate::fold::ListingState;

/// The state of a case as the store keeps it: what people did. What became of a listing since is the
/// fold's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// Waits for somebody.
    Open,
    /// Somebody took it.
    InReview,
    /// One officer signed.
    Proposed,
    /// Two officers signed.
    Listed,
    /// Closed without a listing.
    Dismissed,
    /// The listing was lifted.
    Lifted,
    /// The listing should never have been.
    Annulled,
    /// The listing ended by its own date.
    Expired,
}

impl CaseState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::InReview,
        Self::Proposed,
        Self::Listed,
        Self::Dismissed,
        Self::Lifted,
        Self::Annulled,
        Self::Expired,
    ];

    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InReview => "in_review",
            Self::Proposed => "proposed",
            Self::Listed => "listed",
            Self::Dismissed => "dismissed",
            Self::Lifted => "lifted",
            Self::Annulled => "annulled",
            Self::Expired => "expired",
        }
    }

    /// The state of that word; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The machine flagged it, and nobody has looked.
    Candidate,
    /// Somebody looks at it.
    InReview,
    /// One officer signed a listing, its order attached.
    Proposed,
    /// Two officers signed; the order has no number yet (an emergency), and the log does not hold it yet.
    Approved,
    /// Two officers signed on an order with its number; the publisher has not put it into the log yet.
    Ordered,
    /// In the log, and not in effect before its time: the owner was given notice, or the day was full.
    Scheduled,
    /// Enforced.
    Listed,
    /// Held back because a live row of a register names the host.
    Suspended,
    /// Held back by the rules of the log: the guard protects the name, or the policy no longer knows the
    /// legal ground. An alarm.
    Guarded,
    /// Taken off the list.
    Lifted,
    /// Ended by its own date, or for want of the order's number.
    Expired,
    /// It should never have been on.
    Annulled,
    /// Closed without a listing.
    Dismissed,
}

/// What a stage follows from.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// What people did, from the store.
    pub case: CaseState,
    /// What the fold says of the listing, if it holds it.
    pub listing: Option<&'a ListingState>,
    /// Whether the signed statement is in the log.
    pub in_log: bool,
    /// Whether the order has its number, by the statement or by one that brought it later.
    pub numbered: bool,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 13] = [
        Self::Candidate,
        Self::InReview,
        Self::Proposed,
        Self::Approved,
        Self::Ordered,
        Self::Scheduled,
        Self::Listed,
        Self::Suspended,
        Self::Guarded,
        Self::Lifted,
        Self::Expired,
        Self::Annulled,
        Self::Dismissed,
    ];

    /// Where a case stands. Before two have signed and once a person ended it, the case itself says;
    /// between the two the fold does, which is what every verifier sees.
    pub fn of(standing: Standing<'_>) -> Self {
        match standing.case {
            CaseState::Open => Self::Candidate,
            CaseState::InReview => Self::InReview,
            CaseState::Proposed => Self::Proposed,
            CaseState::Dismissed => Self::Dismissed,
            CaseState::Lifted => Self::Lifted,
            CaseState::Annulled => Self::Annulled,
            CaseState::Expired => Self::Expired,
            CaseState::Listed => match standing.listing {
                Some(listing) => Self::of_listing(listing),
                // A leaf that the fold would not enter: signed, public, and without effect.
                None if standing.in_log => Self::Guarded,
                None if standing.numbered => Self::Ordered,
                None => Self::Approved,
            },
        }
    }

    /// Where a listing stands that is in the log.
    pub fn of_listing(listing: &ListingState) -> Self {
        match listing {
            ListingState::Scheduled { .. } => Self::Scheduled,
            ListingState::Listed { .. } => Self::Listed,
            ListingState::Suspended { .. } => Self::Suspended,
            ListingState::Guarded { .. } => Self::Guarded,
            ListingState::Expired { .. } => Self::Expired,
            ListingState::Lifted { .. } => Self::Lifted,
            ListingState::Annulled { .. } => Self::Annulled,
        }
    }

    /// The state in which the store keeps a case of this stage.
    pub fn case_state(self) -> CaseState {
        match self {
            Self::Candidate => CaseState::Open,
            Self::InReview => CaseState::InReview,
            Self::Proposed => CaseState::Proposed,
            Self::Approved
            | Self::Ordered
            | Self::Scheduled
            | Self::Listed
            | Self::Suspended
            | Self::Guarded => CaseState::Listed,
            Self::Lifted => CaseState::Lifted,
            Self::Expired => CaseState::Expired,
            Self::Annulled => CaseState::Annulled,
            Self::Dismissed => CaseState::Dismissed,
        }
    }

    /// The word for it, in lower case with hyphens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::InReview => "in-review",
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Ordered => "ordered",
            Self::Scheduled => "scheduled",
            Self::Listed => "listed",
            Self::Suspended => "suspended",
            Self::Guarded => "guarded",
            Self::Lifted => "lifted",
            Self::Expired => "expired",
            Self::Annulled => "annulled",
            Self::Dismissed => "dismissed",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
