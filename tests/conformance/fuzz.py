#!/usr/bin/env python3
"""Holds the receiver to its own description: valid OpenAPI, and no answer that schemathesis finds outside it.

    python3 tests/conformance/fuzz.py --sim target/debug/syncward-google-sim --receiver target/debug/syncward-receiver [--seconds 60]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from run import stamped

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "python"))
# What is described, and refused all the same (times in order, cursors of this list), is told by the problem.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection"
ROLES = {"integration": ["integration"], "admin": ["viewer", "operator", "admin"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sim", type=pathlib.Path, required=True)
    parser.add_argument("--receiver", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=20, help="for each of two roles")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path, default=HERE.parents[1] / "target/conformance")
    arguments = parser.parse_args()
    venv, requirements = arguments.work / "fuzz", HERE / "python/requirements-fuzz.txt"

    def make_venv():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
        subprocess.run(pip, check=True)

    stamped(venv / "made", [requirements], make_venv)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(fuzz(arguments, venv.resolve() / "bin", pathlib.Path(folder)))


# Calls that end what they are asked of; they come last, and of things made for them.
ENDING = {("delete", path) for path in (
    "/appointments/{id}", "/webhook-endpoints/{id}", "/clinics/{id}", "/grants/{id}", "/links/{id}", "/devices/{id}",
)} | {("post", "/clinics/{id}/forget")}
# Things of each kind to be ended.
SPARES = 6


def listed(receiver, kind, token):
    return [item["id"] for item in receiver.call("GET", f"/{kind}?limit=1000", None, token)["items"]]


def kept(receiver, admin, system):
    """One thing of each kind that is never ended."""
    times = {"start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"}
    link = receiver.connect(admin)
    receiver.call("POST", "/appointments", {"link_id": link, "title": "Cleaning", **times}, system)
    receiver.call("POST", "/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"}, system)
    ids = {kind: listed(receiver, kind, admin)[:1] for kind in ("clinics", "grants", "links")}
    return ids | {kind: listed(receiver, kind, system)[:1] for kind in ("appointments", "webhook-endpoints")}


def spares(receiver, admin, system, keep):
    """Things to be ended, by the call that ends them."""
    ended = {}
    for _ in range(2 * SPARES):
        receiver.connect(admin)
    links = [link for link in listed(receiver, "links", admin) if link not in keep["links"]]
    grant_of = {link: receiver.call("GET", f"/links/{link}", None, admin)["grant_id"] for link in links}
    ended["delete", "/links/{id}"] = links[:SPARES]
    ended["delete", "/grants/{id}"] = [grant_of[link] for link in links[SPARES:]]
    clinic = {"name": "West", "time_zone": "Europe/Berlin"}
    clinics = [receiver.call("POST", "/clinics", clinic, admin)["id"] for _ in range(2 * SPARES)]
    ended["delete", "/clinics/{id}"], ended["post", "/clinics/{id}/forget"] = clinics[:SPARES], clinics[SPARES:]
    devices = set(listed(receiver, "devices", admin))
    for _ in range(SPARES):
        receiver.token("viewer")
    ended["delete", "/devices/{id}"] = [device for device in listed(receiver, "devices", admin) if device not in devices]
    times = {"start": "2030-05-07T10:00:00Z", "end": "2030-05-07T10:30:00Z"}
    draft = {"link_id": keep["links"][0], "title": "Check-up", **times}
    made = [receiver.call("POST", "/appointments", draft, system)["id"] for _ in range(SPARES)]
    ended["delete", "/appointments/{id}"] = made
    url = {"url": "http://127.0.0.1:9/spare"}
    made = [receiver.call("POST", "/webhook-endpoints", url, system)["endpoint"]["id"] for _ in range(SPARES)]
    ended["delete", "/webhook-endpoints/{id}"] = made
    return ended


def survivors(receiver, ended, tokens):
    """1 when a call ended nothing of what was made for it: then it was never answered well."""
    admin, system = tokens["admin"], tokens["integration"]
    left = {kind: set(listed(receiver, kind, admin)) for kind in ("clinics", "grants", "links")}
    devices = receiver.call("GET", "/devices?limit=1000", None, admin)["items"]
    left["devices"] = {device["id"] for device in devices if not device["revoked_at"]}
    left["webhook-endpoints"] = set(listed(receiver, "webhook-endpoints", system))
    booked = [receiver.call("GET", f"/appointments/{one}", None, system) for one in ended["delete", "/appointments/{id}"]]
    left["appointments"] = {one["id"] for one in booked if one["status"] != "cancelled"}
    failed = 0
    for (method, path), ids in ended.items():
        gone = [one for one in ids if one not in left[path.split("/")[1]]]
        print(f"{method.upper()} {path}: {len(gone)} of {len(ids)} ended")
        failed |= not gone
    return failed


def name_ids(description, keep, ended):
    """Ids that exist, for each call those that are meant for it."""
    for path, calls in description["paths"].items():
        for method, call in calls.items():
            known = ended.get((method, path), keep.get(path.split("/")[1]))
            for parameter in call.get("parameters", []):
                if known and parameter["name"] == "id":
                    parameter["schema"] = {"type": "string", "enum": known}


def fuzz(arguments, tools, folder):
    from receiver import Receiver

    receiver = Receiver(arguments.sim.resolve(), arguments.receiver.resolve(), str(folder / "data"))
    environment = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    failed = 0

    def run(role, token, seconds, calls):
        command = [
            tools / "schemathesis", "run", file, "--url", receiver.root, "--checks", CHECKS, "--seed", str(arguments.seed),
            "--max-time", str(seconds), "--request-timeout", "20", "--no-color", "--continue-on-failure",
            "--suppress-health-check", "all", "--phases", "coverage,fuzzing", "-H", f"Authorization: Bearer {token}",
        ]
        for tag in ROLES[role]:
            command += ["--include-tag", tag]
        command += [part for method, path in sorted(calls) for part in ("--exclude-name", f"{method.upper()} {path}")]
        return subprocess.run(command, cwd=folder, env=environment).returncode

    try:
        admin, system = receiver.token("admin"), receiver.token("integration")
        keep = kept(receiver, admin, system)
        # Before anything is fuzzed: what fuzzing makes uses up the bounds of some kinds.
        ended = spares(receiver, admin, system, keep)
        file = folder / "openapi.json"
        description = json.loads(subprocess.check_output([receiver.binary, "openapi"], env=receiver.environment))
        file.write_text(json.dumps(description))
        failed |= subprocess.run([tools / "python", "-m", "openapi_spec_validator", file]).returncode
        # It never ends, so it has a reader of its own.
        stream = [tools / "python", HERE / "python/stream.py", "--url", receiver.root, "--description", file]
        failed |= subprocess.run(stream, env={**environment, "SYNCWARD_TOKEN": admin}).returncode
        tokens = (("integration", system), ("admin", admin))
        calls = {(method, path) for path, calls in description["paths"].items() for method in calls}
        # All calls are described in all runs: what is not, schemathesis tries as a method that must be refused.
        name_ids(description, keep, ended)
        file.write_text(json.dumps(description))
        for role, token in tokens:
            failed |= run(role, token, arguments.seconds, ENDING | {("get", "/stream")})
        for role, token in tokens:
            failed |= run(role, token, arguments.seconds // 2, calls - ENDING)
        failed |= survivors(receiver, ended, {"admin": admin, "integration": system})
    finally:
        receiver.end()
    return failed


if __name__ == "__main__":
    main()
