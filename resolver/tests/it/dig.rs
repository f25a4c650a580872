//! The same answers as BIND's `dig` sees them. Without `dig` this says that it did not run; with
//! `QALQAN_REQUIRE_TOOLS=1` a missing tool is a failure.

use std::{io::Write, net::SocketAddr};

use blocklist::{Scope, testing::TestLog};
use tokio::process::Command;

use crate::{
    support::{FakeUpstream, Listed},
    transfers::{APEX, server, zone},
};

/// What dig prints; `None` when it is not installed.
pub async fn dig(server: SocketAddr, arguments: &[&str]) -> Option<String> {
    let at = format!("@{}", server.ip());
    let port = server.port().to_string();
    let output = Command::new("dig")
        .args([at.as_str(), "-p", &port])
        .args(arguments)
        .output()
        .await;
    match output {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(
                std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
                "dig is missing"
            );
            // Past the capturing of test output, so that it is seen.
            let _ = std::io::stderr().write_all(
                b"NOT RUN: dig is missing (package bind9-dnsutils)
",
            );
            None
        }
        Err(error) => panic!("dig: {error}"),
    }
}

#[tokio::test]
async fn dig_sees_the_block_and_the_reason() {
    let mut log = TestLog::new(true);
    log.list("obmen.test", Scope::Subtree, 123);
    let node = Listed::start(&log, &FakeUpstream::plain().await).await;
    for transport in ["+notcp", "+tcp"] {
        let Some(text) = dig(node.address(), &[transport, "+dnssec", "obmen.test", "A"]).await
        else {
            return;
        };
        assert!(text.contains("status: NXDOMAIN"), "{text}");
        assert!(text.contains("EDE: 16 (Censored)"), "{text}");
        assert!(
            text.contains("https://qalqan.test/i/Q-2026-000123"),
            "{text}"
        );
        assert!(text.contains("flags: qr rd ra;"), "{text}");
        assert!(!text.contains("WARNING"), "{text}");
    }
    let text = dig(node.address(), &["+short", "free.test", "A"])
        .await
        .unwrap();
    assert_eq!(text.trim(), "192.0.2.1");
}

#[tokio::test]
async fn dig_transfers_the_zone() {
    let zone = zone(3_000);
    let server = server(&zone).await;
    let Some(text) = dig(
        server.address(),
        &["+onesoa", "+noall", "+answer", "AXFR", APEX],
    )
    .await
    else {
        return;
    };
    let seen: Vec<String> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(';'))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let meant: Vec<String> = zone.to_text().lines().map(str::to_owned).collect();
    assert_eq!(seen, meant);
}
