//! Register rows that a site could be, for a person to compare: those that name it, those whose
//! number it shows, and those of a host it is near.

use super::{Index, index::Row};
use crate::{DomainName, register::LicenceRow};

/// Why a row could be the site's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It names the host.
    Host,
    /// The site shows its number.
    Number,
    /// Its host has the same registrable domain, or one that the name resembles.
    Name,
}

impl Index {
    /// Signed rows that `name`, which shows these licence numbers, could be; the likeliest first.
    pub fn candidates<'s, 'a>(
        &'s self,
        name: &DomainName,
        numbers: impl Iterator<Item = &'a str>,
    ) -> Vec<(Why, &'s LicenceRow)> {
        let mut found: Vec<(Why, &'s LicenceRow)> = Vec::new();
        let mut add = |why, (_, signed, row): Row<'s>| {
            let held = |(_, other): &(Why, &LicenceRow)| std::ptr::eq(*other, row);
            if signed && !found.iter().any(held) {
                found.push((why, row));
            }
        };
        for at in self.rows_over(name) {
            add(Why::Host, (at.snapshot, at.signed, at.row));
        }
        for number in numbers.filter(|number| !number.is_empty()) {
            for row in self.rows_of_number(number) {
                add(Why::Number, row);
            }
        }
        let near = self.alike(name).map(|(at, _)| at);
        for at in self.relative_of(name).into_iter().chain(near) {
            add(Why::Name, (at.snapshot, at.signed, at.row));
        }
        found
    }
}
