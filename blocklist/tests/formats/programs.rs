//! Each format is given to the program that reads it, which checks it and starts no service.
//!
//! A program that is missing is left out, and said; with `QALQAN_REQUIRE_TOOLS=1` it is a failure.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use blocklist::{export::Format, testing::name};

use crate::{known, list, written};

/// Where Debian keeps programs that only root is thought to want.
const PLACES: [&str; 4] = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"];

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(PLACES.map(PathBuf::from));
    let found = places.map(|place| place.join(name)).find(|p| p.exists());
    if found.is_none() {
        assert!(
            std::env::var_os("QALQAN_REQUIRE_TOOLS").is_none(),
            "{name} is not installed: tests/run --install"
        );
        eprintln!("left out: {name} is not installed");
    }
    found
}

/// Runs a program over a file; whether it took it, and what it said.
fn takes(program: &Path, args: &[&str]) -> (bool, String) {
    let ended = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    (
        ended.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// A program, and how it is asked to check a file.
struct Check {
    program: &'static str,
    format: Format,
    args: fn(&str) -> Vec<String>,
    /// A line that makes any file of this format wrong: a check that takes it checks nothing.
    wrong: &'static str,
}

const CHECKS: [Check; 5] = [
    Check {
        program: "unbound-checkconf",
        format: Format::Unbound,
        args: |file| vec![file.into()],
        wrong: "local-zone: \"a.test.\" always_wrong",
    },
    Check {
        program: "named-checkconf",
        format: Format::Bind,
        args: |file| vec![file.into()],
        wrong: "zone \"a.test\" { type wrong; };",
    },
    Check {
        program: "named-checkzone",
        format: Format::Rpz,
        args: |file| {
            ["-k", "fail", "-i", "none", "rpz.qalqan.test", file]
                .map(String::from)
                .into()
        },
        wrong: "host.test.rpz.qalqan.test. 60 IN CNAME other.",
    },
    Check {
        program: "kzonecheck",
        format: Format::Rpz,
        args: |file| ["-o", "rpz.qalqan.test", file].map(String::from).into(),
        wrong: "host.test.rpz.qalqan.test. 60 IN CNAME other.",
    },
    Check {
        program: "dnsmasq",
        format: Format::Dnsmasq,
        args: |file| vec!["--test".into(), format!("--conf-file={file}")],
        wrong: "adress=/a.test/",
    },
];

#[test]
fn the_program_that_reads_a_format_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    for check in CHECKS {
        let Some(program) = program(check.program) else {
            continue;
        };
        let file = dir.path().join(check.program);
        let path = file.to_str().unwrap();
        let ask = |text: &str| {
            fs::write(&file, text).unwrap();
            let args = (check.args)(path);
            takes(
                &program,
                &args.iter().map(String::as_str).collect::<Vec<_>>(),
            )
        };
        for folded in [known::folded(), list(&[])] {
            let text = written(check.format, &folded);
            let (taken, said) = ask(&text);
            assert!(taken, "{} says {said}of\n{text}", check.program);
        }
        let text = written(check.format, &known::folded());
        let (taken, said) = ask(&format!("{text}{}\n", check.wrong));
        assert!(!taken, "{} takes anything: {said}", check.program);
    }
}

/// What Knot Resolver gives a policy, as far as ours asks for it.
const KNOT: &str = "\
local rules = {}
policy = { DENY = 'deny', add = function (rule) rules[#rules + 1] = rule end }
kres = { str2dname = function (name)
    return (name:gsub('([^.]+)%.', function (label) return string.char(#label) .. label end)) .. '\\0'
end }
dofile(arg[1])
for i = 2, #arg do
    local query = { name = function () return kres.str2dname(arg[i] .. '.') end }
    local verdict = rules[1](nil, query)
    print(arg[i] .. ' ' .. tostring(verdict == policy.DENY))
end
";

/// The Lua that Knot Resolver runs is run, and answers as the list does.
#[test]
fn the_policy_in_lua_answers_as_the_list_does() {
    let Some(luajit) = program("luajit") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (stage, file) = (dir.path().join("stage.lua"), dir.path().join("list.lua"));
    let folded = known::folded();
    fs::write(&stage, KNOT).unwrap();
    fs::write(&file, written(Format::Knot, &folded)).unwrap();
    let hosts: Vec<String> = folded
        .entries
        .iter()
        .flat_map(|entry| [entry.name.to_string(), format!("x.{}", entry.name)])
        .chain(["deep.tree.test", "free.test", "test"].map(String::from))
        .collect();
    let mut args = vec![stage.to_str().unwrap(), file.to_str().unwrap()];
    args.extend(hosts.iter().map(String::as_str));
    let (ran, said) = takes(&luajit, &args);
    assert!(ran, "{said}");
    let set = folded.block_set().unwrap();
    let expected: String = hosts
        .iter()
        .map(|host| format!("{host} {}\n", set.find_name(&name(host)).is_some()))
        .collect();
    assert_eq!(said, expected);
}
