//! `evaluate`: the machine's judgement measured on pages whose answer is known, and fitted anew.

use std::fmt::Write as _;
use std::path::Path;

use crawler::assessment::{Assessor, Verdict};
use crawler::corpus::{self, CorpusError, Prepared, Site, View};
use crawler::evaluate::{AxisReport, Report, Verdicts, evaluate};
use crawler::fit::{self, Fit};
use crawler::model::{Model, Priors};
use serde::Serialize;

use crate::{
    cli::Evaluate,
    failure::{Exit, Failure},
    print::{Printer, visible},
};

/// The file of kinds, written beside the weights.
const KINDS: &str = "kinds.toml";

/// What is printed: a report for each part.
#[derive(Serialize)]
struct Told {
    /// The model file written, with `--fit`.
    fitted: Option<String>,
    parts: Vec<Report>,
}

pub(crate) fn run(options: &Evaluate, printer: &Printer) -> Result<Exit, Failure> {
    let mut parts = Vec::new();
    let train = part(&options.corpus, "train");
    let check = part(&options.corpus, "check");
    let mut fitted = None;
    if let Some(out) = &options.fit {
        let learnt = Learnt::from(train.as_deref().unwrap_or(&options.corpus))?;
        write(out, &fit::render(&learnt.fit, &learnt.sites))?;
        write(
            &out.with_file_name("words.toml"),
            &fit::render_words(&learnt.fit),
        )?;
        write(
            &out.with_file_name(KINDS),
            &fit::render_kinds(&learnt.fit.model.kinds),
        )?;
        parts.push(learnt.honest("train"));
        if let Some(check) = check {
            let sites = prepared(sites(&check)?, &learnt.assessor);
            parts.push(seen_by("check", &sites, &learnt.fit.model));
        }
        fitted = Some(out.display().to_string());
    } else if train.is_some() || check.is_some() {
        if let Some(train) = train {
            parts.push(Learnt::from(&train)?.honest("train"));
        }
        if let Some(check) = check {
            parts.push(shipped("check", &check)?);
        }
    } else {
        let name = options
            .corpus
            .file_name()
            .unwrap_or(options.corpus.as_os_str());
        let name = name.to_string_lossy().into_owned();
        parts.push(if options.cross_validate || name == "train" {
            Learnt::from(&options.corpus)?.honest(&name)
        } else {
            shipped(&name, &options.corpus)?
        });
    }
    let told = Told { fitted, parts };
    printer.result(&told, || text(&told));
    let right = told.parts.iter().all(|part| part.errors.is_empty());
    Ok(if right { Exit::Done } else { Exit::Negative })
}

/// The part of a corpus that stands in a folder of this name.
fn part(corpus: &Path, name: &str) -> Option<std::path::PathBuf> {
    let folder = corpus.join(name);
    (folder.is_dir() && !folder.join("site.toml").exists()).then_some(folder)
}

/// A corpus and what was learnt from it.
struct Learnt {
    assessor: Assessor,
    sites: Vec<Prepared>,
    fit: Fit,
}

impl Learnt {
    fn from(path: &Path) -> Result<Self, Failure> {
        let sites = sites(path)?;
        let assessor = Assessor::for_fitting(&sites)?;
        let sites = prepared(sites, &assessor);
        let fit = fit::fit(&sites, &Priors::shipped()?);
        Ok(Self {
            assessor,
            sites,
            fit,
        })
    }

    /// Each site judged by a model that never saw it.
    fn honest(&self, name: &str) -> Report {
        evaluate(name, true, &self.sites, |index| self.fit.honest(index))
    }
}

fn sites(path: &Path) -> Result<Vec<Site>, Failure> {
    corpus::read(path).map_err(|error| match error {
        // Somebody wrote it, and can mend it.
        error @ (CorpusError::Read { .. }
        | CorpusError::Shape { .. }
        | CorpusError::Line { .. }
        | CorpusError::Empty(_)) => Failure::usage(error),
    })
}

fn prepared(sites: Vec<Site>, assessor: &Assessor) -> Vec<Prepared> {
    let sites = sites.into_iter();
    sites
        .map(|site| corpus::prepare(site, &View::ALL, assessor))
        .collect()
}

/// Judged by the model shipped with the program.
fn shipped(name: &str, path: &Path) -> Result<Report, Failure> {
    let assessor = Assessor::shipped()?;
    let sites = prepared(sites(path)?, &assessor);
    Ok(seen_by(name, &sites, assessor.model()))
}

fn seen_by(name: &str, sites: &[Prepared], model: &Model) -> Report {
    evaluate(name, false, sites, |_| model)
}

/// Written beside and renamed, so that nobody ever builds with half a model.
fn write(out: &Path, text: &str) -> Result<(), Failure> {
    let refused =
        |error: std::io::Error| Failure::usage(format_args!("{}: {error}", out.display()));
    let beside = out.with_extension("toml.new");
    std::fs::write(&beside, text).map_err(refused)?;
    std::fs::rename(&beside, out).map_err(refused)
}

fn text(told: &Told) -> String {
    let mut out = String::new();
    for report in &told.parts {
        part_text(report, &mut out);
    }
    if let Some(file) = &told.fitted {
        let _ = writeln!(
            out,
            "Model written to {file}, and {KINDS} beside it; build the program anew to use it."
        );
    }
    out
}

fn part_text(report: &Report, out: &mut String) {
    let how = if report.cross_validated {
        ", each judged by a model that never saw it"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "{}: {} sites, {} pages{how}\n",
        visible(&report.part),
        report.sites,
        report.pages
    );
    let _ = writeln!(out, "  wanted      flag  review  clear");
    for (name, row) in ["flag", "review", "clear"]
        .iter()
        .zip(report.verdicts.confusion)
    {
        let [flag, review, clear] = row;
        let _ = writeln!(out, "  {name:<10} {flag:>5} {review:>7} {clear:>6}");
    }
    let _ = writeln!(
        out,
        "\n  seen            precision  recall  shown  needless"
    );
    for by in &report.views {
        let name = match by.view {
            View::Site => "whole site",
            View::Front => "front page",
            View::Text => "text alone",
            View::FrontText => "text of front",
        };
        rates(name, &by.verdicts, out);
    }
    let _ = writeln!(out, "\n  axis        from  precision  recall  Brier    ECE");
    axis("exchange", &report.exchange, out);
    axis("serves_kz", &report.serves_kz, out);
    let _ = writeln!(
        out,
        "\n  language        precision  recall  shown  needless"
    );
    for by in &report.languages {
        rates(&visible(&by.language), &by.verdicts, out);
    }
    let _ = writeln!(
        out,
        "\n  kind               sites  flag  review  clear  named as"
    );
    for by in &report.kinds {
        let given: Vec<String> = by
            .given
            .iter()
            .map(|(kind, n)| format!("{kind} {n}"))
            .collect();
        let _ = writeln!(
            out,
            "  {:<18} {:>5} {:>5} {:>7} {:>6}  {}",
            visible(&by.kind),
            by.sites,
            by.flag,
            by.review,
            by.clear,
            given.join(", ")
        );
    }
    let _ = writeln!(
        out,
        "  named rightly {}, macro F1 {}",
        share(report.naming.accuracy),
        share(report.naming.macro_f1)
    );
    if !report.protected_flagged.is_empty() {
        let names = report.protected_flagged.join(", ");
        let _ = writeln!(out, "\n  PROTECTED AND FLAGGED: {}", visible(&names));
    }
    errors(report, out);
    out.push('\n');
}

fn rates(name: &str, verdicts: &Verdicts, out: &mut String) {
    let _ = writeln!(
        out,
        "  {name:<15} {:>9} {:>7} {:>6} {:>9}",
        share(verdicts.precision),
        share(verdicts.recall),
        share(verdicts.shown),
        share(verdicts.needless)
    );
}

fn axis(name: &str, axis: &AxisReport, out: &mut String) {
    let _ = writeln!(
        out,
        "  {name:<10} {:>5.2} {:>10} {:>7} {:>6} {:>6}",
        axis.threshold,
        share(axis.precision),
        share(axis.recall),
        share(axis.calibration.brier),
        share(axis.calibration.ece)
    );
    for bin in &axis.calibration.bins {
        let _ = writeln!(
            out,
            "    said {:.1} to {:.1}: {:>4} sites, mean {:.3}, so {:.3}",
            bin.from,
            bin.from + 0.1,
            bin.sites,
            bin.said,
            bin.so
        );
    }
}

fn errors(report: &Report, out: &mut String) {
    let _ = writeln!(
        out,
        "\n  {} judged otherwise than wanted",
        report.errors.len()
    );
    for error in &report.errors {
        let word = Verdict::as_str;
        let _ = writeln!(
            out,
            "  {}: wanted {}, given {}; exchange {:.2}, serves Kazakhstan {:.2}, {}",
            visible(&error.site),
            word(error.wanted),
            word(error.given),
            error.exchange,
            error.serves_kz,
            error.kinds.join(", ")
        );
        if !error.why.is_empty() {
            let _ = writeln!(out, "    {}", visible(&error.why));
        }
        for (name, codes) in [
            ("guards", error.guards.join(", ")),
            ("contradictions", error.contradictions.join(", ")),
        ] {
            if !codes.is_empty() {
                let _ = writeln!(out, "    {name}: {codes}");
            }
        }
        for reason in &error.reasons {
            let quote: String = reason.quote.chars().take(100).collect();
            let _ = writeln!(
                out,
                "    {:+.2} {} “{}”",
                reason.points,
                reason.id,
                visible(&quote)
            );
        }
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}
