//! The register snapshots of a log: the latest of each register, and those on their way in parts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    DomainName, Timestamp,
    statement::{Part, RegisterSnapshot},
    time::Day,
};

/// The snapshots after some leaves.
#[derive(Clone, Debug, Default)]
pub(super) struct Registers {
    whole: BTreeMap<String, RegisterSnapshot>,
    /// The parts so far of a snapshot whose last part has not come. Until then the one before it
    /// counts: half a register would lift the protection of the other half.
    coming: BTreeMap<String, RegisterSnapshot>,
    /// Of each register, the hosts that its rows do not protect: two officers recorded why not.
    excepted: BTreeMap<String, BTreeSet<DomainName>>,
}

impl Registers {
    /// Takes a snapshot or a part of one; gives whether what counts has changed.
    pub(super) fn enter(&mut self, new: &RegisterSnapshot) -> Result<bool, String> {
        let register = &new.register;
        if self
            .whole
            .get(register)
            .is_some_and(|held| held.taken_on > new.taken_on)
        {
            return Err(format!(
                "a newer snapshot of {register} is already in the log"
            ));
        }
        let whole = match new.part {
            None => new.clone(),
            Some(part) => match self.gather(new, part)? {
                Some(whole) => whole,
                None => return Ok(false),
            },
        };
        self.coming.remove(register);
        self.whole.insert(register.clone(), whole);
        Ok(true)
    }

    /// Puts a part to those before it; gives the snapshot with the last one.
    fn gather(
        &mut self,
        new: &RegisterSnapshot,
        part: Part,
    ) -> Result<Option<RegisterSnapshot>, String> {
        let Part { number, of } = part;
        let register = &new.register;
        if of < 2 || !(1..=of).contains(&number) {
            return Err(format!("{register}: there is no part {number} of {of}"));
        }
        if number == 1 {
            self.coming.insert(register.clone(), new.clone());
            return Ok(None);
        }
        let follows = |held: &&mut RegisterSnapshot| {
            let before = Part {
                number: number - 1,
                of,
            };
            held.part == Some(before)
                && (held.sha256, held.taken_on, held.at) == (new.sha256, new.taken_on, new.at)
        };
        let Some(held) = self.coming.get_mut(register).filter(follows) else {
            return Err(format!(
                "{register}: part {number} of {of} does not follow the part before it"
            ));
        };
        held.hosts.extend(new.hosts.iter().cloned());
        held.part = Some(part);
        if number < of {
            return Ok(None);
        }
        held.part = None;
        Ok(self.coming.remove(register))
    }

    /// The latest whole snapshot of each register, by name.
    pub(super) fn whole(&self) -> impl Iterator<Item = &RegisterSnapshot> {
        self.whole.values()
    }

    /// Takes a host out of a register's protection; the register must name it.
    pub(super) fn except(&mut self, register: &str, name: &DomainName) -> Result<(), String> {
        let named = self
            .whole
            .get(register)
            .is_some_and(|snapshot| snapshot.hosts.iter().any(|host| host.name == *name));
        if !named {
            return Err(format!("no row of {register} names {name}"));
        }
        let excepted = self.excepted.entry(register.to_owned()).or_default();
        excepted.insert(name.clone());
        Ok(())
    }

    /// The hosts of a snapshot that its rows protect.
    pub(super) fn protected(&self, snapshot: &RegisterSnapshot) -> Vec<DomainName> {
        let excepted = self.excepted.get(&snapshot.register);
        let protected = |name: &&DomainName| !excepted.is_some_and(|out| out.contains(*name));
        let names = snapshot.hosts.iter().map(|host| &host.name);
        names.filter(protected).cloned().collect()
    }

    /// What is not whole yet, in words.
    pub(super) fn missing(&self) -> impl Iterator<Item = String> {
        self.coming.values().filter_map(|held| {
            let Part { number, of } = held.part?;
            Some(format!(
                "{}: {number} of {of} parts of the snapshot of {} are in the log; it counts once all are",
                held.register, held.taken_on
            ))
        })
    }

    /// The moments at which a licence begins or ends.
    pub(super) fn moments(&self) -> impl Iterator<Item = Timestamp> {
        let hosts = self.whole.values().flat_map(|snapshot| &snapshot.hosts);
        let terms = hosts.filter_map(|host| host.licensed);
        terms.flat_map(|term| {
            [Some(term.from.start()), term.to.map(Day::end)]
                .into_iter()
                .flatten()
        })
    }

    /// The hosts whose licence is live at `time`.
    pub(super) fn live(&self, time: Timestamp) -> Live<'_> {
        let mut by_host = HashMap::new();
        for snapshot in self.whole.values() {
            let licensed = |term: &crate::statement::Term| term.covers(time);
            for host in &snapshot.hosts {
                if host.licensed.as_ref().is_some_and(licensed) {
                    by_host
                        .entry(host.name.as_str())
                        .or_insert(snapshot.register.as_str());
                }
            }
        }
        Live(by_host)
    }
}

/// Hosts that are licensed at a moment, with the first register by name that says so.
pub(super) struct Live<'a>(HashMap<&'a str, &'a str>);

impl<'a> Live<'a> {
    /// The first register by name whose live row covers `name`, itself or a name above it.
    pub(super) fn register_of(&self, name: &DomainName) -> Option<&'a str> {
        let above = std::iter::successors(Some(name.as_str()), |name| {
            name.split_once('.').map(|(_, above)| above)
        });
        above.filter_map(|name| self.0.get(name).copied()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Digest, Scope,
        fold::ListingState,
        statement::{RegisterHost, Statement, Term, VERSION},
        testing::{START, TestLog, name},
    };

    fn host(text: &str) -> RegisterHost {
        RegisterHost {
            name: name(text),
            licensed: Some(Term {
                from: Day::parse("2025-01-01").unwrap(),
                to: None,
            }),
        }
    }

    fn snapshot(log: &TestLog, day: &str, hosts: Vec<RegisterHost>) -> RegisterSnapshot {
        RegisterSnapshot {
            v: VERSION,
            origin: log.trust.origin.clone(),
            register: "afsa-demo".into(),
            taken_on: Day::parse(day).unwrap(),
            sha256: Digest::of(day.as_bytes()),
            hosts,
            part: None,
            at: START,
        }
    }

    fn suspended(log: &TestLog) -> Vec<bool> {
        let (_, folded) = log.fold(START.plus(60));
        let listings = folded.listings.iter();
        listings
            .map(|listing| matches!(listing.state, ListingState::Suspended { .. }))
            .collect()
    }

    #[test]
    fn a_long_snapshot_counts_as_one_when_its_last_part_is_there() {
        let mut log = TestLog::new(false);
        log.list("held.example", Scope::Host, 1);
        log.list("a04999.example", Scope::Host, 2);
        let before = snapshot(&log, "2026-11-19", vec![host("held.example")]);
        log.push_officers(Statement::RegisterSnapshot(before));
        assert_eq!(suspended(&log), [true, false]);

        let hosts: Vec<_> = (0..5_000)
            .map(|n| host(&format!("a{n:05}.example")))
            .collect();
        let parts = snapshot(&log, "2026-11-20", hosts.clone())
            .in_parts()
            .unwrap();
        assert!(parts.len() > 5, "{}", parts.len());
        let (last, first) = parts.split_last().unwrap();
        for part in first {
            log.push_officers(Statement::RegisterSnapshot(part.clone()));
            assert_eq!(suspended(&log), [true, false], "the one before counts");
        }
        let (_, half) = log.fold(START);
        assert!(
            half.remarks[0].contains("parts of the snapshot"),
            "{:?}",
            half.remarks
        );
        log.push_officers(Statement::RegisterSnapshot(last.clone()));
        assert_eq!(suspended(&log), [false, true]);
        let (replay, whole) = log.fold(START);
        assert!(whole.remarks.is_empty(), "{:?}", whole.remarks);
        let held: Vec<_> = replay.fold().registers().collect();
        assert_eq!(
            (held.len(), &held[0].hosts, held[0].part),
            (1, &hosts, None)
        );
        assert!(
            replay
                .fold()
                .guard()
                .check(&name("a04999.example"), Scope::Host)
                .is_err()
        );
    }

    #[test]
    fn parts_that_do_not_belong_together_change_nothing() {
        let log = TestLog::new(false);
        let part = |day: &str, text: &str, number, of| RegisterSnapshot {
            part: Some(Part { number, of }),
            ..snapshot(&log, day, vec![host(text)])
        };
        let mut registers = Registers::default();
        let names = |registers: &Registers| {
            let hosts = registers.whole().flat_map(|snapshot| &snapshot.hosts);
            hosts.map(|host| host.name.to_string()).collect::<Vec<_>>()
        };
        for stray in [
            part("2026-11-20", "a.example", 2, 2),
            part("2026-11-20", "a.example", 0, 2),
            part("2026-11-20", "a.example", 3, 2),
            part("2026-11-20", "a.example", 1, 1),
        ] {
            registers.enter(&stray).unwrap_err();
        }
        assert!(
            !registers
                .enter(&part("2026-11-20", "a.example", 1, 2))
                .unwrap()
        );
        // Of another day, of another count, and twice: not its second part.
        registers
            .enter(&part("2026-11-21", "b.example", 2, 2))
            .unwrap_err();
        registers
            .enter(&part("2026-11-20", "b.example", 2, 3))
            .unwrap_err();
        assert!(names(&registers).is_empty());
        assert!(
            registers
                .enter(&part("2026-11-20", "c.example", 2, 2))
                .unwrap()
        );
        assert_eq!(names(&registers), ["a.example", "c.example"]);
        registers
            .enter(&part("2026-11-20", "c.example", 2, 2))
            .unwrap_err();

        // A whole one takes the place of parts on their way.
        assert!(
            !registers
                .enter(&part("2026-11-21", "d.example", 1, 2))
                .unwrap()
        );
        let whole = snapshot(&log, "2026-11-21", vec![host("e.example")]);
        assert!(registers.enter(&whole).unwrap());
        registers
            .enter(&part("2026-11-21", "d.example", 2, 2))
            .unwrap_err();
        assert_eq!(names(&registers), ["e.example"]);
        registers
            .enter(&part("2026-11-20", "f.example", 1, 2))
            .unwrap_err();
    }

    #[test]
    fn a_short_snapshot_keeps_its_bytes_and_a_part_says_which_it_is() {
        let log = TestLog::new(false);
        let mut short = snapshot(&log, "2026-11-20", vec![host("a.example")]);
        let json = |snapshot: &RegisterSnapshot| {
            let bytes = Statement::RegisterSnapshot(snapshot.clone()).to_bytes();
            String::from_utf8(bytes.unwrap()).unwrap()
        };
        assert_eq!(short.clone().in_parts().unwrap(), [short.clone()]);
        assert_eq!(
            json(&short),
            format!(
                concat!(
                    r#"{{"action":"register.snapshot","at":"{}","#,
                    r#""hosts":[{{"licensed":{{"from":"2025-01-01","to":null}},"name":"a.example"}}],"#,
                    r#""origin":"{}","register":"afsa-demo","sha256":"{}","taken_on":"2026-11-20","v":1}}"#
                ),
                START, short.origin, short.sha256
            )
        );
        short.part = Some(Part { number: 2, of: 3 });
        assert!(
            json(&short).contains(r#""part":{"number":2,"of":3},"#),
            "{}",
            json(&short)
        );
    }
}
