"""The whole surface of the simulator, driven by Google's Python client as it comes."""

import datetime
import json
import os
import threading
import time
import urllib.parse
import urllib.request
import uuid
import webbrowser

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"

import google.auth.exceptions
import google.auth.transport.requests
from google_auth_oauthlib.flow import InstalledAppFlow
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest

from description import load
from hook import Hook

AUTH = "https://www.googleapis.com/auth/"
SCOPES = [AUTH + "calendar"]
ADMIN = "admin@clinic.example"


class Browser:
    """A browser that reads the consent page and presses a button."""

    def __init__(self, **form):
        self.form = {"decision": "allow", "account": ADMIN, **form}
        self.page = ""

    def open(self, url, *_, **__):
        threading.Thread(target=self.visit, args=(url,), daemon=True).start()
        return True

    def visit(self, url):
        self.page = urllib.request.urlopen(url).read().decode()
        urllib.request.urlopen(url, data=urllib.parse.urlencode(self.form, doseq=True).encode()).read()


class Suite:
    def __init__(self, origin, proxy, client_id, client_secret):
        self.origin, self.proxy = origin, proxy
        self.document = load()
        self.document["rootUrl"] = proxy.url + "/"
        self.config = {"installed": {
            "client_id": client_id, "client_secret": client_secret, "redirect_uris": ["http://localhost"],
            "auth_uri": proxy.url + "/o/oauth2/auth", "token_uri": proxy.url + "/token",
        }}
        self.credentials = self.api = None
        self.hook = Hook()

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.origin + "/sim" + path, data, {"Content-Type": "application/json"}, method=method)
        return json.loads(urllib.request.urlopen(request).read())

    def fault(self, operation, action, channel="*", **rule):
        match = {"operation": operation} if channel == "*" else {"operation": operation, "channel": channel}
        return self.control("POST", "/faults", {"match": match, "action": action, "count": 1, **rule})

    def connect(self, browser, scopes=None):
        webbrowser.register("scripted", None, browser)
        flow = InstalledAppFlow.from_client_config(self.config, scopes or SCOPES, autogenerate_code_verifier=True)
        return flow.run_local_server(port=0, browser="scripted", prompt="consent", authorization_prompt_message="", timeout_seconds=10)

    def service(self, credentials):
        return build_from_document(self.document, credentials=credentials)

    def event(self, summary="Check-up", hours=1, **more):
        start = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(hours=hours)
        end = start + datetime.timedelta(minutes=30)
        return {"summary": summary, "start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}, **more}

    def insert(self, calendar="primary", **more):
        return self.api.events().insert(calendarId=calendar, body=self.event(**more)).execute()

    def pages(self, **query):
        items, token, pages = [], None, 0
        while True:
            page = self.api.events().list(calendarId="primary", pageToken=token, **query).execute()
            items, token, pages = items + page["items"], page.get("nextPageToken"), pages + 1
            assert ("nextSyncToken" in page) != (token is not None), "a sync token belongs on the last page only"
            if token is None:
                return items, page["nextSyncToken"], pages

    # OAuth

    def consent_with_pkce(self):
        browser = Browser()
        self.credentials = self.connect(browser)
        assert "Allow" in browser.page and "Deny" in browser.page and SCOPES[0] in browser.page and ADMIN in browser.page
        assert self.credentials.refresh_token and self.credentials.token
        self.api = self.service(self.credentials)

    def denied_consent(self):
        try:
            self.connect(Browser(decision="deny"))
        except Exception as error:
            assert "access_denied" in str(error), error
        else:
            raise AssertionError("a denied consent gave a token")

    def fewer_scopes(self):
        wanted = [AUTH + "calendar.events", AUTH + "calendar.calendarlist.readonly"]
        granted = self.connect(Browser(partial="1", granted=[wanted[1]]), wanted)
        api = self.service(granted)
        api.calendarList().list().execute()
        refused(403, "insufficientPermissions", api.events().list(calendarId="primary"))

    def refresh(self):
        old = self.credentials.token
        self.credentials.refresh(google.auth.transport.requests.Request())
        assert self.credentials.token != old
        self.api.calendarList().list().execute()

    def expired_access_refreshes(self):
        self.control("POST", f"/accounts/{ADMIN}/expire-access-tokens")
        self.api.calendarList().list().execute()

    def code_works_once(self):
        query = {"client_id": self.config["installed"]["client_id"], "redirect_uri": "http://127.0.0.1:9/back", "scope": SCOPES[0],
                 "response_type": "code", "state": "s", "login_hint": ADMIN, "access_type": "offline", "prompt": "consent"}
        self.control("PUT", "/consent", {"mode": "allow"})

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        try:
            urllib.request.build_opener(Stay).open(self.origin + "/o/oauth2/v2/auth?" + urllib.parse.urlencode(query))
        except urllib.error.HTTPError as answer:
            back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))
        self.control("PUT", "/consent", {"mode": "page"})
        assert back["state"] == "s" and back["scope"] == SCOPES[0]
        form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": query["redirect_uri"],
                "client_id": query["client_id"], "client_secret": self.config["installed"]["client_secret"]}
        assert post(self.origin + "/token", {**form, "redirect_uri": "http://127.0.0.1:10/back"}) == (400, "redirect_uri_mismatch")
        assert post(self.origin + "/token", {**form, "client_secret": "other"}) == (401, "invalid_client")
        assert post(self.origin + "/token", form) == (200, None)
        assert post(self.origin + "/token", form) == (400, "invalid_grant")

    # Calendars

    def calendar_list(self):
        self.control("POST", "/calendars", {"account": ADMIN, "summary": "surgery", "id": "surgery@group.example"})
        first = self.api.calendarList().list(maxResults=1).execute()
        second = self.api.calendarList().list(maxResults=1, pageToken=first["nextPageToken"]).execute()
        ids = [first["items"][0]["id"], second["items"][0]["id"]]
        assert ids == [ADMIN, "surgery@group.example"] and "nextSyncToken" in second, ids
        primary = self.api.calendarList().get(calendarId="primary").execute()
        assert primary["primary"] and primary["id"] == ADMIN and primary["accessRole"] == "owner"
        assert self.api.calendars().get(calendarId="surgery@group.example").execute()["summary"] == "surgery"
        refused(404, "notFound", self.api.calendars().get(calendarId="nobody@clinic.example"))

    # Events

    def life_of_an_event(self):
        made = self.insert(attendees=[{"email": "pat@example.com"}], extendedProperties={"private": {"syncward": "1"}})
        assert made["status"] == "confirmed" and made["sequence"] == 0 and made["attendees"][0]["responseStatus"] == "needsAction"
        events = self.api.events()
        assert events.get(calendarId="primary", eventId=made["id"]).execute() == made
        patched = events.patch(calendarId="primary", eventId=made["id"], body={"summary": "Moved", "description": None}).execute()
        assert patched["summary"] == "Moved" and patched["etag"] != made["etag"] and patched["attendees"] == made["attendees"]
        full = {**self.event(hours=5), "summary": "Replaced"}
        updated = events.update(calendarId="primary", eventId=made["id"], body=full).execute()
        assert updated["sequence"] == 1 and "attendees" not in updated and updated["iCalUID"] == made["iCalUID"]
        events.delete(calendarId="primary", eventId=made["id"]).execute()
        refused(410, "deleted", events.delete(calendarId="primary", eventId=made["id"]))
        assert events.get(calendarId="primary", eventId=made["id"]).execute()["status"] == "cancelled"

    def chosen_ids(self):
        name = uuid.uuid4().hex
        assert self.insert(id=name)["id"] == name
        refused(409, "duplicate", self.api.events().insert(calendarId="primary", body=self.event(id=name)))
        refused(400, "invalid", self.api.events().insert(calendarId="primary", body=self.event(id="WRONG!")))
        self.api.events().delete(calendarId="primary", eventId=name).execute()
        refused(409, "duplicate", self.api.events().insert(calendarId="primary", body=self.event(id=name)))
        revived = self.api.events().update(calendarId="primary", eventId=name, body=self.event(status="confirmed")).execute()
        assert revived["status"] == "confirmed"

    def bad_bodies(self):
        events = self.api.events()
        refused(400, "required", events.insert(calendarId="primary", body={"summary": "No time"}))
        backwards = {"start": {"date": "2026-05-02"}, "end": {"date": "2026-05-01"}}
        refused(400, "timeRangeEmpty", events.insert(calendarId="primary", body=backwards))
        long = self.event(extendedProperties={"private": {"n" * 45: "v"}})
        refused(400, "invalid", events.insert(calendarId="primary", body=long))
        refused(400, "invalid", events.insert(calendarId="primary", body=self.event(attendees=[{"email": "nobody"}])))

    def preconditions(self):
        made = self.insert()
        request = self.api.events().patch(calendarId="primary", eventId=made["id"], body={"summary": "A"})
        request.headers["If-Match"] = made["etag"]
        request.execute()
        stale = self.api.events().patch(calendarId="primary", eventId=made["id"], body={"summary": "B"})
        stale.headers["If-Match"] = made["etag"]
        refused(412, "conditionNotMet", stale)
        stale = self.api.events().delete(calendarId="primary", eventId=made["id"])
        stale.headers["If-Match"] = made["etag"]
        refused(412, "conditionNotMet", stale)
        fresh = self.api.events().get(calendarId="primary", eventId=made["id"]).execute()
        known = self.api.events().get(calendarId="primary", eventId=made["id"])
        known.headers["If-None-Match"] = fresh["etag"]
        refused(304, None, known)

    def filters(self):
        made = self.insert(summary="Zebra check", hours=400, extendedProperties={"private": {"k": "v"}})
        later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=399)).isoformat()
        for query in ({"q": "zebra"}, {"timeMin": later}, {"iCalUID": made["iCalUID"]}, {"privateExtendedProperty": "k=v"}):
            page = self.api.events().list(calendarId="primary", **query).execute()
            assert [item["id"] for item in page["items"]] == [made["id"]], query
        ordered = self.api.events().list(calendarId="primary", singleEvents=True, orderBy="startTime").execute()["items"]
        starts = [datetime.datetime.fromisoformat(item["start"]["dateTime"]) for item in ordered]
        assert starts == sorted(starts) and len(starts) > 1
        refused(400, "badRequest", self.api.events().list(calendarId="primary", orderBy="startTime"))
        refused(410, "updatedMinTooLongAgo", self.api.events().list(calendarId="primary", updatedMin="2020-01-01T00:00:00Z"))
        partial = self.api.events().list(calendarId="primary", fields="items(id),nextSyncToken").execute()
        assert set(partial) == {"items", "nextSyncToken"} and all(set(item) == {"id"} for item in partial["items"])

    def incremental_sync(self):
        everything, token, pages = self.pages(maxResults=2)
        assert pages > 1 and len({item["id"] for item in everything}) == len(everything)
        assert self.pages(syncToken=token)[0] == []
        made, gone = self.insert(), everything[0]["id"]
        self.api.events().delete(calendarId="primary", eventId=gone).execute()
        changed, token, _ = self.pages(syncToken=token)
        assert {item["id"]: item["status"] for item in changed} == {made["id"]: "confirmed", gone: "cancelled"}, changed
        for name, value in {"iCalUID": "x", "orderBy": "updated", "privateExtendedProperty": "a=b", "q": "x",
                            "sharedExtendedProperty": "a=b", "timeMin": "2026-01-01T00:00:00Z", "timeMax": "2026-01-01T00:00:00Z",
                            "updatedMin": "2026-01-01T00:00:00Z"}.items():
            refused(400, "badRequest", self.api.events().list(calendarId="primary", syncToken=token, **{name: value}))
        refused(400, "badRequest", self.api.events().list(calendarId="primary", syncToken=token, showDeleted=False))
        refused(400, "badRequest", self.api.events().list(calendarId="primary", syncToken=token, singleEvents=True))
        refused(400, "invalid", self.api.events().list(calendarId="primary", syncToken="nonsense"))
        self.control("POST", f"/calendars/{ADMIN}/expire-sync-tokens")
        refused(410, "fullSyncRequired", self.api.events().list(calendarId="primary", syncToken=token))

    def empty_page_is_not_the_last(self):
        self.fault("events.list", {"kind": "empty_page"})
        items, _, pages = self.pages()
        assert pages == 2 and items

    def series(self):
        zone = "Europe/London"
        body = {"summary": "Huddle", "start": {"dateTime": "2026-03-23T09:00:00", "timeZone": zone},
                "end": {"dateTime": "2026-03-23T09:15:00", "timeZone": zone}, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"]}
        calendar = "surgery@group.example"
        events = self.api.events()
        master = events.insert(calendarId=calendar, body=body).execute()
        rows = events.instances(calendarId=calendar, eventId=master["id"]).execute()["items"]
        # The clocks go forward on 29 March: the hour on the wall stays.
        assert [row["id"].split("_")[1] for row in rows] == ["20260323T090000Z", "20260330T080000Z", "20260406T080000Z", "20260413T080000Z"]
        assert rows[1]["recurringEventId"] == master["id"] and rows[1]["start"]["dateTime"] == "2026-03-30T09:00:00+01:00"
        events.patch(calendarId=calendar, eventId=rows[1]["id"], body={"summary": "Late huddle"}).execute()
        events.delete(calendarId=calendar, eventId=rows[2]["id"]).execute()
        shown = events.list(calendarId=calendar, singleEvents=True, orderBy="startTime").execute()["items"]
        assert [row["summary"] for row in shown] == ["Huddle", "Late huddle", "Huddle"]
        kept = events.list(calendarId=calendar).execute()["items"]
        assert sorted(row["status"] for row in kept) == ["cancelled", "confirmed", "confirmed"]
        refused(400, "invalid", events.insert(calendarId=calendar, body={**body, "recurrence": ["RRULE:FREQ=NEVER"]}))
        day = {"summary": "Closed", "start": {"date": "2026-05-01"}, "end": {"date": "2026-05-02"},
               "recurrence": ["RRULE:FREQ=YEARLY;UNTIL=20280501", "EXDATE;VALUE=DATE:20270501"]}
        days = events.insert(calendarId=calendar, body=day).execute()
        rows = events.instances(calendarId=calendar, eventId=days["id"]).execute()["items"]
        assert [row["start"]["date"] for row in rows] == ["2026-05-01", "2028-05-01"], rows

    def batch(self):
        answers = {}
        batch = BatchHttpRequest(batch_uri=self.proxy.url + "/batch/calendar/v3", callback=lambda name, row, error: answers.update({name: (row, error)}))
        batch.add(self.api.calendarList().list(), request_id="list")
        batch.add(self.api.events().insert(calendarId="primary", body=self.event()), request_id="insert")
        batch.add(self.api.events().get(calendarId="primary", eventId="nothing"), request_id="missing")
        batch.execute()
        assert answers["list"][0]["items"] and answers["insert"][0]["id"] and answers["missing"][1].resp.status == 404

    # Push

    def watch(self, calendar="primary", **more):
        body = {"id": "clinic_" + uuid.uuid4().hex, "type": "web_hook", "address": self.hook.url, "token": "secret", **more}
        return self.api.events().watch(calendarId=calendar, body=body).execute()

    def stop(self, channel):
        return self.api.channels().stop(body={"id": channel["id"], "resourceId": channel["resourceId"]})

    def channel_life(self):
        one, two = self.watch(), self.watch(params={"ttl": "3600"})
        assert one["resourceId"] == two["resourceId"] and one["kind"] == "api#channel"
        left = int(one["expiration"]) / 1000 - time.time()
        assert 7 * 86400 - 60 < left <= 7 * 86400 and int(two["expiration"]) / 1000 - time.time() <= 3600
        first = self.hook.wait(one["id"], "sync")[0]
        assert first["x-goog-message-number"] == "1" and first["x-goog-channel-token"] == "secret"
        assert first["x-goog-resource-id"] == one["resourceId"] and first["x-goog-resource-uri"] == one["resourceUri"]
        assert first["user-agent"].startswith("APIs-Google;") and first["x-goog-channel-expiration"].endswith(" GMT")
        self.insert()
        self.control("POST", f"/calendars/{ADMIN}/events", self.event())
        numbers = [int(row["x-goog-message-number"]) for row in self.hook.wait(one["id"], "exists", 2)]
        assert min(numbers) > 1 and len(set(numbers)) == 2
        self.hook.wait(two["id"], "exists", 2)
        refused(404, "notFound", self.api.channels().stop(body={"id": one["id"], "resourceId": "other"}))
        self.stop(one).execute()
        refused(404, "notFound", self.stop(one))
        refused(400, "channelIdNotUnique", self.api.events().watch(calendarId="primary", body={"id": one["id"], "type": "web_hook", "address": self.hook.url}))
        self.stop(two).execute()

    def handshake_first(self):
        self.control("PATCH", "/settings", {"handshake_first_probability": 1.0})
        channel = self.watch()
        assert len(self.hook.of(channel["id"], "sync")) == 1, "the handshake comes before the answer"
        self.control("PATCH", "/settings", {"handshake_first_probability": 0.0})
        self.stop(channel).execute()

    def refused_channels(self):
        events = self.api.events()
        body = {"id": "c1", "type": "web_hook", "address": "http://clinic.example/hook"}
        refused(400, "webhookUrlNotHttps", events.watch(calendarId="primary", body=body))
        refused(400, "invalid", events.watch(calendarId="primary", body={**body, "id": "a b", "address": self.hook.url}))
        refused(400, "invalid", events.watch(calendarId="primary", body={**body, "token": "t" * 257, "address": self.hook.url}))
        self.control("POST", "/calendars", {"account": ADMIN, "summary": "holidays", "id": "holidays@group.example", "watchable": False})
        watch = events.watch(calendarId="holidays@group.example", body={**body, "address": self.hook.url})
        refused(400, "pushNotSupportedForRequestedResource", watch)

    def retries(self):
        self.control("PATCH", "/settings", {"retry_base_ms": 50})
        channel = self.watch()
        self.hook.wait(channel["id"], "sync")
        self.hook.answers[channel["id"]] = [503, 500, 502, 504]
        self.insert()
        rows = self.hook.wait(channel["id"], "exists", 5)
        assert len({row["x-goog-message-number"] for row in rows}) == 1
        self.hook.answers[channel["id"]] = [404]
        self.insert()
        self.insert()
        self.hook.wait(channel["id"], "exists", 7)
        log = self.control("GET", f"/deliveries?channel={channel['id']}")["items"]
        assert [row["attempts"] for row in log if row["status"] == 404] == [0]
        self.stop(channel).execute()

    def push_faults(self):
        self.fault("events.watch", {"kind": "shorten", "ttl_s": 90})
        self.fault("events.watch", {"kind": "silent_handshake"})
        channel = self.watch()
        assert int(channel["expiration"]) / 1000 - time.time() <= 90
        self.fault("push.change", {"kind": "drop"}, channel["id"])
        self.fault("push.change", {"kind": "duplicate", "times": 2}, channel["id"], skip=1)
        self.insert()
        self.insert()
        rows = self.hook.wait(channel["id"], "exists", 3)
        assert len({row["x-goog-message-number"] for row in rows}) == 1 and not self.hook.of(channel["id"], "sync")
        self.stop(channel).execute()

    # Faults

    def google_errors(self):
        for status, reason in ((403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (403, "quotaExceeded"), (429, "rateLimitExceeded"),
                               (500, "backendError"), (503, "backendError"), (403, "forbidden"), (404, "notFound")):
            self.fault("events.list", {"kind": "refuse", "status": status, "reason": reason})
            refused(status, reason, self.api.events().list(calendarId="primary"))

    def spoilt_answers(self):
        self.proxy.spoilt = True
        self.fault("events.list", {"kind": "truncate"})
        cut = self.api.events().list(calendarId="primary").execute()
        assert not isinstance(cut, dict), "the client hands over what it cannot read"
        self.fault("events.list", {"kind": "html"})
        refused(502, None, self.api.events().list(calendarId="primary"))
        self.proxy.spoilt = False

    def lost_answer(self):
        name = uuid.uuid4().hex
        self.fault("events.insert", {"kind": "refuse", "status": 503, "applied": True})
        refused(503, "backendError", self.api.events().insert(calendarId="primary", body=self.event(id=name)))
        refused(409, "duplicate", self.api.events().insert(calendarId="primary", body=self.event(id=name)))

    def readers(self):
        self.control("POST", "/accounts", {"email": "other@clinic.example"})
        self.control("POST", "/calendars/other@clinic.example/share", {"account": ADMIN, "role": "reader"})
        self.api.events().list(calendarId="other@clinic.example").execute()
        refused(403, "requiredAccessLevel", self.api.events().insert(calendarId="other@clinic.example", body=self.event()))
        self.control("POST", "/calendars/other@clinic.example/share", {"account": ADMIN})
        refused(404, "notFound", self.api.events().list(calendarId="other@clinic.example"))

    def revoked(self):
        assert post(self.proxy.url + "/revoke", {"token": self.credentials.refresh_token}) == (200, None)
        assert post(self.proxy.url + "/revoke", {"token": self.credentials.refresh_token}) == (400, "invalid_token")
        try:
            self.api.calendarList().list().execute()
        except google.auth.exceptions.RefreshError as error:
            assert "invalid_grant" in str(error)
        else:
            raise AssertionError("a revoked consent still works")


def refused(status, reason, request):
    """The request is refused with a status and a reason."""
    try:
        request.execute()
    except HttpError as error:
        told = None
        if reason is not None:
            told = json.loads(error.content)["error"]["errors"][0]["reason"]
        assert (error.resp.status, told) == (status, reason), f"{error.resp.status} {told}, not {status} {reason}"
    else:
        raise AssertionError(f"not refused with {status} {reason}")


def post(url, form):
    """Status and OAuth error of a form post."""
    try:
        answer = urllib.request.urlopen(url, data=urllib.parse.urlencode(form).encode())
        return answer.status, json.loads(answer.read() or b"{}").get("error")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()).get("error")


CHECKS = [
    "denied_consent", "consent_with_pkce", "fewer_scopes", "refresh", "expired_access_refreshes", "code_works_once", "calendar_list",
    "life_of_an_event", "chosen_ids", "bad_bodies", "preconditions", "filters", "incremental_sync", "empty_page_is_not_the_last", "series",
    "batch", "channel_life", "handshake_first", "refused_channels", "retries", "push_faults", "google_errors", "spoilt_answers",
    "lost_answer", "readers", "revoked",
]


def run(tally, origin, proxy, client_id, client_secret):
    """Runs every check in its order."""
    suite = Suite(origin, proxy, client_id, client_secret)
    for name in CHECKS:
        tally.check(f"python: {name.replace('_', ' ')}", getattr(suite, name))
