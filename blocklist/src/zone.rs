//! The list as a response policy zone (RPZ): what any name server can load or transfer.

use std::fmt::Write as _;

use crate::{
    DomainName, Scope,
    fold::{Action, Folded},
};

/// TTL of every record, in seconds: an unblocked name is free again within a minute.
pub const TTL: u32 = 60;

/// The data of a record in the policy zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordData {
    /// Start of authority.
    Soa(Soa),
    /// Name server; RPZ needs one and never asks it.
    Ns(String),
    /// The policy action: `.` is NXDOMAIN, `rpz-passthru.` lets through.
    Cname(&'static str),
}

/// The SOA of the policy zone; times in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soa {
    /// Primary name server.
    pub mname: String,
    /// Mailbox, in name form.
    pub rname: String,
    /// Serial: `serial_base` of the policy plus the size of the log.
    pub serial: u32,
    /// How often a secondary asks.
    pub refresh: u32,
    /// How soon it asks again after a failure.
    pub retry: u32,
    /// When a secondary that hears nothing must drop the zone: the list goes stale with its release.
    pub expire: u32,
    /// Negative TTL.
    pub minimum: u32,
}

/// One record, its owner absolute with a final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Owner name.
    pub owner: String,
    /// Data; the TTL is always [`TTL`].
    pub data: RecordData,
}

/// The policy zone of one fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyZone {
    apex: String,
    records: Vec<Record>,
    serial: u32,
    omitted: Vec<DomainName>,
}

impl PolicyZone {
    /// Builds the zone `rpz.<public domain>.`.
    pub fn new(folded: &Folded) -> Self {
        let domain = &folded.policy.public_domain;
        let apex = format!("rpz.{domain}.");
        let serial = folded.serial();
        let soa = Soa {
            mname: format!("ns.{domain}."),
            rname: format!("hostmaster.{domain}."),
            serial,
            refresh: 60,
            retry: 30,
            expire: folded.policy.release_seconds,
            minimum: TTL,
        };
        let record = |owner: &str, data| Record {
            owner: owner.to_owned(),
            data,
        };
        let mut records = vec![
            record(&apex, RecordData::Soa(soa)),
            record(&apex, RecordData::Ns(format!("ns.{domain}."))),
        ];
        let mut omitted = Vec::new();
        for entry in &folded.entries {
            // Room for `*.`, the apex and the root within 255 octets on the wire (RFC 1035 §3.1).
            if entry.name.as_str().len() + apex.len() + 2 > 253 {
                omitted.push(entry.name.clone());
                continue;
            }
            let target = match entry.action {
                Action::Block => ".",
                Action::PassThrough => "rpz-passthru.",
            };
            records.push(record(
                &format!("{}.{apex}", entry.name),
                RecordData::Cname(target),
            ));
            if entry.scope == Scope::Subtree {
                records.push(record(
                    &format!("*.{}.{apex}", entry.name),
                    RecordData::Cname(target),
                ));
            }
        }
        Self {
            apex,
            records,
            serial,
            omitted,
        }
    }

    /// The zone's name, with its final dot.
    pub fn apex(&self) -> &str {
        &self.apex
    }

    /// The SOA serial.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// All records, the SOA first; a transfer repeats the SOA at its end.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Entries whose owner would be too long below this apex; a parent is never blocked in their place.
    pub fn omitted(&self) -> &[DomainName] {
        &self.omitted
    }

    /// The zone file: one record a line, absolute names, SOA first (RFC 1035 §5).
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.records.len() * 64);
        for record in &self.records {
            let _ = writeln!(
                text,
                "{} {TTL} IN {}",
                record.owner,
                data_text(&record.data)
            );
        }
        text
    }
}

fn data_text(data: &RecordData) -> String {
    match data {
        RecordData::Soa(soa) => format!(
            "SOA {} {} {} {} {} {} {}",
            soa.mname, soa.rname, soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum
        ),
        RecordData::Ns(name) => format!("NS {name}"),
        RecordData::Cname(target) => format!("CNAME {target}"),
    }
}
