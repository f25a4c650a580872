//! Judged over every page they have, not only over those a crawl reaches, the harmless stay harmless.

use std::collections::BTreeSet;
use std::sync::Arc;

use blocklist::Timestamp;
use blocklist::matching::{Claim, check_claims, check_host};
use crawler::assessment::{Assessor, Standing};
use crawler::signal::claims::LicenceClaim;
use crawler::signal::feed::FeedPage;
use crawler::{charset, feed};
use url::Url;

use super::super::links::with_bases;
use super::{is_html, known, name, site_of, world};

#[test]
fn no_harmless_site_is_accused_by_any_page_of_its_own() {
    let world = world();
    let assessor = Assessor::shipped().unwrap();
    let now = Timestamp(world.day.midnight().assume_utc().unix_timestamp());
    let known = known(&world);
    let harmless = world.plan.expectations.iter();
    let harmless = harmless.filter(|site| site.verdict == "clear" && site.known_miss.is_empty());
    let mut judged = 0;
    for expectation in harmless {
        let site = site_of(&world, &expectation.host).unwrap();
        let (mut pages, mut feeds) = (Vec::new(), Vec::new());
        for (path, answer) in site.answers.iter().filter(|(_, a)| a.status == 200) {
            let url = Url::parse(&format!("http://{}{path}", expectation.host)).unwrap();
            let content_type = answer.content_type.as_deref().unwrap_or_default();
            let body = with_bases(&answer.body, 80);
            if is_html(answer) {
                let text = charset::decode(&body, content_type).text;
                pages.push(Arc::new(assessor.page(url, "00".repeat(32), &text)));
            } else if let Some(directions) = feed::read(&body, content_type) {
                feeds.push(FeedPage {
                    url: url.to_string(),
                    capture: "00".repeat(32),
                    directions,
                });
            }
        }
        let standing = Standing {
            host: Some(check_host(&name(&expectation.host), &known, now)),
            claims: Vec::new(),
        };
        let found = assessor.assess(&pages, &feeds, &standing);
        assert_eq!(
            found.verdict.as_str(),
            "clear",
            "{}: {} / {}, {:?}",
            expectation.host,
            found.exchange,
            found.serves_kz,
            found.signals
        );
        judged += 1;
    }
    assert!(judged >= 20, "{judged}");
}

/// What a site says of its licence stands to the registers as expected, over every page it has.
#[test]
fn claims_of_a_licence_stand_as_expected() {
    let world = world();
    let assessor = Assessor::shipped().unwrap();
    let now = Timestamp(world.day.midnight().assume_utc().unix_timestamp());
    let known = known(&world);
    let mut compared = 0;
    for expectation in &world.plan.expectations {
        let site = site_of(&world, &expectation.host).unwrap();
        let pages = site
            .answers
            .iter()
            .filter(|(_, a)| a.status == 200 && is_html(a));
        let pages: Vec<_> = pages
            .map(|(path, answer)| {
                let url = Url::parse(&format!("http://{}{path}", expectation.host)).unwrap();
                let content_type = answer.content_type.as_deref().unwrap_or_default();
                let text = charset::decode(&with_bases(&answer.body, 80), content_type).text;
                Arc::new(assessor.page(url, "00".repeat(32), &text))
            })
            .collect();
        let claims: Vec<Claim> = assessor.claims(&pages).into_iter().map(claim).collect();
        let found = check_claims(&name(&expectation.host), &claims, &known, now);
        let kinds: BTreeSet<&str> = found.iter().map(|finding| finding.kind.as_str()).collect();
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(" ");
        if let Some(wanted) = &expectation.claim {
            assert_eq!(kinds, *wanted, "{}: {found:#?}", expectation.host);
            compared += 1;
        } else if expectation.case {
            assert_eq!(kinds, "", "{}: {found:#?}", expectation.host);
        }
    }
    assert!(compared >= 5, "{compared}");
}

fn claim(said: LicenceClaim) -> Claim {
    Claim {
        licence_no: said.licence_no.unwrap_or_default(),
        legal_name: said.legal_name.unwrap_or_default(),
        bin: said.bin.unwrap_or_default(),
        quote: said.quote,
    }
}
