//! A secondary that has a zone of some serial and asks for what came since (RFC 1995).

use std::{collections::BTreeSet, net::SocketAddr, path::Path};

use blocklist::{Folded, PolicyZone, zone::RecordData};
use hickory_proto::{
    op::{Message, Query},
    rr::{Name, RData, Record, RecordType, rdata::SOA},
};
use resolver::transfer::{Admission, TransferLimits, TransferServer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The primary, with its journal in `file`.
pub(crate) async fn primary(file: &Path) -> TransferServer {
    let loopback = "127.0.0.1:0".parse().unwrap();
    let server = TransferServer::start(loopback, Admission::default(), TransferLimits::default());
    server.await.unwrap().with_journal(file.to_owned())
}

/// What a secondary holds once it has what it asked for.
pub(crate) struct Got {
    /// Whether it came whole.
    pub(crate) whole: bool,
    /// Owners and targets below the apex.
    pub(crate) records: BTreeSet<(String, String)>,
}

/// What a zone says below its apex.
pub(crate) fn records(zone: &PolicyZone) -> BTreeSet<(String, String)> {
    let said = |record: &blocklist::zone::Record| match &record.data {
        RecordData::Cname(target) => Some((record.owner.clone(), (*target).to_owned())),
        _ => None,
    };
    zone.records().iter().filter_map(said).collect()
}

/// Asks for the changes since the zone of `held`, and makes them.
pub(crate) async fn fetch(server: SocketAddr, held: &Folded) -> Got {
    let zone = PolicyZone::new(held);
    let apex = Name::from_ascii(zone.apex()).unwrap();
    let mut query = Message::query();
    query.add_query(Query::query(apex.clone(), RecordType::IXFR));
    let soa = SOA::new(apex.clone(), apex.clone(), zone.serial(), 1, 1, 1, 1);
    query.add_authority(Record::from_rdata(apex, 60, RData::SOA(soa)));
    let answer = transfer(server, &query.to_vec().unwrap()).await;

    let serial = |record: &Record| match &record.data {
        RData::SOA(soa) => Some(soa.serial),
        _ => None,
    };
    let said = |record: &Record| match &record.data {
        RData::CNAME(target) => Some((record.name.to_string(), target.0.to_string())),
        _ => None,
    };
    let body = &answer[1..answer.len() - 1];
    // RFC 1995 §4: differences begin with the SOA of the zone that the secondary has.
    if serial(&body[0]) != Some(zone.serial()) {
        let records = body.iter().filter_map(said).collect();
        return Got {
            whole: true,
            records,
        };
    }
    let mut records = self::records(&zone);
    let mut comes = true;
    for record in body {
        if serial(record).is_some() {
            comes = !comes;
        } else if let Some(said) = said(record) {
            let fits = if comes {
                records.insert(said)
            } else {
                records.remove(&said)
            };
            assert!(fits, "{record}");
        }
    }
    Got {
        whole: false,
        records,
    }
}

/// All records of a transfer, from the first SOA to the same SOA again.
async fn transfer(server: SocketAddr, query: &[u8]) -> Vec<Record> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let length = u16::try_from(query.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, query].concat()).await.unwrap();
    let mut records: Vec<Record> = Vec::new();
    let ends = |records: &[Record]| {
        records.len() > 1
            && matches!((&records[0].data, &records[records.len() - 1].data),
                (RData::SOA(first), RData::SOA(last)) if first.serial == last.serial)
    };
    // In a difference the new SOA stands in the middle as well; it is the last only where nothing follows.
    while !ends(&records) {
        let length = stream.read_u16().await.unwrap();
        let mut message = vec![0; length.into()];
        stream.read_exact(&mut message).await.unwrap();
        records.extend(Message::from_vec(&message).unwrap().answers);
    }
    records
}
