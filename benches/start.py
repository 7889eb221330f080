#!/usr/bin/env python3
"""From the desktop's process start to its rows on the screen, release build, in the real window.

    cargo build --release -p syncward -p syncward-receiver -p syncward-google-sim -p xtask
    cargo build -p syncward --example bare_window
    dbus-run-session -- python3 benches/start.py [--rounds 7] [--picture FILE.ppm]

A screen in memory (Xvfb) is watched, every 4 ms, for what it shows once everything has come to rest: the names of the
calendars for the last known rows, and the whole table for the live ones. So the figures hold all that a person waits for:
the process, the window, the page, its font and the drawing. The first start pairs and is told apart. In turn with each start
goes one of a window with an empty page in the same webview: what no desktop drawn by it can go below, on this machine, in this hour.
"""

import argparse
import ctypes
import json
import mmap
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
DESKTOP = TARGET / "release/syncward"
BARE = TARGET / "debug/examples/bare_window"
"""As the desktop sets it for itself."""
DRAWN_IN_MEMORY = {"WEBKIT_DISABLE_DMABUF_RENDERER": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
                   "WEBKIT_WEB_RENDER_DEVICE_FILE": "/dev/dri/renderD128"}
PATIENCE_S = 30
LOOKS_EVERY_S = 0.004
"""So long nothing may move before the screen counts as at rest."""
RESTS_S = 3
"""Of the window at its first size: the column of names, and the table up to where a scrollbar fades (left, top, right, bottom)."""
NAMES = (370, 322, 570, 790)
TABLE = (250, 322, 1235, 790)
"""Brighter than this is paper, darker is ink; whatever the row's colours are."""
INK = 140


class Screen:
    """An X server whose picture is a file in memory."""

    def __init__(self, folder):
        told, tells = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1280x832x24", "-fbdir", folder, "-noreset", "-nolisten", "tcp"],
            pass_fds=[tells], stderr=subprocess.DEVNULL)
        os.close(tells)
        with open(told) as name:
            self.name = ":" + name.readline().strip()
        with open(pathlib.Path(folder) / "Xvfb_screen0", "rb") as file:
            self.memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        words = struct.unpack(">25I", self.memory[:100])
        self.width, self.height, self.line = words[4], words[5], words[12]
        self.begins = words[0] + words[19] * 12
        self.put_mouse_away()
        self.empty = self.cut(TABLE)

    def put_mouse_away(self):
        """Into the corner: over a row it would have its tip shown."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        display = ctypes.c_void_p(x11.XOpenDisplay(self.name.encode()))
        x11.XDefaultRootWindow.restype = ctypes.c_ulong
        root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
        x11.XWarpPointer(display, ctypes.c_ulong(0), root, 0, 0, 0, 0, self.width - 1, self.height - 1)
        x11.XSync(display, 0)
        x11.XCloseDisplay(display)

    def cut(self, box):
        """The pixels of a part of the screen, four bytes each."""
        left, top, right, bottom = box
        # Every fourth line: looking must not take from what it looks at.
        rows = (self.begins + y * self.line for y in range(top, bottom, 4))
        return b"".join(self.memory[row + left * 4:row + right * 4] for row in rows)

    def whole(self):
        return self.memory[self.begins:self.begins + self.height * self.line]

    def save(self, path):
        pixels = self.whole()
        with open(path, "wb") as file:
            file.write(b"P6 %d %d 255\n" % (self.width, self.height))
            file.write(b"".join(pixels[i + 2:i + 3] + pixels[i + 1:i + 2] + pixels[i:i + 1]
                                for row in range(self.height) for i in range(row * self.line, row * self.line + self.width * 4, 4)))

    def end(self):
        self.process.terminate()
        self.process.wait()


WRITTEN = bytes(1 if green < INK else 0 for green in range(256))


def ink(pixels):
    """Where something is written, whatever its colour."""
    return pixels[1::4].translate(WRITTEN)


def first(seen, wanted):
    """When it was there first, in milliseconds."""
    return next(at for at, cut in seen if cut == wanted) * 1000


def start(screen, command, environment, picture):
    """One start; milliseconds to the names, and to the table as it stays."""
    while screen.cut(TABLE) != screen.empty:
        time.sleep(LOOKS_EVERY_S)
    began = time.monotonic()
    desktop = subprocess.Popen(command, env={**os.environ, **environment, "DISPLAY": screen.name},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        names, tables, moved = [], [], began
        while True:
            now = time.monotonic()
            table = screen.cut(TABLE)
            if not tables or tables[-1][1] != table:
                tables.append((now - began, table))
                names.append((now - began, ink(screen.cut(NAMES))))
                moved = now
            if now - moved > RESTS_S and table != screen.empty:
                break
            if now - began > PATIENCE_S:
                raise SystemExit("no rows were painted")
            time.sleep(LOOKS_EVERY_S)
        if picture:
            screen.save(picture)
        return first(names, names[-1][1]), first(tables, tables[-1][1])
    finally:
        desktop.terminate()
        desktop.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--picture", help="save what the last start shows at the end")
    told = parser.parse_args()
    world = subprocess.Popen([TARGET / "release/xtask", "world"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="syncward-start-"))
    screen = Screen(folder)
    try:
        said = json.loads(world.stdout.readline())
        environment = {"SYNCWARD_DESKTOP_DATA_DIR": str(folder / "data")}
        (folder / "data").mkdir()
        # People who edit would keep the screen from coming to rest.
        quiet = urllib.request.Request(f"{said['google']}/sim/trickle", b'{"every_ms":0}', {"content-type": "application/json"})
        urllib.request.urlopen(quiet, timeout=PATIENCE_S).close()
        pairs = start(screen, [DESKTOP, "--receiver", said["receiver"], "--code", said["code"]], environment, None)
        print(f"first start, with pairing: live rows after {pairs[1]:.0f} ms")
        seen = []
        for one in range(told.rounds):
            _, bare = start(screen, [BARE], DRAWN_IN_MEMORY, None)
            last = one == told.rounds - 1
            seen.append((bare, *start(screen, [DESKTOP], environment, told.picture if last else None)))
        bare, known, live = zip(*seen)
        print("| figure | median ms | slowest ms |\n|---|---:|---:|")
        rows = (("an empty page in the same webview", bare), ("process start to last known rows", known),
                ("process start to live rows", live))
        for name, values in rows:
            print(f"| {name}, {told.rounds} starts | {statistics.median(values):.0f} | {max(values):.0f} |")
        print(f"last known rows take {statistics.median(known) / statistics.median(bare):.2f} of the empty page's time")
    finally:
        screen.end()
        world.stdin.close()
        world.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
