//! All of an operator's zones in order, and the names that none of them touches.

use std::{path::PathBuf, sync::Arc};

use super::{
    action::Action,
    allow::Allowed,
    zone::{Hit, Zone},
};

/// Zones in order of priority. Immutable; when a file changes, another one takes its place whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zones {
    pub(super) zones: Vec<Arc<Zone>>,
    pub(super) allowed: Arc<Allowed>,
    /// Files that cannot be taken as they are now, with the reason; what was read of them before is
    /// in force.
    pub(super) troubles: Vec<(PathBuf, String)>,
}

impl Zones {
    pub(crate) fn new(zones: Vec<Arc<Zone>>, allowed: Allowed) -> Self {
        Self {
            zones,
            allowed: Arc::new(allowed),
            troubles: Vec::new(),
        }
    }

    /// The rule that decides, of the first zone that has one; whoever acts on it counts it. Zones in
    /// shadow are passed over ([`Self::count_shadows`]). A pass-through is given like any other rule:
    /// it ends the search. `lower` is the name on the wire, in lower case, with its root. Nothing is
    /// allocated.
    pub(crate) fn find<'a>(&'a self, lower: &'a [u8]) -> Option<Hit<'a>> {
        let in_force = self.zones.iter().filter(|zone| !zone.is_shadow());
        let hit = in_force.filter_map(|zone| zone.find(lower)).next()?;
        // Looked up only where it matters, which is rare.
        (!self.allowed.contains(lower)).then_some(hit)
    }

    /// Counts what zones in shadow would have done with a name, for whoever answers a query for it.
    pub(crate) fn count_shadows(&self, lower: &[u8]) {
        if !self.zones.iter().any(|zone| zone.is_shadow()) || self.allowed.contains(lower) {
            return;
        }
        for zone in &self.zones {
            match zone.find(lower) {
                Some(hit) if zone.is_shadow() => hit.count(),
                // What comes behind it has nothing to say.
                Some(_) => return,
                None => {}
            }
        }
    }

    /// Every rule that a name meets, in order, zones in shadow among them: unless the name
    /// [is allowed](Self::allows), the first that is not in one decides. Nothing is counted.
    pub(crate) fn explain<'a>(&'a self, lower: &'a [u8]) -> impl Iterator<Item = Hit<'a>> {
        self.zones.iter().filter_map(|zone| zone.find(lower))
    }

    /// Whether the operator's own list keeps all zones from touching a name.
    pub(crate) fn allows(&self, lower: &[u8]) -> bool {
        self.allowed.contains(lower)
    }

    /// Names that no zone touches.
    pub(crate) fn allowed_names(&self) -> u64 {
        self.allowed.len() as u64
    }

    /// The zones, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Zone>> {
        self.zones.iter()
    }

    /// Files that cannot be taken as they are now, each with the reason.
    pub(crate) fn troubles(&self) -> &[(PathBuf, String)] {
        &self.troubles
    }

    /// Whether there is no zone.
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
