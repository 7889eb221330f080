#!/usr/bin/env python3
"""Reads the live stream as schemathesis can't, since it never ends: whatever a reader says it saw last, the answer is what the
description promises, its numbers grow, and each message has its described shape.

    SYNCWARD_TOKEN=… fuzz/bin/python tests/conformance/python/stream.py --url http://127.0.0.1:8480/api/v1 --description openapi.json
"""

import argparse
import json
import os
import pathlib
import sys

import requests
from jsonschema import Draft202012Validator

PATIENCE_S = 20
# Far more than one connected calendar has to say before its overview.
MESSAGES_MOST = 500
NUMBERS = ["0", "1", "1048576", "-1", "9223372036854775807", "9223372036854775808"]
LAST_SEEN = [None, "", *NUMBERS, "1e9", "0x10", "null", "a" * 900, "\xe9", "1 or 1=1"]
REFUSED = [("GET", None, 401), ("GET", "wrong", 401), ("POST", "good", 405), ("DELETE", "good", 405)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--description", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    url, token = f"{arguments.url}/stream", os.environ["SYNCWARD_TOKEN"]
    description = json.loads(arguments.description.read_text())
    shape = {"$ref": "#/components/schemas/StreamEvent", "components": description["components"]}
    told = sum(read(url, token, seen, Draft202012Validator(shape)) for seen in LAST_SEEN)
    for method, who, status in REFUSED:
        refused(url, method, token if who == "good" else who, status)
    print(f"stream: {len(LAST_SEEN)} readers were told {told} messages, {len(REFUSED)} calls were refused, all as described")


def headers_of(token, seen=None):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return headers if seen is None else {**headers, "Last-Event-ID": seen.encode("latin-1")}


def read(url, token, seen, shape):
    """How many messages came until the overview did."""
    with requests.get(url, headers=headers_of(token, seen), stream=True, timeout=PATIENCE_S) as answer:
        kind = answer.headers["content-type"]
        if answer.status_code != 200 or not kind.startswith("text/event-stream"):
            sys.exit(f"stream: {answer.status_code} {kind} after {seen!r}")
        told, last = 0, -1
        for name, number, value in messages(answer.iter_lines(decode_unicode=True)):
            told += 1
            if number <= last:
                sys.exit(f"stream: {number} came after {last}, resumed after {seen!r}")
            last = number
            for error in shape.iter_errors({"event": name, "data": value}):
                sys.exit(f"stream: {name} is not as described: {error.message} at {error.json_path}")
            if name == "overview":
                return told
            if told == MESSAGES_MOST:
                break
    sys.exit(f"stream: no overview in {told} messages after {seen!r}")


def messages(lines):
    fields = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            yield fields["event"], int(fields["id"]), json.loads(fields["data"])
            fields = {}


def refused(url, method, token, status):
    answer = requests.request(method, url, headers=headers_of(token), timeout=PATIENCE_S)
    kind = answer.headers.get("content-type", "")
    if answer.status_code != status or not kind.startswith("application/problem+json"):
        sys.exit(f"stream: {method} was answered {answer.status_code} {kind}, not {status}")


if __name__ == "__main__":
    main()
