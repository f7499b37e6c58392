"""Counts texts as an independent library of short messages does.

    gsm.py < TEXTS

Reads a JSON array of texts. Prints a JSON array with, for each, its encoding in CALLR's words, the septets or 16-bit units
it takes, and the text of each part.
"""

import json
import sys

import smsutil


def count(text: str) -> list:
    found = smsutil.split(text)
    is_gsm = found.encoding == "gsm0338"
    units = found.total_bytes if is_gsm else found.total_bytes // 2
    return ["GSM" if is_gsm else "UNICODE", units, [part.content for part in found.parts]]


json.dump([count(text) for text in json.load(sys.stdin)], sys.stdout)
