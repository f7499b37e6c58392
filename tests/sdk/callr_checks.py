"""What the checks of CALLR's Python SDK share: where the server is, calling it, and saying what is wrong."""

import base64
import json
import os
import re
import sys
import urllib.error
import urllib.request

import callr

DATETIME = re.compile(r"^2\d{3}-[01]\d-[0-3]\d [0-2]\d:[0-5]\d:[0-5]\d$")
AMOUNT = re.compile(r"^[0-9]+\.[0-9]{2}$")
AMOUNT_4 = re.compile(r"^[0-9]+\.[0-9]{4}$")


def setting(position, name, default=None):
    if len(sys.argv) > position:
        return sys.argv[position]
    value = os.environ.get(name, default)
    if value is None:
        sys.exit(f"argument {position} or {name} is missing")
    return value


URL = setting(1, "CALLHOUSE_URL")
LOGIN = setting(2, "CALLHOUSE_LOGIN")
PASSWORD = setting(3, "CALLHOUSE_PASSWORD")
FROM = setting(4, "CALLHOUSE_FROM", "2026-01-01 00:00:00")
TO = setting(5, "CALLHOUSE_TO", "2026-12-31 23:59:59")


def check(truth, *what):
    if not truth:
        print("FAILED", *what)
        sys.exit(1)


def done(what):
    print("ok", what)


def api_of(login, password):
    api = callr.Api(login, password)
    api.set_api_url(URL)
    return api


def fails(api, message, code, method, *params):
    """The call must end in exactly this error."""
    try:
        result = api.call(method, *params)
    except callr.CallrException as error:
        check((error.msg, error.code) == (message, code), method, params, "gave", error.msg, error.code)
    else:
        check(False, method, params, "should fail with", message, "and gave", str(result)[:200])


def raw(authorization, method, params, request_id, headers=()):
    """One call without the SDK, for credentials the SDK does not know. Returns (HTTP status, body)."""
    body = json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}).encode()
    request = urllib.request.Request(URL, body, dict(headers))
    request.add_header("Authorization", authorization)
    request.add_header("Content-Type", "application/json-rpc; charset=utf-8")
    try:
        with urllib.request.urlopen(request) as response:
            check(response.headers["Content-Type"] == "application/json-rpc; charset=utf-8", response.headers)
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def check_instant(value, *where, nullable=True):
    check(value is None and nullable or isinstance(value, str) and DATETIME.match(value), *where, value)


def basic():
    return "Basic " + base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
