//! When time alone may next change the list, so that nobody folds it again in vain until then.

use super::{Fold, Held};
use crate::Timestamp;

impl Fold {
    /// The first moment after `time` at which [`Self::at`] may say something else of a listing without
    /// another leaf; `None` when it never will. Until then the list is the same, but for the moment that
    /// stands in it.
    pub fn next_change(&self, time: Timestamp) -> Option<Timestamp> {
        let in_order: Vec<&Held> = self.listings.iter().collect();
        let begins = self.begins(&in_order);
        let listings = in_order.iter().zip(begins);
        listings
            .filter(|(held, _)| held.ended.is_none())
            .flat_map(|(held, begins)| [begins, held.ends()])
            .chain(self.registers.moments())
            .filter(|moment| *moment > time)
            .min()
    }
}
