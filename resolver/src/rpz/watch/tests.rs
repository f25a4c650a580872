use super::*;
use crate::config::PolicyFile;
use crate::rpz::Hit;

const HEAD: &str = "@ 60 SOA localhost. root.localhost. 1 60 60 60 60\n";

struct Place {
    folder: tempfile::TempDir,
    own: OwnRules,
    watcher: Watcher,
}

impl Place {
    fn new(body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rpz");
        std::fs::write(&path, format!("{HEAD}{body}")).unwrap();
        let allowed = folder.path().join("allowed");
        std::fs::write(&allowed, "ok.test\n").unwrap();
        let zones = vec![PolicyFile {
            path,
            is_shadow: false,
        }];
        let own = OwnRules {
            zones,
            allow_names: Some(allowed),
            ..OwnRules::default()
        };
        let watcher = Watcher::open(&own).unwrap();
        Self {
            folder,
            own,
            watcher,
        }
    }

    /// Puts another file in place, as careful programs do.
    fn write(&self, file: &str, text: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.folder.path().join(file)).unwrap();
    }

    fn looks(&mut self, times: usize) {
        for _ in 0..times {
            self.watcher.look();
        }
    }

    fn blocks(&self, name: &[u8]) -> bool {
        let zones = self.watcher.cell.load();
        zones.find(name).inspect(Hit::count).is_some()
    }

    fn troubles(&self) -> usize {
        self.watcher.cell.load().troubles().len()
    }
}

const A: &[u8] = b"\x01a\0";
const B: &[u8] = b"\x01b\0";

#[test]
fn a_change_is_in_force_once_the_file_stands_still() {
    let mut place = Place::new("a CNAME .\n");
    assert!(place.blocks(A) && !place.blocks(B));
    place.write("a.rpz", &format!("{HEAD}b CNAME .\n"));
    place.looks(1);
    assert!(place.blocks(A), "it may still be written to");
    place.looks(1);
    assert!(!place.blocks(A) && place.blocks(B));
    // What was counted is not forgotten: twice the old rule, once the new one.
    let zones = place.watcher.cell.load();
    let zone = zones.iter().next().unwrap();
    let counted: u64 = zone.counts().map(|(_, count)| count).sum();
    assert_eq!(counted, 3);
}

#[test]
fn a_file_that_is_gone_or_no_zone_leaves_its_rules_in_force() {
    let mut place = Place::new("a CNAME .\n");
    std::fs::rename(
        place.folder.path().join("a.rpz"),
        place.folder.path().join("away"),
    )
    .unwrap();
    place.looks(3);
    assert!(place.blocks(A));
    assert_eq!(place.troubles(), 1);
    std::fs::rename(
        place.folder.path().join("away"),
        place.folder.path().join("a.rpz"),
    )
    .unwrap();
    place.looks(1);
    assert_eq!(place.troubles(), 0, "it came back as it was");
    place.write("a.rpz", "");
    place.looks(2);
    assert!(place.blocks(A));
    assert_eq!(place.troubles(), 1);
    place.write("a.rpz", &format!("{HEAD}b CNAME .\n"));
    place.looks(2);
    assert!(place.blocks(B));
    assert_eq!(place.troubles(), 0);
}

#[test]
fn a_file_that_lost_most_of_its_rules_waits_for_a_word() {
    let many: String = (0..200).map(|n| format!("n{n} CNAME .\n")).collect();
    let mut place = Place::new(&format!("a CNAME .\n{many}"));
    place.write("a.rpz", &format!("{HEAD}b CNAME .\n"));
    place.looks(5);
    assert!(place.blocks(A) && !place.blocks(B));
    assert_eq!(place.troubles(), 1);
    assert!(place.watcher.replace(&place.own).unwrap());
    assert!(!place.blocks(A) && place.blocks(B));
    assert_eq!(place.troubles(), 0);
}

#[test]
fn a_reload_reads_what_changed_takes_other_files_and_refuses_all_or_nothing() {
    let mut place = Place::new("a CNAME .\n");
    assert!(
        !place.watcher.replace(&place.own).unwrap(),
        "nothing changed"
    );
    assert!(place.blocks(A));
    place.write("a.rpz", &format!("{HEAD}b CNAME .\n"));
    assert!(
        place.watcher.replace(&place.own).unwrap(),
        "without standing still"
    );
    assert!(!place.blocks(A) && place.blocks(B));
    let zones = place.watcher.cell.load_full();
    let counted: u64 = zones
        .iter()
        .flat_map(|zone| zone.counts())
        .map(|(_, n)| n)
        .sum();
    assert_eq!(counted, 2, "what was counted is not forgotten");

    let mut other = place.own.clone();
    let path = place.folder.path().join("c.rpz");
    other.zones.push(PolicyFile {
        path: path.clone(),
        is_shadow: false,
    });
    place.write("a.rpz", &format!("{HEAD}a CNAME .\n"));
    place.watcher.replace(&other).unwrap_err();
    assert!(!place.blocks(A) && place.blocks(B), "neither file is taken");
    std::fs::write(path, format!("{HEAD}b CNAME .\n")).unwrap();
    place.watcher.replace(&other).unwrap();
    assert!(place.blocks(A) && place.blocks(B));
    place.watcher.replace(&OwnRules::default()).unwrap();
    assert!(!place.blocks(A) && !place.blocks(B));
}

#[test]
fn allowed_names_are_renewed_too() {
    let mut place = Place::new("*.test CNAME .\n");
    let (ok, other) = (b"\x02ok\x04test\0", b"\x05other\x04test\0");
    assert!(!place.blocks(ok) && place.blocks(other));
    place.write("allowed", "other.test\n");
    place.looks(2);
    assert!(place.blocks(ok) && !place.blocks(other));
}

#[test]
fn a_zone_in_shadow_counts_and_lets_the_next_decide() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, body: &str, is_shadow| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{HEAD}{body}")).unwrap();
        PolicyFile { path, is_shadow }
    };
    let zones = vec![
        file("shadow", "a CNAME .\nb CNAME .\n", true),
        file("first", "a CNAME rpz-passthru.\n", false),
        file("second", "a CNAME .\n", false),
    ];
    let own = OwnRules {
        zones,
        ..OwnRules::default()
    };
    let watcher = Watcher::open(&own).unwrap();
    let zones = watcher.cell().load_full();
    let hit = zones.find(A).unwrap();
    assert_eq!(hit.zone.name(), "first");
    assert!(hit.action.lets_through(false));
    hit.count();
    assert!(zones.find(B).is_none());
    for name in [A, B] {
        zones.count_shadows(name);
    }
    let counted: Vec<u64> = zones
        .iter()
        .map(|zone| zone.counts().map(|(_, count)| count).sum())
        .collect();
    assert_eq!(counted, [2, 1, 0]);
    assert_eq!(zones.explain(A).count(), 3);
}
