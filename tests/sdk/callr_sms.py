"""Text messages through CALLR's Python SDK: posts some events and checks what every `sms` method says of them."""

import json
import re
import time
import urllib.request

from callr_checks import AMOUNT, AMOUNT_4, LOGIN, URL, basic, check, check_instant, done, fails

SMS = {
    "b_customer_debit", "b_customer_mode", "date_creation", "date_received", "date_sent", "date_update", "encoding", "from", "hash",
    "nature", "options", "parts", "status", "status_error", "text", "to", "type", "user_data",
}
SMS_OPTIONS = {"flash_message", "force_encoding", "nature", "user_data", "webhook"}
SMS_STATUSES = ("CREATED", "ERROR", "EXPIRED", "FAILED", "PENDING", "RECEIVED", "REMOTE_QUEUED", "SENT")
SMS_FIGURES = {"count", "credit", "debit", "parts"}
# A month in which nothing else happened, so that the figures are those of these messages.
SMS_FROM, SMS_TO = "2024-06-01 00:00:00", "2024-06-30 23:59:59"


def sms_events():
    """Delivered, its reports the wrong way round; of two parts and failed; expired and then delivered after all; one that came in."""
    made = {"from": "ACME", "to": "+33612345678", "text": "Your code is 1234", "nature": "ALERTING", "user_data": "sdk1"}
    price = {"currency": "EUR", "debit": "0.058", "billing_mode": "PREPAID"}
    return [
        ("SDKSMS01", "delivered", "2024-06-03T10:00:04Z", {}),
        ("SDKSMS01", "sent", "2024-06-03T10:00:01Z", {}),
        ("SDKSMS01", "created", "2024-06-03T10:00:00Z", made),
        ("SDKSMS01", "rated", "2024-06-03T10:00:05Z", price),
        ("SDKSMS02", "created", "2024-06-04T10:00:00Z", {"from": "+33123456789", "to": "+447700900123", "text": "\U0001f389" * 36}),
        ("SDKSMS02", "failed", "2024-06-04T10:00:09Z", {"status_error": "absent subscriber"}),
        ("SDKSMS03", "created", "2024-06-05T10:00:00Z", {"from": "ACME", "to": "+33612345678", "text": "a" * 161}),
        ("SDKSMS03", "expired", "2024-06-07T10:00:00Z", {}),
        ("SDKSMS03", "delivered", "2024-06-06T10:00:00Z", {}),
        ("SDKSMS04", "received", "2024-06-08T10:00:00Z", {"from": "+33612345678", "to": "+33123456789", "text": "STOP"}),
    ]


def post_sms():
    events = [
        {"specversion": "1.0", "id": f"{subject}-{kind}", "source": "sdk", "type": f"sms.{kind}", "account": LOGIN, "subject": subject,
         "time": at, "data": data}
        for subject, kind, at, data in sms_events()
    ]
    request = urllib.request.Request(URL.split("/json-rpc/")[0] + "/v1/events", json.dumps(events).encode())
    request.add_header("Authorization", basic())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        answer = json.loads(response.read())
    check(answer["accepted"] == len(events), answer)


def check_message(message):
    check(set(message) == SMS and list(message) == sorted(message), "SMS has", sorted(set(message) ^ SMS))
    check(set(message["options"]) == SMS_OPTIONS and type(message["options"]["flash_message"]) is bool, message)
    for name in ("date_creation", "date_received", "date_sent", "date_update"):
        check_instant(message[name], "SMS", name)
    check(AMOUNT.match(message["b_customer_debit"]) and type(message["parts"]) is int, message)
    check(message["status"] in SMS_STATUSES and message["type"] in ("IN", "OUT"), message)
    check(message["encoding"] in ("GSM", "UNICODE") and re.match("^[A-Z0-9]{8}$", message["hash"]), message)


def check_sms(api):
    post_sms()
    deadline = time.monotonic() + 60
    while True:
        sent, received = (api.call("sms.get_list", kind, SMS_FROM, SMS_TO) for kind in ("OUT", "IN"))
        if len(received) == 1 and [message["status"] for message in sent] == ["RECEIVED", "FAILED", "RECEIVED"]:
            break
        check(time.monotonic() < deadline, "messages do not show up", sent, received)
        time.sleep(0.05)
    for message in sent + received:
        check_message(message)
        check(api.call("sms.get", message["hash"]) == message, message)
    told = [(message["hash"], message["status"], message["encoding"], message["parts"]) for message in sent]
    expected = [("SDKSMS01", "RECEIVED", "GSM", 1), ("SDKSMS02", "FAILED", "UNICODE", 2), ("SDKSMS03", "RECEIVED", "GSM", 2)]
    check(told == expected, told)
    check((sent[0]["from"], sent[0]["b_customer_debit"], sent[0]["date_sent"]) == ("ACME", "5.80", "2024-06-03 10:00:01"), sent[0])
    check([message["text"] for message in received] == ["STOP"], received)
    fails(api, "PROPERTY_VALUE_ERROR [id]", 151, "sms.get", "ZZZZZZZZ")
    fails(api, "INVALID_PARAM_FORMAT [type]", -32602, "sms.get_list", None, SMS_FROM, SMS_TO)
    fails(api, "TO_BEFORE_FROM", 151, "sms.get_list", "OUT", SMS_TO, SMS_FROM)
    check_sms_search(api, sent, received)
    check_sms_analytics(api, sent)
    check(api.call("sms.get_count_for_body", "a" * 160) == 1, "160 septets")
    check(api.call("sms.get_count_for_body", "a" * 159 + "\u20ac") == 2, "161 septets")
    check(api.call("sms.get_count_for_body", "\U0001f389" * 35) == 1, "70 units")
    fails(api, "INVALID_PARAM_FORMAT [body]", -32602, "sms.get_count_for_body", None)
    mapping = api.call("sms.get_gsm_charset_mapping")
    check(len(mapping) == 137 and (mapping["@"], mapping["\u20ac"]) == ("00", "1B65"), mapping)
    job_id = api.call("sms.export_async", {"type": "OUT", "created_at_from": SMS_FROM, "created_at_to": SMS_TO}, None)
    while (job := api.call("jobs.get", job_id))["status"] != "DONE":
        check(time.monotonic() < deadline + 120, "the job does not end", job)
        time.sleep(0.05)
    check((job["result"]["rows"], job["result"]["totals"]["parts"]) == (3, 5), job)
    fails(api, "PROPERTY_UNKNOWN [filters.colour]", 151, "sms.export_async", {"colour": 1}, None)
    done("sms")


def check_sms_search(api, sent, received):
    def hashes(filters, options=None):
        found = api.call("sms.search", dict(filters, created_at_from=SMS_FROM, created_at_to=SMS_TO), options)
        check(set(found) == {"has_more", "hits", "offset", "total"}, sorted(found))
        return [message["hash"] for message in found["hits"]]

    newest_first = [message["hash"] for message in reversed(sent + received)]
    check(hashes({}) == newest_first, hashes({}))
    check(hashes({}, {"order": "date_creation ASC", "quantity": 2, "offset": 1}) == ["SDKSMS02", "SDKSMS03"], "page")
    for filters, found in [
        ({"type": "IN"}, ["SDKSMS04"]), ({"hash": "SDKSMS02"}, ["SDKSMS02"]), ({"from": "ACME"}, ["SDKSMS03", "SDKSMS01"]),
        ({"to": "+447700900123"}, ["SDKSMS02"]), ({"text": "CODE IS"}, ["SDKSMS01"]), ({"text": "\U0001f389"}, ["SDKSMS02"]),
        ({"nature": "ALERTING", "user_data": "sdk1"}, ["SDKSMS01"]), ({"status": "FAILED"}, ["SDKSMS02"]), ({"status": "EXPIRED"}, []),
    ]:
        check(hashes(filters) == found, filters, hashes(filters))
    check(api.call("sms.search", {}, {})["total"] >= 4, "no filters")
    fails(api, "PROPERTY_VALUE_ERROR [filters.status]", 151, "sms.search", {"status": "DELIVERED"}, {})
    fails(api, "PROPERTY_VALUE_ERROR [options.order]", 151, "sms.search", {}, {"order": "colour"})


def check_sms_analytics(api, sent):
    summary = api.call("analytics/sms.summary", SMS_FROM, SMS_TO)
    check(list(summary) == ["IN", "OUT"] and set(summary["OUT"]) == SMS_FIGURES, summary)
    check((summary["IN"]["count"], summary["OUT"]["count"], summary["OUT"]["parts"]) == (1, 3, 5), summary)
    check((summary["OUT"]["debit"], summary["OUT"]["credit"]) == ("5.8000", "0.0000"), summary)
    check(api.call("analytics/sms.summary_out", SMS_FROM, SMS_TO, None) == summary["OUT"], "summary_out")
    check(api.call("analytics/sms.summary_out", SMS_FROM, SMS_TO, ["parts"]) == {"parts": 5}, "fields")
    by_status = api.call("analytics/sms.summary_out_by_status", SMS_FROM, SMS_TO)
    check({status: figures["count"] for status, figures in by_status.items()} == {"FAILED": 1, "RECEIVED": 2}, by_status)
    history = api.call("analytics/sms.history", SMS_FROM, SMS_TO)
    check(list(history) == ["IN", "OUT"] and len(history["OUT"]) == len(history["IN"]) == 30, history)
    for item in history["OUT"]:
        check(set(item) == SMS_FIGURES | {"date"} and AMOUNT_4.match(item["debit"]), item)
    busy = {item["date"]: item["count"] for item in history["OUT"] if item["count"]}
    check(busy == {message["date_creation"][:10] + " 00:00:00": 1 for message in sent}, busy)
    check(api.call("analytics/sms.history_out", SMS_FROM, SMS_TO, None) == history["OUT"], "history_out")
    by_status = api.call("analytics/sms.history_out_by_status", SMS_FROM, SMS_TO)
    counts = {status: sum(item["count"] for item in items) for status, items in by_status.items()}
    check(counts == {"FAILED": 1, "RECEIVED": 2} and all(len(items) == 30 for items in by_status.values()), counts)
    fails(api, "TO_BEFORE_FROM", 151, "analytics/sms.summary", SMS_TO, SMS_FROM)
    done("analytics/sms")
