//! What is known of a name by the names above it: one look-up for each label.

use std::collections::HashMap;

use crate::DomainName;

/// Values by the name they stand at.
#[derive(Clone, Debug)]
pub(super) struct BySuffix<T>(HashMap<Box<str>, Vec<T>>);

impl<T> Default for BySuffix<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> BySuffix<T> {
    pub(super) fn add(&mut self, name: &DomainName, value: T) {
        let held = self.0.entry(name.as_str().into());
        held.or_default().push(value);
    }

    /// What stands at the name and at each name above it, longest first, each in the order in which
    /// it was added.
    pub(super) fn over(&self, name: &DomainName) -> impl Iterator<Item = &[T]> {
        let names = std::iter::successors(Some(name.as_str()), |name| {
            name.split_once('.').map(|(_, above)| above)
        });
        // An empty table is asked nothing: most have no listing.
        let names = names.take_while(|_| !self.0.is_empty());
        let found = names.filter_map(|name| self.0.get(name));
        // The lifetime of the names must not tie down what is returned.
        let found: Vec<&[T]> = found.map(Vec::as_slice).collect();
        found.into_iter()
    }
}
