//! Builds again when a page of the demo world is added or taken away: `include_dir` notices only
//! changes of files it already holds.

fn main() {
    println!("cargo::rerun-if-changed=data/demo");
}
