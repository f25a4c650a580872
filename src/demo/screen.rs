//! What the reader sees while the demonstration runs, and what to do next, in their language.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crawler::crawl::Event;
use serde::Serialize;

use super::scene::{People, Scene};
use crate::{
    centre::Ports,
    cli::Language,
    print::{Printer, visible},
};

/// What `demo --format json` prints, on one line, as soon as the crawl has ended and every listener
/// answers. It holds the people's passwords: they open nothing but this demonstration.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    /// Bound addresses by name (`web`, `block_page`, `evidence`, `dns`, `transfer`), as in
    /// `ports.json`.
    ports: &'a Ports,
    /// Who may sign: `login` and `password` of each of three `officers`, the proposer of the fixed
    /// script first, and of the `lawyer`.
    #[serde(flatten)]
    people: &'a People,
    /// The data directory, absolute.
    data: PathBuf,
    /// The trust file inside it, for `list verify` and `resolver`.
    trust: PathBuf,
}

/// What `demo --once --format json` prints.
#[derive(Debug, Serialize)]
struct Compared<'a> {
    /// Whether every row is as expected, or known not to be.
    agreed: bool,
    /// How many rows are known not to be as expected, and are not.
    known_misses: usize,
    /// `subject`, `what`, `expected`, `seen`, `why` it is expected, and `known_miss`: why it is known
    /// not to be seen.
    rows: &'a [Row],
}

/// One thing compared.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    subject: String,
    what: String,
    expected: String,
    seen: String,
    /// Why this is expected, shown where it was not seen.
    why: String,
    /// Why the program is known not to see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_miss: Option<String>,
}

impl Row {
    pub(crate) fn new(subject: &str, what: &str, expected: &str, seen: &str) -> Self {
        let own = str::to_owned;
        Self {
            subject: own(subject),
            what: own(what),
            expected: own(expected),
            seen: own(seen),
            why: String::new(),
            known_miss: None,
        }
    }

    /// What is compared.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Adds why this is expected.
    pub(crate) fn because(mut self, why: &str) -> Self {
        why.clone_into(&mut self.why);
        self
    }

    /// Adds why the program is known to get this wrong.
    pub(crate) fn known_to_miss(mut self, reason: Option<String>) -> Self {
        self.known_miss = reason;
        self
    }

    fn agrees(&self) -> bool {
        self.expected == self.seen
    }

    /// Not as expected, and known not to be.
    fn is_known_miss(&self) -> bool {
        !self.agrees() && self.known_miss.is_some()
    }
}

/// Where the demonstration writes.
pub(crate) struct Screen {
    language: Language,
    printer: Printer,
    quiet: bool,
    terminal: bool,
    fetched: AtomicU64,
}

impl Screen {
    pub(crate) fn new(language: Option<Language>, printer: Printer, quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        Self {
            language: language.unwrap_or_else(from_environment),
            printer,
            quiet,
            terminal,
            fetched: AtomicU64::new(0),
        }
    }

    fn say(&self, kk: &'static str, ru: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Kk => kk,
            Language::Ru => ru,
            Language::En => en,
        }
    }

    fn progress(&self, line: &str) {
        if !self.quiet {
            let clear = if self.terminal { "\r\x1b[K" } else { "" };
            let _ = writeln!(io::stderr(), "{clear}{line}");
        }
    }

    pub(crate) fn starting(&self) {
        self.progress(self.say(
            "Ойдан шығарылған желі мен орталық іске қосылуда; бәрі осы компьютерде ғана.",
            "Запускаются вымышленная сеть и центр; всё только на этом компьютере.",
            "Starting an invented web and a centre beside it; nothing leaves this machine.",
        ));
    }

    /// Shows what the crawler tells.
    pub(crate) fn crawled(&self, event: &Event, elapsed: Duration) {
        let at = format!("{:5.1} s", elapsed.as_secs_f64());
        match event {
            Event::Fetched { url, .. } => {
                let count = self.fetched.fetch_add(1, Ordering::Relaxed) + 1;
                if self.terminal && !self.quiet {
                    let url: String = visible(url).chars().take(60).collect();
                    let _ = write!(io::stderr(), "\r\x1b[K{at}  {count:4}  {url}");
                }
            }
            Event::Assessed {
                host,
                verdict,
                exchange,
                serves_kz,
                ..
            } => {
                self.progress(&format!(
                    "{at}  {:7} {host}  {exchange:.2} / {serves_kz:.2}",
                    verdict.as_str()
                ));
            }
            Event::CaseOpened { host, case_id, .. } => {
                let words = self.say("іс ашылды", "дело открыто", "case opened");
                self.progress(&format!("{at}  {words}: {case_id}  {host}"));
            }
            Event::SiteFailed { host, why } => {
                self.progress(&format!("{at}  -       {host}  {}", visible(why)));
            }
            Event::Skipped { .. } => {}
        }
    }

    pub(crate) fn crawl_ended(&self, elapsed: Duration) {
        let words = self.say("бет жүктелді", "страниц загружено", "pages fetched");
        self.progress(&format!(
            "{:5.1} s  {} {words}",
            elapsed.as_secs_f64(),
            self.fetched.load(Ordering::Relaxed)
        ));
    }

    /// Shows one step of the script.
    pub(crate) fn step(&self, host: &str, action: &str, took: Option<Duration>) {
        let took = took.map_or_else(String::new, |took| {
            let words = self.say(
                "қолдан DNS жауабына дейін",
                "от подписи до ответа DNS",
                "from signature to DNS answer",
            );
            format!("  {words}: {} ms", took.as_millis())
        });
        self.progress(&format!("         {action:8} {host}{took}"));
    }

    /// Prints expected and seen; whether all agree.
    pub(crate) fn comparison(&self, rows: &[Row]) -> bool {
        let agreed = rows.iter().all(|row| row.agrees() || row.is_known_miss());
        let known_misses = rows.iter().filter(|row| row.is_known_miss()).count();
        let compared = Compared {
            agreed,
            known_misses,
            rows,
        };
        self.printer.result(&compared, || table(rows));
        agreed
    }

    /// One screen of what to do next, or one object for programs.
    pub(crate) fn what_next(&self, scene: &Scene) {
        let data = scene.dir.path();
        let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
        let ready = Ready {
            ports: &scene.ports,
            people: &scene.people,
            trust: data.join("trust.json"),
            data,
        };
        self.printer.result(&ready, || self.steps(scene));
    }

    /// What to do next, step by step, in the reader's language.
    fn steps(&self, scene: &Scene) -> String {
        let address = |name| {
            let address = scene.ports.get(name).map(ToString::to_string);
            address.unwrap_or_default()
        };
        let port = |name| scene.ports.get(name).map_or(0, std::net::SocketAddr::port);
        let (web, code) = (address("web"), self.say("kk", "ru", "en"));
        let dig = format!(
            "dig @127.0.0.1 -p {} {}",
            port("dns"),
            scene.first_listed_host()
        );
        let next = self.say(
            "Енді не істеуге болады",
            "Что делать дальше",
            "What to do next",
        );
        let resolves = self.say(
            "Қазір сайт ашылады:",
            "Сейчас сайт открывается:",
            "The site resolves now:",
        );
        let sign_in = self.say("Кіріңіз:", "Войдите:", "Sign in:");
        let sign = self.say(
            "Біріншісі істі ашып, ұсынады және қол қояды; кейін шығып, екіншісі ретінде кіріп, мақұлдаңыз.",
            "Первым откройте дело, предложите и подпишите; затем выйдите, войдите вторым и утвердите.",
            "As the first, open a case, propose and sign; sign out, sign in as the second, and approve.",
        );
        let others = self.say(
            "Үшіншісі еш тізімге қол қоймады, сондықтан шағымды сол шешеді; заңгер кеңінен танымал атауларға үшінші болып қол қояды.",
            "Третий ничего не подписывал и потому решает обжалования; юрист подписывает третьим широко известные имена.",
            "The third has signed nothing and so decides appeals; the lawyer signs third for widely known names.",
        );
        let lawyer = self.say("заңгер", "юрист", "lawyer");
        let blocked = self.say(
            "Бір секунд ішінде бұғатталады:",
            "Через секунду заблокирован:",
            "Blocked within a second:",
        );
        let people = self.say("Жұрт не көреді:", "Что видят люди:", "What people see:");
        let zone = self.say(
            "Провайдерге арналған аймақ:",
            "Зона для провайдеров:",
            "The zone for ISPs:",
        );
        let verify = self.say("Тізімді тексеру:", "Проверить список:", "Verify the list:");
        let stop = self.say("Тоқтату: Ctrl-C", "Остановить: Ctrl-C", "Stop with Ctrl-C");
        let People {
            officers,
            lawyer: legal,
        } = &scene.people;
        let mut accounts = String::new();
        for who in officers {
            let _ = writeln!(accounts, "       {:8}  {}", who.login, who.password);
        }
        let _ = writeln!(
            accounts,
            "       {:8}  {}  ({lawyer})",
            legal.login, legal.password
        );
        format!(
            "
{next}
  1. {resolves}  {dig}
  2. {sign_in}  http://{web}/{code}/console/sign-in
{accounts}     {sign}
     {others}
  3. {blocked}  {dig}
  4. {people}  http://{web}/{code}/
     {zone}  dig @127.0.0.1 -p {} rpz.qalqan.test AXFR
     {verify}  qalqan --data {} list verify
  {stop}",
            port("transfer"),
            scene.dir.path().display()
        )
    }
}

/// Expected and seen side by side, and how many agree.
fn table(rows: &[Row]) -> String {
    let width = |text: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| text(row).chars().count());
        widths.max().unwrap_or(0)
    };
    let subject = width(|row| &row.subject);
    let what = width(|row| &row.what);
    let expected = width(|row| &row.expected);
    let mut text = String::new();
    for row in rows {
        let mark = match row.agrees() {
            true => "ok  ",
            false if row.is_known_miss() => "miss",
            false => "NOT ",
        };
        let seen = visible(&row.seen);
        let _ = writeln!(
            text,
            "{mark} {:subject$}  {:what$}  {:expected$}  {seen}",
            row.subject, row.what, row.expected
        );
        if !row.agrees() && !row.why.is_empty() {
            let _ = writeln!(text, "       {}", row.why);
        }
        match &row.known_miss {
            Some(reason) if row.agrees() => {
                let _ = writeln!(
                    text,
                    "       no longer missed, take known_miss out: {reason}"
                );
            }
            Some(reason) => {
                let _ = writeln!(text, "       known: {reason}");
            }
            None => {}
        }
    }
    let agree = rows.iter().filter(|row| row.agrees()).count();
    let known = rows.iter().filter(|row| row.is_known_miss()).count();
    let _ = write!(text, "{agree} of {} as expected", rows.len());
    let _ = if known > 0 {
        writeln!(text, ", {known} known misses")
    } else {
        writeln!(text)
    };
    text
}

fn from_environment() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|key| std::env::var(key).ok().filter(|v| !v.is_empty()));
    match locale.as_deref() {
        Some(locale) if locale.starts_with("kk") => Language::Kk,
        Some(locale) if locale.starts_with("ru") => Language::Ru,
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seen: &str, known: Option<&str>) -> Row {
        Row::new("a.test", "verdict", "flag", seen)
            .because("it is one")
            .known_to_miss(known.map(str::to_owned))
    }

    #[test]
    fn a_known_miss_is_named_and_counted_apart() {
        let known = row("clear", Some("no scripts"));
        assert!(known.is_known_miss() && !known.agrees());
        let text = table(&[row("flag", None), known]);
        assert!(text.contains("\nmiss "), "{text}");
        assert!(text.contains("known: no scripts"), "{text}");
        assert!(text.ends_with("1 of 2 as expected, 1 known misses\n"));
    }

    #[test]
    fn what_is_missed_without_being_known_is_not_excused() {
        let unknown = row("clear", None);
        assert!(!unknown.is_known_miss() && !unknown.agrees());
        assert!(table(&[unknown]).starts_with("NOT "));
    }

    #[test]
    fn a_miss_that_is_over_is_pointed_out() {
        let over = row("flag", Some("no scripts"));
        assert!(over.agrees() && !over.is_known_miss());
        assert!(table(&[over]).contains("no longer missed"));
    }
}
