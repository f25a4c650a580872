//! `registry import|show|diff`: files people make by hand or save from a register's site.

use std::{fs, path::Path};

use blocklist::Digest;
use data::testing::{Centre, NOW, PASSWORD};

use super::{DONE, Ended, NEGATIVE, USAGE, now, qalqan};

const MAPPING: &str = r#"
row = "tr.firm"
[fixed]
regulator = "AFSA"
basis = "register"
source_url = "https://publicreg.myafsa.com/"
source_date = "2026-11-20"
[fields]
licence_no = { select = ".no" }
legal_name = { select = ".name" }
valid_from = { select = ".from", date = ["day", "month", "year"] }
hosts = { select = ".host" }
"#;

const PAGE: &str = "<!doctype html><table><tr class=firm><td class=no>AFSA-A-LA-2024-0007<td class=name>Alpha Ltd.\
    <td class=from>1 May 2024<td class=host>alpha.kz</table>";

const TABLE: &str = "record_id,regulator,legal_name,basis,valid_from,hosts,source_url,source_date\n\
    one,AFSA,=Alpha Ltd.,register,2024-05-01,alpha.kz,https://publicreg.myafsa.com/,2026-11-20\n";

struct Desk {
    centre: Centre,
}

impl Desk {
    async fn new() -> Self {
        let centre = Centre::real("qalqan.test").await;
        let lines = format!("officer-1:{PASSWORD}\nofficer-2:{PASSWORD}\n");
        fs::write(centre.dir.path().join("credentials"), lines).unwrap();
        Self { centre }
    }

    fn data(&self) -> &Path {
        self.centre.dir.path()
    }

    /// The path of a file beside the database, written anew.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.data().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn registry(&self, args: &[&str]) -> Ended {
        qalqan(
            self.data(),
            ["--format", "json", "registry"].iter().chain(args),
        )
        .await
    }

    async fn import(&self, file: &str, more: &[&str]) -> Ended {
        let credentials = self.data().join("credentials");
        let signers = [
            "import",
            file,
            "--credentials",
            credentials.to_str().unwrap(),
        ];
        self.registry(&[&signers[..], more].concat()).await
    }
}

fn described<'a>(register: &'a str, day: &'a str) -> [&'a str; 6] {
    [
        "--register",
        register,
        "--taken-on",
        day,
        "--source",
        "https://publicreg.myafsa.com/",
    ]
}

#[tokio::test]
async fn tables_and_saved_pages_are_signed_with_the_hash_of_the_file() {
    let desk = Desk::new().await;
    let today = now().to_string()[..10].to_owned();
    // A page of the register, read by a mapping.
    let page = desk.file("afsa.html", PAGE);
    desk.import(&page, &described("afsa", &today))
        .await
        .with(USAGE, "afsa.html: a saved page needs --mapping");
    let mapping = desk.file("mapping.toml", &MAPPING.replace(".from", ".since"));
    let mapped = [&described("afsa", &today)[..], &["--mapping", &mapping]].concat();
    desk.import(&page, &mapped).await.with(
        USAGE,
        "afsa.html: row 1, `valid_from`: `.since` finds no text",
    );
    desk.file("mapping.toml", MAPPING);
    let dry = [&mapped[..], &["--dry-run"]].concat();
    let read = desk.import(&page, &dry).await;
    let read = read.done("").json();
    assert_eq!((&read["rows"], &read["signed"]), (&1.into(), &false.into()));
    assert_eq!(read["changes"]["becomes_licensed"][0], "alpha.kz");
    let signed = desk.import(&page, &mapped).await;
    let signed = signed.done("").json();
    assert_eq!(
        signed["raw_sha256"],
        Digest::of(PAGE.as_bytes()).to_string()
    );
    desk.centre.publisher().await.step(NOW + 60).await.unwrap();
    let shown = desk.registry(&["show", "--register", "afsa"]).await;
    let shown = shown.done("").json();
    let afsa = &shown["registers"][0];
    assert_eq!(afsa["sha256"], signed["sha256"]);
    assert_eq!(
        afsa["raw_sha256"], signed["raw_sha256"],
        "the hash of the page is signed"
    );
    assert_eq!(
        (&afsa["signed"], &afsa["fresh"]),
        (&true.into(), &true.into())
    );
    assert_eq!(afsa["rows"][0]["verdict"], "licensed");
    let check = qalqan(desk.data(), ["check", "alpha.kz"]).await;
    check.done("alpha.kz: licensed");

    // A table made by hand, of a day long gone.
    let table = desk.file("old.csv", &TABLE.replace("2024-05-01", "1.5.2024"));
    let old = described("beta", "2025-01-01");
    desk.import(&table, &[]).await.with(
        USAGE,
        "old.csv, line 2, column 31: a date is written 2026-11-21",
    );
    desk.file("old.csv", TABLE);
    desk.import(&table, &[])
        .await
        .with(USAGE, "give --register, --taken-on and --source");
    desk.import(&table, &described("beta", "2999-01-01"))
        .await
        .with(USAGE, "a day to come");
    desk.import(&table, &old).await.done("");
    desk.centre.publisher().await.step(NOW + 120).await.unwrap();
    let text = qalqan(desk.data(), ["registry", "show", "--register", "beta"]).await;
    text.done("too old to say \"licensed\" (limit 14 days)");
    // A spreadsheet would run it; what is written cannot be run.
    let csv = qalqan(
        desk.data(),
        ["registry", "show", "--register", "beta", "--csv"],
    )
    .await;
    csv.done("\"'=Alpha Ltd.\"");
}

#[tokio::test]
async fn a_difference_is_named_field_by_field() {
    let desk = Desk::new().await;
    let a = desk.file("a.csv", TABLE);
    let b = desk.file("b.csv", &TABLE.replace("alpha.kz", "beta.kz"));
    desk.registry(&["diff", &a, &a]).await.with(DONE, "");
    let differ = desk.registry(&["diff", &a, &b]).await;
    let json = differ.with(NEGATIVE, "").json();
    assert_eq!(json["changed"][0]["field"], "hosts");
    assert_eq!(json["becomes_licensed"][0], "beta.kz");
    assert_eq!(json["stops_being_licensed"][0], "alpha.kz");
    let shipped = desk.registry(&["diff", "shipped:afsa", &a]).await;
    let json = shipped.with(NEGATIVE, "").json();
    assert_eq!(
        (&json["added"][0], json["removed"].as_array().unwrap().len()),
        (&"one".into(), 13)
    );
    desk.registry(&["diff", "signed:afsa", &a])
        .await
        .with(USAGE, "no signed snapshot of `afsa` is held");
    desk.registry(&["diff", &a, "nowhere.json"])
        .await
        .with(USAGE, "nowhere.json: ");
}

/// What is shipped is there before anybody has made a log, and says what it is.
#[tokio::test]
async fn what_is_shipped_is_shown_with_its_basis() {
    let dir = tempfile::tempdir().unwrap();
    let shown = qalqan(dir.path(), ["--format", "json", "registry", "show"]).await;
    let json = shown.done("").json();
    let registers = json["registers"].as_array().unwrap();
    assert_eq!(registers.len(), 6, "{shown}");
    for register in registers {
        assert_eq!(
            (&register["signed"], &register["fresh"]),
            (&false.into(), &false.into())
        );
        for row in register["rows"].as_array().unwrap() {
            assert_eq!(row["verdict"], "licence_unconfirmed");
            assert_eq!(row["row"]["basis"], "secondary");
        }
    }
    let text = qalqan(dir.path(), ["registry", "show"]).await;
    text.done("shipped: reported by others, read in no register")
        .done("OKX  AFSA: warning [undated]  okx.com");
    qalqan(dir.path(), ["registry", "show", "--register", "none"])
        .await
        .with(USAGE, "no register `none` is held");
}

/// Several saved pages at once: the list, and under each firm's BIN its own page. The example that is
/// shipped is for invented pages; AFSA's markup is not known.
#[tokio::test]
async fn a_list_and_the_pages_of_its_firms_are_read_together() {
    let desk = Desk::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let [list, one, two, mapping] = [
        "register/list.html",
        "register/220340900012.html",
        "register/230740900029.html",
        "register/mapping.toml",
    ]
    .map(path);
    let more = [
        &[one.as_str(), &two, "--mapping", &mapping, "--dry-run"][..],
        &described("example", "2026-11-20"),
    ]
    .concat();
    let read = desk.import(&list, &more).await;
    let json = read.done("").json();
    assert_eq!((&json["rows"], &json["warnings"]), (&3.into(), &0.into()));
    assert_eq!(json["files"].as_array().unwrap().len(), 3);
    // What `sha256sum list.html 220340900012.html 230740900029.html | sha256sum` prints there.
    let lines: String = [&list, &one, &two]
        .iter()
        .map(|file| {
            let name = Path::new(file).file_name().unwrap().to_str().unwrap();
            format!("{}  {name}\n", Digest::of(&fs::read(file).unwrap()))
        })
        .collect();
    assert_eq!(json["raw_sha256"], Digest::of(lines.as_bytes()).to_string());
    let without = [
        &[one.as_str(), "--mapping", &mapping, "--dry-run"][..],
        &described("example", "2026-11-20"),
    ]
    .concat();
    desk.import(&list, &without)
        .await
        .with(USAGE, "list.html: row 2, `bin`: no page of the firm");
    desk.import(&list, &[one.as_str()]).await.with(
        USAGE,
        "several files at once are saved pages, which need --mapping",
    );
}

#[tokio::test]
async fn warnings_are_read_from_a_page_or_a_table() {
    let desk = Desk::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/warnings");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (page, mapping) = (path("notices.html"), path("mapping.toml"));
    let more = [
        &["--mapping", mapping.as_str(), "--dry-run"][..],
        &described("example-warnings", "2026-11-20"),
    ]
    .concat();
    let read = desk.import(&page, &more).await;
    let json = read.done("").json();
    assert_eq!((&json["rows"], &json["warnings"]), (&0.into(), &2.into()));

    let today = now().to_string()[..10].to_owned();
    let table = "record_id,brand,authority,measure,published,hosts,source_url,source_date\n\
        tez,Tez,AFSA,warning,2026-11,tez.kz,https://afsa.aifc.kz/,2026-11-20\n";
    let file = desk.file("warned.csv", &table.replace("warning", "blocked"));
    desk.import(&file, &described("afsa-warnings", &today))
        .await
        .with(USAGE, "warned.csv, line 2, column 14: write one of warning");
    desk.file("warned.csv", table);
    desk.import(&file, &described("afsa-warnings", &today))
        .await
        .done("");
    desk.centre.publisher().await.step(NOW + 60).await.unwrap();
    let check = qalqan(desk.data(), ["check", "tez.kz"]).await;
    let check = check.with(NEGATIVE, "");
    assert!(check.out.contains("tez.kz: warned"), "{check}");
}

/// What an officer reads before signing: what changed, how old the copy is, and which sites it touches.
#[tokio::test]
async fn a_difference_names_the_sites_it_touches_and_says_that_a_copy_is_old() {
    let desk = Desk::new().await;
    let today = now().to_string()[..10].to_owned();
    desk.centre.plant_case("alpha.kz").await;
    let file = desk.file("afsa.csv", TABLE);
    desk.import(&file, &described("afsa", &today))
        .await
        .done("");
    desk.centre.publisher().await.step(NOW + 60).await.unwrap();
    let header = "record_id,regulator,legal_name,basis,state,valid_from,hosts,banks,source_url,source_date\n";
    let row = "one,AFSA,Alpha Two Ltd.,register,suspended,2024-05-01,alpha.kz;app.alpha.kz,Invented Bank,https://publicreg.myafsa.com/,2026-11-21\n";
    let later = desk.file("later.csv", &[header, row].concat());
    let differ = desk.registry(&["diff", "signed:afsa", &later]).await;
    let json = differ.with(NEGATIVE, "").json();
    assert_eq!(json["stops_being_licensed"][0], "alpha.kz");
    let site = &json["affected"][0];
    assert_eq!(
        (&site["host"], &site["from"], &site["to"], &site["assessed"]),
        (
            &"alpha.kz".into(),
            &"licensed".into(),
            &"licence_ended".into(),
            &"flag".into()
        )
    );
    let text = qalqan(desk.data(), ["registry", "diff", "signed:afsa", &later]).await;
    for line in [
        "~ one legal_name: \"=Alpha Ltd.\" → \"Alpha Two Ltd.\"",
        "~ one state: \"active\" → \"suspended\"",
        "~ one hosts: + \"app.alpha.kz\"",
        "~ one banks: + \"Invented Bank\"",
        "no longer licensed: alpha.kz",
        "site alpha.kz: licensed → licence ended, assessed: flag",
    ] {
        assert!(text.out.contains(line), "{line}: {text}");
    }
    // A copy that is too old says so wherever something of it is told.
    let old = [
        TABLE,
        "two,AFSA,Beta Ltd.,register,2024-05-01,beta.kz,https://publicreg.myafsa.com/,2025-01-01\n",
    ]
    .concat();
    let old = desk.file("old.csv", &old);
    desk.import(&old, &described("beta", "2025-01-01"))
        .await
        .done("");
    desk.centre.publisher().await.step(NOW + 120).await.unwrap();
    let check = qalqan(desk.data(), ["check", "somewhere-else.kz"]).await;
    let says = "Our copy of the register beta is from 2025-01-01: too old";
    assert!(check.out.contains(says), "{check}");
    let diff = [&["registry", "diff"][..], &["signed:beta", "signed:afsa"]].concat();
    let diff = qalqan(desk.data(), diff).await;
    assert!(diff.out.contains("beta of 2025-01-01 is "), "{diff}");
}
