//! The options every method here takes beyond CALLR, after its last parameter.

use crate::callr::error::Error;
use crate::callr::params::{Object, Params, Properties};
use crate::callr::whose::Whose;

/// Reads the next parameter where it chooses accounts and nothing else.
pub(in crate::callr) fn whose(params: &mut Params) -> Result<Whose, Error> {
    let mut options = Properties::new("options", params.optional::<Object>("options")?);
    let whose = Whose::take(&mut options)?;
    options.finish()?;
    Ok(whose)
}
