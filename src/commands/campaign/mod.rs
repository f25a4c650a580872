//! `campaign add|figure|confirm|show`: the figures that public totals are made of.

mod words;

use std::path::Path;

use blocklist::{Digest, register::table};
use data::{
    Officer, Store,
    campaign::{
        self, NewCampaign, NewFigure, Titles,
        table::{COLUMNS, read},
    },
    officer,
};
use serde_json::{Value, json};

use super::{open_store, user::credential};
use crate::{
    cli::{Campaign, CampaignAdd, CampaignFigure, Global, OneSigner},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

/// The largest table or document, in octets.
const MAX_FILE: u64 = 64 << 20;

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    verb: Campaign,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    store.trust().await?;
    match verb {
        Campaign::Add(options) => add(&store, &options, printer).await,
        Campaign::Figure(options) => figure(&store, &options, printer).await,
        Campaign::Confirm {
            code,
            figures,
            signer,
        } => {
            let officer = acting(&store, &signer).await?;
            campaign::confirm(&store, &officer, &code, &figures, clock::now().0).await?;
            printer.result(&json!({ "campaign": code, "confirmed": figures }), || {
                format!("{}: {} confirmed and public", visible(&code), figures.len())
            });
            Ok(Exit::Done)
        }
        Campaign::Show { code } => show(&store, code.as_deref(), printer).await,
    }
}

/// Who acts: the person of that login and password.
async fn acting(store: &Store, signer: &OneSigner) -> Result<Officer, Failure> {
    let (login, password) = credential(signer)?;
    Ok(officer::recognise(store, &login, &password, clock::now().0).await?)
}

async fn add(store: &Store, options: &CampaignAdd, printer: &Printer) -> Result<Exit, Failure> {
    let officer = acting(store, &options.signer).await?;
    let (code, now) = (options.code.as_str(), clock::now().0);
    let begun = if let (Some(kk), Some(ru), Some(en), Some(from), Some(to)) = (
        &options.title_kk,
        &options.title_ru,
        &options.title_en,
        options.from,
        options.to,
    ) {
        let titles = Titles {
            kk: kk.clone(),
            ru: ru.clone(),
            en: en.clone(),
        };
        let days = (from, to);
        let new = NewCampaign { code, titles, days };
        campaign::add(store, &officer, new, now).await?;
        true
    } else {
        false
    };
    let attached = match options.listing.as_slice() {
        [] => 0,
        listings => campaign::attach(store, &officer, code, listings, now).await?,
    };
    let result = json!({ "campaign": code, "begun": begun, "listings_added": attached });
    printer.result(&result, || {
        let began = if begun { "begun, " } else { "" };
        format!("{}: {began}{attached} listings added", visible(code))
    });
    Ok(Exit::Done)
}

async fn figure(
    store: &Store,
    options: &CampaignFigure,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let new = match &options.csv {
        Some(path) => Some(tabled(path)?),
        None if options.withdraw.is_some() => None,
        None => Some(vec![typed(options)?]),
    };
    let officer = acting(store, &options.signer).await?;
    let (code, now) = (options.code.as_str(), clock::now().0);
    let figures = match (new, options.withdraw) {
        (Some(new), _) => campaign::enter(store, &officer, code, &new, now).await?,
        (None, Some(figure)) => {
            let why = options.source.as_deref().unwrap_or_default();
            vec![campaign::withdraw(store, &officer, code, figure, why, now).await?]
        }
        (None, None) => Vec::new(),
    };
    printer.result(&json!({ "campaign": code, "entered": figures }), || {
        let numbers: Vec<String> = figures.iter().map(ToString::to_string).collect();
        let (code, numbers) = (visible(code), numbers.join(" "));
        format!(
            "{code}: entered {numbers}; another officer confirms: qalqan campaign confirm {code} {numbers}"
        )
    });
    Ok(Exit::Done)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let refuse =
        |why: &dyn std::fmt::Display| Failure::usage(format_args!("{}: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|e| refuse(&e))?.len();
    if size > MAX_FILE {
        return Err(refuse(&"larger than 64 MB"));
    }
    std::fs::read(path).map_err(|e| refuse(&e))
}

fn tabled(path: &Path) -> Result<Vec<NewFigure>, Failure> {
    let refuse = |why: &dyn std::fmt::Display| {
        Failure::usage(format_args!(
            "{}, {why}; nothing was entered",
            path.display()
        ))
    };
    let text = String::from_utf8(bytes(path)?).map_err(|_| refuse(&"which is not UTF-8"))?;
    read(&text).map_err(|error| refuse(&visible(&error.to_string())))
}

/// The options as the one line of a table, so that they are read by the same rules.
fn typed(options: &CampaignFigure) -> Result<NewFigure, Failure> {
    let document = options.document.as_deref().map(bytes).transpose()?;
    let document = document.map(|bytes| Digest::of(&bytes).to_string());
    let replaces = options.replaces.map(|number| number.to_string());
    let cells = [
        options.kind.as_deref(),
        options.amount.as_deref(),
        options.unit.as_deref(),
        options.rate.as_deref(),
        options.rate_on.as_deref(),
        options.rate_source.as_deref(),
        options.source.as_deref(),
        document.as_deref(),
        options.listing.as_deref(),
        replaces.as_deref(),
    ];
    let line = cells.map(|cell| {
        let text = cell.unwrap_or_default().replace('"', "\"\"");
        format!("\"{text}\"")
    });
    let text = format!("{}\n{}\n", COLUMNS.join(","), line.join(","));
    let refuse = |error: table::TableError| Failure::usage(visible(&error.problem));
    let figures = read(&text).map_err(refuse)?;
    let figure = figures.into_iter().next();
    let figure = figure.ok_or_else(|| Failure::usage("there is no figure"))?;
    Ok(NewFigure {
        line: None,
        ..figure
    })
}

async fn show(store: &Store, code: Option<&str>, printer: &Printer) -> Result<Exit, Failure> {
    let campaigns = match code {
        None => campaign::all(store).await?,
        Some(code) => match campaign::load(store, code).await? {
            Some(one) => vec![one],
            None => return Err(campaign::CampaignError::Unknown(code.to_owned()).into()),
        },
    };
    let totals = campaign::totals(campaigns.iter().flat_map(|one| &one.figures));
    let rows: Vec<Value> = campaigns
        .iter()
        .map(|one| {
            json!({
                "code": one.code, "titles": one.titles, "from": one.from, "to": one.to,
                "listings": one.listings, "figures": one.figures,
                "totals": campaign::totals(&one.figures),
            })
        })
        .collect();
    printer.result(&json!({ "campaigns": rows, "totals": totals }), || {
        words::campaigns(&campaigns, &totals)
    });
    Ok(Exit::Done)
}
