#!/usr/bin/env python3
"""From the desktop's process start to the first rows painted, release build, in the real window.

    cargo build --release -p syncward && cargo build -p xtask -p syncward-receiver -p syncward-google-sim
    xvfb-run -a dbus-run-session -- python3 benches/start.py [--rounds 7]

Rows are noted by the page itself, two frames after they were drawn. The first start pairs and is told apart; the others
show the last known state, then the live one.
"""

import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
DESKTOP = TARGET / "release/syncward"
PATIENCE_S = 30


def call(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)["value"]


def started_at(binary):
    """When the youngest process of that program started, as seconds since the epoch; to 10 ms."""
    uptime, now = float(open("/proc/uptime").read().split()[0]), time.time()
    starts = []
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "exe").resolve() == binary:
                ticks = int((process / "stat").read_text().rsplit(")", 1)[1].split()[19])
                starts.append(now - uptime + ticks / os.sysconf("SC_CLK_TCK"))
        except OSError:
            continue
    return max(starts)


def start(arguments, environment):
    """One start; milliseconds to the first rows and to live rows."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver = subprocess.Popen(["WebKitWebDriver", f"--port={port}"], env={**os.environ, **environment, "TAURI_WEBVIEW_AUTOMATION": "true"},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        options = {"webkitgtk:browserOptions": {"binary": str(DESKTOP), "args": arguments}}
        url = f"http://127.0.0.1:{port}/session"
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                session = call("POST", url, {"capabilities": {"alwaysMatch": options}})["sessionId"]
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        script = ("return ['rows', 'live rows'].map(name => performance.getEntriesByName(name)[0]?.startTime + performance.timeOrigin)"
                  ".map(at => Number.isFinite(at) ? at : null)")
        while time.monotonic() < until:
            rows, live = call("POST", f"{url}/{session}/execute/sync", {"script": script, "args": []})
            if rows and live:
                began = started_at(DESKTOP.resolve()) * 1000
                call("DELETE", f"{url}/{session}")
                return rows - began, live - began
            time.sleep(0.05)
        raise SystemExit("no rows were painted")
    finally:
        driver.terminate()
        driver.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    world = subprocess.Popen([TARGET / "debug/xtask", "world"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="syncward-start-"))
    try:
        said = json.loads(world.stdout.readline())
        environment = {"SYNCWARD_DESKTOP_DATA_DIR": str(folder)}
        first = start(["--receiver", said["receiver"], "--code", said["code"]], environment)
        print(f"first start, with pairing: rows after {first[0]:.0f} ms")
        seen = [start([], environment) for _ in range(rounds)]
        print("| figure | median ms | slowest ms |\n|---|---:|---:|")
        for name, values in zip(("process start to last known rows", "process start to live rows"), zip(*seen)):
            print(f"| {name}, {rounds} starts | {statistics.median(values):.0f} | {max(values):.0f} |")
    finally:
        world.stdin.close()
        world.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
