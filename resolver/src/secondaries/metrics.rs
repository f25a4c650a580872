//! The book as metrics, in the text format that Prometheus reads. `docs/isp/README.md` says what each
//! line means to an operator; a test holds the two together.

use std::fmt::Write as _;

use super::{Book, Refused, SecondaryStatus};

/// Every metric: its name, its kind, and what it says. Times are Unix seconds.
pub const METRICS: [(&str, &str, &str); 9] = [
    (
        "qalqan_zone_serial",
        "gauge",
        "Serial of the zone that is served.",
    ),
    (
        "qalqan_zone_serial_since_timestamp_seconds",
        "gauge",
        "Since when it is served.",
    ),
    (
        "qalqan_secondary_serial",
        "gauge",
        "Serial a secondary last said it has, or fetched.",
    ),
    (
        "qalqan_secondary_behind",
        "gauge",
        "Leaves of the log by which that is older than the zone that is served.",
    ),
    (
        "qalqan_secondary_asked_timestamp_seconds",
        "gauge",
        "When it last asked and was answered.",
    ),
    (
        "qalqan_secondary_notified",
        "gauge",
        "Whether it heard of the last release it was told of.",
    ),
    (
        "qalqan_secondary_notified_serial",
        "gauge",
        "Serial of the last release it heard of.",
    ),
    (
        "qalqan_secondary_transfers_total",
        "counter",
        "Transfers since the start, of the whole zone or of differences.",
    ),
    (
        "qalqan_transfer_refused_total",
        "counter",
        "Requests that got nothing since the start, by reason.",
    ),
];

/// The whole page. What is not known has no line.
pub fn text(book: &Book) -> String {
    let mut page = String::new();
    for (name, kind, help) in METRICS {
        let samples = samples(name, book);
        if !samples.is_empty() {
            let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
        }
        for (labels, value) in samples {
            let _ = writeln!(page, "{name}{labels} {value}");
        }
    }
    page
}

/// The lines of one metric: labels, value.
fn samples(name: &str, book: &Book) -> Vec<(String, i64)> {
    let serving = book.serving;
    let all = book.secondaries.iter();
    let each = |value: fn(&SecondaryStatus) -> Option<i64>| {
        let known = all.clone();
        known
            .filter_map(|one| Some((format!("{{{}}}", who(one)), value(one)?)))
            .collect()
    };
    match name {
        "qalqan_zone_serial" => serving
            .map(|at| (String::new(), at.serial.into()))
            .into_iter()
            .collect(),
        "qalqan_zone_serial_since_timestamp_seconds" => serving
            .map(|at| (String::new(), at.at.0))
            .into_iter()
            .collect(),
        "qalqan_secondary_serial" => each(|one| Some(one.has?.serial.into())),
        "qalqan_secondary_behind" => all
            .filter_map(|one| {
                let behind = one.behind(serving?.serial)?;
                Some((format!("{{{}}}", who(one)), behind.into()))
            })
            .collect(),
        "qalqan_secondary_asked_timestamp_seconds" => each(|one| Some(one.asked?.0)),
        "qalqan_secondary_notified" => each(notified),
        "qalqan_secondary_notified_serial" => each(|one| Some(one.acknowledged?.serial.into())),
        "qalqan_secondary_transfers_total" => all
            .flat_map(|one| {
                let of = |kind: &str, count: u64| {
                    let labels = format!("{{{},kind=\"{kind}\"}}", who(one));
                    (labels, count.cast_signed())
                };
                [of("whole", one.whole), of("differences", one.differences)]
            })
            .collect(),
        _ => {
            let of_all = all.map(|one| (who(one), &one.refused));
            let of_others = [("address=\"other\"".to_owned(), &book.refused)];
            of_all.chain(of_others).flat_map(refusals).collect()
        }
    }
}

/// One that is never told has no line; one that was not told yet neither.
fn notified(one: &SecondaryStatus) -> Option<i64> {
    match (&one.error, one.acknowledged) {
        (Some(_), _) => Some(0),
        (None, Some(_)) => Some(1),
        (None, None) => None,
    }
}

fn refusals((who, refused): (String, &Refused)) -> Vec<(String, i64)> {
    let line = |(why, count): (&super::Refusal, &u64)| {
        let labels = format!("{{{who},reason=\"{}\"}}", why.word());
        (labels, count.cast_signed())
    };
    refused.iter().map(line).collect()
}

/// The label of a secondary. Two ports of one address are two secondaries.
fn who(one: &SecondaryStatus) -> String {
    match one.port {
        Some(port) => format!(
            "address=\"{}\"",
            std::net::SocketAddr::new(one.address, port)
        ),
        None => format!("address=\"{}\"", one.address),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{
        super::{Refusal, Secondaries},
        *,
    };

    #[test]
    fn the_page_says_who_has_what_and_why_not() {
        let told = "192.0.2.1:53".parse().unwrap();
        let poller: IpAddr = "2001:db8::2".parse().unwrap();
        let book = Secondaries::new([told], [poller]);
        assert_eq!(
            text(&book.watch().borrow()).lines().count(),
            2 + 4,
            "transfers alone are known to be none"
        );
        book.serving(2_026_000_009);
        book.told(told, 2_026_000_009, Some("it did not answer"));
        book.asked(poller, Some(2_026_000_007));
        book.refused(poller, Refusal::BadTime);
        book.refused("203.0.113.9".parse().unwrap(), Refusal::Address);
        let page = text(&book.watch().borrow());
        for line in [
            "qalqan_zone_serial 2026000009",
            "qalqan_secondary_serial{address=\"2001:db8::2\"} 2026000007",
            "qalqan_secondary_behind{address=\"2001:db8::2\"} 2",
            "qalqan_secondary_notified{address=\"192.0.2.1:53\"} 0",
            "qalqan_secondary_transfers_total{address=\"192.0.2.1:53\",kind=\"whole\"} 0",
            "qalqan_transfer_refused_total{address=\"2001:db8::2\",reason=\"bad_time\"} 1",
            "qalqan_transfer_refused_total{address=\"other\",reason=\"address\"} 1",
        ] {
            assert!(page.lines().any(|one| one == line), "{line}\n{page}");
        }
        assert!(!page.contains("203.0.113"), "{page}");
        assert!(!page.contains("notified_serial{"), "it never heard");
        book.told(told, 2_026_000_009, None);
        let page = text(&book.watch().borrow());
        assert!(page.contains("qalqan_secondary_notified{address=\"192.0.2.1:53\"} 1"));
    }

    #[test]
    fn every_metric_is_explained_to_operators() {
        let page = include_str!("../../../docs/isp/README.md");
        for (name, ..) in METRICS {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
