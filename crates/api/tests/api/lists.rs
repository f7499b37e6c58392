//! Lists, and what is told of a number.

use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn lists_have_the_properties_of_their_objects() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let names = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let countries = house.result(&acme, "list.countries", json!([])).await;
    let expected = [
        "capital_code",
        "continent_code",
        "country_code",
        "country_dialcode",
        "country_en_label",
        "country_fr_label",
        "country_label",
        "country_languages",
        "country_latitude",
        "country_localcode",
        "country_longitude",
        "country_neighbours",
        "country_number_length",
        "country_tld",
        "currency_code",
    ];
    assert_eq!(names(&countries["FR"]), expected);
    insta::assert_json_snapshot!("country_fr", countries["FR"]);
    let zones = house.result(&acme, "list.timezones", json!([])).await;
    for (id, zone) in zones.as_object().expect("zones") {
        assert_eq!(names(zone), ["country_codes", "dst", "iana", "iana_names", "id", "label"]);
        assert_eq!(zone["id"].to_string(), *id);
    }
}

#[tokio::test]
async fn whatever_is_asked_of_a_number_is_answered() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let infos = async |number: Value| house.result(&acme, "list.number_infos", json!([number])).await;
    insta::assert_json_snapshot!("number_infos", infos(json!("+33 6 12 34 56 78")).await);
    let nothing = json!({
        "country_code": null, "intl_code": null, "intl_number": null, "is_valid": false, "local_number": null,
        "local_prefix": null, "location": null, "type": null,
    });
    for bad in
        [json!("hello"), json!(""), json!(null), json!(17), json!({}), json!([1]), json!("+"), json!("é☎")]
    {
        assert_eq!(infos(bad.clone()).await, nothing, "{bad}");
    }
    let impossible = infos(json!("+331234567")).await;
    assert_eq!((&impossible["is_valid"], &impossible["country_code"]), (&json!(false), &json!("FR")));
    let free = infos(json!("+80012345678")).await;
    assert_eq!((&free["country_code"], &free["type"]), (&json!(null), &json!("toll-free")));
}
