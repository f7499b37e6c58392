//! The endpoint wall where it counts: at the connection.

use crate::house::{House, calls, prompt};
use crate::receiver::Receiver;

/// The status of the first attempt to an endpoint.
async fn first_status(house: &House, endpoint: &str) -> String {
    house.hook(endpoint).await;
    let running = house.start(prompt());
    house.announce(calls(1)).await;
    house.wait_for_attempts(1).await;
    running.stop().await;
    house.attempts()[0]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_name_that_has_moved_to_an_inner_address_leads_nowhere() {
    let (house, receiver) = (House::with_wall(false).await, Receiver::start().await);
    // What it was when the endpoint was given; the connection asks again.
    house.names.0.lock().push([8, 8, 8, 8].into());
    let port = receiver.url("").rsplit(':').next().unwrap().to_owned();
    let endpoint = format!("http://rebinding.example.com:{port}/");
    house.wall.check(&callhouse_lake::webhooks::Endpoint::parse(&endpoint).unwrap()).await.unwrap();
    *house.names.0.lock() = vec![[127, 0, 0, 1].into()];
    assert_eq!(first_status(&house, &endpoint).await, "ADDRESS_FORBIDDEN");
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn an_inner_address_itself_leads_nowhere() {
    for host in ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"] {
        let (house, receiver) = (House::with_wall(false).await, Receiver::start().await);
        let port = receiver.url("").rsplit(':').next().unwrap().to_owned();
        let status = first_status(&house, &format!("http://{host}:{port}/")).await;
        assert_eq!(status, "ADDRESS_FORBIDDEN", "{host}");
        assert!(receiver.received().is_empty(), "{host}");
    }
}

#[tokio::test]
async fn of_several_addresses_only_public_ones_are_tried() {
    let (house, receiver) = (House::with_wall(true).await, Receiver::start().await);
    house.names.0.lock().push([127, 0, 0, 1].into());
    let port = receiver.url("").rsplit(':').next().unwrap().to_owned();
    assert_eq!(first_status(&house, &format!("http://inner.example.com:{port}/")).await, "SUCCESS");
    assert_eq!(receiver.received().len(), 1, "an operator allowed it");
}
