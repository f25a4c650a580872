//! Verbs on a running node: each asks it through the socket in its data directory, and prints what it
//! says.

mod explain;
mod selftest;
mod status;
mod words;

use blocklist::DomainName;
use resolver::{
    PauseScope,
    control::{self, Explained, Flushed, Overview, Paused, Reloaded, Request, selftest::Plan},
};
use serde::de::DeserializeOwned;

use crate::{
    cli::{Node, Pause, RecordKind, Seconds},
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, style, styled, visible},
    progress::Progress,
};

pub(crate) async fn run(dir: &DataDir, verb: Node, printer: &Printer) -> Result<Exit, Failure> {
    match verb {
        Node::Status => status(dir, printer).await,
        Node::Explain {
            name,
            kind: RecordKind(kind),
        } => explain(dir, name, kind, printer).await,
        Node::Selftest { also } => selftest(dir, &also, printer).await,
        Node::Pause(options) => pause(dir, options, printer).await,
        Node::Flush { name, subtree } => flush(dir, name, subtree, printer).await,
        Node::Reload => reload(dir, printer).await,
    }
}

async fn ask<T: DeserializeOwned + Send + 'static>(
    dir: &DataDir,
    request: Request,
) -> Result<T, Failure> {
    let path = dir.control_socket();
    let asked = tokio::task::spawn_blocking(move || control::ask(&path, &request));
    Ok(asked.await??)
}

async fn status(dir: &DataDir, printer: &Printer) -> Result<Exit, Failure> {
    let overview: Overview = ask(dir, Request::Status).await?;
    printer.result(&overview, || status::text(&overview));
    Ok(if overview.amiss.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    })
}

async fn explain(
    dir: &DataDir,
    name: DomainName,
    kind: u16,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let explained: Explained = ask(dir, Request::Explain { name, kind }).await?;
    printer.result(&explained, || explain::text(&explained));
    Ok(Exit::Done)
}

async fn selftest(dir: &DataDir, also: &[DomainName], printer: &Printer) -> Result<Exit, Failure> {
    let plan: Plan = ask(dir, Request::Selftest).await?;
    let progress = Progress::begin("asking the node");
    let checks = plan.run(also).await;
    drop(progress);
    let result = selftest::Result::of(checks);
    printer.result(&result, || selftest::text(&result));
    Ok(if result.ok {
        Exit::Done
    } else {
        Exit::Negative
    })
}

async fn pause(dir: &DataDir, options: Pause, printer: &Printer) -> Result<Exit, Failure> {
    let (Some(Seconds(seconds)), Some(reason), false) =
        (options.seconds, options.reason, options.end)
    else {
        let ended: Option<Paused> = ask(dir, Request::Resume).await?;
        let result = serde_json::json!({ "ended": ended });
        printer.result(&result, || match ended {
            Some(_) => "the pause is over; what was paused is enforced again".to_owned(),
            None => "there was no pause".to_owned(),
        });
        return Ok(Exit::Done);
    };
    let scope = if options.own_rules_too {
        PauseScope::Everything
    } else {
        PauseScope::List
    };
    let request = Request::Pause {
        seconds,
        reason,
        scope,
    };
    let paused: Paused = ask(dir, request).await?;
    let result = serde_json::json!({ "paused": paused });
    printer.result(&result, || {
        let head = styled(style::ERROR, "answering UNFILTERED");
        let reason = visible(&paused.reason);
        format!(
            "{head} until {}: {reason}\n`qalqan resolver pause --end` ends it now; so does a restart",
            paused.until
        )
    });
    Ok(Exit::Done)
}

async fn flush(
    dir: &DataDir,
    name: Option<DomainName>,
    subtree: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let flushed: Flushed = ask(dir, Request::Flush { name, subtree }).await?;
    printer.result(&flushed, || {
        format!("{} answers are forgotten", flushed.answers)
    });
    Ok(Exit::Done)
}

async fn reload(dir: &DataDir, printer: &Printer) -> Result<Exit, Failure> {
    let progress = Progress::begin("reading configuration and files again");
    let reloaded: Reloaded = ask(dir, Request::Reload).await?;
    drop(progress);
    printer.result(&reloaded, || {
        let Reloaded { changed, restart } = &reloaded;
        let mut text = if changed.is_empty() {
            "read again; nothing changed".to_owned()
        } else {
            format!("in force now: {}", visible(&changed.join(", ")))
        };
        if !restart.is_empty() {
            let words = format!(
                "only taken over by a restart: {}",
                visible(&restart.join(", "))
            );
            text += &format!("\n{}", styled(style::CHANGED, words));
        }
        text
    });
    // What was asked for is not all in force.
    Ok(if reloaded.restart.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    })
}
