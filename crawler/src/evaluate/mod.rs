//! Measuring the judgement on a corpus: what is flagged rightly and wrongly, how well the
//! probabilities hold, and every error with its reasons.
//!
//! A corpus part the model was fitted on is measured by cross-validation: each site is judged by a
//! model that never saw it or its near copies.

use serde::Serialize;

use crate::assessment::{Assessment, Verdict, judge};
use crate::corpus::{Prepared, Site, View};
use crate::model::Model;

mod kinds;
mod measures;

pub use kinds::{ByKind, Naming};
pub use measures::{AxisReport, Bin, Calibration, Verdicts};

/// Reasons shown for an error.
const REASONS: usize = 5;

/// What a part of a corpus came to; the JSON of `qalqan evaluate`.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Name of the part.
    pub part: String,
    /// Whether every site was judged by a model that never saw it.
    pub cross_validated: bool,
    /// Sites judged.
    pub sites: usize,
    /// Pages and feeds they have.
    pub pages: usize,
    /// Verdicts on whole sites, wanted against given.
    pub verdicts: Verdicts,
    /// The same by how much of each site is seen.
    pub views: Vec<ByView>,
    /// Is it an exchange?
    pub exchange: AxisReport,
    /// Does it serve Kazakhstan?
    pub serves_kz: AxisReport,
    /// How well kinds are told.
    pub naming: Naming,
    /// By what a site truly is.
    pub kinds: Vec<ByKind>,
    /// By language; a site counts for each of its languages.
    pub languages: Vec<ByLanguage>,
    /// Protected sites that were flagged in any view: must be empty.
    pub protected_flagged: Vec<String>,
    /// Whole sites judged otherwise than wanted.
    pub errors: Vec<Mistake>,
}

/// Verdicts in one view.
#[derive(Debug, Clone, Serialize)]
pub struct ByView {
    /// How much of each site is seen.
    pub view: View,
    /// Wanted against given.
    #[serde(flatten)]
    pub verdicts: Verdicts,
}

/// Verdicts on sites of one language.
#[derive(Debug, Clone, Serialize)]
pub struct ByLanguage {
    /// Its tag.
    pub language: String,
    /// Wanted against given.
    #[serde(flatten)]
    pub verdicts: Verdicts,
}

/// A site judged otherwise than wanted.
#[derive(Debug, Clone, Serialize)]
pub struct Mistake {
    /// Folder or address.
    pub site: String,
    /// What makes it what it is.
    pub why: String,
    /// What it truly is.
    pub kind: Option<String>,
    /// What the machine should say.
    pub wanted: Verdict,
    /// What it says.
    pub given: Verdict,
    /// Probability that it is an exchange.
    pub exchange: f64,
    /// Probability that it serves Kazakhstan.
    pub serves_kz: f64,
    /// What it seems to be.
    pub kinds: Vec<String>,
    /// Guards that held.
    pub guards: Vec<String>,
    /// Codes of contradictions.
    pub contradictions: Vec<&'static str>,
    /// The heaviest signals.
    pub reasons: Vec<Reason>,
}

/// One line of the ledger.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// The signal.
    pub id: String,
    /// Its points.
    pub points: f64,
    /// The page's own words.
    pub quote: String,
}

/// One site, judged in every view.
struct Judged<'a> {
    site: &'a Site,
    views: Vec<(View, Assessment)>,
}

impl Judged<'_> {
    fn whole(&self) -> Option<&Assessment> {
        self.views.first().map(|(_, judged)| judged)
    }
}

/// Judges every site by the model that `model_of` gives for its index, and measures.
pub fn evaluate<'m>(
    part: &str,
    cross_validated: bool,
    sites: &[Prepared],
    model_of: impl Fn(usize) -> &'m Model,
) -> Report {
    let judged: Vec<Judged<'_>> = sites
        .iter()
        .enumerate()
        .map(|(index, prepared)| Judged {
            site: &prepared.site,
            views: prepared
                .views
                .iter()
                .map(|(view, seen)| (*view, judge(seen, &prepared.standing, model_of(index))))
                .collect(),
        })
        .collect();
    let kinds = kinds::by_kind(&judged);
    let whole = || judged.iter().filter_map(|j| Some((j.site, j.whole()?)));
    let (exchange_from, serves_from) = sites
        .first()
        .map(|_| model_of(0))
        .map_or((0.5, 0.5), |model| {
            (model.exchange.review, model.serves_kz.review)
        });
    Report {
        part: part.to_owned(),
        cross_validated,
        sites: sites.len(),
        pages: sites
            .iter()
            .map(|prepared| prepared.site.pages.len() + prepared.site.feeds.len())
            .sum(),
        verdicts: Verdicts::of(whole().map(pair)),
        views: by_view(&judged),
        exchange: AxisReport::of(
            exchange_from,
            whole().filter_map(|(site, found)| Some((found.exchange, site.exchange?))),
        ),
        serves_kz: AxisReport::of(
            serves_from,
            whole().filter_map(|(site, found)| Some((found.serves_kz, site.serves_kz?))),
        ),
        naming: Naming::of(&kinds),
        kinds,
        languages: by_language(&judged),
        protected_flagged: protected_flagged(&judged),
        errors: whole()
            .filter_map(|(site, found)| mistake(site, found))
            .collect(),
    }
}

fn pair((site, found): (&Site, &Assessment)) -> (Option<Verdict>, Verdict) {
    (site.wanted(), found.verdict)
}

fn by_view(judged: &[Judged<'_>]) -> Vec<ByView> {
    let of = |view: View| {
        let seen = judged.iter().filter_map(move |j| {
            let (_, found) = j.views.iter().find(|(held, _)| *held == view)?;
            Some((j.site, found))
        });
        let verdicts = Verdicts::of(seen.map(pair));
        (verdicts.sites() > 0).then_some(ByView { view, verdicts })
    };
    View::ALL.into_iter().filter_map(of).collect()
}

fn by_language(judged: &[Judged<'_>]) -> Vec<ByLanguage> {
    let mut languages: Vec<&str> = judged
        .iter()
        .flat_map(|j| j.site.languages.iter().map(String::as_str))
        .collect();
    languages.sort_unstable();
    languages.dedup();
    let of = |language: &str| {
        let own = judged
            .iter()
            .filter(|j| j.site.languages.iter().any(|l| l == language));
        ByLanguage {
            language: language.to_owned(),
            verdicts: Verdicts::of(own.filter_map(|j| Some(pair((j.site, j.whole()?))))),
        }
    };
    languages.into_iter().map(of).collect()
}

fn protected_flagged(judged: &[Judged<'_>]) -> Vec<String> {
    let flagged = |j: &&Judged<'_>| {
        let any = j
            .views
            .iter()
            .any(|(_, found)| found.verdict == Verdict::Flag);
        j.site.is_protected() && any
    };
    let names = judged.iter().filter(flagged);
    names.map(|j| j.site.name.clone()).collect()
}

fn mistake(site: &Site, found: &Assessment) -> Option<Mistake> {
    let wanted = site.wanted().filter(|wanted| *wanted != found.verdict)?;
    let heavy = found.signals.iter().filter(|signal| signal.weight != 0.0);
    Some(Mistake {
        site: site.name.clone(),
        why: site.why.clone(),
        kind: site.kind.clone(),
        wanted,
        given: found.verdict,
        exchange: found.exchange,
        serves_kz: found.serves_kz,
        kinds: found.kinds.clone(),
        guards: found.guards.clone(),
        contradictions: found.contradictions.iter().map(|c| c.code).collect(),
        reasons: heavy
            .take(REASONS)
            .map(|signal| Reason {
                id: signal.id.clone(),
                points: signal.weight,
                quote: signal.quote.clone(),
            })
            .collect(),
    })
}
