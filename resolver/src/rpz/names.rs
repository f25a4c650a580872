//! Where rules stand: a number for each name, found for a query's name and all names above it.

use std::collections::HashMap;

use super::name::parent;

/// Names in lower case with a number each.
#[derive(Debug, Default)]
pub(super) struct Names {
    map: HashMap<Box<[u8]>, u32>,
}

impl Names {
    /// Shows the numbers of the names above `wire` and of itself, the longest name last, each with
    /// where it begins in `wire`. Nothing is allocated.
    pub(super) fn walk(&self, wire: &[u8], mut see: impl FnMut(usize, u32)) {
        let mut starts = [0u8; 128];
        let mut count = 0;
        let mut suffix = Some(wire);
        while let Some(name) = suffix {
            if let Some(start) = starts.get_mut(count) {
                *start = (wire.len() - name.len()) as u8;
                count += 1;
            }
            suffix = parent(name);
        }
        for &start in starts.get(..count).unwrap_or_default().iter().rev() {
            let start = usize::from(start);
            let name = wire.get(start..).unwrap_or_default();
            if let Some(&number) = self.map.get(name) {
                see(start, number);
            }
        }
    }

    /// Names held.
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// Octets of memory, about.
    pub(super) fn octets(&self) -> usize {
        let names: usize = self.map.keys().map(|name| name.len() + 16).sum();
        names + self.map.capacity() * (size_of::<(Box<[u8]>, u32)>() + 1)
    }
}

/// Makes [`Names`].
#[derive(Debug, Default)]
pub(super) struct NamesBuilder(Names);

impl NamesBuilder {
    /// The number of a name, which is 0 until it is set. `wire` is in lower case with its root.
    pub(super) fn place(&mut self, wire: &[u8]) -> &mut u32 {
        let map = &mut self.0.map;
        if !map.contains_key(wire) {
            map.insert(wire.into(), 0);
        }
        map.entry(wire.into()).or_insert(0)
    }

    pub(super) fn finish(self) -> Names {
        self.0
    }
}
