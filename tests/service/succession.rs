//! One node takes the place of another while clients ask without a pause.

use rustix::process::Signal;

use crate::{
    client::Clients,
    node::{Node, Place, assert_well_ended, free},
};

const TAKE_OVER: &str = "--take-over";

#[test]
fn nodes_follow_each_other_and_every_query_has_one_right_answer() {
    let (place, address) = (Place::new(), free());
    let start = |workers| {
        let mut command = place.command(address, workers);
        command.arg(TAKE_OVER);
        Node::start(command).until_ready()
    };
    let mut node = start(2);
    let clients = Clients::start(address, 4);
    for workers in [2, 3, 1, 4] {
        clients.after(600);
        let next = start(workers);
        let (status, said) = std::mem::replace(&mut node, next).ended();
        assert_well_ended(status, &said);
    }
    clients.after(600);
    let answers = clients.stop();
    assert!(answers >= 3000, "{answers}");
    node.signal(Signal::TERM);
    let (status, said) = node.ended();
    assert_well_ended(status, &said);
}

#[test]
fn a_node_that_cannot_start_leaves_the_other_in_its_place() {
    let (place, address) = (Place::new(), free());
    let mut command = place.command(address, 2);
    command.arg(TAKE_OVER);
    let node = Node::start(command).until_ready();
    let clients = Clients::start(address, 2);
    clients.after(100);
    // It gets the sockets and cannot read its rules.
    let mut command = place.command(address, 2);
    command.args([TAKE_OVER, "--policy", "/nowhere/own.rpz"]);
    let (status, said) = Node::start(command).ended();
    assert!(!status.success(), "{said}");
    clients.after(400);
    // And the next one may try.
    let mut command = place.command(address, 2);
    command.arg(TAKE_OVER);
    let next = Node::start(command).until_ready();
    assert!(node.ended().0.success());
    clients.after(400);
    clients.stop();
    drop(next);
}

#[test]
fn without_being_asked_to_nobody_takes_over() {
    let (place, address) = (Place::new(), free());
    let mut command = place.command(address, 1);
    command.arg(TAKE_OVER);
    let _node = Node::start(command).until_ready();
    let (status, said) = Node::start(place.command(address, 1)).ended();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("another node is at work"), "{said}");
}
