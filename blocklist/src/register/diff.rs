//! What changed between two snapshots of a register.

use serde::Serialize;

use super::{LicenceRow, Snapshot, Warning};
use crate::{DomainName, Timestamp};

/// The difference of two snapshots, each part in the order of the snapshot it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Rows and notices only the second holds, by `record_id`.
    pub added: Vec<String>,
    /// Rows and notices only the first holds.
    pub removed: Vec<String>,
    /// Fields that differ.
    pub changed: Vec<Changed>,
    /// Hosts that the second makes licensed and the first did not.
    pub becomes_licensed: Vec<DomainName>,
    /// Hosts that the first makes licensed and the second no longer does.
    pub stops_being_licensed: Vec<DomainName>,
}

/// One field of one row that differs, both values as they stand in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The row.
    pub record_id: String,
    /// The field.
    pub field: String,
    /// In the first.
    pub from: serde_json::Value,
    /// In the second.
    pub to: serde_json::Value,
}

impl Diff {
    /// Compares two snapshots; a host counts as licensed when its term covers `now`.
    pub fn between(a: &Snapshot, b: &Snapshot, now: Timestamp) -> Self {
        let mut diff = Self::default();
        diff.compare(&a.rows, &b.rows);
        diff.compare(&a.warnings, &b.warnings);
        let (before, after) = (licensed(a, now), licensed(b, now));
        diff.becomes_licensed = without(&after, &before);
        diff.stops_being_licensed = without(&before, &after);
        diff
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn compare<T: Record>(&mut self, a: &[T], b: &[T]) {
        fn find<'a, T: Record>(records: &'a [T], id: &str) -> Option<&'a T> {
            records.iter().find(|record| record.id() == id)
        }
        for old in a {
            let Some(new) = find(b, old.id()) else {
                self.removed.push(old.id().to_owned());
                continue;
            };
            let (old_fields, new_fields) = (fields(old), fields(new));
            let mut names: Vec<&String> = old_fields.keys().chain(new_fields.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let value = |fields: &Fields| fields.get(name).cloned().unwrap_or_default();
                let (from, to) = (value(&old_fields), value(&new_fields));
                if from != to {
                    self.changed.push(Changed {
                        record_id: old.id().to_owned(),
                        field: name.clone(),
                        from,
                        to,
                    });
                }
            }
        }
        let new = b.iter().filter(|record| find(a, record.id()).is_none());
        self.added.extend(new.map(|record| record.id().to_owned()));
    }
}

type Fields = serde_json::Map<String, serde_json::Value>;

trait Record: Serialize {
    fn id(&self) -> &str;
}

impl Record for LicenceRow {
    fn id(&self) -> &str {
        &self.record_id
    }
}

impl Record for Warning {
    fn id(&self) -> &str {
        &self.record_id
    }
}

fn fields(record: &impl Record) -> Fields {
    match serde_json::to_value(record) {
        Ok(serde_json::Value::Object(fields)) => fields,
        // Rows are strings, dates and lists: always an object.
        _ => Fields::new(),
    }
}

fn licensed(snapshot: &Snapshot, now: Timestamp) -> Vec<DomainName> {
    let hosts = snapshot.hosts().into_iter();
    hosts
        .filter(|host| host.licensed.is_some_and(|term| term.covers(now)))
        .map(|host| host.name)
        .collect()
}

fn without(all: &[DomainName], others: &[DomainName]) -> Vec<DomainName> {
    let missing = all.iter().filter(|name| !others.contains(name));
    missing.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(rows: &str) -> Snapshot {
        let json =
            format!(r#"{{"register":"r","taken_on":"2026-11-20","source":"x","rows":[{rows}]}}"#);
        Snapshot::from_json(json.as_bytes()).unwrap()
    }

    fn row(id: &str, to: &str, host: &str) -> String {
        format!(
            r#"{{"record_id":"{id}","regulator":"AFSA","legal_name":"Demo Ltd.","basis":"register",
            "valid_from":"2025-01-01","valid_to":"{to}","hosts":["{host}"],
            "source_url":"https://r.test/","source_date":"2026-11-01"}}"#
        )
    }

    #[test]
    fn rows_fields_and_licences_that_change_are_named() {
        let now = Timestamp::parse("2026-11-21T06:00:00Z").unwrap();
        let a = snapshot(
            &[
                row("kept", "2028-01-01", "kept.test"),
                row("gone", "2028-01-01", "gone.test"),
            ]
            .join(","),
        );
        let b = snapshot(
            &[
                row("kept", "2026-01-01", "kept.test"),
                row("new", "2028-01-01", "new.test"),
            ]
            .join(","),
        );
        assert!(Diff::between(&a, &a, now).is_empty());
        let diff = Diff::between(&a, &b, now);
        assert_eq!(
            (diff.added, diff.removed),
            (vec!["new".to_owned()], vec!["gone".to_owned()])
        );
        assert_eq!(diff.changed.len(), 1);
        assert_eq!(
            (diff.changed[0].field.as_str(), diff.changed[0].to.as_str()),
            ("valid_to", Some("2026-01-01"))
        );
        let names =
            |names: &[DomainName]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&diff.becomes_licensed), ["new.test"]);
        assert_eq!(
            names(&diff.stops_being_licensed),
            ["kept.test", "gone.test"]
        );
    }
}
