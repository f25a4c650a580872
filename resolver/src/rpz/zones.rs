//! All of an operator's zones in order, and the names that none of them touches.

use std::sync::Arc;

use super::{
    action::Action,
    zone::{Hit, Zone},
};

/// Zones in order of priority. Immutable; another one takes its place whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zones {
    zones: Vec<Arc<Zone>>,
}

impl Zones {
    pub(crate) fn new(zones: Vec<Arc<Zone>>) -> Self {
        Self { zones }
    }

    /// The rule that decides, of the first zone that has one, and counts it. What a zone in shadow
    /// would have done is counted too, and the next one is asked. A pass-through is given like any
    /// other rule: it ends the search. `lower` is the name on the wire, in lower case, with its root.
    /// Nothing is allocated.
    pub(crate) fn find<'a>(&'a self, lower: &'a [u8]) -> Option<Hit<'a>> {
        for zone in &self.zones {
            if let Some(hit) = zone.find(lower) {
                hit.count();
                if !zone.is_shadow() {
                    return Some(hit);
                }
            }
        }
        None
    }

    /// Every rule that a name meets, in order, zones in shadow among them: the first that is not in
    /// one decides. Nothing is counted.
    pub(crate) fn explain<'a>(&'a self, lower: &'a [u8]) -> impl Iterator<Item = Hit<'a>> {
        self.zones.iter().filter_map(|zone| zone.find(lower))
    }

    /// The zones, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Zone>> {
        self.zones.iter()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }
}

impl Action<'_> {
    /// Whether the query goes its way as if there were no rule.
    pub(crate) fn lets_through(&self, over_tcp: bool) -> bool {
        matches!(self, Self::Passthru) || *self == Self::TcpOnly && over_tcp
    }
}
