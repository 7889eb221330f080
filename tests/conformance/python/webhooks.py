"""A real receiver's outgoing webhooks, checked by the official `standardwebhooks` library."""

import argparse
import http.server
import pathlib
import queue
import sys
import tempfile
import threading

from receiver import PATIENCE_S, Receiver
from standardwebhooks import Webhook


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
