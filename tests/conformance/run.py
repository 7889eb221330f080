#!/usr/bin/env python3
"""Runs Google's Python and Node clients against the simulator, every call judged by Google's API description; and the
receiver's outgoing webhooks against the official Standard Webhooks library.

    python3 tests/conformance/run.py --sim target/debug/syncward-google-sim --receiver target/debug/syncward-receiver
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def stamped(stamp, source, build):
    """Builds only when the sources changed since the stamp."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in source)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    build()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sim", type=pathlib.Path, help="the built simulator")
    parser.add_argument("--receiver", type=pathlib.Path, help="the built receiver, for its outgoing webhooks")
    parser.add_argument("--prepare", action="store_true", help="only set up the clients, for other tests")
    parser.add_argument("--work", type=pathlib.Path, default=HERE.parents[1] / "target/conformance")
    arguments = parser.parse_args()
    if not arguments.prepare and not (arguments.sim and arguments.sim.is_file()):
        sys.exit(f"no simulator at {arguments.sim}: cargo build -p syncward-google-sim")
    venv, node = arguments.work / "venv", HERE / "node"
    requirements = HERE / "python/requirements.txt"

    def make_venv():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
        subprocess.run(pip, check=True)

    def make_node():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=node, check=True)

    stamped(venv / "made", [requirements], make_venv)
    if arguments.prepare:
        return
    stamped(node / "node_modules/.made", [node / "package.json", node / "package-lock.json"], make_node)
    environment = {**os.environ, "no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
    command = [venv / "bin/python", HERE / "python/main.py", "--sim", arguments.sim.resolve(), "--node-suite", node / "suite.js"]
    judged = subprocess.run(command, env=environment).returncode
    if judged == 0 and arguments.receiver:
        binaries = ["--sim", arguments.sim.resolve(), "--receiver", arguments.receiver.resolve()]
        command = [venv / "bin/python", HERE / "python/webhooks.py", *binaries]
        judged = subprocess.run(command, env=environment).returncode
    sys.exit(judged)


if __name__ == "__main__":
    main()
