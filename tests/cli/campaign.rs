//! `campaign` and `guard except`: what two people do one after the other or together, and what they read.

use std::fs;

use data::testing::{Centre, PASSWORD, proposal};

use super::{DONE, USAGE, now, qalqan, schema::conforms, snapshot};

/// A file in the data directory; gives its path.
fn file(centre: &Centre, name: &str, text: &str) -> String {
    let path = centre.dir.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn signer(centre: &Centre, login: &str) -> String {
    file(centre, login, &format!("{login}:{PASSWORD}\n"))
}

const BEGIN: [&str; 13] = [
    "campaign",
    "add",
    "spring-2026",
    "--title-kk",
    "Көктем",
    "--title-ru",
    "Весна",
    "--title-en",
    "Spring",
    "--from",
    "2026-03-01",
    "--to",
    "2026-05-31",
];

#[tokio::test]
async fn one_officer_enters_figures_and_another_confirms_them() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    let (first, second) = (signer(&centre, "officer-1"), signer(&centre, "officer-2"));
    let by = async |who: &str, args: &[&str]| {
        let all = [&["--format", "json"], args, &["--credentials", who]].concat();
        qalqan(data, all).await
    };
    qalqan(data, ["campaign", "show"])
        .await
        .done("no campaigns");
    let begun = by(&first, &BEGIN).await;
    conforms("campaign-add", &begun.done("").out);
    by(&first, &BEGIN).await.with(USAGE, "is taken");
    let listing = centre.approved("obmen.test", proposal()).await;
    let attach = ["campaign", "add", "spring-2026", "--listing", &listing];
    let attached = by(&first, &attach).await;
    assert_eq!(attached.done("").json()["listings_added"], 1);
    qalqan(data, ["campaign", "add", "spring-2026"])
        .await
        .with(USAGE, "--listing");

    let table = "kind,amount,unit,rate,rate_on,rate_source,source,listing\n\
        turnover,60000000000,KZT,,,,Letter 7,\n\
        seized,4800000.5,USDT,512.35,2026-05-31,National Bank,Letter 7,LISTING\n\
        seized,250000,USD,,,,Letter 8,\n\
        sites,3500,,,,,Letter 9,\n"
        .replace("LISTING", &listing);
    let wrong = file(&centre, "wrong.csv", &table.replace("USD,", "EUR,"));
    let figures = ["campaign", "figure", "spring-2026", "--csv"];
    let refused = by(&first, &[&figures[..], &[&wrong]].concat()).await;
    refused.with(USAGE, "line 4, column 15: the unit of seized is KZT");
    refused.with(USAGE, "nothing was entered");
    let twice = format!("{table}sites,3500,,,,,Letter 9,\n");
    let twice = file(&centre, "twice.csv", &twice);
    by(&first, &[&figures[..], &[&twice]].concat())
        .await
        .with(USAGE, "line 6: the same figure");
    let right = file(&centre, "right.csv", &table);
    let entered = by(&first, &[&figures[..], &[&right]].concat()).await;
    conforms("campaign-figure", &entered.done("[1,2,3,4]").out);

    let confirm = ["campaign", "confirm", "spring-2026", "1", "2", "3"];
    by(&first, &confirm)
        .await
        .with(USAGE, "another officer must confirm");
    let confirmed = by(&second, &confirm).await;
    conforms("campaign-confirm", &confirmed.done("").out);
    // A correction, with the paper it stands in; and a withdrawal that nobody confirmed yet.
    let paper = file(&centre, "letter.txt", "Letter 10");
    let correct = [
        "campaign",
        "figure",
        "spring-2026",
        "--kind",
        "turnover",
        "--amount",
        "61 000 000 000",
        "--unit",
        "KZT",
        "--source",
        "Letter 10, \"final\"",
        "--document",
        &paper,
        "--replaces",
        "1",
    ];
    by(&first, &correct).await.done("[5]");
    by(&second, &["campaign", "confirm", "spring-2026", "5"])
        .await
        .done("");
    let withdraw = [
        "campaign",
        "figure",
        "spring-2026",
        "--withdraw",
        "3",
        "--source",
        "Recalled",
    ];
    by(&second, &withdraw).await.done("[6]");

    let shown = qalqan(data, ["campaign", "show"]).await;
    snapshot::holds("campaign-show", &snapshot::steady(&shown.done("").out));
    let json = qalqan(
        data,
        ["--format", "json", "campaign", "show", "spring-2026"],
    )
    .await;
    conforms("campaign-show", &json.done("").out);
    snapshot::holds("campaign-show-json", &{
        let pretty = serde_json::to_string_pretty(&json.json()).unwrap();
        let at = regex::Regex::new(r#""(entered|confirmed)_at": \d+"#).unwrap();
        snapshot::steady(&at.replace_all(&pretty, "\"${1}_at\": <time>"))
    });
    qalqan(data, ["campaign", "show", "autumn"])
        .await
        .with(USAGE, "there is no campaign `autumn`");
    let nobody = file(&centre, "nobody", "officer-1:wrong password\n");
    by(&nobody, &confirm).await.with(USAGE, "password is wrong");
    let admin = signer(&centre, "admin-1");
    by(&admin, &confirm).await.with(USAGE, "only an officer");
}

#[tokio::test]
async fn what_no_licence_covers_is_taken_out_of_a_registers_protection() {
    let centre = Centre::new().await;
    let data = centre.dir.path();
    let officers = format!("officer-1:{PASSWORD}\nofficer-2:{PASSWORD}\n");
    let officers = file(&centre, "officers", &officers);
    let today = &now().to_string()[..10];
    let row = |id: &str, host: &str, to: &str| {
        format!(
            r#"{{"record_id":"{id}","regulator":"AFSA","legal_name":"Demo {id}","basis":"register","valid_from":"2020-01-01",{to}
            "hosts":["{host}"],"source_url":"http://register.test/","source_date":"{today}"}}"#
        )
    };
    let register = format!(
        r#"{{"register":"afsa-demo","taken_on":"{today}","source":"x","rows":[{},{}]}}"#,
        row("a", "jaqsy.test", ""),
        row("b", "ended.test", r#""valid_to":"2021-01-01","#),
    );
    let register = file(&centre, "register.json", &register);
    let import = ["registry", "import", &register, "--credentials", &officers];
    assert_eq!(qalqan(data, import).await.code, Some(DONE));
    let publish = async || centre.publisher().await.step(now().0).await.unwrap();
    publish().await;
    let except = async |host: &str, register: &str| {
        let args = [
            "--format",
            "json",
            "guard",
            "except",
            host,
            "--register",
            register,
            "--reason",
            "The domain was sold",
            "--credentials",
            &officers,
        ];
        qalqan(data, args).await
    };
    except("jaqsy.test", "afsa-demo")
        .await
        .with(USAGE, "jaqsy.test is licensed: a row of afsa-demo is live");
    except("other.test", "afsa-demo")
        .await
        .with(USAGE, "no signed row of afsa-demo names other.test");
    let guarded = ["guard", "test", "ended.test"];
    qalqan(data, guarded).await.with(super::NEGATIVE, "");
    let signed = except("ended.test", "afsa-demo").await;
    conforms("guard-except", &signed.done("").out);
    publish().await;
    qalqan(data, guarded).await.done("not guarded");
    except("ended.test", "afsa-demo")
        .await
        .with(USAGE, "does not protect ended.test any more");
}
