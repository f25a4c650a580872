//! The officers' console: sign in, read a case, decide, sign.
//!
//! Every page works without scripts; every change is one form sent by POST and answered by a
//! redirect, so that going back never signs twice.

pub(crate) mod appeal;
pub(crate) mod appeals;
pub(crate) mod capture;
pub(crate) mod case;
mod case_again;
mod case_alike;
pub(crate) mod case_checks;
pub(crate) mod case_record;
pub(crate) mod case_view;
pub(crate) mod ending;
pub(crate) mod ending_moves;
pub(crate) mod listing;
pub(crate) mod listings;
pub(crate) mod moves;
pub(crate) mod network;
mod network_drawing;
mod network_identifiers;
pub(crate) mod network_marks;
pub(crate) mod network_ties;
pub(crate) mod network_view;
pub(crate) mod network_volume;
pub(crate) mod network_words;
pub(crate) mod networks;
mod outlook;
pub(crate) mod people;
pub(crate) mod problems;
pub(crate) mod propose;
pub(crate) mod queue;
pub(crate) mod refusal;
pub(crate) mod report;
pub(crate) mod reviews;
pub(crate) mod sign_in;
pub(crate) mod staff;
mod stage;
pub(crate) mod take;
pub(crate) mod to_sign;
pub(crate) mod unmask;
mod volume_fields;
pub(crate) mod volume_table;
