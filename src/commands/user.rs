//! `user add|list`: accounts and their keys.

use std::{io::BufRead as _, path::Path};

use blocklist::key::Role;
use data::{ceremony, officer::NewOfficer};
use serde_json::json;

use super::{init::new_password, open_store};
use crate::{
    cli::{AccountRole, Global, OneSigner, Signers, User},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, visible},
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    verb: User,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    match verb {
        User::Add {
            login,
            name,
            role,
            signers,
        } => {
            let role = match role {
                AccountRole::Officer => Role::Officer,
                AccountRole::Legal => Role::Legal,
                AccountRole::Admin => Role::Admin,
            };
            let [first, second] = credentials(&signers, "admin")?;
            let password = new_password()?;
            let new = NewOfficer {
                login: &login,
                display_name: &name,
                role,
                password: &password,
            };
            let admins = [
                (first.0.as_str(), first.1.as_str()),
                (second.0.as_str(), second.1.as_str()),
            ];
            let officer = ceremony::add_officer(&store, new, admins, clock::now().0).await?;
            let result = json!({ "login": login, "password": password, "key_id": officer.key_id });
            printer.result(&result, || {
                format!(
                    "{} may sign in; the password is shown once: {password}\nkey {}",
                    visible(&login),
                    officer.key_id
                )
            });
        }
        User::List => {
            let people = data::officer::all(&store).await?;
            let rows: Vec<_> = people
                .iter()
                .map(|p| json!({ "login": p.login, "name": p.display_name, "role": p.role, "key_id": p.key_id }))
                .collect();
            printer.result(&json!({ "accounts": rows }), || {
                people
                    .iter()
                    .map(|p| {
                        let login = visible(&p.login);
                        format!("{login}  {}  {}\n", p.role.as_str(), p.key_id)
                    })
                    .collect()
            });
        }
    }
    Ok(Exit::Done)
}

/// Login and password of the two people who sign, from a file or asked for.
pub(crate) fn credentials(signers: &Signers, role: &str) -> Result<[(String, String); 2], Failure> {
    match &signers.credentials {
        Some(path) => from_file(path, "two people sign, so two lines are needed"),
        None => Ok([ask(role, "first")?, ask(role, "second")?]),
    }
}

/// Login and password of the one person who acts, from a file or asked for.
pub(crate) fn credential(signer: &OneSigner) -> Result<(String, String), Failure> {
    match &signer.credentials {
        Some(path) => {
            let [one] = from_file(path, "one person acts, so one line is needed")?;
            Ok(one)
        }
        None => ask("officer", ""),
    }
}

fn from_file<const N: usize>(path: &Path, wanted: &str) -> Result<[(String, String); N], Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))?;
    let mut pairs = Vec::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let (login, password) = line.split_once(':').ok_or_else(|| {
            Failure::usage(format_args!(
                "{}:{}: write login:password",
                path.display(),
                index + 1
            ))
        })?;
        pairs.push((login.trim().to_owned(), password.trim().to_owned()));
    }
    <[_; N]>::try_from(pairs)
        .map_err(|_| Failure::usage(format_args!("{}: {wanted}", path.display())))
}

fn ask(role: &str, which: &str) -> Result<(String, String), Failure> {
    let which = if which.is_empty() {
        String::new()
    } else {
        format!("{which} ")
    };
    eprint_prompt(&format!("Login of the {which}{role}: "));
    let mut login = String::new();
    std::io::stdin().lock().read_line(&mut login)?;
    let password = rpassword::prompt_password(format!("Password of {}: ", login.trim()))?;
    Ok((login.trim().to_owned(), password))
}

fn eprint_prompt(words: &str) {
    use std::io::Write as _;
    let mut err = std::io::stderr();
    let _ = err.write_all(words.as_bytes()).and_then(|()| err.flush());
}
