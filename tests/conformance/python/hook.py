"""A loopback web hook that keeps what it receives."""

import http.server
import threading


class Hook:
    """Receives notifications; `answers` are the next statuses of a channel, then 200."""

    def __init__(self):
        self.received, self.answers = [], {}
        self.arrived = threading.Condition()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                with hook.arrived:
                    hook.received.append((dict(self.headers.items()), body))
                    left = hook.answers.get(self.headers["X-Goog-Channel-ID"])
                    status = left.pop(0) if left else 200
                    hook.arrived.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, channel, state=None):
        """The headers of what came on a channel."""
        rows = [{name.lower(): value for name, value in headers.items()} for headers, _ in self.received]
        return [row for row in rows if row["x-goog-channel-id"] == channel and state in (None, row["x-goog-resource-state"])]

    def wait(self, channel, state, count=1, timeout=10):
        """Waits until so many have come."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: len(self.of(channel, state)) >= count, timeout)
        rows = self.of(channel, state)
        assert came, f"{len(rows)} of {count} {state} on {channel}"
        return rows
