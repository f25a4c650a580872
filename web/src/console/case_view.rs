//! Turns a case file into what the page shows: quotes, ledger, register rows it could be.

use std::collections::BTreeSet;

use blocklist::{
    DomainName, Scope, Timestamp,
    guard::Refusal,
    matching::{self, ClaimFinding, Index, Match, Why},
    register::LicenceRow,
};
use data::case::{CaptureRow, CaseFile};

use crate::{
    console::{
        people::Mask,
        report::{self, Report},
    },
    hostile::{self, Part},
    messages::key,
    names::Shown,
    page::Page,
};

/// A quoted passage.
pub(crate) struct Quote {
    pub(crate) anchor: String,
    pub(crate) signal: String,
    pub(crate) weight: String,
    pub(crate) tone: &'static str,
    pub(crate) parts: Vec<Part>,
    pub(crate) url: String,
    pub(crate) at: Option<String>,
    pub(crate) hash: Option<String>,
    pub(crate) view: Option<String>,
    /// The capture it stands in.
    pub(crate) from: Option<i64>,
}

impl Quote {
    /// The first twelve digits of the capture's hash.
    pub(crate) fn short_hash(&self) -> String {
        self.hash
            .as_deref()
            .unwrap_or_default()
            .chars()
            .take(12)
            .collect()
    }
}

/// One line of the ledger.
pub(crate) struct LedgerRow {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) weight: String,
    pub(crate) tone: &'static str,
    pub(crate) evidence: String,
    pub(crate) href: Option<String>,
}

/// A register row that could be this site.
pub(crate) struct Candidate {
    pub(crate) title: String,
    pub(crate) licence: Option<String>,
    pub(crate) why: String,
    pub(crate) why_not: Option<String>,
}

/// Everything a view is made from.
pub(crate) struct Material<'a> {
    pub(crate) p: &'a Page,
    pub(crate) file: &'a CaseFile,
    pub(crate) name: &'a DomainName,
    pub(crate) report: &'a Report,
    pub(crate) claims: &'a [ClaimFinding],
    pub(crate) found: &'a Match,
    pub(crate) known: &'a Index,
    pub(crate) mask: &'a Mask,
    /// Why the guard refuses the exact host, if it does.
    pub(crate) guard: Option<&'a Refusal>,
    pub(crate) now: i64,
}

/// The name of a signal in words; its code where there is none.
pub(crate) fn signal_name(p: &Page, id: &str) -> String {
    // `word_crypto.1` and `word_crypto.2` are entries of one signal.
    let numbered = id
        .rsplit_once('.')
        .filter(|(_, tail)| tail.parse::<u32>().is_ok());
    let plain = numbered.map_or(id, |(signal, _)| signal).replace('-', "_");
    let (prefix, rest) = match plain.strip_prefix("guard.") {
        Some(rest) => ("guard", rest),
        None => ("signal", plain.as_str()),
    };
    p.t_or(&format!("{prefix}-{rest}"), &hostile::line(id, 60))
}

fn tone(weight: f64) -> &'static str {
    if weight > 0.0 {
        "bad"
    } else if weight < 0.0 {
        "good"
    } else {
        ""
    }
}

/// Most quotes shown on a case page.
const MOST_QUOTES: usize = 12;

/// The passages, strongest first, each once, without what points to people.
pub(crate) fn quotes(
    p: &Page,
    file: &CaseFile,
    report: &Report,
    mask: &Mask,
    most: usize,
) -> Vec<Quote> {
    let mut seen = BTreeSet::new();
    report
        .signals
        .iter()
        .enumerate()
        .filter(|(_, signal)| {
            !signal.quote.trim().is_empty()
                && seen.insert((signal.id.clone(), signal.quote.clone()))
        })
        .take(most.min(MOST_QUOTES))
        .map(|(index, signal)| {
            let capture = captured(file, &signal.capture, &signal.url);
            Quote {
                anchor: format!("quote-{index}"),
                signal: signal_name(p, &signal.id),
                weight: report::weight(signal.weight),
                tone: tone(signal.weight),
                parts: hostile::marked(&mask.text(&signal.quote), &report::words_to_mark(signal)),
                url: mask.url(&signal.url),
                at: capture.map(|capture| p.date_time(capture.fetched_at)),
                hash: (!signal.capture.is_empty()).then(|| hostile::line(&signal.capture, 64)),
                view: capture.map(|capture| {
                    p.href(&format!(
                        "console/case/{}/capture/{}",
                        file.case.id, capture.id
                    ))
                }),
                from: capture.map(|capture| capture.id),
            }
        })
        .collect()
}

/// The capture of this body, best of this address.
pub(crate) fn captured<'a>(file: &'a CaseFile, body: &str, url: &str) -> Option<&'a CaptureRow> {
    let same_body = |capture: &&CaptureRow| !body.is_empty() && capture.body_sha256 == body;
    file.captures
        .iter()
        .filter(same_body)
        .find(|capture| capture.url == url)
        .or_else(|| file.captures.iter().find(same_body))
}

/// The ledger: every signal with its weight, as it was added up.
pub(crate) fn ledger(m: &Material<'_>, quotes: &[Quote]) -> Vec<LedgerRow> {
    let bias = |label: &str, points: f64| LedgerRow {
        id: String::new(),
        label: m.p.t(label),
        weight: report::weight(points),
        tone: tone(points),
        evidence: m.p.t(key("ledger-none")),
        href: None,
    };
    let sums = &m.report.ledger;
    let biases = [
        bias(key("ledger-bias-exchange"), sums.exchange.bias),
        bias(key("ledger-bias-kz"), sums.serves_kz.bias),
    ];
    let signals = m.report.signals.iter().enumerate().map(|(index, signal)| {
        let anchor = format!("quote-{index}");
        let quoted = quotes.iter().any(|quote| quote.anchor == anchor);
        LedgerRow {
            id: hostile::line(&signal.id, 60),
            label: signal_name(m.p, &signal.id),
            weight: report::weight(signal.weight),
            tone: tone(signal.weight),
            evidence: m.p.t(if quoted {
                key("ledger-see-quote")
            } else {
                key("ledger-none")
            }),
            href: quoted.then(|| format!("#{anchor}")),
        }
    });
    signals.chain(biases).collect()
}

/// What the site looks like, in words.
pub(crate) fn kinds(p: &Page, report: &Report) -> Option<String> {
    // Codes without words are look-alikes; the stop signs speak of those.
    let words: Vec<String> = report
        .kinds
        .iter()
        .take(4)
        .map(|kind| p.t_or(&format!("kind-{kind}"), ""))
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| p.t1(key("case-kinds"), "kinds", &words.join(", ")))
}

/// The strongest reasons in words.
pub(crate) fn top(m: &Material<'_>) -> Vec<String> {
    m.report
        .signals
        .iter()
        .filter(|signal| signal.weight != 0.0)
        .take(3)
        .map(|signal| {
            let (name, weight) = (signal_name(m.p, &signal.id), report::weight(signal.weight));
            m.p.t2(key("top-signal"), ("name", &name), ("weight", &weight))
        })
        .collect()
}

/// Names in a row, for sentences.
pub(crate) fn hosts(names: &[DomainName]) -> String {
    names
        .iter()
        .take(8)
        .map(|name| Shown::new(name).whole())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Register rows that this site could be, with why and why not; at most five.
pub(crate) fn candidates(m: &Material<'_>) -> Vec<Candidate> {
    let p = m.p;
    let numbers = m
        .claims
        .iter()
        .map(|finding| finding.claim.licence_no.as_str());
    let found = m.known.candidates(m.name, numbers);
    let candidate = |(why, row): (Why, &LicenceRow)| {
        let title = if row.brand.is_empty() || row.brand == row.legal_name {
            row.legal_name.clone()
        } else {
            format!("{} — {}", row.brand, row.legal_name)
        };
        let why_not = why != Why::Host && !row.hosts.is_empty();
        Candidate {
            title: hostile::line(&title, 200),
            licence: (!row.licence_no.is_empty()).then(|| hostile::line(&row.licence_no, 60)),
            why: p.t(match why {
                Why::Host => key("candidate-why-host"),
                Why::Number => key("candidate-why-claim"),
                Why::Name => key("candidate-why-name"),
            }),
            why_not: why_not
                .then(|| p.t1(key("candidate-why-not-host"), "hosts", &hosts(&row.hosts))),
        }
    };
    found.into_iter().take(5).map(candidate).collect()
}

/// What of people a case shows.
pub(crate) async fn mask(
    store: &data::Store,
    host: &str,
    claims: &[ClaimFinding],
    open: bool,
) -> data::Result<Mask> {
    let shown = data::network::shown_on(store, host).await?;
    Ok(Mask::of_site(&shown, claims, open))
}

/// What the guard says of the exact host, read from the log.
pub(crate) async fn guard_refusal(
    store: &data::Store,
    name: &DomainName,
) -> data::Result<Option<Box<Refusal>>> {
    let guard = store.read_record().await?.guard()?;
    Ok(guard.check(name, Scope::Host).err())
}

/// The match of a host now: registers may have changed since the case was opened.
pub(crate) fn match_now(name: &DomainName, known: &Index, now: i64) -> Match {
    matching::check_host(name, known, Timestamp(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{console::case_checks::contradiction, language::Lang};

    #[test]
    fn codes_of_the_crawler_are_shown_in_words() {
        let page = |lang| Page::new(lang, "", String::new(), true);
        let p = page(Lang::En);
        assert_eq!(signal_name(&p, "word_crypto.2"), "Words: names of coins");
        assert_eq!(
            signal_name(&p, "guard.training"),
            "Looks like trading lessons"
        );
        assert_eq!(signal_name(&p, "of\u{202e}tomorrow"), "of[U+202E]tomorrow");
        let report = report::read(
            r#"{"contradictions":[
                {"code":"guard-with-order","args":{"guard":"bank","phrases":"5","signal":"order_form","quote":"USDT"}},
                {"code":"of-tomorrow","args":{}}]}"#,
        );
        let shown = |p: &Page| {
            report
                .contradictions
                .iter()
                .map(|found| contradiction(p, &Mask::of_site(&[], &[], false), found))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&p),
            [
                "Looks like a bank (5 phrases), yet it also has: Form for placing an order (“USDT”).",
                "of-tomorrow"
            ]
        );
        assert!(shown(&page(Lang::Kk))[0].starts_with("Банкке ұқсайды"));
    }
}
