//! A network of sites as a picture (SVG 1.1): the sites on the left, what they share on the right, and
//! a line for each place where one was seen on the other.
//!
//! The picture depends on its input alone: the same network is drawn the same way everywhere. It says
//! nothing that the tables beside it do not say, so that nobody needs to see it.

use std::fmt::Write as _;

/// Most rows on either side; a picture of more is no longer read.
pub const MOST_ROWS: usize = 60;

/// Longest label, in characters.
const LONGEST_LABEL: usize = 44;

const ROW: usize = 30;
const TOP: usize = 24;
const WIDTH: usize = 960;
const LEFT: usize = 400;
const RIGHT: usize = 560;

/// Passes that look for an order with fewer crossings; more change little.
const PASSES: usize = 8;

/// How far a site has come: told by the shape of its mark, not by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// On the list: a filled circle.
    Listed,
    /// A case is open: a half-filled circle.
    Open,
    /// Neither: an empty circle.
    Other,
}

/// A site of the network.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its name.
    pub label: String,
    /// Its mark.
    pub mark: Mark,
}

/// Something that several sites share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What it is, masked where it is a person's.
    pub label: String,
    /// Numbers of the sites on which it was seen.
    pub sites: Vec<usize>,
    /// Whether it links by itself: a whole line. What links only together with others has a broken one.
    pub strong: bool,
}

/// A network to draw.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// What the picture shows, for those who do not see it.
    pub title: String,
    /// The sites.
    pub sites: Vec<Site>,
    /// What they share.
    pub shared: Vec<Shared>,
}

/// Where the picture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Within a page, whose colours it takes.
    Page,
    /// A file of its own, dark on white.
    File,
}

impl Drawing {
    /// Draws at most [`MOST_ROWS`] rows a side.
    #[must_use]
    pub fn svg(&self, ground: Ground) -> String {
        let (sites, shared) = self.order();
        let rows = sites.len().max(shared.len()).max(1);
        let height = TOP * 2 + rows * ROW;
        let mut out = String::with_capacity(4_096);
        open(&mut out, height, &self.title, ground);
        for (row, &number) in shared.iter().enumerate() {
            if let Some(item) = self.shared.get(number) {
                lines(&mut out, item, y(row, shared.len(), rows), |site| {
                    let at = sites.iter().position(|&drawn| drawn == site)?;
                    Some(y(at, sites.len(), rows))
                });
            }
        }
        for (row, &number) in sites.iter().enumerate() {
            if let Some(site) = self.sites.get(number) {
                self::site(&mut out, site, y(row, sites.len(), rows));
            }
        }
        for (row, &number) in shared.iter().enumerate() {
            if let Some(item) = self.shared.get(number) {
                self::shared(&mut out, item, y(row, shared.len(), rows));
            }
        }
        out.push_str("</g></svg>\n");
        out
    }

    /// Numbers of the drawn sites and shared items, from the top: each side is put in the order of the
    /// middle of its neighbours, in turns, so that few lines cross.
    fn order(&self) -> (Vec<usize>, Vec<usize>) {
        let mut sites: Vec<usize> = (0..self.sites.len().min(MOST_ROWS)).collect();
        let mut shared: Vec<usize> = (0..self.shared.len().min(MOST_ROWS)).collect();
        let joined = |site: usize, item: usize| {
            let item = self.shared.get(item);
            item.is_some_and(|item| item.sites.contains(&site))
        };
        for _ in 0..PASSES {
            shared = by_middle(&shared, |item| places(&sites, |site| joined(site, item)));
            sites = by_middle(&sites, |site| places(&shared, |item| joined(site, item)));
        }
        (sites, shared)
    }
}

/// Places in `row` for which `is_joined` holds.
fn places(row: &[usize], is_joined: impl Fn(usize) -> bool) -> Vec<usize> {
    let numbered = row.iter().enumerate();
    numbered
        .filter(|(_, number)| is_joined(**number))
        .map(|(place, _)| place)
        .collect()
}

/// Sorts by the mean place of the neighbours; who has none keeps its place. Ties keep their order.
fn by_middle(row: &[usize], neighbours: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut keyed: Vec<(usize, usize)> = row
        .iter()
        .enumerate()
        .map(|(place, &number)| {
            let at = neighbours(number);
            // In thousandths, so that the order is one of whole numbers.
            let middle = (at.iter().sum::<usize>() * 1_000).checked_div(at.len());
            (middle.unwrap_or(place * 1_000), number)
        })
        .collect();
    keyed.sort_by_key(|(middle, _)| *middle);
    keyed.into_iter().map(|(_, number)| number).collect()
}

/// The height of a row's middle; the shorter side stands in the middle of the longer.
fn y(row: usize, own: usize, rows: usize) -> usize {
    TOP + row * ROW + ROW / 2 + (rows - own) * ROW / 2
}

fn open(out: &mut String, height: usize, title: &str, ground: Ground) {
    let title = escape(title);
    let color = match ground {
        Ground::Page => "",
        Ground::File => " color=\"#1b1b1b\"",
    };
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{title}\"{color}><title>{title}</title>"
    );
    if ground == Ground::File {
        let _ = write!(
            out,
            "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>"
        );
    }
    out.push_str(
        "<g fill=\"none\" stroke=\"currentColor\" font-family=\"sans-serif\" font-size=\"14\">",
    );
}

fn lines(out: &mut String, item: &Shared, to: usize, from: impl Fn(usize) -> Option<usize>) {
    let dash = if item.strong {
        "stroke-width=\"1.6\""
    } else {
        "stroke-dasharray=\"5 4\""
    };
    let middle = usize::midpoint(LEFT, RIGHT);
    for from in item.sites.iter().filter_map(|site| from(*site)) {
        let _ = write!(
            out,
            "<path d=\"M{LEFT} {from}C{middle} {from} {middle} {to} {RIGHT} {to}\" {dash} \
             stroke-opacity=\"0.7\"/>"
        );
    }
}

fn site(out: &mut String, site: &Site, y: usize) {
    let x = LEFT - 6;
    let _ = match site.mark {
        Mark::Listed => write!(
            out,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" fill=\"currentColor\"/>"
        ),
        Mark::Open => write!(
            out,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\"/><path d=\"M{x} {}a6 6 0 0 1 0 12z\" \
             fill=\"currentColor\"/>",
            y - 6
        ),
        Mark::Other => write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\"/>"),
    };
    text(out, LEFT - 20, y, "end", &site.label);
}

fn shared(out: &mut String, item: &Shared, y: usize) {
    let (x, top) = (RIGHT, y - 6);
    let fill = if item.strong { "currentColor" } else { "none" };
    let _ = write!(
        out,
        "<rect x=\"{x}\" y=\"{top}\" width=\"12\" height=\"12\" fill=\"{fill}\"/>"
    );
    text(out, RIGHT + 22, y, "start", &item.label);
}

fn text(out: &mut String, x: usize, y: usize, anchor: &str, label: &str) {
    let label = escape(&crate::hostile::line(label, LONGEST_LABEL));
    let _ = write!(
        out,
        "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" stroke=\"none\" fill=\"currentColor\">{label}</text>",
        y + 5
    );
}

/// Labels come from crawled pages: text, never markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML 1.0 has no place for these at all.
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn site(label: &str, mark: Mark) -> Site {
        Site {
            label: label.to_owned(),
            mark,
        }
    }

    fn drawing(sites: usize, shared: &[&[usize]]) -> Drawing {
        let named = |number: usize| site(&format!("s{number}.test"), Mark::Other);
        Drawing {
            title: "N-2026-000001".to_owned(),
            sites: (0..sites).map(named).collect(),
            shared: shared
                .iter()
                .enumerate()
                .map(|(number, sites)| Shared {
                    label: format!("wallet {number}"),
                    sites: sites.to_vec(),
                    strong: number == 0,
                })
                .collect(),
        }
    }

    #[test]
    fn a_line_for_each_sighting_and_a_mark_for_each_site() {
        let svg = drawing(3, &[&[0, 1, 2], &[1, 2]]).svg(Ground::Page);
        assert_eq!(svg.matches("<path").count(), 5);
        assert_eq!(svg.matches("<circle").count(), 3);
        assert_eq!(svg.matches("stroke-dasharray").count(), 2, "the weaker one");
        assert!(!svg.contains("#fff"), "a page has its own ground");
    }

    #[test]
    fn neighbours_are_put_beside_each_other() {
        // Two pairs, named crosswise: 0 and 2 share one thing, 1 and 3 the other.
        let (sites, _) = drawing(4, &[&[0, 2], &[1, 3]]).order();
        let at = |number| sites.iter().position(|s| *s == number).unwrap();
        assert_eq!(at(0).abs_diff(at(2)), 1, "{sites:?}");
        assert_eq!(at(1).abs_diff(at(3)), 1, "{sites:?}");
    }

    #[test]
    fn labels_are_text() {
        let hostile = Drawing {
            title: "\"><script>".to_owned(),
            sites: vec![site("<b>\u{202e}x&", Mark::Listed)],
            shared: vec![],
        };
        let svg = hostile.svg(Ground::File);
        assert!(!svg.contains("<script>") && !svg.contains("<b>"));
        assert!(svg.contains("&lt;b&gt;[U+202E]x&amp;"), "{svg}");
    }

    #[test]
    fn a_large_network_is_drawn_in_part() {
        let all: Vec<usize> = (0..500).collect();
        let svg = drawing(500, &[&all]).svg(Ground::Page);
        assert_eq!(svg.matches("<circle").count(), MOST_ROWS);
    }

    proptest! {
        #[test]
        fn any_network_is_drawn_as_well_formed_xml(
            labels in proptest::collection::vec("\\PC{0,60}|[\u{0}-\u{1f}<&\"']{0,9}", 0..12),
            links in proptest::collection::vec(proptest::collection::vec(0_usize..14, 0..6), 0..9),
        ) {
            let drawing = Drawing {
                title: labels.first().cloned().unwrap_or_default(),
                sites: labels.iter().map(|label| site(label, Mark::Open)).collect(),
                shared: links
                    .into_iter()
                    .map(|sites| Shared { label: "\u{1}<".to_owned(), sites, strong: false })
                    .collect(),
            };
            for ground in [Ground::Page, Ground::File] {
                let svg = drawing.svg(ground);
                let mut reader = quick_xml::Reader::from_str(&svg);
                loop {
                    match reader.read_event() {
                        Ok(quick_xml::events::Event::Eof) => break,
                        Ok(_) => {}
                        Err(error) => prop_assert!(false, "{error}: {svg}"),
                    }
                }
            }
        }
    }
}
