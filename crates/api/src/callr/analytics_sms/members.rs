//! `fields`: which figures a caller wants. CALLR's clients pass the parameter; what it holds is documented nowhere, so
//! its form is this house's choice.

use serde::Serialize;
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::params::{Fault, FromJson, Params};

/// The figures that can be chosen. A date is always shown.
const FIGURES: [&str; 4] = ["count", "credit", "debit", "parts"];

/// Those wanted; all when nothing is said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Members(Vec<&'static str>);

impl Members {
    /// Reads the next parameter.
    pub(super) fn take(params: &mut Params) -> Result<Self, Error> {
        Ok(params.optional("fields")?.unwrap_or_else(|| Self(FIGURES.to_vec())))
    }

    /// An object without the figures nobody asked for.
    pub(super) fn of<T: Serialize>(&self, figures: &T) -> Result<Value, Error> {
        let mut object = serde_json::to_value(figures).map_err(Error::Encode)?;
        if let Value::Object(members) = &mut object {
            members.retain(|name, _| !FIGURES.contains(&name.as_str()) || self.0.contains(&name.as_str()));
        }
        Ok(object)
    }
}

impl FromJson for Members {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "a list of count, credit, debit and parts";
        let Value::Array(names) = value else { return Err(Fault::Type(WANTED)) };
        let known = |name: &Value| FIGURES.into_iter().find(|known| name.as_str() == Some(known));
        let members: Option<Vec<_>> = names.iter().map(known).collect();
        members.map(Self).ok_or(Fault::Value(WANTED))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::figures::Figures;
    use super::*;

    fn shown(fields: Value) -> Result<Value, String> {
        let mut params = Params::new(vec![fields]);
        let members = Members::take(&mut params).map_err(|error| error.message())?;
        members
            .of(&Figures::none().at(Some("2024-01-01 00:00:00".to_owned())))
            .map_err(|error| error.message())
    }

    #[test]
    fn figures_are_those_asked_for() {
        let date = "2024-01-01 00:00:00";
        assert_eq!(shown(json!(["parts"])), Ok(json!({"date": date, "parts": 0})));
        let all = json!({"count": 0, "credit": "0.0000", "date": date, "debit": "0.0000", "parts": 0});
        assert_eq!(shown(json!(null)), Ok(all));
        assert_eq!(shown(json!([])), Ok(json!({"date": date})));
        assert_eq!(shown(json!("parts")), Err("INVALID_PARAM_FORMAT [fields]".to_owned()));
        assert_eq!(shown(json!(["price"])), Err("PROPERTY_VALUE_ERROR [fields]".to_owned()));
    }
}
