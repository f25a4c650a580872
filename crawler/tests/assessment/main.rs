//! Whole sites of our own writing, in several languages: what must be flagged, what must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod exchangers;
mod others;
mod report;

use std::sync::Arc;

use crawler::assessment::{Assessment, Assessor, Standing, Verdict};
use crawler::feed;
use crawler::signal::feed::FeedPage;
use url::Url;

fn assessor() -> Assessor {
    Assessor::shipped().unwrap()
}

/// Judges pages given as `(path, HTML)` of one host, with an optional feed.
fn judge(host: &str, pages: &[(&str, &str)], rates: Option<&str>) -> Assessment {
    let assessor = assessor();
    let base = Url::parse(&format!("https://{host}/")).unwrap();
    let pages: Vec<_> = pages
        .iter()
        .map(|(path, html)| {
            Arc::new(assessor.page(base.join(path).unwrap(), "00".repeat(32), html))
        })
        .collect();
    let feeds: Vec<FeedPage> = rates
        .map(|text| FeedPage {
            url: format!("https://{host}/rates.xml"),
            capture: "11".repeat(32),
            directions: feed::read(text.as_bytes(), "text/xml").unwrap(),
        })
        .into_iter()
        .collect();
    assessor.assess(&pages, &feeds, &Standing::default())
}

fn ids(assessment: &Assessment) -> Vec<&str> {
    assessment
        .signals
        .iter()
        .map(|signal| signal.id.as_str())
        .collect()
}

#[track_caller]
fn expect(assessment: &Assessment, verdict: Verdict) {
    let lines: Vec<String> = assessment
        .signals
        .iter()
        .map(|s| format!("{:>6.2} {:?} {} \"{}\"", s.weight, s.axis, s.id, s.quote))
        .collect();
    assert_eq!(
        assessment.verdict,
        verdict,
        "exchange {} serves_kz {} kinds {:?} guards {:?} contradictions {:?}\n{}",
        assessment.exchange,
        assessment.serves_kz,
        assessment.kinds,
        assessment.guards,
        assessment.contradictions,
        lines.join("\n")
    );
}

const ORDER_RU: &str = r#"<html lang=ru><title>Обмен криптовалют онлайн — Лисий Хвост</title>
<body><h1>Быстрый обмен USDT на карту</h1>
<form id=order method=post action=/order>
<label>Отдаёте</label><select name=from><option value=USDTTRC20>Tether TRC20 USDT<option value=BTC>Bitcoin BTC</select><input name=sum1>
<label>Получаете</label><select name=to><option value=KSPBKZT>Kaspi Bank KZT<option value=HLKBKZT>Halyk Bank KZT</select><input name=sum2>
<input name=card placeholder="Номер карты получателя"><input type=email name=email placeholder="E-mail">
<button>Обменять</button></form>
<p>Курс фиксируется после 2 подтверждений сети. Резервы обменника обновляются каждую минуту. Оператор онлайн.</p>
<a href=/rules>Правила обмена</a></body>"#;
