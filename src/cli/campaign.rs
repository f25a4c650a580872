//! Options of `campaign`.

use std::path::PathBuf;

use blocklist::time::Day;
use clap::{Args, Subcommand};

/// Verbs of `campaign`.
#[derive(Debug, Subcommand)]
pub(crate) enum Campaign {
    /// Begin a campaign, or add listings to one that is there
    Add(CampaignAdd),
    /// Enter a figure, the figures of a table, a correction or a withdrawal; another officer confirms
    Figure(CampaignFigure),
    /// Confirm figures that another officer entered; from then on they are public
    Confirm {
        /// The campaign
        code: String,
        /// Numbers of the figures
        #[arg(required = true)]
        figures: Vec<i64>,
        #[command(flatten)]
        signer: OneSigner,
    },
    /// Show campaigns, their figures with where each stands, and what the confirmed ones come to
    Show {
        /// Only this campaign
        code: Option<String>,
    },
}

/// Options of `campaign add`.
#[derive(Debug, Args)]
pub(crate) struct CampaignAdd {
    /// Its name in addresses and tables: lower-case letters, digits and `-`, such as spring-2026
    pub(crate) code: String,
    /// Title in Kazakh
    #[arg(long, value_name = "TITLE", requires_all = ["title_ru", "title_en", "from", "to"])]
    pub(crate) title_kk: Option<String>,
    /// Title in Russian
    #[arg(long, value_name = "TITLE", requires = "title_kk")]
    pub(crate) title_ru: Option<String>,
    /// Title in English
    #[arg(long, value_name = "TITLE", requires = "title_kk")]
    pub(crate) title_en: Option<String>,
    /// The first day
    #[arg(long, value_name = "DAY", value_parser = Day::parse, requires = "title_kk")]
    pub(crate) from: Option<Day>,
    /// The last day
    #[arg(long, value_name = "DAY", value_parser = Day::parse, requires = "title_kk")]
    pub(crate) to: Option<Day>,
    /// A listing that belongs to it, such as Q-2026-000001; repeat for more
    #[arg(long, value_name = "LISTING", required_unless_present = "title_kk")]
    pub(crate) listing: Vec<String>,
    #[command(flatten)]
    pub(crate) signer: OneSigner,
}

/// Options of `campaign figure`.
#[derive(Debug, Args)]
pub(crate) struct CampaignFigure {
    /// The campaign
    pub(crate) code: String,
    /// A table of figures with the columns kind, amount, unit, rate, rate_on, rate_source, source, document_sha256, listing, replaces
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "withdraw"])]
    pub(crate) csv: Option<PathBuf>,
    /// What it is of: turnover, seized, sites, networks or people
    #[arg(long, required_unless_present_any = ["csv", "withdraw"], requires_all = ["amount", "source"])]
    pub(crate) kind: Option<String>,
    /// How much, such as 60000000000 or 4800000.5
    #[arg(long, requires = "kind")]
    pub(crate) amount: Option<String>,
    /// Of money: KZT, USDT or USD
    #[arg(long, requires = "kind")]
    pub(crate) unit: Option<String>,
    /// Tenge for one unit
    #[arg(long, requires_all = ["kind", "rate_on", "rate_source"])]
    pub(crate) rate: Option<String>,
    /// The day of the rate
    #[arg(long, value_name = "DAY", requires = "rate")]
    pub(crate) rate_on: Option<String>,
    /// Who gave the rate
    #[arg(long, value_name = "WORDS", requires = "rate")]
    pub(crate) rate_source: Option<String>,
    /// Where the figure comes from, or why it is withdrawn; the public reads it
    #[arg(long, value_name = "WORDS", conflicts_with = "csv")]
    pub(crate) source: Option<String>,
    /// The paper it stands in; its hash is kept
    #[arg(long, value_name = "FILE", requires = "kind")]
    pub(crate) document: Option<PathBuf>,
    /// The listing of the campaign to whose order it belongs
    #[arg(long, value_name = "LISTING", requires = "kind")]
    pub(crate) listing: Option<String>,
    /// The figure that this one corrects
    #[arg(long, value_name = "NUMBER", requires = "kind")]
    pub(crate) replaces: Option<i64>,
    /// Withdraw this figure instead
    #[arg(
        long,
        value_name = "NUMBER",
        conflicts_with = "kind",
        requires = "source"
    )]
    pub(crate) withdraw: Option<i64>,
    #[command(flatten)]
    pub(crate) signer: OneSigner,
}

/// The one person who acts on the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct OneSigner {
    /// File with one line login:password; without it both are asked for on the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
}
