//! The web room: the public site, the officers' console, the block page and the evidence viewer.
//!
//! Everything is plain HTML from the server. It works wholly without scripts, loads nothing from
//! elsewhere, and keeps no record of who asked. Read it in this order:
//!
//! 1. [`Centre`] is what the pages stand on. [`public_router`], [`block_page_router`] and
//!    [`evidence_router`] make the three listeners from it; the binary binds them.
//! 2. `router` holds every address and the layers around them; `headers` what each answer carries;
//!    `faults` the pages for what goes wrong.
//! 3. `language`, `messages`, `dates` speak Kazakh, Russian and English from `locales/`.
//! 4. `hostile` and `names` show what others wrote, so that it can neither run nor deceive.
//! 5. `public` holds the pages for everybody, `console` those for officers. A page is a struct of
//!    ready words and an askama template in `templates/`; handlers fill the one and render the
//!    other.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![forbid(unsafe_code)]

mod amounts;
mod assets;
mod block_page;
mod centre;
mod console;
mod dates;
pub mod drawing;
mod evidence;
mod faults;
mod files;
mod headers;
mod hostile;
mod language;
mod messages;
mod names;
mod page;
mod public;
mod router;

/// Log directives every binary with this room in it must add after the operator's own: at `trace`,
/// tower-http writes down which addresses of our pages people open, and with them what they check.
pub const QUIET_LOGS: [&str; 1] = ["tower_http=warn"];

pub use block_page::block_page_router;
pub use centre::{CapturedBody, Centre, LoadBody};
pub use evidence::evidence_router;
pub use public::api::answer as check_answer;
pub use router::public_router;

#[cfg(test)]
mod tests;
