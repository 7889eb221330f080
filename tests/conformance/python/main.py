"""Starts a simulator and a judging proxy for each client's suite, and counts the checks."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import traceback

import suite
from description import Description, load
from proxy import Proxy

CLIENT_ID, CLIENT_SECRET = "conformance.apps.example", "not-so-secret"
# The surface that each client must have called with success.
SURFACE = [
    "calendar.calendarList.list", "calendar.calendarList.get", "calendar.calendars.get", "calendar.events.list",
    "calendar.events.get", "calendar.events.insert", "calendar.events.patch", "calendar.events.update",
    "calendar.events.delete", "calendar.events.instances", "calendar.events.watch", "calendar.channels.stop",
]


class Tally:
    """Passed and failed checks."""

    def __init__(self):
        self.passed = self.failed = 0

    def say(self, ok, name, why=""):
        self.passed, self.failed = self.passed + ok, self.failed + (not ok)
        print(("ok" if ok else "FAILED") + f" - {name}" + (f": {why}" if why else ""), flush=True)

    def check(self, name, work):
        """Runs one check; an exception fails it."""
        try:
            work()
            self.say(True, name)
        except Exception as error:  # a suite reports every failure and goes on
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.say(False, name, f"{type(error).__name__} at {where.filename.rsplit('/')[-1]}:{where.lineno}: {error}")


@contextlib.contextmanager
def simulator(binary):
    """A simulator with one account; yields its address."""
    command = [binary, "--listen", "127.0.0.1:0", "--empty", "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET]
    process = subprocess.Popen(command + ["--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield json.loads(process.stdout.readline())["listening"]
    finally:
        process.stdin.close()
        process.wait(timeout=10)


def conclude(tally, client, proxy):
    """The verdicts of the description on everything that went through the proxy."""
    for fault in proxy.faults:
        tally.say(False, f"{client}: description", fault)
    tally.say(proxy.judged > 0 and not proxy.faults, f"{client}: {proxy.judged} calls keep to the description")
    missing = [name for name in SURFACE if not proxy.succeeded[name]]
    tally.say(not missing, f"{client}: the whole surface was called", ", ".join(missing))


def run_node(tally, node_suite, origin, proxy):
    """Runs the Node suite, which prints one JSON line per check."""
    settings = {"SIM": origin, "PROXY": proxy.url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
    done = subprocess.run(["node", node_suite], env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True, timeout=120)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        tally.say(row["ok"], f"node: {row['name']}", row.get("why", ""))
    tally.say(done.returncode == 0, "node: the suite ends well", f"exit code {done.returncode}" if done.returncode else "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sim", required=True)
    parser.add_argument("--node-suite", required=True)
    arguments = parser.parse_args()
    tally, description = Tally(), Description(load())
    with simulator(arguments.sim) as origin:
        proxy = Proxy(origin, description)
        suite.run(tally, origin, proxy, CLIENT_ID, CLIENT_SECRET)
        conclude(tally, "python", proxy)
    with simulator(arguments.sim) as origin:
        proxy = Proxy(origin, description)
        run_node(tally, arguments.node_suite, origin, proxy)
        conclude(tally, "node", proxy)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
