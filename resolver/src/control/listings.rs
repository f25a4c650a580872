//! What the log says of a listing, read from the node's own copy of its leaves when somebody asks: the
//! compiled list holds only numbers. The leaves were proved before they were kept.

use std::{
    fs::File,
    io::{self, BufReader, Read as _},
    path::Path,
};

use blocklist::{
    DomainName, ListingId, Scope, Timestamp,
    leaf::Leaf,
    statement::{List, Statement},
    time::Day,
};
use serde::{Deserialize, Serialize};

/// A listing, as two officers signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// What is listed.
    pub name: DomainName,
    /// How far that reaches.
    pub scope: Scope,
    /// The body that gave the order.
    pub authority: String,
    /// Its number; `None` where that has still to follow.
    pub order: Option<String>,
    /// Its day.
    pub order_date: Day,
    /// Code of the legal ground.
    pub basis: String,
    /// Since when it is blocked.
    pub effective_at: Timestamp,
    /// When the listing ends by itself.
    pub expires_at: Timestamp,
}

impl From<List> for Listing {
    fn from(list: List) -> Self {
        Self {
            name: list.name,
            scope: list.scope,
            authority: list.order.authority,
            order: list.order.number,
            order_date: list.order.date,
            basis: list.basis,
            effective_at: list.effective_at,
            expires_at: list.expires_at,
        }
    }
}

/// What the leaves in the node's directory say of a listing, and of its order's number if that came
/// later; `None` if they do not know it.
pub(super) fn find(state_dir: &Path, id: &ListingId) -> io::Result<Option<Listing>> {
    let mut found: Option<Listing> = None;
    read(state_dir, |octets| {
        let wanted = id.as_str().as_bytes();
        // Most leaves are not about it, and reading one takes longer than this.
        if !octets.windows(wanted.len()).any(|part| part == wanted) {
            return true;
        }
        match Leaf::from_bytes(octets).map(|leaf| leaf.statement) {
            Ok(Statement::List(list)) if list.listing_id == *id => found = Some(list.into()),
            Ok(Statement::OrderNumber(order)) if order.listing_id == *id => {
                if let Some(found) = &mut found {
                    found.order = Some(order.number);
                }
            }
            _ => {}
        }
        true
    })?;
    Ok(found)
}

/// The first name that was ever listed and is `wanted`.
pub(super) fn first(
    state_dir: &Path,
    mut wanted: impl FnMut(&DomainName) -> bool,
) -> io::Result<Option<DomainName>> {
    let mut found = None;
    read(state_dir, |octets| {
        if let Ok(Statement::List(list)) = Leaf::from_bytes(octets).map(|leaf| leaf.statement)
            && wanted(&list.name)
        {
            found = Some(list.name);
        }
        found.is_none()
    })?;
    Ok(found)
}

/// Shows each leaf, as long as `each` wants more.
fn read(state_dir: &Path, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut file = BufReader::new(File::open(state_dir.join("leaves"))?);
    let (mut length, mut octets) = ([0; 2], Vec::new());
    loop {
        match file.read_exact(&mut length) {
            // The end, or a leaf that is being written.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        octets.resize(usize::from(u16::from_be_bytes(length)), 0);
        match file.read_exact(&mut octets) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        if !each(&octets) {
            return Ok(());
        }
    }
}
