"""Runs every JSON-RPC method of callhouse through CALLR's Python SDK and checks the answers. See README.md."""

import csv
import hashlib
import io
import os
import re
import time
import urllib.request
from decimal import Decimal

import callr

from callr_checks import (
    AMOUNT, AMOUNT_4, FROM, LOGIN, PASSWORD, TO, api_of, basic, check, check_instant, done, fails, raw,
)
from callr_sms import check_sms

CDR_COMMON = {
    "answer", "billing_customer_cost_label", "billing_customer_credit_eur", "billing_customer_debit_eur", "callid",
    "cli_name", "cli_number", "cli_pres", "customer_field", "duration", "duration_answered", "duration_billed",
    "hangup", "hangupcause", "hangupsource", "package_name", "scenario_hash", "scenario_name", "start",
}
CDR = {
    "IN": CDR_COMMON | {"cli_country_code", "cli_number_type", "did_hash", "did_intl_number"},
    "OUT": CDR_COMMON | {"callid_in", "dialstatus", "number", "number_country_code", "number_type"},
}
FIGURES = {"aloc", "count", "credit", "debit", "duration"}
SOURCES = (None, "CALLEE", "CALLER", "GATEWAY")
DIAL_STATUSES = (None, "ANSWER", "BUSY", "CANCEL", "CHANUNAVAIL", "CONGESTION", "NOANSWER", "NODIAL")


def check_cdr(kind, cdr):
    check(set(cdr) == CDR[kind], kind, "has", sorted(set(cdr) ^ CDR[kind]), "too many or too few")
    check(list(cdr) == sorted(cdr), kind, "properties out of order", list(cdr))
    for name in ("start", "answer", "hangup"):
        check_instant(cdr[name], kind, name)
    for name in ("callid", "duration", "duration_answered", "duration_billed", "hangupcause"):
        check(type(cdr[name]) is int and cdr[name] >= 0, kind, name, cdr[name])
    for name in ("billing_customer_credit_eur", "billing_customer_debit_eur"):
        check(AMOUNT.match(cdr[name]), kind, name, cdr[name])
    check(cdr["hangupsource"] in SOURCES, kind, cdr["hangupsource"])
    check(cdr["cli_pres"] in (None, "allowed_passed_screen", "prohib_passed_screen"), kind, cdr["cli_pres"])
    check(cdr["duration"] >= cdr["duration_answered"], kind, cdr)
    if kind == "OUT":
        check(cdr["dialstatus"] in DIAL_STATUSES, kind, cdr["dialstatus"])
        check(cdr["callid_in"] is None or type(cdr["callid_in"]) is int, kind, cdr["callid_in"])


def check_figures(row, extra, *where):
    check(set(row) == FIGURES | extra, *where, sorted(row))
    for name in ("aloc", "count", "duration"):
        check(type(row[name]) is int and row[name] >= 0, *where, name, row[name])
    for name in ("credit", "debit"):
        check(AMOUNT_4.match(row[name]), *where, name, row[name])



def add_up(rows):
    return {
        "count": sum(row["count"] for row in rows),
        "duration": sum(row["duration"] for row in rows),
        "credit": sum((Decimal(row["credit"]) for row in rows), Decimal(0)),
        "debit": sum((Decimal(row["debit"]) for row in rows), Decimal(0)),
    }


def check_system(api):
    now = api.call("system.get_timestamp")
    check(type(now) is int and now > 1_600_000_000, now)
    fails(api, "METHOD_NOT_FOUND", -32601, "system.nothing")
    fails(api, "TOO_MANY_PARAMS", -32602, "system.get_timestamp", 1)
    done("system")


def check_cdr_get(api):
    """All CDRs of the range by direction."""
    found = {}
    for kind in ("IN", "OUT"):
        rows = api.call("cdr.get", kind, FROM, TO, None, None)
        check(isinstance(rows, list), rows)
        for cdr in rows:
            check_cdr(kind, cdr)
            check(FROM <= cdr["start"] <= TO, kind, cdr["start"], "outside", FROM, TO)
        starts = [cdr["start"] for cdr in rows]
        check(starts == sorted(starts), kind, "not in order of start")
        expected = os.environ.get(f"CALLHOUSE_EXPECT_{kind}")
        check(expected is None or len(rows) == int(expected), kind, len(rows), "calls instead of", expected)
        check(api.call("cdr.get", kind, FROM, TO) == rows, kind, "three parameters give something else than five")
        check(api.call("cdr.get", kind, FROM, TO, None) == rows, kind, "four parameters give something else")
        found[kind] = rows
    check_cdr_get_filters(api, found)
    fails(api, "TO_BEFORE_FROM", 151, "cdr.get", "IN", TO, FROM, None, None)
    fails(api, "INVALID_PARAM_FORMAT [type]", -32602, "cdr.get", None, FROM, TO, None, None)
    fails(api, "INVALID_PARAM_FORMAT [type]", -32602, "cdr.get", "BOTH", FROM, TO, None, None)
    fails(api, "INVALID_PARAM_FORMAT [from]", -32602, "cdr.get", "IN", "yesterday", TO, None, None)
    fails(api, "INVALID_PARAM_FORMAT [to]", -32602, "cdr.get", "IN", FROM)
    fails(api, "PROPERTY_VALUE_ERROR [app]", 151, "cdr.get", "IN", FROM, TO, "INVALID_APP_ID", None)
    fails(api, "PROPERTY_VALUE_ERROR [number]", 151, "cdr.get", "OUT", FROM, TO, None, "x")
    done(f"cdr.get: {len(found['IN'])} in, {len(found['OUT'])} out")
    return found


def check_cdr_get_filters(api, found):
    """`app` and `number` leave exactly the rows that have them, and one second is a range."""
    for kind, by in (("IN", "did_hash"), ("OUT", "number")):
        for value in sorted({cdr[by] for cdr in found[kind] if cdr[by]})[:3]:
            if by == "number" and not value.startswith("+"):
                continue
            rows = api.call("cdr.get", kind, FROM, TO, None, value)
            check(rows == [cdr for cdr in found[kind] if cdr[by] == value], kind, by, value)
        apps = {cdr["scenario_hash"] for cdr in found[kind]} - {None}
        for app in sorted(app for app in apps if re.match("^[A-Z0-9]{8}$", app))[:3]:
            rows = api.call("cdr.get", kind, FROM, TO, app, None)
            check(rows == [cdr for cdr in found[kind] if cdr["scenario_hash"] == app], kind, app)
        if found[kind]:
            second = found[kind][0]["start"]
            rows = api.call("cdr.get", kind, second, second, None, None)
            check(rows == [cdr for cdr in found[kind] if cdr["start"] == second], kind, second)


def check_exports(api, found):
    """Jobs and exports: the file has the rows that `cdr.get` gives, and the totals say so."""
    for kind in ("IN", "OUT"):
        job_id = api.call("cdr.export_async", {"type": kind, "from": FROM, "to": TO}, None)
        check(re.match("^[a-zA-Z0-9]{32}$", job_id), job_id)
        deadline = time.monotonic() + 120
        while True:
            job = api.call("jobs.get", job_id)
            check(set(job) == {"done_at", "error", "id", "percent", "result", "status"}, sorted(job))
            check(job["status"] in ("PENDING", "RUNNING", "DONE"), job)
            check(re.match(r"^[0-9]{1,3}\.[0-9]{2}$", job["percent"]), job["percent"])
            if job["status"] == "DONE":
                break
            check(time.monotonic() < deadline, "the job does not end", job)
            time.sleep(0.05)
        check(job["error"] is None and job["percent"] == "100.00", job)
        check_instant(job["done_at"], "done_at", nullable=False)
        result = job["result"]
        check(result["rows"] == len(found[kind]), kind, result["rows"], "rows instead of", len(found[kind]))
        with urllib.request.urlopen(result["url"]) as response:
            body = response.read()
        check(len(body) == result["bytes"] and hashlib.sha256(body).hexdigest() == result["sha256"], result)
        rows = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
        check(sorted(int(row["callid"]) for row in rows) == sorted(cdr["callid"] for cdr in found[kind]), kind)
        talked = sum(cdr["duration_answered"] for cdr in found[kind])
        check(result["totals"]["talk_seconds"] == talked, kind, result["totals"])
        fails(api, "PROPERTY_VALUE_ERROR [id]", 151, "jobs.cancel", job_id)
    canceled = api.call("cdr.export_async", {"type": "IN"}, None, {"format": "ndjson", "gzip": True})
    try:
        check(api.call("jobs.cancel", canceled) is True, "jobs.cancel")
    except callr.CallrException:
        check(api.call("jobs.get", canceled)["status"] == "DONE", "a job that is not done can be canceled")
    jobs = api.call("jobs.get_list")
    check(len(jobs) >= 3 and canceled in [job["id"] for job in jobs], jobs)
    check(all(job["status"] == "DONE" for job in api.call("jobs.get_list", "DONE")), "jobs.get_list")
    fails(api, "PROPERTY_MISSING [filters.type]", 150, "cdr.export_async", {}, None)
    fails(api, "PROPERTY_VALUE_ERROR [webhook.endpoint]", 151, "cdr.export_async", {"type": "IN"}, {"endpoint": "x"})
    inner = {"endpoint": "http://127.0.0.1/hook", "options": {"hmac_secret": "0123456789"}}
    fails(api, "PROPERTY_VALUE_ERROR [webhook.endpoint]", 151, "cdr.export_async", {"type": "IN"}, inner)
    fails(api, "PROPERTY_VALUE_ERROR [id]", 151, "jobs.get", "x")
    done("cdr.export_async, jobs")


def check_search(api, found):
    for kind in ("IN", "OUT"):
        filters = {"type": kind, "from": FROM, "to": TO}
        result = api.call("cdr.search", filters, {"quantity": 7})
        check(set(result) == {"has_more", "hits", "offset", "total"}, result.keys())
        check(result["total"] == len(found[kind]) and result["offset"] == 0, kind, result["total"])
        check(result["has_more"] is (len(found[kind]) > 7), kind, result["has_more"])
        pages, offset = [], 0
        while True:
            page = api.call("cdr.search", filters, {"offset": offset, "quantity": 50, "order": "start ASC"})
            pages += page["hits"]
            offset += len(page["hits"])
            if not page["has_more"] or offset > 500:
                break
        for cdr in pages:
            check_cdr(kind, cdr)
        same = sorted(cdr["callid"] for cdr in found[kind])
        check(offset > 500 or sorted(cdr["callid"] for cdr in pages) == same, kind, "pages lose or repeat calls")
        check_search_filters(api, kind, filters, found[kind])
    fails(api, "PROPERTY_MISSING [filters.type]", 150, "cdr.search", {}, {})
    fails(api, "PROPERTY_UNKNOWN [filters.colour]", 151, "cdr.search", {"type": "IN", "colour": 1}, {})
    fails(api, "PROPERTY_VALUE_ERROR [options.order]", 151, "cdr.search", {"type": "IN"}, {"order": "colour"})
    done("cdr.search")


def check_search_filters(api, kind, filters, rows):
    def total(**more):
        return api.call("cdr.search", dict(filters, **more), {"quantity": 0})["total"]

    def count(condition):
        return sum(1 for cdr in rows if condition(cdr))

    check(total(duration_min=30) == count(lambda cdr: cdr["hangup"] and cdr["duration"] >= 30), kind, "duration_min")
    check(total(duration_max=29) == count(lambda cdr: cdr["hangup"] and cdr["duration"] <= 29), kind, "duration_max")
    for cdr in rows[:3]:
        hits = api.call("cdr.search", dict(filters, callid=cdr["callid"]), None)["hits"]
        check(cdr in hits, kind, "callid", cdr["callid"])
        hits = api.call("cdr.search", dict(filters, callid=str(cdr["callid"])), None)["hits"]
        check(cdr in hits, kind, "callid as text", cdr["callid"])
        number = cdr["cli_number"]
        if number and number.startswith("+"):
            same = count(lambda other: other["cli_number"] == number)
            check(total(cli_number=number) == same, kind, "cli_number", number)
            prefix = number[:4]
            begin = count(lambda other: (other["cli_number"] or "").startswith(prefix))
            check(total(cli_number=prefix + "*") >= begin > 0, kind, "cli_number", prefix)
        if kind == "OUT" and cdr["dialstatus"]:
            same = count(lambda other: other["dialstatus"] == cdr["dialstatus"])
            check(total(dialstatus=cdr["dialstatus"]) == same, kind, "dialstatus", cdr["dialstatus"])
    longest = api.call("cdr.search", filters, {"order": "duration DESC", "quantity": 1})["hits"]
    check(not longest or longest[0]["duration"] == max(cdr["duration"] for cdr in rows), kind, "order")


def check_analytics(api, found):
    summary = api.call("analytics/calls.summary", FROM, TO)
    check(list(summary) == ["IN", "OUT"], summary)
    check_figures(summary["IN"], {"unique_callers"}, "summary")
    check_figures(summary["OUT"], set(), "summary")
    for kind in ("IN", "OUT"):
        rows, sums = found[kind], summary[kind]
        check(sums["count"] == len(rows), kind, sums["count"], len(rows))
        check(sums["duration"] == sum(cdr["duration_answered"] for cdr in rows), kind, "duration")
        for figure in ("debit", "credit"):
            # A CDR shows two decimals of the four that are summed.
            shown = sum((Decimal(cdr[f"billing_customer_{figure}_eur"]) for cdr in rows), Decimal(0))
            off = abs(Decimal(sums[figure]) - shown)
            check(off <= Decimal("0.005") * len(rows), kind, figure, sums[figure], shown)
    callers = {cdr["cli_number"] for cdr in found["IN"]} - {None}
    check(summary["IN"]["unique_callers"] <= len(callers), "unique_callers", summary["IN"], len(callers))
    done("analytics/calls.summary")
    check_history(api, summary)
    check_rankings(api, found)
    fails(api, "TO_BEFORE_FROM", 151, "analytics/calls.summary", TO, FROM)


def check_history(api, summary):
    for options in (None, {"granularity": "day"}, {"granularity": "month", "timezone": "America/New_York"}):
        history = api.call("analytics/calls.history", FROM, TO, *([] if options is None else [options]))
        check(list(history) == ["IN", "OUT"], history.keys())
        for kind in ("IN", "OUT"):
            for item in history[kind]:
                check_figures(item, {"date"}, "history")
                check_instant(item["date"], "history", nullable=False)
            sums, total = add_up(history[kind]), summary[kind]
            check(sums["count"] == total["count"] and sums["duration"] == total["duration"], kind, sums, total)
            check(sums["debit"] == Decimal(total["debit"]), kind, sums, total)
            dates = [item["date"] for item in history[kind]]
            check(dates and dates == sorted(dates), kind, "history is out of order or empty", dates[:5])
        check(len(history["IN"]) == len(history["OUT"]), "empty items are missing")
    fails(api, "PROPERTY_VALUE_ERROR [options.timezone]", 151, "analytics/calls.history", FROM, TO,
          {"timezone": "Mars/Olympus"})
    done("analytics/calls.history")


def check_rankings(api, found):
    did, label, country = "did_hash", "billing_customer_cost_label", "number_country_code"
    rankings = [
        ("analytics/calls.inbound_did", [], {"billing_label", "hash", "intl"}, "IN", (did, "did_intl_number")),
        ("analytics/calls.cli_countries", [], {"country_code"}, "IN", ("cli_country_code",)),
        ("analytics/calls.outbound_countries", [], {"country_code"}, "OUT", (country,)),
        ("analytics/calls.outbound_destinations", [], {"billing_label"}, "OUT", (label,)),
        ("analytics/calls.top_apps", ["IN"], {"hash"}, "IN", ("scenario_hash",)),
        ("analytics/calls.top_apps", ["OUT"], {"hash"}, "OUT", ("scenario_hash",)),
    ]
    for method, first, extra, kind, by in rankings:
        # Calls for which none of these is known are in no row.
        counted = [cdr for cdr in found[kind] if any(cdr[name] is not None for name in by)]
        for sort, figure in (("COUNT", "count"), ("DURATION", "duration")):
            rows = api.call(method, *first, sort, FROM, TO, 1_000_000_000)
            check(isinstance(rows, list), method, rows)
            for row in rows:
                check_figures(row, extra, method)
            values = [row[figure] for row in rows]
            check(values == sorted(values, reverse=True), method, sort, values)
            sums = add_up(rows)
            check(sums["count"] == len(counted), method, sums, len(counted))
            check(sums["duration"] == sum(cdr["duration_answered"] for cdr in counted), method, sums)
            check(len(api.call(method, *first, sort, FROM, TO, 1)) == min(1, len(rows)), method, "limit")
        fails(api, "INVALID_PARAM_FORMAT [sort]", -32602, method, *first, "COLOUR", FROM, TO, 10)
        done(method)


def check_keys(api):
    fails(api, "INVALID_PARAM_FORMAT [name]", -32602, "api-key.create", None)
    key = api.call("api-key.create", "sdk test")
    check({"id", "name", "token"} <= set(key) and re.match("^[0-9a-f]{100}$", key["token"]), sorted(key))
    authorization = f"Api-Key {key['token']}"
    status, body = raw(authorization, "system.get_timestamp", [], 9223372036854775807)
    check(status == 200 and body["id"] == 9223372036854775807, status, body)
    check(list(body) == ["jsonrpc", "id", "result"], body)
    listed = [known for known in api.call("api-key.all") if known["id"] == key["id"]]
    check(len(listed) == 1 and "token" not in listed[0] and listed[0]["name"] == "sdk test", listed)
    check_instant(listed[0]["created_at"], "api-key", nullable=False)
    check(api.call("api-key.delete", key["id"]) is True, "api-key.delete")
    fails(api, "PROPERTY_VALUE_ERROR [id]", 151, "api-key.delete", key["id"])
    status, body = raw(authorization, "system.get_timestamp", [], 1)
    check(status == 401 and "result" not in body, "a deleted key", status, body)
    done("api-key")


def check_sessions(api):
    session = api.call("session.create")
    check(set(session) == {"refresh_token", "refreshable_until", "token", "valid_until"}, sorted(session))
    check(re.match("^[0-9a-f]{40}$", session["token"]), "token")
    check(raw(f"Session {session['token']}", "system.get_timestamp", [], "a")[1]["id"] == "a", "session")
    check(len(api.call("session.all")) >= 1, "session.all")
    newer = api.call("session.refresh", session["refresh_token"])
    check(newer["valid_until"] >= session["valid_until"], "refresh", session["valid_until"], newer["valid_until"])
    fails(api, "PROPERTY_VALUE_ERROR [refresh_token]", 151, "session.refresh", session["refresh_token"])
    fails(api, "FORBIDDEN", 100, "session.delete")
    authorization = f"Session {newer['token']}"
    check(raw(authorization, "session.delete", [], 1)[1]["result"] is True, "session.delete")
    check(raw(authorization, "system.get_timestamp", [], 1)[0] == 401, "a deleted session")
    done("session")


def check_webhooks(api):
    types = api.call("webhooks.get_event_types")
    check({"call.inbound_hangup", "sms.mo", "sms.mt.status_update"} <= set(types) and types == sorted(types), types)
    endpoint = "https://callhouse.invalid/hooks"
    hook = api.call("webhooks.subscribe", "call.inbound_hangup", endpoint, {"hmac_secret": "hunter2-hunter2"})
    properties = {"created_at", "endpoint", "hash", "options", "status", "type", "updated_at"}
    check(set(hook) == properties and re.match("^[A-Z0-9]{8}$", hook["hash"]), hook)
    check(hook["status"] == "ENABLED" and hook["options"]["hmac_algo"] == "SHA256", hook)
    check("hunter2" not in str(hook), "a secret is shown again")
    fails(api, "TYPE_ENDPOINT_DUPLICATE", 151, "webhooks.subscribe", "call.inbound_hangup", endpoint, None)
    fails(api, "INVALID_PARAM_FORMAT [type]", -32602, "webhooks.subscribe", "call.nothing", endpoint, None)
    fails(api, "INVALID_PARAM_FORMAT [endpoint]", -32602, "webhooks.subscribe", "call.inbound_start", "hooks", None)
    fails(api, "PROPERTY_VALUE_ERROR [endpoint]", 151, "webhooks.subscribe", "call.inbound_start",
          "http://127.0.0.1/", None)
    check(hook["hash"] in [known["hash"] for known in api.call("webhooks.get_list")], "get_list")
    check(api.call("webhooks.set_status", hook["hash"], "DISABLED")["status"] == "DISABLED", "set_status")
    check(api.call("webhooks.set_status", hook["hash"], "ENABLED")["status"] == "ENABLED", "set_status")
    event_id = api.call("webhooks.test", hook["hash"])
    check(re.match("^[a-zA-Z0-9]{32}$", event_id), event_id)
    check_webhook_log(api, hook["hash"], event_id)
    check(api.call("webhooks.unsubscribe", hook["hash"]) is True, "unsubscribe")
    fails(api, "PROPERTY_VALUE_ERROR [hash]", 151, "webhooks.unsubscribe", hook["hash"])
    done("webhooks")


def check_webhook_log(api, hook, event_id):
    """The test event cannot be delivered; the attempt is in the log within moments."""
    deadline = time.monotonic() + 60
    while not (found := api.call("webhooks.search_logs", {"event_id": event_id}, {}))["hits"]:
        check(time.monotonic() < deadline, "no attempt is in the log")
        time.sleep(0.1)
    check(set(found) == {"has_more", "hits", "offset", "total"} and found["total"] >= 1, found)
    hit = found["hits"][-1]
    check(hit["hook_hash"] == hook and hit["type"] == "webhook.test" and hit["try"] == 0, hit)
    check(hit["status"] != "SUCCESS" and hit["http_code"] is None, hit)
    check(api.call("webhooks.search_logs", {"status": hit["status"], "try": 0}, None)["total"] >= 1, "search_logs")
    attempt = api.call("webhooks.get_log", event_id)[0]
    check(attempt["request_headers"]["x-callr-eventid"] == event_id and attempt["request_body"], attempt)
    fails(api, "PROPERTY_VALUE_ERROR [event_id]", 151, "webhooks.get_log", "nothing")
    replayed = api.call("webhooks.replay", {"event_id": event_id}, {"in_order": True})
    check(replayed["queued"] + replayed["hastened"] == 1, replayed)


COUNTRY = {
    "capital_code", "continent_code", "country_code", "country_dialcode", "country_en_label", "country_fr_label",
    "country_label", "country_languages", "country_latitude", "country_localcode", "country_longitude",
    "country_neighbours", "country_number_length", "country_tld", "currency_code",
}


def check_lists(api, found):
    countries = api.call("list.countries")
    check(len(countries) == 249, len(countries))
    for code, country in countries.items():
        check(set(country) == COUNTRY and country["country_code"] == code, code, sorted(country))
    check(countries["FR"]["country_label"] == "France" and countries["FR"]["country_dialcode"] == "33", countries["FR"])
    zones = api.call("list.timezones")
    for key, zone in zones.items():
        check(set(zone) == {"country_codes", "dst", "iana", "iana_names", "id", "label"}, sorted(zone))
        check(key == str(zone["id"]) and zone["dst"] in ("yes", "no"), zone)
        check(set(zone["country_codes"]) <= set(countries), zone)
    check(len({zone["iana"] for zone in zones.values()}) == len(zones) > 300, len(zones))
    for number in ("hello", "", None, "+"):
        infos = api.call("list.number_infos", number)
        check(infos.pop("is_valid") is False and not any(infos.values()), number, infos)
    for cdr in found["OUT"][:20]:
        number = cdr["number"] or ""
        if number.startswith("+"):
            infos = api.call("list.number_infos", number)
            told = (infos["intl_number"], infos["country_code"], infos["type"])
            check(told == (number, cdr["number_country_code"], cdr["number_type"]), infos, cdr)
            check(number == "+" + infos["intl_code"] + number[1 + len(infos["intl_code"]):], infos)
    done("list")


def check_sub_accounts(api):
    quota = api.call("account/sub.get_quota")
    found = api.call("account/sub.search", {}, {})
    check(set(found) == {"has_more", "hits", "offset", "total"}, sorted(found))
    check(quota == {"actual": found["total"], "max": None}, quota)
    expected = os.environ.get("CALLHOUSE_EXPECT_SUB_ACCOUNTS")
    check(expected is None or found["total"] == int(expected), found["total"], "sub accounts instead of", expected)
    fails(api, "PROPERTY_VALUE_ERROR [hash]", 151, "account/sub.get", "ZZZZZZZZ")
    own = api.call("analytics/calls.summary", FROM, TO)
    for sub in found["hits"]:
        check({"account", "contact", "credentials", "params", "state"} <= set(sub), sorted(sub))
        check(api.call("account/sub.get", sub["hash"]) == sub, sub)
        check(api.call("account/sub.disable", sub["hash"]) is True, "disable")
        check(api.call("account/sub.get", sub["hash"])["state"]["disabled"] is True, "disabled")
        check(api.call("account/sub.enable", sub["hash"]) is True, "enable")
        login_as = {"CALLR-Login-As": f"Account.hash {sub['hash']}"}
        status, body = raw(basic(), "analytics/calls.summary", [FROM, TO], 1, login_as)
        check(status == 200, status, body)
        both = api.call("analytics/calls.summary", FROM, TO, {"accounts": [sub["hash"]]})
        check(both == body["result"], both, body)
        together = api.call("analytics/calls.summary", FROM, TO, {"sub_accounts": True})
        if found["total"] == 1:
            for kind in ("IN", "OUT"):
                check(together[kind]["count"] == own[kind]["count"] + both[kind]["count"], kind, together, own, both)
    done(f"account/sub: {found['total']} accounts")


def check_audit(api):
    page = api.call("account/audit.search", {"act": "api-key.created"}, {"quantity": 1})
    check(page["total"] >= 1 and page["hits"][0]["details"]["name"] == "sdk scopes", page)
    check(set(page["hits"][0]) == {"account", "act", "at", "by", "details", "id"}, page["hits"][0])
    check(page["hits"][0]["by"]["origin"] == "127.0.0.1", page["hits"][0]["by"])
    done("account/audit.search")


def check_scopes(api):
    key = api.call("api-key.create", "sdk scopes", {"scopes": ["read"], "expires_at": "2999-01-01 00:00:00"})
    check((key["scopes"], key["expires_at"]) == (["read"], "2999-01-01 00:00:00"), key)
    authorization = f"Api-Key {key['token']}"
    check(raw(authorization, "cdr.search", [{"type": "IN"}, {"quantity": 0}], 1)[1]["result"]["total"] >= 0, "read")
    status, body = raw(authorization, "api-key.create", ["more"], 1)
    check(status == 200 and body["error"]["message"] == "FORBIDDEN", status, body)
    check("admin" in body["error"]["data"]["detail"], body)
    check(api.call("api-key.delete", key["id"]) is True, "api-key.delete")
    done("scopes")


def check_credentials():
    try:
        api_of(LOGIN, PASSWORD + "x").call("system.get_timestamp")
        check(False, "a wrong password was taken")
    except callr.CallrException as error:
        check(error.data.get("http_code") == 401, error.msg, error.data)
    done("401")


def main():
    # The server is on this machine; a proxy of the environment has no business between.
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
    api = api_of(LOGIN, PASSWORD)
    check_credentials()
    check_system(api)
    found = check_cdr_get(api)
    check_search(api, found)
    check_exports(api, found)
    check_analytics(api, found)
    check_keys(api)
    check_sessions(api)
    check_lists(api, found)
    check_sub_accounts(api)
    check_scopes(api)
    check_audit(api)
    check_webhooks(api)
    check_sms(api)
    print("all methods ok")


main()
