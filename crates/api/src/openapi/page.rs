//! The document as a page for people: one section an operation, nothing from elsewhere.

use std::fmt::Write as _;

use serde_json::Value;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem}\
    section{border-top:1px solid #ccc;padding:1rem 0}h2{font-size:1.1rem;margin:0}\
    td{padding:.1rem 1rem .1rem 0;vertical-align:top}.m{color:#06c}p{white-space:pre-line}";

pub(super) fn of(document: &Value) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>callhouse: API</title>\n<style>{STYLE}</style>\n\
         <h1>callhouse API</h1>\n<p>{}</p>\n<p>For programs: <a href=\"/openapi.json\">openapi.json</a>. Credentials: \
         <code>Authorization: Api-Key KEY</code>.</p>\n",
        escaped(text(&document["info"]["description"]))
    );
    let paths = document["paths"].as_object();
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            // Writing to a text cannot fail.
            if section(&mut page, path, method, operation).is_err() {
                return page;
            }
        }
    }
    page.push_str("</html>\n");
    page
}

fn section(page: &mut String, path: &str, method: &str, operation: &Value) -> std::fmt::Result {
    let method = method.to_uppercase();
    writeln!(page, "<section>\n<h2><span class=\"m\">{method}</span> <code>{path}</code></h2>")?;
    for member in ["summary", "description"] {
        if let Some(said) = operation[member].as_str() {
            writeln!(page, "<p>{}</p>", escaped(said))?;
        }
    }
    let parameters = operation["parameters"].as_array();
    if parameters.is_some() {
        writeln!(page, "<table>")?;
    }
    for parameter in parameters.into_iter().flatten() {
        let required = if parameter["required"] == true { "required" } else { "" };
        let schema = &parameter["schema"];
        let choices = schema.get("enum").unwrap_or(&schema["anyOf"][0]["enum"]);
        let choices: Vec<&str> = choices.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{required}</td><td>{} {}</td></tr>",
            escaped(text(&parameter["name"])),
            escaped(text(&parameter["description"])),
            escaped(&choices.join(", ")),
        )?;
    }
    if parameters.is_some() {
        writeln!(page, "</table>")?;
    }
    writeln!(page, "<table>")?;
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        writeln!(page, "<tr><td>{status}</td><td>{}</td></tr>", escaped(text(&answer["description"])))?;
    }
    writeln!(page, "</table>\n</section>")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
