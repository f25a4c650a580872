//! What an operator decides about answers beside the rules themselves, and may change while queries
//! are answered. It is part of the policy of the moment, so that a change acts on the next packet and
//! costs nothing until then.

use crate::{
    access::AccessList,
    answer::BlockPage,
    config::{BlockAction, PauseScope},
    enforce::DryRun,
};

/// What an operator decided.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Who may ask.
    pub(crate) access: AccessList,
    /// What clients are told about listed names.
    pub(crate) page: BlockPage,
    /// What is not enforced for a while.
    pub(crate) pause: Option<PauseScope>,
    /// Counts what would be blocked, where the list is only tried out.
    pub(crate) dry_run: Option<DryRun>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access: AccessList::default(),
            page: BlockPage::new(BlockAction::default(), None),
            pause: None,
            dry_run: None,
        }
    }
}

impl Settings {
    /// Whether listed names are blocked, as far as the operator goes.
    pub(crate) fn enforce_list(&self) -> bool {
        self.pause.is_none() && self.dry_run.is_none()
    }
}
