//! What every verb prints: text as it was reviewed, JSON as `docs/json` says, colours only where
//! they are wanted, and a stdout that takes no more.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use blocklist::{Scope, statement::Statement, testing::TestLog};
use data::testing::{Centre, NOW, PASSWORD};

use super::{
    DONE, Ended, NEGATIVE, PERMANENT, USAGE, binary, now, qalqan,
    schema::{conforms, schema},
    snapshot,
};

/// Runs a verb for people and for programs: the text must be what was reviewed, the JSON what the
/// schema says.
async fn prints(name: &str, data: &Path, args: &[&str], code: i32) {
    let text = qalqan(data, args).await;
    assert_eq!(text.code, Some(code), "{text}");
    snapshot::holds(name, &told(&text));
    let json = [&["--format", "json"], args].concat();
    object(name, &qalqan(data, json).await, code);
}

/// As `prints`, for a verb that does something, and so is run once: JSON only.
#[track_caller]
fn object(name: &str, json: &Ended, code: i32) {
    assert_eq!(json.code, Some(code), "{json}");
    assert_eq!(
        json.out.lines().count(),
        1,
        "one object on one line: {json}"
    );
    conforms(name, &json.out);
    snapshot::holds(&format!("{name}-json"), &told(json));
}

fn told(ended: &Ended) -> String {
    let Ended { code, out, err, .. } = ended;
    let code = code.unwrap();
    snapshot::steady(&format!("exit {code}\n--- stdout\n{out}--- stderr\n{err}"))
}

/// What a publisher wrote: one that is well, one that is behind and could not be told, strangers.
const SECONDARIES: &str = r#"{"serving":{"serial":2026000009,"at":"2026-11-21T06:00:00Z"},"secondaries":[
    {"address":"198.51.100.53","port":53,"asked":"2026-11-21T06:00:01Z","has":{"serial":2026000009,"at":"2026-11-21T06:00:01Z"},
     "fetched":{"serial":2026000009,"at":"2026-11-21T06:00:01Z"},"acknowledged":{"serial":2026000009,"at":"2026-11-21T06:00:00Z"},
     "error":null,"whole":1,"differences":7,"refused":{}},
    {"address":"2001:db8::53","port":5353,"asked":"2026-11-21T05:00:00Z","has":{"serial":2026000007,"at":"2026-11-21T05:00:00Z"},
     "fetched":null,"acknowledged":null,"error":"it did not answer","whole":0,"differences":0,"refused":{"bad_time":3}}],
    "refused":{"address":2}}"#;

/// A data directory with a published log of two listings.
fn published() -> (tempfile::TempDir, TestLog) {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), TestLog::new(true));
    for (number, host) in (1..).zip(["obmen.test", "lifted.test"]) {
        let mut statement = log.list_statement(host, Scope::Subtree, number);
        statement.effective_at = now().plus(-60);
        statement.review_at = now().plus(86_400);
        statement.expires_at = now().plus(2 * 86_400);
        log.push_officers(Statement::List(statement));
    }
    log.write(&dir.path().join("before"), now());
    log.lift("lifted.test", 2);
    log.write(&dir.path().join("release"), now());
    fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
    (dir, log)
}

#[tokio::test]
async fn verbs_over_the_record_print_what_is_documented() {
    let (dir, _log) = published();
    let data = dir.path();
    prints("list-verify", data, &["list", "verify"], DONE).await;
    prints("list-show", data, &["list", "show"], DONE).await;
    let before = data.join("before");
    let before = before.to_str().unwrap();
    prints("list-diff", data, &["list", "diff", before], NEGATIVE).await;
    prints("log-verify", data, &["log", "verify"], DONE).await;
    fs::write(data.join("secondaries.json"), SECONDARIES).unwrap();
    let secondaries = ["list", "secondaries"];
    prints("list-secondaries", data, &secondaries, NEGATIVE).await;
    let leaves = qalqan(data, ["log", "show"]).await;
    assert!(leaves.done("").out.lines().count() > 5, "{leaves}");
    for leaf in leaves.out.lines() {
        conforms("log-show", leaf);
    }
    for format in blocklist::export::Format::ALL {
        let format = format.path().strip_prefix("list/").unwrap();
        let exported = qalqan(data, ["list", "export", format]).await;
        assert_eq!(exported.code, Some(DONE), "{exported}");
        snapshot::holds(
            &format!("list-export-{format}"),
            &snapshot::steady(&format!("{}{}", exported.err, exported.out)),
        );
    }
}

#[tokio::test]
async fn verbs_of_a_centre_print_what_is_documented() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    prints("crawl-status", data, &["crawl", "status"], DONE).await;
    prints("user-list", data, &["user", "list"], DONE).await;
    let check = ["--format", "json", "check", "obmen.test"];
    conforms("check", &qalqan(data, check).await.with(NEGATIVE, "").out);

    let today = &now().to_string()[..10];
    let register = format!(
        r#"{{"register":"afsa-demo","taken_on":"{today}","source":"x","rows":[{{"record_id":"r",
        "regulator":"AFSA","legal_name":"Demo Ltd.","basis":"register","valid_from":"2020-01-01","hosts":["jaqsy.test"],
        "source_url":"http://register.test/","source_date":"{today}"}}]}}"#
    );
    let guard = ["guard", "test", "kaspi.kz", "www.gov.kz", "obmen.test"];
    let test = [&["--format", "json"][..], &guard].concat();
    conforms(
        "guard-test",
        &qalqan(data, test).await.with(NEGATIVE, "").out,
    );
    let show = ["--format", "json", "guard", "show"];
    let lists = qalqan(data, show).await;
    conforms("guard-show", &lists.done("").out);
    let first = lists.json()["lists"][0]["list"]
        .as_str()
        .unwrap()
        .to_owned();
    let names = qalqan(data, show.into_iter().chain([first.as_str()])).await;
    conforms("guard-show", &names.done("").out);
    let file = |name: &str, text: &str| {
        let path = data.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let register = file("register.json", &register);
    let officers = file(
        "officers",
        &format!("officer-1:{PASSWORD}\nofficer-2:{PASSWORD}\n"),
    );
    let import = [
        "--format",
        "json",
        "registry",
        "import",
        &register,
        "--credentials",
        &officers,
    ];
    object("registry-import", &qalqan(data, import).await, DONE);
    centre.publisher().await.step(NOW + 1).await.unwrap();
    let show = ["--format", "json", "registry", "show"];
    conforms(
        "registry-show",
        &qalqan(data, show).await.done("jaqsy.test").out,
    );
    let other = file(
        "other.json",
        &fs::read_to_string(&register)
            .unwrap()
            .replace("jaqsy.test", "basqa.test"),
    );
    let diff = ["--format", "json", "registry", "diff", &register, &other];
    object("registry-diff", &qalqan(data, diff).await, NEGATIVE);
    for (verb, file) in [
        ("migrate", None),
        ("check", None),
        ("backup", Some("backup.db")),
    ] {
        let file = file.map(|name| data.join(name).to_str().unwrap().to_owned());
        let args = ["--format", "json", "db", verb]
            .into_iter()
            .chain(file.as_deref());
        object(&format!("db-{verb}"), &qalqan(data, args).await, DONE);
    }
    let admins = file(
        "admins",
        &format!("admin-1:{PASSWORD}\nadmin-2:{PASSWORD}\n"),
    );
    let add = [
        "--format",
        "json",
        "user",
        "add",
        "aliya",
        "--name",
        "A",
        "--credentials",
        &admins,
    ];
    object("user-add", &qalqan(data, add).await, DONE);

    let names = file("names.csv", "rank,domain\n1,busy.test\n");
    let load = [
        "--format", "json", "guard", "load", &names, "--reason", "busy",
    ];
    let load = [&load[..], &["--credentials", &admins]].concat();
    object("guard-load", &qalqan(data, load).await, DONE);

    // A seed nobody answers for: the crawl ends, and its status tells why nothing came of it.
    let seeds = file("seeds.csv", "url,source\nhttp://nowhere.invalid/,test\n");
    let crawl = [
        "--format",
        "json",
        "crawl",
        "--seeds",
        &seeds,
        "--upstream",
        "127.0.0.1:9",
    ];
    let ended = qalqan(data, crawl).await;
    assert_eq!(ended.code, Some(DONE), "{ended}");
    conforms("crawl", &ended.out);
    let status = qalqan(data, ["--format", "json", "crawl", "status"]).await;
    conforms("crawl-status", &status.out);
    let sites = &status.json()["sites"];
    assert_eq!(sites[0]["host"], "nowhere.invalid", "{sites}");
    assert!(sites[0]["failure"].is_string(), "{sites}");
}

#[tokio::test]
async fn verbs_of_one_file_print_what_is_documented() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    let page = data.join("page.html");
    let page = page.to_str().unwrap();
    fs::write(page, include_str!("page.html")).unwrap();
    let assess = ["assess", page, "--url", "https://obmen.test/", "--explain"];
    let json = [&["--format", "json"][..], &assess].concat();
    let assessed = qalqan(data, json).await;
    conforms("assess", &assessed.out);
    assert!(
        !assessed.json()["signals"].as_array().unwrap().is_empty(),
        "{assessed}"
    );

    let told = qalqan(data, assess).await;
    // The points are fitted anew now and then; what is told stays.
    for part in [
        "flag: exchange ",
        "Is it an exchange?",
        "before anything is seen",
        "Form for placing an order (order_form)",
        "“Отдаёте … Получаете",
        "body>form",
        "Does it serve Kazakhstan?",
        "together: ",
        "What it seems to be\n  instant exchanger (",
    ] {
        assert!(told.out.contains(part), "{part}: {told}");
    }

    let corpus = data.join("pages.jsonl");
    let line = |page: &str, wanted: &str| {
        let page = serde_json::to_string(page).unwrap();
        format!(
            r#"{{"url":"https://obmen.test/","html":{page},"kind":"instant_exchanger","exchange":true,"serves_kz":true,"verdict":"{wanted}"}}"#
        )
    };
    let pages = [
        line(include_str!("page.html"), "flag"),
        line("<p>x", "review"),
    ]
    .join("\n");
    fs::write(&corpus, pages).unwrap();
    let evaluate = ["--format", "json", "evaluate", corpus.to_str().unwrap()];
    let measured = qalqan(data, evaluate).await;
    assert_eq!(measured.code, Some(NEGATIVE), "{measured}");
    conforms("evaluate", &measured.out);
    let part = &measured.json()["parts"][0];
    assert_eq!(part["errors"].as_array().unwrap().len(), 1, "{part}");
    assert_eq!(part["verdicts"]["confusion"][1][2], 1, "{part}");

    prints("config-check", data, &["config", "check"], DONE).await;
    let init = [
        "init",
        "--origin",
        "qalqan.test/log",
        "--public-url",
        "http://qalqan.test",
    ];
    let init = [&init[..], &["--domain", "qalqan.test"]].concat();
    let json = [&["--format", "json"][..], &init].concat();
    object("init", &qalqan(data, json).await, DONE);
}

/// Verbs that serve or print something else than one object.
const NO_OBJECT: [&str; 7] = [
    "run",
    "web",
    "publish",
    "list-export",
    "config-default",
    "completions",
    "man",
];

/// What is shipped has more to say than what a test signs.
#[tokio::test]
async fn shipped_registers_and_warnings_are_shown_as_documented() {
    let centre = Centre::real("qalqan.test").await;
    let show = ["--format", "json", "registry", "show"];
    let shown = qalqan(centre.dir.path(), show).await;
    conforms("registry-show", &shown.done("reported").out);
}

#[tokio::test]
async fn a_demonstration_that_was_played_is_told_as_documented() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("played");
    let played = qalqan(&data, ["--format", "json", "demo", "--once"]).await;
    conforms("demo", &played.done("agreed").out);
}

#[tokio::test]
async fn every_verb_that_prints_an_object_has_a_schema() {
    let mut documented: BTreeSet<String> = BTreeSet::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let verb = name
            .strip_suffix(".schema.json")
            .unwrap_or_else(|| panic!("{name}"));
        schema(verb);
        documented.insert(verb.to_owned());
    }
    for verb in super::verbs::verbs().await {
        let name = verb.path.join("-");
        if verb.acts() && !NO_OBJECT.contains(&name.as_str()) {
            assert!(
                documented.remove(&name),
                "docs/json/{name}.schema.json is missing"
            );
        }
    }
    assert!(documented.is_empty(), "no verb prints {documented:?}");
}

#[tokio::test]
async fn colours_are_for_terminals_and_for_those_who_ask() {
    let (dir, _log) = published();
    let coloured = |args: &[&str], environment: &[(&str, &str)]| {
        let mut command = binary::qalqan();
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        command.envs(environment.iter().copied());
        let output = command
            .arg("--data")
            .arg(dir.path())
            .args(args)
            .output()
            .unwrap();
        [output.stdout, output.stderr].map(|out| out.contains(&0x1b))
    };
    // To stdout: a removed name; to stderr: a file that is missing, a verb that is.
    let before = dir.path().join("before");
    let diff = ["list", "diff", before.to_str().unwrap()];
    let missing = ["list", "verify", "--trust", "nowhere"];
    let unknown = ["chek"];
    let always = ["--color", "always"];
    let never = ["--color", "never"];
    let force = [("CLICOLOR_FORCE", "1")];
    for (args, coloured_out) in [
        (&diff[..], [true, false]),
        (&missing, [false, true]),
        (&unknown, [false, true]),
    ] {
        let with = |more: &[&'static str]| [more, args].concat();
        assert_eq!(coloured(args, &[]), [false, false], "{args:?}");
        assert_eq!(coloured(&with(&always), &[]), coloured_out, "{args:?}");
        assert_eq!(coloured(args, &force), coloured_out, "{args:?}");
        assert_eq!(coloured(&with(&never), &force), [false, false], "{args:?}");
        let no = [("NO_COLOR", "1"), force[0]];
        assert_eq!(coloured(args, &no), [false, false], "{args:?}");
    }
    // What programs read has none whatever is asked for.
    let json = [&always, &["--format", "json"], &diff[..]].concat();
    assert_eq!(coloured(&json, &[]), [false, false]);
}

#[tokio::test]
async fn quiet_says_nothing_but_what_failed() {
    let dir = tempfile::tempdir().unwrap();
    let log = {
        let log = TestLog::new(true);
        log.write(&dir.path().join("release"), now().plus(-30 * 86_400));
        log
    };
    fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
    let stale = qalqan(dir.path(), ["list", "verify"]).await;
    stale.with(NEGATIVE, "the release is stale");
    let quiet = qalqan(dir.path(), ["-q", "list", "verify"]).await;
    assert_eq!(
        (quiet.code, quiet.err.as_str()),
        (Some(NEGATIVE), ""),
        "{quiet}"
    );
    let failed = qalqan(dir.path(), ["-q", "list", "verify", "--trust", "nowhere"]).await;
    failed.with(USAGE, "qalqan: nowhere: ");
}

/// As `qalqan log show | head -1`: the reader has what it wanted, and nothing is wrong.
#[tokio::test]
async fn a_reader_that_goes_away_ends_the_command_quietly() {
    let (dir, mut log) = published();
    // More than a pipe holds, so that the command is still writing.
    for number in 10..400 {
        log.list(&format!("n{number}.test"), Scope::Host, number);
    }
    log.write(&dir.path().join("release"), now());
    let mut command = binary::qalqan();
    command.arg("--data").arg(dir.path()).args(["log", "show"]);
    let mut show = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let head = Command::new("head")
        .args(["-n", "1"])
        .stdin(show.stdout.take().unwrap())
        .output()
        .unwrap();
    let show = show.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&head.stdout).contains("genesis"));
    assert_eq!(String::from_utf8_lossy(&show.stderr), "");
    assert_eq!(show.status.code(), Some(DONE));
}

#[tokio::test]
async fn a_stdout_that_is_full_is_a_failure() {
    let (dir, _log) = published();
    for args in [
        ["list", "export", "rpz"].as_slice(),
        &["list", "show"],
        &["log", "show"],
        &["man"],
    ] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut command = binary::qalqan();
        command
            .arg("--data")
            .arg(dir.path())
            .args(args)
            .stdout(full);
        let ended = command.stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(PERMANENT), "{args:?}: {said}");
        assert_eq!(
            said, "qalqan: stdout: No space left on device (os error 28)\n",
            "{args:?}"
        );
    }
}
