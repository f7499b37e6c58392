//! Dead endpoints and other dispatchers: nobody is held up, nobody is served twice.

use std::collections::BTreeMap;
use std::time::Duration;

use callhouse_webhooks::Options;

use crate::house::{House, calls, prompt};
use crate::receiver::{Answer, Receiver};

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_hang_hold_up_nobody_else() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    for number in 0..20 {
        let path = format!("/{number}");
        if number < 4 {
            receiver.answer(&path, Answer::Hang);
        }
        house.hook(&receiver.url(&path)).await;
    }
    house.announce(calls(50)).await;
    // As long as the test: nothing that hangs ever ends, and it takes more than its share of the few places there are.
    let options = Options { concurrency: 32, timeout: Duration::from_secs(600), ..prompt() };
    let running = house.start(options);
    house.wait_for_attempts(16 * 50).await;
    let attempts = house.attempts();
    assert_eq!(attempts.len(), 16 * 50);
    assert!(attempts.iter().all(|attempt| attempt["status"] == "SUCCESS"));
    drop(running);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dispatchers_never_send_the_same_try() {
    let (house, receiver) = (House::new().await, Receiver::start().await);
    for path in ["/a", "/b", "/c"] {
        house.hook(&receiver.url(path)).await;
    }
    let running = [house.start(prompt()), house.start(prompt())];
    for batch in 0..10 {
        house.announce((0..30).map(|number| format!("{batch}-{number}"))).await;
    }
    house.wait_until_empty().await;
    for running in running {
        running.stop().await;
    }
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for received in receiver.received() {
        *times.entry(received.headers["x-callr-eventid"].clone()).or_default() += 1;
    }
    assert_eq!(times.len(), 900);
    assert!(times.values().all(|times| *times == 1));
}
