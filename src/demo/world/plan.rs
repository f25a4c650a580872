//! What goes with the sites: seeds, guard lists, what should happen to each, and the fixed script.

use std::collections::{BTreeMap, BTreeSet};

use blocklist::Scope;
use blocklist::guard::GuardList;
use serde::Deserialize;

use super::day::parse_date;
use super::error::WorldError;
use super::files::{Files, read_toml};

/// One row of `seeds.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seed {
    /// Where the crawl begins; `{{base:HOST}}` until the world runs, then absolute.
    pub(crate) url: String,
    /// Who named it, in words.
    pub(crate) source: String,
}

/// What a resolver should answer for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DnsAnswer {
    /// The site's own address.
    Address,
    /// NXDOMAIN with EDE 16: listed.
    Nxdomain,
}

/// What should happen to one site, and why.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    /// The site.
    pub(crate) host: String,
    /// What the machine should say: `flag`, `review` or `clear`.
    pub(crate) verdict: String,
    /// Whether a case is opened for people.
    pub(crate) case: bool,
    /// What the site is, in the words of the assessment (`instant_exchanger`, `bank`, …).
    pub(crate) kind: String,
    /// What the public check says before anyone has signed.
    pub(crate) check: String,
    /// What the public check says after the script.
    pub(crate) check_after: String,
    /// What DNS says before anyone has signed; always the address.
    pub(crate) dns_before: DnsAnswer,
    /// What DNS says after the script.
    pub(crate) dns_after: DnsAnswer,
    /// Further names that must answer as the host does.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// Paths that robots.txt closes: a polite crawler never asks for them.
    #[serde(default)]
    pub(crate) never_fetched: Vec<String>,
    /// How the site's licence claim stands to the registers, where it makes one: a word of
    /// [`blocklist::matching::ClaimKind`].
    #[serde(default)]
    pub(crate) claim: Option<String>,
    /// Signals that the report must show.
    #[serde(default)]
    pub(crate) signals: Vec<String>,
    /// The operator's network that the site truly belongs to.
    #[serde(default)]
    pub(crate) network: Option<String>,
    /// What the program is known to get wrong about this site, by what is compared (`verdict`,
    /// `check`, …), each with the reason. It is counted apart, never as success.
    #[serde(default)]
    pub(crate) known_miss: BTreeMap<String, String>,
    /// The reason, in a sentence.
    pub(crate) why: String,
}

/// The order two officers attach to a listing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// Who ordered it (invented).
    pub(crate) authority: String,
    /// The order's own number.
    pub(crate) number: String,
    /// Its date, ISO; moved to the real day when the world runs.
    pub(crate) date: String,
    /// Path of the document below `data/demo`.
    pub(crate) document: String,
}

/// What is done to a site in one step.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action", deny_unknown_fields)]
pub(crate) enum Action {
    /// First officer proposes, second approves.
    List {
        /// The host alone, or everything below it too.
        scope: Scope,
        /// Code of the reason.
        reason_code: String,
        /// The reason in words.
        reason: String,
        /// The order behind it.
        order: Order,
    },
    /// The first officer closes the case without a listing.
    Dismiss {
        /// Code of the reason.
        reason_code: String,
        /// The reason in words.
        reason: String,
    },
    /// One officer lifts a listing made earlier in the script.
    Lift {
        /// Code of the reason.
        reason_code: String,
        /// The reason in words.
        reason: String,
    },
}

impl Action {
    /// The word the script uses for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::List { .. } => "list",
            Self::Dismiss { .. } => "dismiss",
            Self::Lift { .. } => "lift",
        }
    }
}

/// One step of the script.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Step {
    /// The site.
    pub(crate) host: String,
    /// What is done.
    #[serde(flatten)]
    pub(crate) action: Action,
}

/// The fixed script of `demo --once`, in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// The steps.
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
}

/// Everything beside the sites.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Where the crawl begins.
    pub(crate) seeds: Vec<Seed>,
    /// Guarded names.
    pub(crate) guards: Vec<GuardList>,
    /// What should happen.
    pub(crate) expectations: Vec<Expectation>,
    /// What the two officers do.
    pub(crate) script: Script,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists<T> {
    #[serde(rename = "list")]
    lists: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sites<T> {
    #[serde(rename = "site")]
    sites: Vec<T>,
}

impl Plan {
    /// Reads and checks the plan against the hosts of the world.
    ///
    /// # Errors
    /// [`WorldError::Content`] or [`WorldError::Missing`]: a file is malformed, or names what is not there.
    pub(crate) fn read(files: &Files, hosts: &BTreeSet<String>) -> Result<Self, WorldError> {
        let plan = Self {
            seeds: read_seeds(files)?,
            guards: read_toml::<Lists<GuardList>>(files, "guards.toml")?.lists,
            expectations: read_toml::<Sites<Expectation>>(files, "expectations.toml")?.sites,
            script: read_toml(files, "script.toml")?,
        };
        let known = |host: &str, file: &str| {
            if hosts.contains(host) {
                Ok(())
            } else {
                Err(at_first(files, file, host, "is not in world.toml"))
            }
        };
        for expectation in &plan.expectations {
            known(&expectation.host, "expectations.toml")?;
            for name in &expectation.names {
                known(name, "expectations.toml")?;
            }
        }
        let mut listed = BTreeSet::new();
        for step in &plan.script.steps {
            known(&step.host, "script.toml")?;
            match &step.action {
                Action::List { order, .. } => {
                    files.text(&order.document, "script.toml")?;
                    if parse_date(&order.date).is_none() {
                        return Err(at_first(
                            files,
                            "script.toml",
                            &order.date,
                            "is not a date like 2026-11-21",
                        ));
                    }
                    listed.insert(step.host.as_str());
                }
                Action::Lift { .. } if !listed.remove(step.host.as_str()) => {
                    return Err(at_first(
                        files,
                        "script.toml",
                        &step.host,
                        "is lifted before it is listed",
                    ));
                }
                Action::Lift { .. } | Action::Dismiss { .. } => {}
            }
        }
        Ok(plan)
    }
}

/// A fault at the first line of `file` that holds `what`.
fn at_first(files: &Files, file: &str, what: &str, reason: &str) -> WorldError {
    let line = files
        .text(file, file)
        .ok()
        .and_then(|text| text.lines().position(|line| line.contains(what)));
    WorldError::Content {
        file: file.to_owned(),
        line: line.map_or(1, |n| n + 1),
        reason: format!("{what} {reason}"),
    }
}

fn read_seeds(files: &Files) -> Result<Vec<Seed>, WorldError> {
    const SEEDS: &str = "seeds.csv";
    let mut lines = files.text(SEEDS, "the demo world")?.lines().enumerate();
    let fault = |line: usize, reason: &str| WorldError::Content {
        file: SEEDS.to_owned(),
        line: line + 1,
        reason: reason.to_owned(),
    };
    if lines.next().map(|(_, line)| line) != Some("url,source") {
        return Err(fault(0, "the first line must be url,source"));
    }
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(n, line)| match line.split_once(',') {
            Some((url, source)) if url.starts_with("{{base:") && !source.is_empty() => Ok(Seed {
                url: url.to_owned(),
                source: source.to_owned(),
            }),
            _ => Err(fault(n, "must be {{base:HOST}}/path,source")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn plan(script: &'static str) -> Result<Plan, WorldError> {
        let mut files = Files::default();
        for (path, text) in [
            ("seeds.csv", "url,source\n{{base:a.test}}/,list\n"),
            ("guards.toml", "list = []"),
            ("expectations.toml", "site = []"),
            ("script.toml", script),
        ] {
            files.insert(path, Cow::Borrowed(text.as_bytes())).unwrap();
        }
        Plan::read(&files, &BTreeSet::from(["a.test".to_owned()]))
    }

    #[test]
    fn a_lift_needs_a_listing_first() {
        let error = plan(
            "[[step]]\nhost = \"a.test\"\naction = \"lift\"\nreason_code = \"x\"\nreason = \"y\"\n",
        )
        .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("script.toml:2: a.test is lifted before it is listed"),
            "{error}"
        );
    }

    #[test]
    fn a_step_on_an_unknown_host_names_its_line() {
        let error = plan("\n[[step]]\nhost = \"b.test\"\naction = \"dismiss\"\nreason_code = \"x\"\nreason = \"y\"\n").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("script.toml:3: b.test is not in world.toml"),
            "{error}"
        );
    }

    #[test]
    fn seeds_keep_commas_in_their_source() {
        let mut files = Files::default();
        files
            .insert(
                "seeds.csv",
                Cow::Borrowed(b"url,source\n{{base:a.test}}/,a letter, 2026\n"),
            )
            .unwrap();
        assert_eq!(read_seeds(&files).unwrap()[0].source, "a letter, 2026");
    }
}
