//! `guard show|load|except|test`: the names that nobody may list.

use std::{borrow::Cow, path::Path};

use blocklist::{
    DomainName, Scope,
    fold::{Fold, Whence},
    guard::{Guard, GuardList, MAX_REASON, Reach, Refusal, Relation, Tier},
};
use data::{ceremony, guards};
use serde_json::json;

use super::{open_store, user::credentials};
use crate::{
    cli::{self, Global, GuardExcept, GuardLoad},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

/// The largest file of names, in octets.
const MAX_FILE: u64 = 64 << 20;

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    verb: cli::Guard,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    match verb {
        cli::Guard::Show { list } => show(&store, list.as_deref(), printer).await,
        cli::Guard::Load(options) => load(&store, &options, printer).await,
        cli::Guard::Except(options) => except(&store, &options, printer).await,
        cli::Guard::Test { names, subtree } => test(&store, &names, subtree, printer).await,
    }
}

async fn show(
    store: &data::Store,
    wanted: Option<&str>,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let mut record = store.read_record().await?;
    let fold = record.replay()?.fold();
    if let Some(wanted) = wanted {
        let parts: Vec<_> = fold
            .guard_lists()
            .filter(|(_, list)| list.is_part_of(wanted))
            .collect();
        let names: Vec<_> = parts.iter().flat_map(|(_, list)| &list.names).collect();
        if parts.is_empty() {
            return Err(Failure::usage(format_args!(
                "there is no guard list `{}`; `qalqan guard show` names those in force",
                visible(wanted)
            )));
        }
        printer.result(&json!({ "list": wanted, "names": names }), || {
            names.iter().map(|name| format!("{name}\n")).collect()
        });
        return Ok(Exit::Done);
    }
    let lists: Vec<_> = fold.guard_lists().collect();
    let rows: Vec<_> = lists
        .iter()
        .map(|(whence, list)| {
            json!({
                "list": list.list, "tier": list.tier, "reach": list.reach, "size": list.names.len(),
                "reason": list.reason, "whence": whence_json(*whence),
            })
        })
        .collect();
    printer.result(&json!({ "lists": rows }), || show_text(&lists));
    Ok(Exit::Done)
}

fn show_text(lists: &[(Whence, Cow<'_, GuardList>)]) -> String {
    let width = lists
        .iter()
        .map(|(_, list)| list.list.chars().count())
        .max()
        .unwrap_or(0);
    let mut text: String = lists
        .iter()
        .map(|(whence, list)| {
            let from = match whence {
                Whence::Floor => "compiled in".to_owned(),
                Whence::Log { position, at } => format!("leaf {position}, signed {at}"),
                Whence::Register { taken_on } => format!("register of {taken_on}"),
            };
            format!(
                "{:width$}  {:6}  {:4}  {:>7}  {from}\n",
                visible(&list.list),
                list.tier.as_str(),
                list.reach.as_str(),
                list.names.len(),
            )
        })
        .collect();
    text += "Public suffixes and special-use names can never be listed either.\n";
    text
}

fn whence_json(whence: Whence) -> serde_json::Value {
    match whence {
        Whence::Floor => json!({ "from": "floor" }),
        Whence::Log { position, at } => json!({ "from": "log", "leaf": position, "at": at }),
        Whence::Register { taken_on } => json!({ "from": "register", "taken_on": taken_on }),
    }
}

async fn load(
    store: &data::Store,
    options: &GuardLoad,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let (list, left_out) = read_list(store, options).await?;
    let [first, second] = credentials(&options.signers, "admin")?;
    let admins = [
        (first.0.as_str(), first.1.as_str()),
        (second.0.as_str(), second.1.as_str()),
    ];
    let names = list.names.len();
    let leaves = ceremony::set_guard(store, list, admins, clock::now().0).await?;
    let result = json!({
        "list": options.list, "tier": options.tier(), "reach": options.reach(), "names": names,
        "left_out": left_out, "leaves": leaves,
    });
    printer.result(&result, || {
        let mut text = format!(
            "{}: {names} names signed into {leaves} leaves; the publisher enters them into the log",
            options.list
        );
        if left_out > 0 {
            text += &format!("\n{left_out} names are left out: a stricter list or the public suffix list protects them already");
        }
        text
    });
    Ok(Exit::Done)
}

async fn except(
    store: &data::Store,
    options: &GuardExcept,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let name = DomainName::parse(&options.host)
        .map_err(|error| Failure::usage(visible(&error.to_string())))?;
    let [first, second] = credentials(&options.signers, "officer")?;
    let officers = [
        (first.0.as_str(), first.1.as_str()),
        (second.0.as_str(), second.1.as_str()),
    ];
    let (register, reason) = (options.register.trim(), options.reason.trim());
    ceremony::except_host(store, register, &name, reason, officers, clock::now().0).await?;
    let result = json!({ "name": name, "register": register, "reason": reason });
    printer.result(&result, || {
        format!(
            "{name}: signed that {} does not protect it; the publisher enters it into the log",
            visible(register)
        )
    });
    Ok(Exit::Done)
}

/// Reads the operator's file; gives the list, and how many names it needs not repeat.
async fn read_list(
    store: &data::Store,
    options: &GuardLoad,
) -> Result<(GuardList, usize), Failure> {
    let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if options.list.is_empty() || options.list.len() > 40 || !options.list.chars().all(slug) {
        return Err(Failure::usage(format_args!(
            "--list {}: at most 40 lower-case letters, digits and `-`, such as top-sites",
            visible(&options.list)
        )));
    }
    let reason = options.reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Err(Failure::usage(format_args!(
            "--reason: 1 to {MAX_REASON} characters; officers read it when a name is refused"
        )));
    }
    let mut names = read_file(&options.file)?;
    let read = names.len();
    let mut record = store.read_record().await?;
    let others = without(record.replay()?.fold(), &options.list);
    let tier = options.tier();
    // A list of popular names holds public suffixes and parents of customers' sites. They are out
    // of reach already, and what stands below them must not come under this list by the way.
    names.retain(|name| {
        let never = || {
            others
                .covers(name)
                .is_some_and(|refusal| refusal.tier == Tier::Never)
        };
        !name.is_public_suffix() && (tier == Tier::Never || !never())
    });
    if names.is_empty() {
        return Err(Failure::usage(format_args!(
            "{}: every name is protected already; nothing to load",
            options.file.display()
        )));
    }
    let left_out = read - names.len();
    let list = GuardList {
        list: options.list.clone(),
        tier,
        reach: options.reach(),
        reason: reason.to_owned(),
        names,
    };
    Ok((list, left_out))
}

fn read_file(file: &Path) -> Result<Vec<DomainName>, Failure> {
    let shown = file.display().to_string();
    let unreadable = |why: &dyn std::fmt::Display| Failure::usage(format_args!("{shown}: {why}"));
    let size = std::fs::metadata(file)
        .map_err(|error| unreadable(&error))?
        .len();
    if size > MAX_FILE {
        return Err(unreadable(&"larger than 64 MB; take the head of the list"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
    guards::read_names(&shown, &text).map_err(Failure::usage)
}

/// The guard without the list that is about to be replaced.
fn without(fold: &Fold, list: &str) -> Guard {
    let mut guard = Guard::floor(fold.demo(), &fold.policy().public_domain);
    for (_, other) in fold
        .guard_lists()
        .filter(|(_, other)| !other.is_part_of(list))
    {
        guard.add(&other);
    }
    guard
}

async fn test(
    store: &data::Store,
    names: &[String],
    subtree: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let scope = if subtree { Scope::Subtree } else { Scope::Host };
    let names = names
        .iter()
        .map(|text| {
            DomainName::parse(text).map_err(|error| Failure::usage(visible(&error.to_string())))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut record = store.read_record().await?;
    let guard = record.replay()?.fold().guard();
    let answers: Vec<_> = names
        .iter()
        .map(|name| (name, guard.check(name, scope).err()))
        .collect();
    let rows: Vec<_> = answers
        .iter()
        .map(|(name, refusal)| {
            json!({
                "name": name, "guarded": refusal.is_some(), "refusal": refusal,
            })
        })
        .collect();
    printer.result(&json!({ "names": rows }), || {
        answers
            .iter()
            .map(|(name, refusal)| test_line(name, refusal.as_deref()))
            .collect()
    });
    let free = answers.iter().all(|(_, refusal)| refusal.is_none());
    Ok(if free { Exit::Done } else { Exit::Negative })
}

fn test_line(name: &DomainName, refusal: Option<&Refusal>) -> String {
    let Some(refusal) = refusal else {
        return format!("{name}: not guarded\n");
    };
    let stands = match refusal.relation {
        Relation::Same => "it is",
        Relation::Below => "it stands below",
        Relation::Above => "its subtree holds",
    };
    format!(
        "{name}: {}, list {}: {stands} {} ({})\n",
        refusal.tier.as_str(),
        visible(&refusal.list),
        refusal.protected,
        visible(&refusal.reason),
    )
}

impl GuardLoad {
    fn tier(&self) -> Tier {
        match self.tier {
            cli::GuardTier::Never => Tier::Never,
            cli::GuardTier::Raised => Tier::Raised,
            cli::GuardTier::Apart => Tier::Apart,
        }
    }

    fn reach(&self) -> Reach {
        match self.reach {
            cli::GuardReach::Host => Reach::Host,
            cli::GuardReach::Tree => Reach::Tree,
        }
    }
}
