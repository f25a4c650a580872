//! `resolver --check`: an operator's own files are read, and what is not in force is said with its line.

use std::fs;

use super::{DONE, NEGATIVE, USAGE, qalqan, schema::conforms};

const HEAD: &str = "$ORIGIN rpz.test.\n@ 60 SOA localhost. root.localhost. 9 60 60 60 60\n";

#[tokio::test]
async fn what_is_left_out_is_told_with_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let good = file(
        "good.rpz",
        &format!("{HEAD}a.test CNAME .\n*.a.test CNAME .\n"),
    );
    let bad = file(
        "bad.rpz",
        &format!("{HEAD}a..test CNAME .\nb.test CNAME .\n32.1.0.0.127.rpz-ip CNAME .\n"),
    );
    let names = file("names", "ok.test\ntwo words\n");
    let own = dir.path();

    let whole = ["--format", "json", "resolver", "--check", "--policy", &good];
    let answer = qalqan(own, whole).await;
    answer.with(DONE, "");
    conforms("resolver", &answer.out);
    assert_eq!(answer.json()["zones"][0]["rules"], 2);

    let words = [
        "resolver",
        "--check",
        "--policy",
        &good,
        "--policy-shadow",
        &bad,
    ];
    let answer = qalqan(own, [&words[..], &["--allow-names", &names]].concat()).await;
    answer.with(NEGATIVE, "");
    for said in [
        format!("{bad}:3: a name has an empty label"),
        format!("{bad}:5: a rule on rpz-ip is not enforced yet"),
        format!("{names}:2: one name a line"),
        "zone rpz.test, serial 9: 2 rules of 2 records".to_owned(),
    ] {
        assert!(answer.out.contains(&said), "{said}: {answer}");
    }
    let json = [&["--format", "json"], &words[..]].concat();
    let answer = qalqan(own, json).await;
    conforms("resolver", &answer.out);
    assert_eq!(answer.json()["zones"][0]["not_enforced"]["rpz-ip"], 1);

    let piece = file("piece.rpz", "a.test. CNAME .\n");
    for (words, said) in [
        (vec!["--policy", &piece], "no SOA record"),
        (vec!["--policy", "missing.rpz"], "missing.rpz"),
        (
            vec!["--policy", "rpz://192.0.2.1/x"],
            "not built yet: fetching",
        ),
        (vec![], "--check needs something to read"),
    ] {
        let words = [vec!["resolver", "--check"], words].concat();
        qalqan(own, words).await.with(USAGE, said);
    }
}
