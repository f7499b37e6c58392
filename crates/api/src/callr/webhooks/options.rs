//! Reading endpoints and CALLR's `Webhook.Options`.

use callhouse_core::AccountId;
use callhouse_lake::accounts::Secret;
use callhouse_lake::webhooks::{Dynamic, Endpoint, HmacAlgorithm, Signing, Wall};
use serde_json::Value;

use crate::app::App;
use crate::callr::error::Error;
use crate::callr::params::{Fault, FromJson, Object, Properties};

/// The only one there is.
pub(super) const FORMAT: &str = "JSON";

/// Characters of a secret.
const SECRET_CHARACTERS: std::ops::RangeInclusive<usize> = 8..=1_024;

/// Reads `options`: with what deliveries are signed. Without a secret they are not, whatever the algorithm.
pub(super) fn read(path: &'static str, options: Option<Object>) -> Result<Option<Signing>, Error> {
    let mut options = Properties::new(path, options);
    if let Some(format) = options.optional::<String>("format")?
        && format != FORMAT
    {
        return Err(options.unusable("format", "format must be JSON"));
    }
    let algorithm = options.optional::<HmacAlgorithm>("hmac_algo")?.unwrap_or(HmacAlgorithm::Sha256);
    let secret: Option<String> = options.optional("hmac_secret")?;
    if let Some(secret) = &secret
        && !SECRET_CHARACTERS.contains(&secret.chars().count())
    {
        return Err(options.unusable("hmac_secret", "hmac_secret must have 8 to 1024 characters"));
    }
    options.finish()?;
    Ok(secret.map(|secret| Signing { algorithm, secret: Secret::new(secret) }))
}

/// Checks that something may be sent to an endpoint now.
pub(super) async fn check_endpoint(wall: &Wall, path: &str, endpoint: &Endpoint) -> Result<(), Error> {
    wall.check(endpoint).await.map_err(|refused| Error::PropertyValue {
        path: path.to_owned(),
        detail: format!("{refused}; the operator of callhouse decides whether such are allowed"),
    })
}

/// Reads the `webhook` parameter of methods that announce their own end: `{endpoint, options}`.
pub(in crate::callr) async fn read_dynamic(
    app: &App,
    account: &AccountId,
    webhook: Option<Object>,
) -> Result<Option<Dynamic>, Error> {
    if webhook.is_none() {
        return Ok(None);
    }
    let mut webhook = Properties::new("webhook", webhook);
    let endpoint: Endpoint = webhook.required("endpoint")?;
    let signing = read("webhook.options", webhook.optional("options")?)?;
    // Members of a whole Webhook object, which clients may pass on.
    for name in ["created_at", "hash", "status", "type", "updated_at"] {
        webhook.optional::<Value>(name)?;
    }
    webhook.finish()?;
    check_endpoint(&app.wall, "webhook.endpoint", &endpoint).await?;
    let signing = signing.map(|signing| app.webhooks.seal(account, &signing)).transpose()?;
    Ok(Some(Dynamic { endpoint, signing }))
}

impl FromJson for Endpoint {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "an HTTP(S) URL of at most 2048 bytes without user name and password, such as https://example.com/hooks";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        Self::parse(text).map_err(|_| Fault::Format(WANTED))
    }
}

impl FromJson for HmacAlgorithm {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "MD5, SHA1, SHA256 or SHA512";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        Self::parse(text).ok_or(Fault::Value(WANTED))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn signing(options: Value) -> Result<Option<Signing>, String> {
        read("options", Object::from_json(options).ok()).map_err(|error| error.message())
    }

    #[test]
    fn any_subset_of_the_options_will_do() {
        let of = |algorithm, secret: &str| Ok(Some(Signing { algorithm, secret: Secret::new(secret) }));
        assert_eq!(signing(json!({})), Ok(None));
        assert_eq!(signing(json!([])), Ok(None));
        assert_eq!(signing(json!({"hmac_secret": null, "hmac_algo": "MD5", "format": "JSON"})), Ok(None));
        assert_eq!(signing(json!({"hmac_secret": "12345678"})), of(HmacAlgorithm::Sha256, "12345678"));
        assert_eq!(
            signing(json!({"hmac_secret": "12345678", "hmac_algo": "MD5"})),
            of(HmacAlgorithm::Md5, "12345678")
        );
    }

    #[test]
    fn wrong_options_are_named() {
        for (options, message) in [
            (json!({"format": "XML"}), "PROPERTY_VALUE_ERROR [options.format]"),
            (json!({"hmac_algo": "sha256"}), "PROPERTY_VALUE_ERROR [options.hmac_algo]"),
            (json!({"hmac_algo": 1}), "PROPERTY_TYPE_ERROR [options.hmac_algo]"),
            (json!({"hmac_secret": "1234567"}), "PROPERTY_VALUE_ERROR [options.hmac_secret]"),
            (json!({"hmac_secret": "x".repeat(1_025)}), "PROPERTY_VALUE_ERROR [options.hmac_secret]"),
            (json!({"secret": "12345678"}), "PROPERTY_UNKNOWN [options.secret]"),
        ] {
            assert_eq!(signing(options.clone()), Err(message.to_owned()), "{options}");
        }
    }
}
