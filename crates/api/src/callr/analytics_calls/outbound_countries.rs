//! `analytics/calls.outbound_countries`: outbound calls by the country that was called.

use callhouse_lake::accounts::AccessScope;

use super::country;
use crate::callr::method::Method;

pub(in crate::callr) const METHOD: Method = Method {
    name: "analytics/calls.outbound_countries",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(country::rank(context, params, "calls_by_outbound_country")),
};
