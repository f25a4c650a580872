//! What people type into `check`, answered by a centre of the real world with what is shipped.

use std::fs;

use data::testing::{Centre, NOW, PASSWORD};

use super::{DONE, NEGATIVE, USAGE, now, qalqan};

#[tokio::test]
async fn real_names_are_answered_with_their_source_and_nobody_is_accused() {
    let centre = Centre::real("qalqan.test").await;
    let data = centre.dir.path();
    for (query, verdict, says) in [
        ("bybit.kz", "licence_unconfirmed", "2025-09-18"),
        (
            "https://www.bybit.kz/en-KAZ/",
            "licence_unconfirmed",
            "publicreg.myafsa.com",
        ),
        ("bybit.nl", "licensed_elsewhere", "does not cover it"),
        ("eurasia.big.one", "licence_unconfirmed", "reported by"),
        ("big.one", "licensed_elsewhere", "site of the same group"),
        ("okx.com", "warned", "The mapping to this domain is ours"),
        ("OKX", "warned", "The mapping to this domain is ours"),
        ("coinbase.com", "warned", "not a listing of ours"),
        ("kaspi.kz", "unknown", "not an exchange we know of"),
        ("ataix.kz", "licence_unconfirmed", "ended on"),
        ("байбит", "licence_unconfirmed", "Anybody can use a name"),
        ("Байбит", "licence_unconfirmed", "Bybit Limited"),
        ("ОКЭКС", "warned", "OKX"),
        ("220340900479", "licence_unconfirmed", "ATAIX Eurasia Ltd."),
        (
            "AFSA-G-LA-2022-0002",
            "licence_unconfirmed",
            "ATAIX Eurasia Ltd.",
        ),
        ("AFSA-G-LA-2023-0004", "licence_unconfirmed", "forged copy"),
    ] {
        let answer = qalqan(data, ["--format", "json", "check", query]).await;
        let json = answer.with(NEGATIVE, "").json();
        assert_eq!(json["verdict"], verdict, "{answer}");
        let reasons = json["reasons"].to_string();
        assert!(reasons.contains(says), "{answer}");
        assert!(!reasons.to_lowercase().contains("imitat"), "{answer}");
        for field in ["query", "also", "matched", "as_of", "sources"] {
            assert!(json.get(field).is_some(), "{field}: {answer}");
        }
    }
    let ataix = qalqan(data, ["--format", "json", "check", "220340900479"])
        .await
        .json();
    assert_eq!(ataix["matched"]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(ataix["also"][0], "licence_ended");
    let bybit = qalqan(data, ["check", "bybit"]).await;
    bybit.with(NEGATIVE, "");
    for line in [
        "bybit: licence unconfirmed",
        "bybit.kz  licence unconfirmed",
        "bybit.nl  licensed elsewhere",
    ] {
        assert!(bybit.out.contains(line), "{bybit}");
    }
    let kaspi = qalqan(data, ["check", "kaspi.kz"]).await;
    assert!(kaspi.out.contains("Not found is not safe"), "{kaspi}");
    qalqan(data, ["check", "220340900478"])
        .await
        .with(USAGE, "not a BIN: the check digit");
}

/// A snapshot that two officers signed takes the place of what is shipped: what was read in the
/// register says "licensed" and "ended", and an invented host is refused.
#[tokio::test]
async fn a_signed_register_replaces_what_is_shipped() {
    let centre = Centre::real("qalqan.test").await;
    let data = centre.dir.path();
    let credentials = data.join("credentials");
    fs::write(
        &credentials,
        format!("officer-1:{PASSWORD}\nofficer-2:{PASSWORD}\n"),
    )
    .unwrap();
    let today = &now().to_string()[..10];
    let row = |id: &str, to: &str, host: &str| {
        format!(
            r#"{{"record_id":"{id}","regulator":"AFSA","legal_name":"{id} Ltd.","basis":"register","licence_no":"AFSA-G-LA-2022-000{}",
            "valid_from":"2022-04-07","valid_to":"{to}","hosts":["{host}"],"source_url":"https://publicreg.myafsa.com/","source_date":"{today}"}}"#,
            id.len()
        )
    };
    let snapshot = |rows: &[String]| {
        format!(
            r#"{{"register":"afsa","taken_on":"{today}","source":"https://publicreg.myafsa.com/","rows":[{}]}}"#,
            rows.join(",")
        )
    };
    let file = data.join("afsa.json");
    let import = || {
        let (file, credentials) = (file.to_str().unwrap(), credentials.to_str().unwrap());
        let args = ["registry", "import", file, "--credentials", credentials].map(str::to_owned);
        async move { qalqan(data, args).await }
    };
    fs::write(
        &file,
        snapshot(&[row("invented", "2099-01-01", "firm.test")]),
    )
    .unwrap();
    import()
        .await
        .with(USAGE, "firm.test: a host under .test is invented");
    fs::write(
        &file,
        snapshot(&[
            row("Ataix", "2025-03-31", "ataix.kz"),
            row("Bybits", "2099-01-01", "bybit.kz"),
        ]),
    )
    .unwrap();
    import().await.done("2 rows signed");
    centre.publisher().await.step(NOW + 60).await.unwrap();
    for (query, exit, verdict) in [
        ("ataix.kz", NEGATIVE, "licence_ended"),
        ("bybit.kz", DONE, "licensed"),
        ("Bybits", NEGATIVE, "licence_unconfirmed"),
        // No signed row names them any longer.
        ("eurasia.big.one", NEGATIVE, "unknown"),
        ("big.one", NEGATIVE, "unknown"),
        // The site of a known exchange abroad is nobody's look-alike.
        ("bybit.com", NEGATIVE, "unknown"),
        ("bybit-kz.com", NEGATIVE, "lookalike"),
        ("okx.com", NEGATIVE, "warned"),
    ] {
        let answer = qalqan(data, ["--format", "json", "check", query]).await;
        assert_eq!(answer.with(exit, "").json()["verdict"], verdict, "{answer}");
    }
}
