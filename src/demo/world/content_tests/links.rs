//! Every link leads somewhere, and every site can be found.

use std::collections::{BTreeSet, VecDeque};

use scraper::{Html, Selector};

use super::super::links::with_bases;
use super::super::site::Site;
use super::{is_html, site_of, text, world};

/// The only places outside the world that a page may link to: they are signals, not destinations.
const OUTSIDE: [&str; 2] = ["https://t.me/", "https://wa.me/"];

/// Every address a page points at: links, forms, images, scripts, styles.
fn pointers(html: &str) -> Vec<(String, bool)> {
    let page = Html::parse_document(html);
    let mut out = Vec::new();
    for (css, attribute, link) in [
        ("a[href]", "href", true),
        ("link[href]", "href", true),
        ("form[action]", "action", false),
        ("[src]", "src", false),
    ] {
        let selector = Selector::parse(css).unwrap();
        let found = page
            .select(&selector)
            .filter_map(|e| e.attr(attribute).map(str::to_owned));
        out.extend(found.map(|url| (url, link)).collect::<Vec<_>>());
    }
    out
}

/// Where a pointer on a page of `site` leads: (host, path). `None`: outside, or no page at all.
fn target(site: &Site, path: &str, pointer: &str) -> Option<(String, String)> {
    if pointer.starts_with('#') || ["mailto:", "tel:"].iter().any(|s| pointer.starts_with(s)) {
        return None;
    }
    let here = url::Url::parse(&format!("http://{}{path}", site.host)).unwrap();
    let there = here.join(pointer).unwrap();
    if OUTSIDE
        .iter()
        .any(|prefix| there.as_str().starts_with(prefix))
    {
        return None;
    }
    Some((
        there.host_str().unwrap().to_owned(),
        there.path().to_owned(),
    ))
}

#[test]
fn every_link_leads_to_a_page_or_is_meant_to_leave() {
    let world = world();
    for site in &world.sites {
        for (path, answer) in site.answers.iter().filter(|(_, answer)| is_html(answer)) {
            for (pointer, _) in pointers(&text(site, answer)) {
                let Some((host, to)) = target(site, path, &pointer) else {
                    continue;
                };
                let there = site_of(&world, &host)
                    .unwrap_or_else(|| panic!("{}{path} points outside: {pointer}", site.host));
                assert!(
                    there.answers.contains_key(&to),
                    "{}{path} points at a missing page: {pointer}",
                    site.host
                );
            }
        }
    }
}

#[test]
fn sitemaps_name_only_pages_that_exist() {
    let world = world();
    for site in &world.sites {
        for (path, answer) in site
            .answers
            .iter()
            .filter(|(path, _)| path.contains("sitemap"))
        {
            let urls = locations(&text(site, answer));
            assert!(!urls.is_empty(), "{}{path} is empty", site.host);
            for url in urls {
                let (host, to) = target(site, path, &url).unwrap();
                assert!(
                    host == site.host && site.answers.contains_key(&to),
                    "{path}: {url}"
                );
            }
        }
    }
}

fn locations(xml: &str) -> Vec<String> {
    xml.split("<loc>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</loc>"))
        .map(|(url, _)| url.to_owned())
        .collect()
}

#[test]
// robots.txt, links, redirects and sitemaps: what an ordinary polite crawler can follow.
fn every_site_is_found_from_the_seeds_but_few_are_seeds() {
    let world = world();
    let seeds: Vec<_> = world
        .plan
        .seeds
        .iter()
        .map(|seed| String::from_utf8(with_bases(seed.url.as_bytes(), 80)).unwrap())
        .collect();
    assert!(seeds.len() >= 5 && seeds.len() * 5 <= world.sites.len());
    let mut queue: VecDeque<(String, String)> = VecDeque::new();
    for seed in &seeds {
        let site = site_of(&world, url::Url::parse(seed).unwrap().host_str().unwrap()).unwrap();
        queue.push_back(target(site, "/", seed).unwrap());
    }
    let mut seen = BTreeSet::new();
    while let Some((host, path)) = queue.pop_front() {
        let site = site_of(&world, &host).unwrap();
        let closed = site
            .answers
            .get("/robots.txt")
            .map(|a| text(site, a))
            .unwrap_or_default();
        let closed = closed
            .lines()
            .filter_map(|l| l.strip_prefix("Disallow: "))
            .any(|rule| path.starts_with(rule));
        if closed || !seen.insert((site.host.clone(), path.clone())) {
            continue;
        }
        let Some(answer) = site.answers.get(&path) else {
            continue;
        };
        if site.answers.contains_key("/sitemap.xml") {
            queue.push_back((host.clone(), "/sitemap.xml".to_owned()));
        }
        let next: Vec<_> = match &answer.location {
            Some(to) => {
                vec![String::from_utf8(with_bases(to.as_bytes(), 80)).unwrap()]
            }
            None if path.contains("sitemap") => locations(&text(site, answer)),
            None if is_html(answer) => pointers(&text(site, answer))
                .into_iter()
                .filter(|(_, link)| *link)
                .map(|(to, _)| to)
                .collect(),
            None => Vec::new(),
        };
        queue.extend(next.iter().filter_map(|to| target(site, &path, to)));
    }
    let found: BTreeSet<_> = seen.iter().map(|(host, _)| host.as_str()).collect();
    let all: BTreeSet<_> = world.sites.iter().map(|s| s.host.as_str()).collect();
    assert_eq!(found, all);
}
