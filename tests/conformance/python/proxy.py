"""A loopback proxy between a client and the simulator that judges every call it carries."""

import collections
import email
import http.client
import http.server
import threading
import urllib.parse

HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "host", "te", "trailer", "upgrade"}


class Proxy:
    """Carries calls to the simulator; `faults` are what the description does not allow."""

    def __init__(self, origin, description):
        self.origin = urllib.parse.urlsplit(origin).netloc
        self.description = description
        self.faults = []
        self.judged = 0
        self.succeeded = collections.Counter()
        self.spoilt = False
        self.lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def carry(self):
                proxy.carry(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = carry

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def carry(self, call):
        """Carries one call."""
        body = call.rfile.read(int(call.headers.get("content-length") or 0))
        headers = {k: v for k, v in call.headers.items() if k.lower() not in HOP | {"accept-encoding"}}
        upstream = http.client.HTTPConnection(self.origin, timeout=30)
        try:
            upstream.request(call.command, call.path, body=body or None, headers=headers)
            answer = upstream.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            call.close_connection = True
            return
        finally:
            upstream.close()
        # Judged first, so that a suite that has its answer also has the verdict.
        self.judge(call, body, answer, content)
        call.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                call.send_header(name, value)
        if answer.status not in (204, 304):
            call.send_header("Content-Length", str(len(content)))
        call.end_headers()
        call.wfile.write(content)

    def judge(self, call, body, answer, content):
        path = urllib.parse.urlsplit(call.path).path
        if path.startswith("/batch/"):
            asked = parts(call.headers.get("content-type"), body)
            told = parts(answer.getheader("content-type"), content)
            if len(asked) != len(told):
                self.blame(path, [f"{len(told)} answers to {len(asked)} calls"])
            for (line, _, inner), (status_line, headers, inner_answer) in zip(asked, told):
                verb, target = line.split()[:2]
                status = int(status_line.split()[1])
                self.judge_call(verb, target, inner, status, headers.get("content-type"), inner_answer)
        elif path.startswith(self.description.root):
            self.judge_call(call.command, call.path, body, answer.status, answer.getheader("content-type"), content)

    def judge_call(self, verb, target, body, status, content_type, content):
        method, faults = self.description.judge_request(verb, target, body)
        if status >= 400:
            faults = []  # the suite asks wrongly on purpose; the refusal itself is judged
        if not self.spoilt and "fields=" not in target:
            faults += self.description.judge_response(method, status, content_type, content)
        with self.lock:
            self.judged += 1
            if method is not None and status < 400:
                self.succeeded[method["id"]] += 1
        self.blame(f"{verb} {urllib.parse.urlsplit(target).path} {status}", faults)

    def blame(self, what, faults):
        with self.lock:
            self.faults += [f"{what}: {fault}" for fault in faults]


def parts(content_type, content):
    """The HTTP messages in a batch: first line, headers, body."""
    whole = email.message_from_bytes(b"Content-Type: " + (content_type or "").encode() + b"\r\n\r\n" + content)
    found = []
    for part in whole.get_payload() if whole.is_multipart() else []:
        text = part.get_payload()
        line, _, rest = text.lstrip().partition("\n")
        message = email.message_from_string(rest)
        found.append((line.strip(), message, message.get_payload().strip().encode()))
    return found
