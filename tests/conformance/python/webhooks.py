"""A real receiver's outgoing webhooks, checked by the official `standardwebhooks` library."""

import argparse
import http.server
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

from standardwebhooks import Webhook

PATIENCE_S = 30


class Receiver:
    """A receiver with one connected calendar over an empty simulator."""

    def __init__(self, sim, receiver, folder):
        self.sim = subprocess.Popen([sim, "--listen", "127.0.0.1:0", "--empty", "--consent", "allow"], stdout=subprocess.PIPE)
        google = json.loads(self.sim.stdout.readline())["listening"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SYNCWARD_")}
        self.environment = {
            **clean,
            "SYNCWARD_DATA_DIR": folder,
            "SYNCWARD_LISTEN": "127.0.0.1:0",
            "SYNCWARD_GOOGLE_CLIENT_ID": "conformance",
            "SYNCWARD_GOOGLE_API_URL": google,
            "SYNCWARD_GOOGLE_AUTH_URL": f"{google}/o/oauth2/v2/auth",
            "SYNCWARD_GOOGLE_TOKEN_URL": f"{google}/token",
            "SYNCWARD_GOOGLE_REVOKE_URL": f"{google}/revoke",
        }
        self.binary = receiver
        command = [receiver, "serve", "--exit-with-stdin"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.root = json.loads(self.process.stdout.readline())["listening"] + "/api/v1"

    def call(self, method, path, body, token=None):
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, method=method, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.loads(answer.read() or "null")

    def token(self, role):
        command = [self.binary, "pair", "--role", role, "--json"]
        code = json.loads(subprocess.check_output(command, env=self.environment))["code"]
        return self.call("POST", "/pair", {"code": code, "device": role})["token"]

    def connect(self, admin):
        clinic = self.call("POST", "/clinics", {"name": "Nord", "time_zone": "Europe/Berlin"}, admin)
        redirect = {"redirect_uri": "http://127.0.0.1:9/oauth"}
        begun = self.call("POST", f"/clinics/{clinic['id']}/grants", redirect, admin)
        back = urllib.parse.urlparse(landed(begun["authorization_url"]))
        code = urllib.parse.parse_qs(back.query)["code"][0]
        return self.call("POST", "/grants/complete", {"state": begun["state"], "code": code}, admin)["links"][0]["id"]

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE_S)
        self.sim.terminate()
        self.sim.wait(timeout=PATIENCE_S)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def landed(url):
    """Where the consent page sends the browser."""
    try:
        urllib.request.build_opener(Stay).open(url, timeout=PATIENCE_S)
    except urllib.error.HTTPError as redirect:
        return redirect.headers["location"]
    sys.exit("the consent page did not redirect")


def listen(arrived):
    """The clinic's own system: hands on what arrives, and says nothing about it."""

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            arrived.put((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", type=pathlib.Path, required=True)
    parser.add_argument("--receiver", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arrived = queue.Queue()
    hook = listen(arrived)
    with tempfile.TemporaryDirectory() as folder:
        receiver = Receiver(arguments.sim, arguments.receiver, folder)
        try:
            admin, system = receiver.token("admin"), receiver.token("integration")
            link = receiver.connect(admin)
            url = f"http://127.0.0.1:{hook.server_port}/hook"
            made = receiver.call("POST", "/webhook-endpoints", {"url": url}, system)
            times = {"start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"}
            booked = receiver.call("POST", "/appointments", {"link_id": link, "title": "Zähne ✓", **times}, system)
            headers, body = arrived.get(timeout=PATIENCE_S)
            headers = {name.lower(): value for name, value in headers.items()}
            payload = Webhook(made["secret"]).verify(body, headers)
            assert payload["type"] == "appointment.created", payload
            assert payload["data"]["appointment"]["id"] == booked["id"], payload
            assert payload["data"]["appointment"]["title"] == "Zähne ✓", payload
            try:
                Webhook(made["secret"]).verify(body.replace(b"created", b"changed"), headers)
            except Exception as refused:
                assert "signature" in str(refused).lower(), refused
            else:
                sys.exit("a forged body was taken")
        finally:
            receiver.end()
    print("webhooks: signed as the standardwebhooks library wants them")


if __name__ == "__main__":
    main()
