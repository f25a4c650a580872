use super::*;
use crate::lexicon::Lexicon;

fn claims_of(html: &str) -> Vec<LicenceClaim> {
    let lexicon = Lexicon::shipped().unwrap();
    let url = url::Url::parse("https://a.test/").unwrap();
    let document = crate::document::read(html, &url);
    let page = Page::new(url, String::new(), document, &lexicon);
    read(&page, &Groups::of(&lexicon)).0
}

#[test]
fn a_link_into_the_register_claims_its_firm() {
    let claims =
        claims_of("<p><a href=https://publicreg.myafsa.com/details/990140000001/>Register</a>");
    assert_eq!(claims[0].bin.as_deref(), Some("990140000001"));
}

#[test]
fn a_number_is_kept_as_written_and_as_it_is_matched() {
    let html =
        "<footer>ТОО «Мысал Айырбас», БИН 220340900479<br>Лицензия №<br>UВ-ОР-000123</footer>";
    let claims = claims_of(html);
    let claim = claims
        .iter()
        .find(|claim| claim.licence_no.is_some())
        .unwrap();
    assert_eq!(claim.licence_no.as_deref(), Some("UВ-ОР-000123"));
    assert_eq!(claim.licence_key.as_deref(), Some("UB-OP-000123"));
    assert_eq!(claim.quote, "Лицензия № UВ-ОР-000123");
}

#[test]
fn a_name_belongs_to_the_number_it_stands_beside() {
    let one = claims_of(
        "<p>Партнёр АО «Мысал Банк» принимает платежи, а услуги оказывает Example Digital Ltd. по лицензии AFSA-A-LA-2099-0001.",
    );
    assert_eq!(one[0].legal_name.as_deref(), Some("Example Digital Ltd."));
    let two = claims_of("<p>ТОО «Бір», лицензия № 12-34; ТОО «Екі», лицензия № 56-78.");
    let said: Vec<_> = two
        .iter()
        .map(|claim| (claim.licence_no.as_deref(), claim.legal_name.as_deref()))
        .collect();
    assert_eq!(said, [(Some("12-34"), None), (Some("56-78"), None)]);
}

#[test]
fn the_quote_of_a_long_text_holds_the_number() {
    let long = format!(
        "<p>{} Лицензия № 4.2.123/456 от 01.02.2025",
        "Правила сервиса. ".repeat(60)
    );
    assert!(claims_of(&long)[0].quote.contains("4.2.123/456"));
}
