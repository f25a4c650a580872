//! An artefact that takes over pieces of the one before has the octets of one made from nothing.

use std::{
    cell::Cell,
    io::{self, Write as _},
};

use blocklist::{
    Digest, Folded, ListingId,
    export::{Before, Exports, Format, Ground, Layout, Written, write_together},
    fold::{Action, Change, Entry, Listing, ListingState},
    minisign::Prehash,
    testing::{START, TestLog},
};
use proptest::prelude::*;

use super::{ORIGIN, entry};
use blocklist::Scope;

/// Names that stand alone: enough for runs in which nothing else stands.
const ALONE: u32 = 4000;

/// A list of many names that stand alone and of some others.
fn long(others: &[(String, Scope, Action)], shift: u32, kept: u64) -> Folded {
    let mut log = TestLog::new(true);
    log.list("first.t", Scope::Subtree, 1);
    let (_, mut folded) = log.fold(START);
    folded.size += u64::from(shift);
    let listing = folded.listings[0].clone();
    folded.listings = (1..50)
        .map(|number| listed(&listing, number, kept))
        .collect();
    let alone = (0..ALONE).filter(|at| at % 97 != shift).map(|at| {
        let scope = [Scope::Subtree, Scope::Host][usize::from(at % 5 == 0)];
        let scattered = at.wrapping_mul(0x9e37_79b1);
        entry(
            &format!("{scattered:08x}.a"),
            scope,
            Action::Block,
            at % 60 + 1,
        )
    });
    let others = others.iter().zip(1..);
    let others = others.map(|((name, scope, action), at)| entry(name, *scope, *action, at));
    folded.entries = alone.chain(others).collect();
    folded.entries.sort();
    folded
        .entries
        .dedup_by(|a, b| (&a.name, a.scope, a.action) == (&b.name, b.scope, b.action));
    folded
}

/// Some listings begin at another moment than in another list.
fn listed(listing: &Listing, number: u32, kept: u64) -> Listing {
    let mut listing = listing.clone();
    let list = std::sync::Arc::make_mut(&mut listing.statement);
    list.listing_id = ListingId::new(2026, number).unwrap();
    let later = i64::from(u64::from(number) == kept);
    listing.state = ListingState::Listed {
        since: START.plus(later),
    };
    listing
}

/// An artefact as it was written, and what the next goes on from.
struct Held {
    ground: Ground,
    layout: Layout,
    octets: Vec<u8>,
}

fn exports(folded: &Folded) -> Exports<'_> {
    Exports::new(folded, ORIGIN, Digest::of(b"root"))
}

/// Where a format is written.
struct Sink(Format, Vec<u8>);

impl io::Write for Sink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.1.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes some formats together, and checks the hashes of each.
fn together<'a>(
    exports: &'a Exports<'a>,
    mut before: impl FnMut(Format) -> Option<Before<'a>>,
    formats: &[Format],
) -> Vec<Held> {
    let mut all = Vec::new();
    let begun = formats.iter().map(|format| {
        let writing = exports.format(*format).begin(before(*format));
        (writing.unwrap(), Sink(*format, Vec::new()))
    });
    write_together(begun, |Sink(format, octets), written| {
        let Written {
            sha256,
            signed,
            layout,
        } = written.unwrap();
        assert_eq!(sha256, Digest::of(&octets), "{format:?}");
        let mut prehash = Prehash::default();
        prehash.write_all(&octets).unwrap();
        assert!(signed == prehash.finish(), "{format:?}");
        let ground = exports.ground();
        all.push((
            format,
            Held {
                ground,
                layout,
                octets,
            },
        ));
    });
    let place = |format: &Format| formats.iter().position(|one| one == format);
    all.sort_by_key(|(format, _)| place(format));
    all.into_iter().map(|(_, held)| held).collect()
}

fn held(format: Format, folded: &Folded) -> Held {
    let exports = exports(folded);
    together(&exports, |_| None, &[format]).remove(0)
}

/// What is written of `now`, with what it takes over from `then`, and how many octets it took over.
fn after(format: Format, then: &Held, change: &Change, now: &Folded) -> (Held, u64) {
    let read = Cell::new(0);
    let exports = Exports::after(now, ORIGIN, Digest::of(b"root"), (&then.ground, change));
    let held = together(&exports, |_| Some(before(then, &read)), &[format]).remove(0);
    (held, read.get())
}

/// Counts the octets that are read of what was written.
fn before<'a>(then: &'a Held, read: &'a Cell<u64>) -> Before<'a> {
    Before {
        layout: &then.layout,
        read: Box::new(|into, at| {
            let rest = then.octets.get(at as usize..);
            let held = rest.and_then(|rest| rest.get(..into.len()));
            into.copy_from_slice(held.ok_or(io::ErrorKind::UnexpectedEof)?);
            read.set(read.get() + into.len() as u64);
            Ok(())
        }),
    }
}

fn whole(format: Format, folded: &Folded) -> Vec<u8> {
    let mut bytes = Vec::new();
    exports(folded).format(format).write(&mut bytes).unwrap();
    bytes
}

/// Names above and below each other, some too long for a zone, and the names for monitoring.
fn others() -> impl Strategy<Value = Vec<(String, Scope, Action)>> {
    // Too long for the zone, with or without names above.
    let label = "x".repeat(60);
    let long = "x{40,55}(\\.t)?".prop_map(move |end| format!("{label}.{label}.{label}.{end}.t"));
    let names = prop_oneof![
        8 => "[a-f0-9](\\.[ab]){0,4}\\.t",
        1 => "[0-9a-f](\\.[ab]){0,2}\\.[0-9a-f]{1,8}\\.a",
        1 => long,
        1 => "(always|never)-blocked\\.qalqan\\.test",
    ];
    let scope = prop_oneof![Just(Scope::Host), Just(Scope::Subtree)];
    let action = prop_oneof![3 => Just(Action::Block), 1 => Just(Action::PassThrough)];
    proptest::collection::vec((names, scope, action), 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_taken_over_gives_the_octets_of_a_list_made_whole(
        some in others(), gone in 0..10_usize, more in others(),
        shifts in (0..200_u32, 0..200_u32), kept in (0..60_u64, 0..60_u64),
    ) {
        let then = long(&some, shifts.0, kept.0);
        let stay: Vec<_> = some.iter().skip(gone).chain(&more).cloned().collect();
        let lists = [long(&stay, shifts.1, kept.1), long(&some, shifts.0, kept.1), then.clone()];
        for format in Format::ALL {
            let (mut before, mut held) = (&then, held(format, &then));
            for now in &lists {
                (held, _) = after(format, &held, &Change::between(before, now), now);
                prop_assert!(held.octets == whole(format, now), "{:?}", format);
                before = now;
            }
        }
    }

    #[test]
    fn formats_that_are_written_together_have_the_octets_of_each_alone(
        some in others(), more in others(), shifts in (0..200_u32, 0..200_u32),
    ) {
        let (then, now) = (long(&some, shifts.0, 0), long(&more, shifts.1, 0));
        let change = Change::between(&then, &now);
        let first = exports(&then);
        let held = together(&first, |_| None, &Format::ALL);
        let next = Exports::after(&now, ORIGIN, Digest::of(b"root"), (&held[0].ground, &change));
        let read = Cell::new(0);
        let place = |format| Format::ALL.iter().position(|one| *one == format).unwrap();
        let written = together(&next, |format| Some(before(&held[place(format)], &read)), &Format::ALL);
        for ((format, then_held), now_held) in Format::ALL.into_iter().zip(&held).zip(&written) {
            prop_assert!(then_held.octets == whole(format, &then), "{:?}", format);
            prop_assert!(now_held.octets == whole(format, &now), "{:?}", format);
        }
    }
}

#[test]
fn one_change_takes_most_over_unless_what_is_held_is_not_what_was_written() {
    let then = long(&[], 0, 0);
    let mut now = then.clone();
    now.size += 1;
    let new: Entry = entry("00.new.t", Scope::Subtree, Action::Block, 3);
    now.entries.insert(0, new);
    let change = Change::between(&then, &now);
    for format in Format::ALL {
        let mut held = held(format, &then);
        let (written, taken) = after(format, &held, &change, &now);
        let (whole, octets) = (whole(format, &now), written.octets.len() as u64);
        assert_eq!(written.octets, whole);
        assert!(taken > octets / 4, "{format:?} {taken} of {octets}");
        for octet in held.octets.iter_mut().step_by(100) {
            *octet ^= 1;
        }
        assert_eq!(after(format, &held, &change, &now).0.octets, whole);
        held.octets.clear();
        assert_eq!(after(format, &held, &change, &now).0.octets, whole);
    }
}
