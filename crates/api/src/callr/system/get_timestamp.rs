//! `system.get_timestamp`: the seconds since the Unix epoch. CALLR clients call it to see whether credentials work.

use callhouse_core::time::MICROS_PER_SECOND;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "system.get_timestamp",
    needs: None,
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    Answer::of(&context.app.clock.now().micros().div_euclid(MICROS_PER_SECOND))
}
