//! A full day, told before a listing is signed: it waits its turn, and is not refused.

use blocklist::Timestamp;
use data::decide;

use crate::{
    centre::Centre, console::case_checks::Stop, faults::Fault, messages::Value, messages::key,
    page::Page,
};

/// Says of each moment whose day is full when a listing meant for it would begin.
pub(crate) async fn stops(
    centre: &Centre,
    p: &Page,
    meant_for: &[Timestamp],
) -> Result<Vec<Stop>, Fault> {
    let mut stops = Vec::new();
    for at in meant_for {
        let outlook = decide::outlook(&centre.store, *at)
            .await
            .map_err(Fault::internal)?;
        if !outlook.full {
            continue;
        }
        let text = crate::messages::text(
            p.lang,
            key("outlook-full"),
            &[
                ("day", Value::Text(&p.date(at.0))),
                (
                    "count",
                    Value::Count(i64::try_from(outlook.taken).unwrap_or(i64::MAX)),
                ),
                ("begins", Value::Text(&p.date_time(outlook.begins.0))),
            ],
        );
        stops.push(Stop::amber(p.t(key("outlook-title")), text));
    }
    Ok(stops)
}
