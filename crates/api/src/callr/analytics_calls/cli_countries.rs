//! `analytics/calls.cli_countries`: inbound calls by the country of the caller.

use callhouse_lake::accounts::AccessScope;

use super::country;
use crate::callr::method::Method;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.cli_countries",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(country::rank(context, params, "calls_by_cli_country")),
};
