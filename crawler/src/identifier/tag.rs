//! Accounts that a page's scripts name: counters, advertising, chats, captchas; and proofs of
//! ownership in its head. An account is somebody's; the vendor that everybody uses is not kept.

use std::sync::LazyLock;

use regex::Regex;

use super::Found;
use crate::document::clip;
use crate::signal::Page;

/// Kind, and a pattern whose first group is the account.
const ACCOUNTS: &[(&str, &str)] = &[
    // Of UA-account-property the account is the owner's; each site has a property of its own.
    (
        "analytics.google",
        r"(?-u:\b)(UA-[0-9]{4,10})-[0-9]{1,4}(?-u:\b)",
    ),
    ("analytics.google", r"(?-u:\b)(G-[A-Z0-9]{8,12})(?-u:\b)"),
    ("analytics.gtm", r"(?-u:\b)(GTM-[A-Z0-9]{4,9})(?-u:\b)"),
    ("ads.google", r"(?-u:\b)(AW-[0-9]{9,11})(?-u:\b)"),
    ("analytics.metrika", r"(?-u:\b)ym\([ \t\u{a0}]*([0-9]{6,9})"),
    (
        "analytics.metrika",
        r"mc\.yandex\.(?:ru|com)/(?:watch/|metrika/tag\.js\?id=)([0-9]{6,9})",
    ),
    ("analytics.metrika", r"(?-u:\b)yaCounter([0-9]{6,9})"),
    (
        "analytics.mailru",
        r"top(?:-fwz1)?\.mail\.ru/(?:counter|js/code\.js)\?id=([0-9]{6,9})",
    ),
    ("ads.vk", r"(?-u:\b)(VK-RTRG-[0-9]{4,8}-[A-Za-z0-9]{3,8})"),
    (
        "ads.meta",
        r#"fbq\([ ]*['"]init['"][ ]*,[ ]*['"]([0-9]{14,17})"#,
    ),
    ("ads.tiktok", r#"ttq\.load\([ ]*['"]([A-Z0-9]{18,22})"#),
    ("analytics.hotjar", r"(?-u:\b)hjid[ ]*:[ ]*([0-9]{5,9})"),
    ("analytics.clarity", r"clarity\.ms/tag/([a-z0-9]{8,12})"),
    (
        "analytics.clarity",
        r#""clarity",[ ]*"script",[ ]*"([a-z0-9]{8,12})""#,
    ),
    (
        "chat.jivo",
        r"code\.jivo(?:site)?\.(?:com|ru)/(?:script/)?widget/([A-Za-z0-9]{8,12})",
    ),
    ("chat.tawk", r"embed\.tawk\.to/([0-9a-f]{24})"),
    (
        "chat.crisp",
        r#"CRISP_WEBSITE_ID[ ]*=[ ]*['"]([0-9a-f]{8}-[0-9a-f-]{27})"#,
    ),
    ("chat.livechat", r"__lc\.license[ ]*=[ ]*([0-9]{5,10})"),
    (
        "chat.chatra",
        r#"ChatraID[ ]*=[ ]*['"]([A-Za-z0-9]{12,20})"#,
    ),
    (
        "chat.intercom",
        r"widget\.intercom\.io/widget/([a-z0-9]{6,10})",
    ),
    (
        "captcha",
        r#"(?:render=|sitekey['"]?[ ]*[:=][ ]*['"])(6L[A-Za-z0-9_-]{38})"#,
    ),
    (
        "captcha",
        r#"sitekey['"]?[ ]*[:=][ ]*['"](0x4[A-Za-z0-9_-]{15,30})"#,
    ),
];

/// Names of `meta` elements that prove an account's hold on the site, and the kind.
const PROOFS: &[(&str, &str)] = &[
    ("google-site-verification", "verification.google"),
    ("yandex-verification", "verification.yandex"),
    ("msvalidate.01", "verification.bing"),
    ("facebook-domain-verification", "verification.facebook"),
    ("mailru-verification", "verification.mailru"),
    ("wmail-verification", "verification.mailru"),
    ("webmoney", "verification.webmoney"),
    ("webmoney.attestation.label", "verification.webmoney"),
    ("enot", "verification.enot"),
    ("freekassa", "verification.freekassa"),
    ("fk-verify", "verification.freekassa"),
    ("freekassa-verification", "verification.freekassa"),
    ("payeer", "verification.payeer"),
    ("payeer-verification", "verification.payeer"),
    ("perfectmoney", "verification.perfectmoney"),
    ("cryptomus", "verification.cryptomus"),
];

static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    ACCOUNTS
        .iter()
        .filter_map(|(kind, pattern)| Some((*kind, Regex::new(pattern).ok()?)))
        .collect()
});

pub(super) fn read(page: &Page, found: &mut Found<'_>) {
    let document = &page.document;
    for script in &document.scripts {
        accounts(script, "script", found);
    }
    for asset in &document.assets {
        accounts(asset, "script[src]", found);
    }
    for key in &document.site_keys {
        found.add("captcha", key.clone(), "[data-sitekey]", key);
    }
    for (name, content) in &document.meta {
        let proof = PROOFS.iter().find(|(meta, _)| meta == name);
        if let Some((_, kind)) = proof
            && (6..=120).contains(&content.len())
        {
            let quote = format!("{name}: {content}");
            found.add(kind, content.clone(), "meta", &quote);
        }
    }
}

fn accounts(text: &str, place: &str, found: &mut Found<'_>) {
    for (kind, pattern) in PATTERNS.iter() {
        for captures in pattern.captures_iter(text) {
            let (Some(whole), Some(account)) = (captures.get(0), captures.get(1)) else {
                continue;
            };
            let begin = text.floor_char_boundary(whole.start().saturating_sub(20));
            let quote = clip(text.get(begin..).unwrap_or_default(), whole.len() + 60);
            found.add(kind, account.as_str().to_owned(), place, quote);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(PATTERNS.len(), ACCOUNTS.len());
    }
}
