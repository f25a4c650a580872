//! `demo`: the whole path on an invented web, on loopback only.
//!
//! * [`world`] is the invented web: its sites, their name server, what should happen to each.
//! * [`scene`] starts a centre of its own beside it: log, people, publisher, resolver, web, crawler.
//! * [`forms`] are two officers at a browser, [`probe`] is somebody with `dig`; [`once`] plays the
//!   fixed script with them and compares what is seen with what is expected.
//! * [`screen`] is what the reader is told, in their language.
//!
//! No code here decides anything: what is flagged is approved by a person, or by the script of
//! `--once` through the same forms a person uses.

mod forms;
mod once;
mod probe;
mod scene;
mod screen;
mod world;

use crate::{
    cli::{Demo, Global},
    commands::until_stopped,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

/// Runs the demonstration: until it is stopped, or once through the script.
pub(crate) async fn run(
    global: &Global,
    dir: DataDir,
    options: Demo,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let screen = screen::Screen::new(
        options.language,
        *printer,
        global.no_progress || global.quiet,
    );
    let listen = if options.once {
        options.listen.on_free_ports()
    } else {
        options.listen
    };
    let database = global.database.as_deref();
    let mut scene = scene::Scene::start(dir, database, listen, &screen).await?;
    scene.crawl(&screen).await?;
    if options.once {
        let agreed = once::play(&scene, &screen).await;
        scene.end().await;
        return Ok(if agreed? { Exit::Done } else { Exit::Negative });
    }
    screen.what_next(&scene);
    until_stopped().await?;
    scene.end().await;
    Ok(Exit::Done)
}
