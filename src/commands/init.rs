//! `init`: a new log, its key, two admins and the trust file.

use blocklist::{DomainName, guard::GuardList, key::Role};
use data::{
    ceremony::{self, NewLog},
    officer::NewOfficer,
};
use serde_json::json;

use super::open_store;
use crate::{
    cli::{Global, Init},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    options: &Init,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let domain =
        DomainName::parse(&options.domain).map_err(|error| Failure::new(Exit::Usage, error))?;
    let store = open_store(global, dir).await?;
    let passwords = [new_password()?, new_password()?];
    let admin = |login, password| NewOfficer {
        login,
        display_name: login,
        role: Role::Admin,
        password,
    };
    let new = NewLog {
        origin: &options.origin,
        public_url: &options.public_url,
        policy: ceremony::default_policy(domain, options.serial_base),
        demo: false,
        admins: [
            admin("admin-1", &passwords[0]),
            admin("admin-2", &passwords[1]),
        ],
        guards: guards()?,
    };
    let lists = new.guards.len();
    let trust = ceremony::init(&store, dir.path(), new, clock::now().0).await?;
    let result = json!({
        "trust": trust,
        "admins": [{"login": "admin-1", "password": passwords[0]}, {"login": "admin-2", "password": passwords[1]}],
    });
    printer.result(&result, || {
        format!(
            "The log {} is made; it begins with {lists} lists of names that nobody may list (qalqan guard show). Give {} to every resolver and verifier by a road you trust.\n\n\
             These passwords are shown once; give each to another person:\n  admin-1  {}\n  admin-2  {}\n\n\
             Next: qalqan user add LOGIN --name NAME (both admins sign), twice for two officers; then qalqan run.",
            trust.origin,
            dir.trust_file().display(),
            passwords[0],
            passwords[1],
        )
    });
    Ok(Exit::Done)
}

/// The protected names a new log begins with, and the hosts of firms that sources report as licensed.
fn guards() -> Result<Vec<GuardList>, Failure> {
    let mut lists = data::guards::shipped()?;
    lists.push(data::reference::register_hosts()?);
    Ok(lists)
}

/// A password people can copy by hand: 79 random bits as four groups of letters and digits, without
/// those that are mistaken for each other.
pub(crate) fn new_password() -> Result<String, Failure> {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    data::seal::random(&mut bytes)?;
    let letters: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 31)]))
        .collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    Ok(groups.join("-"))
}
