//! What rules do, each different action kept once.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{
    compiled::Fields,
    data::{self, LocalData},
    record::TYPE_CNAME,
};

/// What a rule does with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action<'z> {
    /// The name does not exist.
    NxDomain,
    /// The name exists and has no such record.
    NoData,
    /// As if there were no rule, also in the zones that come after this one.
    Passthru,
    /// No answer at all.
    Drop,
    /// Over UDP an empty answer with TC; over TCP as if there were no rule.
    TcpOnly,
    /// The operator's own records.
    Data(LocalData<'z>),
}

/// Kinds of actions, as they are kept and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    NxDomain = 1,
    NoData = 2,
    Passthru = 3,
    Drop = 4,
    TcpOnly = 5,
    /// Records; `data` says how they lie.
    Records = 6,
    /// A CNAME whose target is kept.
    Alias = 7,
    /// A CNAME whose target is the name that is asked for, below the one that is kept.
    AliasBelow = 8,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::NxDomain,
        Self::NoData,
        Self::Passthru,
        Self::Drop,
        Self::TcpOnly,
        Self::Records,
        Self::Alias,
        Self::AliasBelow,
    ];

    /// The value of the metric's label.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NxDomain => "nxdomain",
            Self::NoData => "nodata",
            Self::Passthru => "passthru",
            Self::Drop => "drop",
            Self::TcpOnly => "tcp_only",
            Self::Records | Self::Alias | Self::AliasBelow => "data",
        }
    }
}

/// What one record says a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// Anything without records.
    Plain(Kind),
    /// A CNAME to this name, or to the name asked for below it.
    Alias { below: bool, target: &'a [u8] },
    /// One record of local data.
    Record { kind: u16, data: &'a [u8] },
}

/// Names of actions that are reserved and unknown here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no action known here; names that begin with rpz- are kept for actions")]
pub(super) struct UnknownAction(String);

/// What the target of a CNAME means (draft-vixie-dnsop-dns-rpz §3). `owner` is the trigger in wire
/// form, `target` too.
pub(super) fn of_target<'a>(owner: &[u8], target: &'a [u8]) -> Result<Content<'a>, UnknownAction> {
    let is = |wire: &[u8]| target.eq_ignore_ascii_case(wire);
    let plain = |kind| Ok(Content::Plain(kind));
    match target {
        [0] => return plain(Kind::NxDomain),
        [1, b'*', 0] => return plain(Kind::NoData),
        [1, b'*', below @ ..] => {
            return Ok(Content::Alias {
                below: true,
                target: below,
            });
        }
        _ => {}
    }
    if is(b"\x0crpz-passthru\0") || is(owner) {
        // A CNAME to its own owner is how the first policy zones said so.
        return plain(Kind::Passthru);
    }
    if is(b"\x08rpz-drop\0") {
        return plain(Kind::Drop);
    }
    if is(b"\x0crpz-tcp-only\0") {
        return plain(Kind::TcpOnly);
    }
    let last = super::name::last_label(target);
    if last
        .get(..4)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"rpz-"))
    {
        return Err(UnknownAction(super::name::Shown(target).to_string()));
    }
    Ok(Content::Alias {
        below: false,
        target,
    })
}

/// One action as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept {
    kind: Kind,
    ttl: u32,
    /// Where its data lies.
    at: u32,
    length: u32,
}

/// Octets of an action that is written down.
const WRITTEN: usize = 1 + 3 * size_of::<u32>();

/// All actions of a zone; each is known by its number, from 1. 0 is none.
#[derive(Debug, Default)]
pub(super) struct Actions {
    kept: Vec<Kept>,
    data: Vec<u8>,
}

impl Actions {
    /// The action of this number.
    pub(super) fn get(&self, number: u32) -> Option<(Kind, u32, &[u8])> {
        let kept = self.kept.get((number as usize).checked_sub(1)?)?;
        let start = kept.at as usize;
        let data = self.data.get(start..start + kept.length as usize)?;
        Some((kept.kind, kept.ttl, data))
    }

    /// Everything there is, as [`Self::read`] takes it.
    pub(super) fn as_octets(&self) -> (Vec<u8>, &[u8]) {
        let mut octets = Vec::with_capacity(self.kept.len() * WRITTEN);
        for kept in &self.kept {
            octets.push(kept.kind as u8);
            for number in [kept.ttl, kept.at, kept.length] {
                octets.extend_from_slice(&number.to_be_bytes());
            }
        }
        (octets, &self.data)
    }

    /// Actions that were written down; `None` where one of them could not be acted on.
    pub(super) fn read(octets: &[u8], data: Vec<u8>) -> Option<Self> {
        let mut fields = Fields(octets);
        let mut kept = Vec::with_capacity(octets.len() / WRITTEN);
        while !fields.0.is_empty() {
            let [kind] = fields.array()?;
            let kind = Kind::ALL.into_iter().find(|known| *known as u8 == kind)?;
            let (ttl, at, length) = (fields.u32()?, fields.u32()?, fields.u32()?);
            let start = at as usize;
            let said = data.get(start..start.checked_add(length as usize)?)?;
            let is_good = match kind {
                Kind::NxDomain | Kind::NoData | Kind::Passthru | Kind::Drop | Kind::TcpOnly => {
                    said.is_empty()
                }
                Kind::Records => data::are_records(said),
                Kind::Alias | Kind::AliasBelow => super::name::length(said) == Some(said.len()),
            };
            is_good.then(|| {
                kept.push(Kept {
                    kind,
                    ttl,
                    at,
                    length,
                });
            })?;
        }
        Some(Self { kept, data })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Octets of memory.
    pub(super) fn octets(&self) -> usize {
        self.kept.capacity() * size_of::<Kept>() + self.data.capacity()
    }

    pub(super) fn shrink(&mut self) {
        self.kept.shrink_to_fit();
        self.data.shrink_to_fit();
    }
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// This is the number of the rule's action now.
    Now(u32),
    /// It was said before.
    Twice,
}

/// Why a record cannot be added to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AddError {
    #[error("an earlier record says something else for this name; the earlier one holds")]
    Conflict,
    #[error("more than {} octets of local data at one name", data::MAX_RECORDS)]
    TooMuchHere,
    #[error("more than 4 GiB of local data in one file")]
    TooMuch,
}

/// Makes [`Actions`].
#[derive(Default)]
pub(super) struct ActionsBuilder {
    actions: Actions,
    numbers: HashMap<Vec<u8>, u32, RandomState>,
    scratch: Vec<u8>,
}

impl ActionsBuilder {
    /// Adds a record to the action that a rule has already, 0 for none.
    pub(super) fn add(
        &mut self,
        before: u32,
        ttl: u32,
        content: Content<'_>,
    ) -> Result<Added, AddError> {
        let Some((kind, ttl_before, data)) = self.actions.get(before) else {
            return self.first(ttl, content).map(Added::Now);
        };
        match content {
            Content::Plain(same) if same == kind => Ok(Added::Twice),
            Content::Alias { below, target }
                if kind == alias(below) && data.eq_ignore_ascii_case(target) =>
            {
                Ok(Added::Twice)
            }
            Content::Record {
                kind: record,
                data: added,
            } if kind == Kind::Records => {
                if data::contains(data, record, added) {
                    return Ok(Added::Twice);
                }
                let mut records = data.to_vec();
                data::insert(&mut records, record, ttl, added);
                if records.len() > data::MAX_RECORDS {
                    return Err(AddError::TooMuchHere);
                }
                self.number(Kind::Records, ttl_before.min(ttl), &records)
                    .map(Added::Now)
            }
            _ => Err(AddError::Conflict),
        }
    }

    fn first(&mut self, ttl: u32, content: Content<'_>) -> Result<u32, AddError> {
        match content {
            Content::Plain(kind) => self.number(kind, ttl, &[]),
            Content::Alias { below, target } => self.number(alias(below), ttl, target),
            Content::Record { kind, data } => {
                debug_assert_ne!(kind, TYPE_CNAME, "an alias is not a record of others");
                let mut records = Vec::with_capacity(data.len() + data::HEAD);
                data::insert(&mut records, kind, ttl, data);
                if records.len() > data::MAX_RECORDS {
                    return Err(AddError::TooMuchHere);
                }
                self.number(Kind::Records, ttl, &records)
            }
        }
    }

    /// The number of an action, which is kept if it is new.
    fn number(&mut self, kind: Kind, ttl: u32, data: &[u8]) -> Result<u32, AddError> {
        self.scratch.clear();
        self.scratch.push(kind as u8);
        self.scratch.extend_from_slice(&ttl.to_be_bytes());
        self.scratch.extend_from_slice(data);
        if let Some(&number) = self.numbers.get(&self.scratch) {
            return Ok(number);
        }
        let place = |length: usize| u32::try_from(length).map_err(|_| AddError::TooMuch);
        let kept = Kept {
            kind,
            ttl,
            at: place(self.actions.data.len())?,
            length: place(data.len())?,
        };
        let number = place(self.actions.kept.len() + 1)?;
        self.actions.data.extend_from_slice(data);
        self.actions.kept.push(kept);
        self.numbers.insert(self.scratch.clone(), number);
        Ok(number)
    }

    pub(super) fn finish(mut self) -> Actions {
        self.actions.shrink();
        self.actions
    }
}

fn alias(below: bool) -> Kind {
    if below { Kind::AliasBelow } else { Kind::Alias }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_mean_actions() {
        let of = |target: &'static [u8]| of_target(b"\x01a\0", target);
        let plain = |kind| Ok(Content::Plain(kind));
        assert_eq!(of(b"\0"), plain(Kind::NxDomain));
        assert_eq!(of(b"\x01*\0"), plain(Kind::NoData));
        assert_eq!(of(b"\x0cRPZ-passthru\0"), plain(Kind::Passthru));
        assert_eq!(of(b"\x01A\0"), plain(Kind::Passthru));
        assert_eq!(of(b"\x08rpz-drop\0"), plain(Kind::Drop));
        assert_eq!(of(b"\x0crpz-tcp-only\0"), plain(Kind::TcpOnly));
        assert!(of(b"\x08rpz-drip\0").is_err());
        assert!(of(b"\x01x\x08rpz-drop\0").is_err());
        let alias = |below, target| Ok(Content::Alias { below, target });
        assert_eq!(of(b"\x01*\x01g\0"), alias(true, b"\x01g\0"));
        assert_eq!(of(b"\x01g\0"), alias(false, b"\x01g\0"));
        // Below another name it is a name like others.
        assert_eq!(
            of(b"\x08rpz-drop\x01x\0"),
            alias(false, b"\x08rpz-drop\x01x\0")
        );
    }

    #[test]
    fn the_same_action_is_kept_once() {
        let mut builder = ActionsBuilder::default();
        let nx = Content::Plain(Kind::NxDomain);
        let address = |last| Content::Record {
            kind: 1,
            data: match last {
                1 => &[192, 0, 2, 1],
                _ => &[192, 0, 2, 2],
            },
        };
        assert_eq!(builder.add(0, 60, nx), Ok(Added::Now(1)));
        assert_eq!(builder.add(0, 60, nx), Ok(Added::Now(1)));
        assert_eq!(builder.add(1, 60, nx), Ok(Added::Twice));
        assert_eq!(builder.add(1, 60, address(1)), Err(AddError::Conflict));
        assert_eq!(builder.add(0, 60, address(1)), Ok(Added::Now(2)));
        assert_eq!(builder.add(2, 60, address(1)), Ok(Added::Twice));
        assert_eq!(builder.add(2, 60, address(2)), Ok(Added::Now(3)));
        assert_eq!(builder.add(3, 60, nx), Err(AddError::Conflict));
        let long = Content::Record {
            kind: 16,
            data: &[0; data::MAX_RECORDS],
        };
        assert_eq!(builder.add(0, 60, long), Err(AddError::TooMuchHere));
    }
}
