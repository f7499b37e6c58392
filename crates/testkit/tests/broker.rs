//! The broker itself: starts, takes topics, and goes away with its guardian.

use std::net::TcpStream;

use callhouse_testkit::kafka;

#[test]
fn a_broker_starts_and_takes_topics() {
    let Some(broker) = kafka::shared() else { return };
    let topic = kafka::unique("broker");
    broker.create_topic(&topic, 2, &[("retention.ms", "1000")]);
    TcpStream::connect(broker.address()).expect("it listens");
    let twice = std::panic::catch_unwind(|| broker.create_topic(&topic, 2, &[]));
    assert!(twice.is_err(), "a second topic of the same name was accepted");
}
