//! `GET /`: a small page that says what runs here and where its doors are.

use axum::response::Html;

use crate::callr::method_names;
use crate::routes::ROUTES;

pub(crate) async fn get() -> Html<String> {
    let doors: String = ROUTES
        .iter()
        .map(|route| {
            let path = if route.method == "GET" {
                format!("<a href=\"{0}\">{0}</a>", route.path)
            } else {
                route.path.to_owned()
            };
            format!("<tr><td>{}</td><td>{path}</td><td>{}</td></tr>\n", route.method, route.what)
        })
        .collect();
    let methods: String = method_names().map(|name| format!("<li><code>{name}</code></li>\n")).collect();
    let version = env!("CARGO_PKG_VERSION");
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>callhouse</title>\n\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:3rem auto;padding:0 1rem}}\
         td{{padding:.1rem 1rem .1rem 0}}</style>\n\
         <h1>callhouse {version}</h1>\n\
         <p>A warehouse of calls: events in, call detail records and analytics out.</p>\n\
         <table>\n{doors}</table>\n<h2>JSON-RPC methods</h2>\n<ul>\n{methods}</ul>\n</html>\n"
    ))
}
