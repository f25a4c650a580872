//! What a scrape says, what the pages for operators say of it, and what alarms and the dashboard use.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
};

use regex::Regex;

use crate::{
    client::{check, question},
    node::{Node, PATIENCE, Place, free},
};

fn page(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/isp");
    folder.join(name)
}

/// A scrape of a node that was asked for a listed name, a free one, and one of its own rules.
fn scrape(place: &Place, options: &[&str], is_filtered: bool) -> String {
    let (address, metrics) = (free(), free());
    let rules = place.path("own.rpz");
    fs::write(&rules, "@ SOA a. b. 1 2 3 4 5\nruled.test CNAME .\n").unwrap();
    let mut command = place.command(address, 2);
    command.args(["--metrics", &metrics.to_string()]);
    command.arg("--policy").arg(rules).args(options);
    let _node = Node::start(command).until_ready();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 4096];
    for number in [1, 2] {
        client.send_to(&question(number), address).unwrap();
        let length = client.recv(&mut buffer).unwrap();
        if is_filtered {
            assert_eq!(check(&buffer[..length]), number);
        }
    }
    get(metrics)
}

fn get(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: node\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    body.to_owned()
}

/// The metrics of an exposition, each read by the rules of the format: help, kind, samples.
fn read(exposition: &str) -> BTreeSet<String> {
    let sample =
        Regex::new(r#"^([a-z_]+)(\{([a-z]+="[^"\\]*",?)+\})? ([0-9.e+-]+|\+Inf)$"#).unwrap();
    let mut names = BTreeSet::new();
    let mut lines = exposition.lines().peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").expect(line);
        let (name, words) = help.split_once(' ').expect(line);
        assert!(words.ends_with('.'), "{line}");
        let kind = lines.next().unwrap();
        let kind = kind.strip_prefix(&format!("# TYPE {name} ")).expect(kind);
        assert!(name.starts_with("qalqan_"), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        assert!(names.insert(name.to_owned()), "{name} comes twice");
        let mut last = 0.0;
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let found = sample.captures(line).unwrap_or_else(|| panic!("{line}"));
            if kind != "histogram" {
                assert_eq!(&found[1], name, "{line}");
                continue;
            }
            let part = found[1].strip_prefix(name).expect(line);
            let value: f64 = found[4].parse().unwrap();
            match part {
                "_bucket" if !line.contains("le=\"0.00001\"") => assert!(value >= last, "{line}"),
                "_count" => assert!((value - last).abs() < 0.5, "{line}"),
                "_bucket" => {}
                "_sum" => continue,
                _ => panic!("{line}"),
            }
            last = value;
        }
    }
    names
}

/// The first two columns of the table: metrics, and where they are.
fn documented() -> Vec<(String, String)> {
    let text = fs::read_to_string(page("watching.md")).unwrap();
    let row = Regex::new(r"(?m)^\| `(qalqan_[a-z_]+)(?:\{[a-z,]+\})?` \| ([^|]+) \|").unwrap();
    let rows = row.captures_iter(&text);
    rows.map(|row| (row[1].to_owned(), row[2].to_owned()))
        .collect()
}

fn value(exposition: &str, sample: &str) -> f64 {
    let mut lines = exposition.lines();
    let line = lines.find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{sample} in\n{exposition}"));
    line.parse().unwrap()
}

#[test]
fn a_scrape_is_what_the_page_for_operators_says() {
    let place = Place::new();
    let filtered = scrape(&place, &[], true);
    for (sample, at_least) in [
        (
            r#"qalqan_dns_queries_total{transport="udp",result="blocked"}"#,
            1.0,
        ),
        (
            r#"qalqan_dns_queries_total{transport="udp",result="asked"}"#,
            1.0,
        ),
        (
            r#"qalqan_dns_answers_total{transport="udp",rcode="nxdomain"}"#,
            1.0,
        ),
        (
            r#"qalqan_dns_answers_total{transport="udp",rcode="noerror"}"#,
            1.0,
        ),
        (r#"qalqan_dns_answer_seconds_count{path="later"}"#, 1.0),
        (r#"qalqan_dns_answer_seconds_sum{path="later"}"#, 0.000_001),
        ("qalqan_list_entries", 1.0),
    ] {
        assert!(value(&filtered, sample) >= at_least, "{sample}: {filtered}");
    }
    let addresses = Regex::new(r"\d+\.\d+\.\d+\.\d+").unwrap();
    let of_clients = |line: &&str| addresses.is_match(line) && !line.contains("upstream=\"udp://");
    assert_eq!(filtered.lines().find(of_clients), None);

    let tried = scrape(&place, &["--dry-run"], false);
    let exported: BTreeSet<_> = read(&filtered).union(&read(&tried)).cloned().collect();
    let documented = documented().into_iter();
    let documented: BTreeSet<_> = documented
        .filter(|(_, place)| place != "publisher")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(exported, documented, "left: exported, right: documented");
}

/// Every metric that a text names, histograms without what is added for their parts.
fn named(text: &str) -> BTreeSet<String> {
    let names = Regex::new(r"\bqalqan_[a-z_]+").unwrap();
    let parts = ["_bucket", "_sum", "_count"];
    let whole = |name: &str| {
        let part = parts.iter().find_map(|part| name.strip_suffix(part));
        part.unwrap_or(name).to_owned()
    };
    names
        .find_iter(text)
        .map(|name| whole(name.as_str()))
        .collect()
}

#[test]
fn alarms_and_the_dashboard_look_at_what_there_is() {
    let documented: BTreeSet<_> = documented().into_iter().map(|(name, _)| name).collect();
    let dashboard = fs::read_to_string(page("monitoring/dashboard.json")).unwrap();
    let read: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let panels = read["panels"].as_array().unwrap();
    assert!(panels.len() >= 12);
    for panel in panels {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(!named(expression).is_empty(), "{panel}");
        }
    }
    let alarms = fs::read_to_string(page("monitoring/alerts.yml")).unwrap();
    for (text, at_least) in [(&dashboard, 14), (&alarms, 12)] {
        let named = named(text);
        let unknown: Vec<_> = named.difference(&documented).collect();
        assert!(
            unknown.is_empty(),
            "no node and no publisher shows {unknown:?}"
        );
        assert!(named.len() >= at_least, "{named:?}");
    }
}

#[test]
fn prometheus_takes_the_alarms() {
    let mut promtool = Command::new("promtool");
    match promtool
        .args(["check", "rules"])
        .arg(page("monitoring/alerts.yml"))
        .output()
    {
        Ok(output) => assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        ),
        // A hundred megabytes for this one check: taken where it is, not asked for.
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            let line = b"NOT RUN: promtool is missing (package prometheus)\n";
            let _ = std::io::stderr().write_all(line);
        }
    }
}
