//! Listening sockets, those of all doors.

use std::time::Duration;

use anyhow::Context;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpListener;

/// A client whose machine vanished says nothing, and neither does one that idles in a pool: the system asks after those
/// that are silent for this long,
const SILENT_FOR: Duration = Duration::from_secs(60);
/// so often,
const ASKED_EVERY: Duration = Duration::from_secs(10);
/// and gives the connection up when so many questions were in vain.
const ASKED_TIMES: u32 = 6;

/// Listens on `HOST:PORT`; connections end when their other side is gone.
///
/// # Errors
/// When the address is none or is taken; it is named.
pub(crate) async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let failed = || format!("listening on {address} failed");
    let listener = TcpListener::bind(address).await.with_context(failed)?;
    let keepalive =
        TcpKeepalive::new().with_time(SILENT_FOR).with_interval(ASKED_EVERY).with_retries(ASKED_TIMES);
    // Connections inherit it from the socket they came in by.
    SockRef::from(&listener).set_tcp_keepalive(&keepalive).with_context(failed)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn the_other_side_of_a_connection_is_asked_after() {
        let listener = listen("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (accepted, connected) = tokio::join!(listener.accept(), TcpStream::connect(address));
        let (accepted, _connected) = (accepted.expect("accepted").0, connected.expect("connected"));
        let socket = SockRef::from(&accepted);
        assert!(socket.keepalive().expect("an option"));
        assert_eq!(socket.tcp_keepalive_time().expect("an option"), SILENT_FOR);
        assert_eq!(socket.tcp_keepalive_interval().expect("an option"), ASKED_EVERY);
        assert_eq!(socket.tcp_keepalive_retries().expect("an option"), ASKED_TIMES);
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_named() {
        let first = listen("127.0.0.1:0").await.expect("a port");
        let address = first.local_addr().expect("an address").to_string();
        let error = listen(&address).await.expect_err("it is taken");
        assert!(format!("{error:#}").contains(&address), "{error:#}");
    }
}
