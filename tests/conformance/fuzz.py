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


def name_ids(description, receiver, admin, system):
    """Ids that exist, for every call but those that would end them."""
    url = {"url": "http://127.0.0.1:9/hook"}
    ids = {
        "clinics": receiver.call("GET", "/clinics", None, admin)["items"][0]["id"],
        "grants": receiver.call("GET", "/grants", None, admin)["items"][0]["id"],
        "links": receiver.call("GET", "/links", None, admin)["items"][0]["id"],
        "appointments": receiver.call("GET", "/appointments", None, system)["items"][0]["id"],
        "webhook-endpoints": receiver.call("POST", "/webhook-endpoints", url, system)["endpoint"]["id"],
    }
    for path, calls in description["paths"].items():
        known = ids.get(path.split("/")[1])
        for method in ("get", "post", "patch"):
            for parameter in calls.get(method, {}).get("parameters", []):
                if known and parameter["name"] == "id":
                    parameter["schema"] = {"type": "string", "enum": [known]}


def fuzz(arguments, tools, folder):
    from receiver import Receiver

    receiver = Receiver(arguments.sim.resolve(), arguments.receiver.resolve(), str(folder / "data"))
    failed = 0
    try:
        admin, system = receiver.token("admin"), receiver.token("integration")
        link = receiver.connect(admin)
        times = {"start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"}
        receiver.call("POST", "/appointments", {"link_id": link, "title": "Cleaning", **times}, system)
        file = folder / "openapi.json"
        description = json.loads(subprocess.check_output([receiver.binary, "openapi"], env=receiver.environment))
        file.write_text(json.dumps(description))
        failed |= subprocess.run([tools / "python", "-m", "openapi_spec_validator", file]).returncode
        name_ids(description, receiver, admin, system)
        file.write_text(json.dumps(description))
        for role, token in (("integration", system), ("admin", admin)):
            command = [
                tools / "schemathesis", "run", file, "--url", receiver.root, "--checks", CHECKS, "--seed", str(arguments.seed),
                "--max-time", str(arguments.seconds), "--request-timeout", "20", "--no-color", "--continue-on-failure",
                "--suppress-health-check", "all", "--phases", "coverage,fuzzing", "-H", f"Authorization: Bearer {token}",
                # The stream never ends, and what is deleted can't be asked any more.
                "--exclude-path", "/stream", "--exclude-path", "/clinics/{id}/forget", "--exclude-method", "DELETE",
            ]
            for tag in ROLES[role]:
                command += ["--include-tag", tag]
            environment = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
            failed |= subprocess.run(command, cwd=folder, env=environment).returncode
    finally:
        receiver.end()
    return failed


if __name__ == "__main__":
    main()
