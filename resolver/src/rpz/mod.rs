//! An operator's own rules: response policy zones (draft-vixie-dnsop-dns-rpz) from files, beside the
//! national list and never part of it.
//!
//! 1. `lines` cuts a file into entries, `name` and `record` read one entry, `parse` reads the file:
//!    what cannot be read is reported with its line and skipped, and nothing is skipped in silence.
//! 2. `action` is what a rule does and `names` where rules stand; both together are a `Zone`, which
//!    is asked once for a query's name. `compiled` is a zone written down as it lies in memory, and the
//!    `shelf` is where such files are kept, so that a start need not parse.
//! 3. [`Zones`] asks them in the operator's order, below the operator's own list of allowed names.
//! 4. `data` writes local data over a query's octets, `answer` does the same for the full path.
//!
//! Only triggers on the name that is asked for are enforced. Triggers on addresses, name servers and
//! clients are counted and named as not enforced yet.

mod action;
mod allow;
mod answer;
mod check;
mod compiled;
mod data;
mod lines;
mod name;
mod names;
mod parse;
#[doc(hidden)]
pub mod probe;
mod record;
mod rules;
mod shelf;
mod watch;
mod zone;
mod zones;

pub(crate) use self::{
    action::Action,
    answer::{Outcome, answer_for},
    data::AppendError,
    name::Shown,
    watch::{NewRules, Watcher},
    zone::Hit,
    zones::Zones,
};
pub use self::{
    check::{CheckedNames, CheckedZone, check_names, check_zone},
    parse::{Problem, Report},
    zone::LoadError,
};
