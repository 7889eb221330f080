"""A real receiver with one connected calendar over an empty simulator, for tests from outside."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

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
        data = None if body is None else json.dumps(body).encode()
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
