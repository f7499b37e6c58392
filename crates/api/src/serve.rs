//! Serving: accept until told to stop, then let what is under way finish.

mod patience;

use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::router::router;
use patience::Patient;

pub(crate) use patience::Peer;

/// How long requests under way may go on after the stop.
const DRAIN: Duration = Duration::from_secs(20);

/// What can go wrong while serving.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("serving HTTP failed")]
    Serve(#[source] std::io::Error),
}

/// Serves the API on `listener` until `stop` is cancelled; then takes no new connection, lets requests under way
/// finish for at most 20 seconds, and returns.
///
/// # Errors
/// [`Error::Serve`] when the listener fails for good.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> Result<(), Error> {
    let listener = listener.tap_io(|stream| {
        // Answers are written in one go; waiting to fill a packet would only add latency.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = &error as &dyn std::error::Error, "TCP_NODELAY was refused");
        }
    });
    let patience = app.room.options().idle_limit;
    let listener = Patient { inner: listener, patience };
    let serving = axum::serve(listener, router(app).into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = async { serving.await } => served.map_err(Error::Serve),
        () = deadline => {
            tracing::warn!(seconds = DRAIN.as_secs(), "requests still under way after the stop were cut off");
            Ok(())
        }
    }
}
