//! What the reader sees while the demonstration runs, and what to do next, in their language.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crawler::crawl::Event;

use super::scene::Scene;
use crate::{
    cli::Language,
    print::{Printer, visible},
};

/// One thing compared.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    subject: String,
    what: String,
    expected: String,
    seen: String,
    /// Why this is expected, shown where it was not seen.
    why: String,
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
        }
    }

    /// Adds why this is expected.
    pub(crate) fn because(mut self, why: &str) -> Self {
        why.clone_into(&mut self.why);
        self
    }

    fn agrees(&self) -> bool {
        self.expected == self.seen
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
        let width = |text: &dyn Fn(&Row) -> &str| {
            rows.iter()
                .map(|row| text(row).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (subject, what, expected) = (
            width(&|r| &r.subject),
            width(&|r| &r.what),
            width(&|r| &r.expected),
        );
        for row in rows {
            let mark = if row.agrees() { "ok " } else { "NOT" };
            self.printer.line(&format!(
                "{mark} {:subject$}  {:what$}  {:expected$}  {}",
                row.subject,
                row.what,
                row.expected,
                visible(&row.seen)
            ));
            if !row.agrees() && !row.why.is_empty() {
                self.printer.line(&format!("      {}", row.why));
            }
        }
        let wrong = rows.iter().filter(|row| !row.agrees()).count();
        self.printer.line(&format!(
            "{} of {} as expected",
            rows.len() - wrong,
            rows.len()
        ));
        wrong == 0
    }

    /// One screen of what to do next.
    pub(crate) fn what_next(&self, scene: &Scene) {
        let address = |name| {
            scene
                .ports
                .get(name)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        let (web, dns) = (
            address("web"),
            scene.ports.get("dns").map_or(0, std::net::SocketAddr::port),
        );
        let code = self.say("kk", "ru", "en");
        let console = format!("http://{web}/{code}/console/sign-in");
        let host = scene.first_listed_host();
        let dig = format!("dig @127.0.0.1 -p {dns} {host}");
        let line = |text: String| self.printer.line(&text);
        line(String::new());
        line(
            self.say(
                "Енді не істеуге болады",
                "Что делать дальше",
                "What to do next",
            )
            .to_owned(),
        );
        line(format!(
            "  1. {}  {dig}",
            self.say(
                "Қазір сайт ашылады:",
                "Сейчас сайт открывается:",
                "The site resolves now:"
            )
        ));
        line(format!(
            "  2. {}  {console}",
            self.say("Кіріңіз:", "Войдите:", "Sign in:")
        ));
        for officer in &scene.officers {
            line(format!("       {:8}  {}", officer.login, officer.password));
        }
        line(format!(
            "     {}",
            self.say(
                "Біріншісі істі ашып, ұсынады және қол қояды; кейін шығып, екіншісі ретінде кіріп, мақұлдаңыз.",
                "Первым откройте дело, предложите и подпишите; затем выйдите, войдите вторым и утвердите.",
                "As the first, open a case, propose and sign; sign out, sign in as the second, and approve.",
            )
        ));
        line(format!(
            "  3. {}  {dig}",
            self.say(
                "Бір секунд ішінде бұғатталады:",
                "Через секунду заблокирован:",
                "Blocked within a second:"
            )
        ));
        line(format!(
            "  4. {}  http://{web}/{code}/",
            self.say("Жұрт не көреді:", "Что видят люди:", "What people see:")
        ));
        line(format!(
            "     {}  dig @127.0.0.1 -p {} rpz.qalqan.test AXFR",
            self.say(
                "Провайдерге арналған аймақ:",
                "Зона для провайдеров:",
                "The zone for ISPs:"
            ),
            scene
                .ports
                .get("transfer")
                .map_or(0, std::net::SocketAddr::port)
        ));
        line(format!(
            "     {}  qalqan --data {} list verify",
            self.say("Тізімді тексеру:", "Проверить список:", "Verify the list:"),
            scene.dir.path().display()
        ));
        line(format!(
            "  {}",
            self.say("Тоқтату: Ctrl-C", "Остановить: Ctrl-C", "Stop with Ctrl-C")
        ));
    }
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
