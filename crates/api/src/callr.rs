//! CALLR-compatible JSON-RPC at `/json-rpc/v1.1/`.
//!
//! One file per method: its name, its parameters, what it does. Adding one is that file and a line in [`METHODS`].
//! What every method served takes and gives is in `docs/api/callr.md`; a test compares the two lists.

mod account_audit;
mod account_sub;
mod analytics;
mod analytics_calls;
mod analytics_sms;
mod api_key;
mod cdr;
mod envelope;
mod error;
mod export;
mod fields;
mod format;
mod jobs;
mod list;
mod method;
mod page;
mod params;
mod session;
mod sms;
mod system;
mod webhooks;
mod whose;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::body::{Bodies, read_refused};
use crate::callr::envelope::Call;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;
use crate::credentials;
use crate::status::Problem;

pub(crate) use export::webhook_of_request;
pub use webhooks::data::{WebhookData, WebhookDataError, WebhookSubject, webhook_data};

/// Every method served, in order of name.
const METHODS: &[Method] = &[
    account_audit::search::METHOD,
    account_sub::disable::METHOD,
    account_sub::enable::METHOD,
    account_sub::get::METHOD,
    account_sub::get_quota::METHOD,
    account_sub::search::METHOD,
    analytics_calls::cli_countries::METHOD,
    analytics_calls::history::METHOD,
    analytics_calls::inbound_did::METHOD,
    analytics_calls::outbound_countries::METHOD,
    analytics_calls::outbound_destinations::METHOD,
    analytics_calls::summary::METHOD,
    analytics_calls::top_apps::METHOD,
    analytics_sms::history::METHOD,
    analytics_sms::history_out::METHOD,
    analytics_sms::history_out_by_status::METHOD,
    analytics_sms::summary::METHOD,
    analytics_sms::summary_out::METHOD,
    analytics_sms::summary_out_by_status::METHOD,
    api_key::all::METHOD,
    api_key::create::METHOD,
    api_key::delete::METHOD,
    cdr::export_async::METHOD,
    cdr::get::METHOD,
    cdr::search::METHOD,
    jobs::cancel::METHOD,
    jobs::get::METHOD,
    jobs::get_list::METHOD,
    list::countries::METHOD,
    list::number_infos::METHOD,
    list::timezones::METHOD,
    session::all::METHOD,
    session::create::METHOD,
    session::delete::METHOD,
    session::refresh::METHOD,
    sms::export_async::METHOD,
    sms::get::METHOD,
    sms::get_count_for_body::METHOD,
    sms::get_gsm_charset_mapping::METHOD,
    sms::get_list::METHOD,
    sms::search::METHOD,
    system::get_timestamp::METHOD,
    webhooks::get_event_types::METHOD,
    webhooks::get_list::METHOD,
    webhooks::get_log::METHOD,
    webhooks::replay::METHOD,
    webhooks::search_logs::METHOD,
    webhooks::set_status::METHOD,
    webhooks::subscribe::METHOD,
    webhooks::test::METHOD,
    webhooks::unsubscribe::METHOD,
];

/// The names of the JSON-RPC methods served, in order.
pub fn method_names() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|method| method.name)
}

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    State(bodies): State<Bodies>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let principal = match credentials::authenticate(&app, &parts.headers).await {
        Ok(principal) => principal,
        Err(problem @ (Problem::Unauthenticated { .. } | Problem::TooManyRequests { .. })) => {
            let (id, _) = envelope::read(&read_refused(body).await);
            return envelope::refused(&id, &problem);
        }
        Err(problem) => return problem.into_response(),
    };
    let (id, call) = match bodies.read(&parts.headers, body).await {
        Ok(held) => envelope::read(&held.bytes),
        Err(problem) => return problem.into_response(),
    };
    let outcome = match call {
        Ok(call) => dispatch(Context { app, principal }, call).await,
        Err(error) => Err(error),
    };
    envelope::answer(&id, outcome)
}

async fn dispatch(context: Context, call: Call) -> Result<Answer, Error> {
    let Ok(index) = METHODS.binary_search_by(|method| method.name.cmp(call.method.as_str())) else {
        return Err(Error::MethodNotFound { method: call.method });
    };
    let method = &METHODS[index];
    if let Some(scope) = method.needs
        && !context.principal.may(scope)
    {
        return Err(Error::Forbidden { detail: scope.missing() });
    }
    let clock = Arc::clone(&context.app.clock);
    let started_at = clock.now();
    let outcome = (method.run)(context, Params::new(call.params)).await;
    let elapsed_micros = clock.now().micros_since(started_at);
    metrics::histogram!("callhouse_query_seconds", "method" => method.name).record(seconds(elapsed_micros));
    if let Err(error) = &outcome {
        error.log(method.name);
        metrics::counter!("callhouse_json_rpc_errors_total", "method" => method.name, "code" => error.code().to_string())
            .increment(1);
    }
    outcome
}

fn seconds(micros: i64) -> f64 {
    std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_in_order_of_name_because_they_are_looked_up_so() {
        assert!(method_names().is_sorted());
    }

    #[test]
    fn the_documentation_lists_exactly_the_methods_served() {
        let document = include_str!("../../../docs/api/callr.md");
        let mut documented: Vec<&str> =
            document.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
        documented.sort_unstable();
        assert_eq!(documented, method_names().collect::<Vec<_>>());
    }
}
