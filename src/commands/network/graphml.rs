//! Sites and ties as GraphML (graphml.graphdrawing.org), which Gephi, yEd and Cytoscape read.

use std::fmt::Write as _;

use data::network::NetworkFile;

/// Name and type of each attribute of a node, then of an edge.
const NODE: [(&str, &str); 6] = [
    ("network", "string"),
    ("verdict", "string"),
    ("kinds", "string"),
    ("case", "string"),
    ("listing", "string"),
    ("since", "string"),
];
const EDGE: [(&str, &str); 4] = [
    ("strength", "double"),
    ("reasons", "string"),
    ("captures", "string"),
    ("cut", "boolean"),
];

/// The graph of these networks; ties to sites outside them are left out.
pub(super) fn graph(files: &[NetworkFile]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    for (domain, attributes) in [("node", &NODE[..]), ("edge", &EDGE[..])] {
        for (name, kind) in attributes {
            let _ = writeln!(
                out,
                "  <key id=\"{domain}_{name}\" for=\"{domain}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>"
            );
        }
    }
    out += "  <graph edgedefault=\"undirected\">\n";
    for file in files {
        for site in &file.sites {
            let values = [
                file.line.id.clone(),
                site.verdict.clone(),
                site.kinds.join(" "),
                site.case_id.clone().unwrap_or_default(),
                site.listing_id.clone().unwrap_or_default(),
                blocklist::Timestamp(site.since).to_string(),
            ];
            let _ = writeln!(out, "    <node id=\"{}\">", xml(&site.host));
            data(&mut out, "node", &NODE, &values);
            out += "    </node>\n";
        }
    }
    for file in files {
        let inside = |host: &str| file.sites.iter().any(|site| site.host == host);
        for edge in &file.edges {
            if !inside(&edge.a) || !inside(&edge.b) {
                continue;
            }
            let of = |what: &dyn Fn(&data::network::Reason) -> String| {
                edge.reasons.iter().map(what).collect::<Vec<_>>().join("; ")
            };
            let values = [
                words_of(edge.strength),
                of(&|reason| format!("{} {}", reason.kind, reason.value)),
                of(&|reason| format!("{} {}", reason.a.capture, reason.b.capture)),
                edge.cut.is_some().to_string(),
            ];
            let _ = writeln!(
                out,
                "    <edge source=\"{}\" target=\"{}\">",
                xml(&edge.a),
                xml(&edge.b)
            );
            data(&mut out, "edge", &EDGE, &values);
            out += "    </edge>\n";
        }
    }
    out + "  </graph>\n</graphml>\n"
}

fn data(out: &mut String, domain: &str, attributes: &[(&str, &str)], values: &[String]) {
    for ((name, _), value) in attributes.iter().zip(values) {
        let _ = writeln!(
            out,
            "      <data key=\"{domain}_{name}\">{}</data>",
            xml(value)
        );
    }
}

/// Hundredths as a number.
pub(super) fn words_of(strength: i64) -> String {
    format!("{}.{:02}", strength / 100, strength % 100)
}

/// Text as XML 1.0 may hold it: what was crawled is never markup, and control characters do not exist.
fn xml(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_crawled_is_text() {
        assert_eq!(
            super::xml("<a b=\"&\">\u{0}\u{1b}қ"),
            "&lt;a b=&quot;&amp;&quot;&gt;\u{fffd}\u{fffd}қ"
        );
        assert_eq!(super::words_of(150), "1.50");
    }
}
