#!/usr/bin/env python3
"""A person's edit, by Google's own Python client: takes an account's consent and moves one appointment of a calendar.

    google_edit.py GOOGLE_URL ACCOUNT CALENDAR_ID
"""

import datetime
import os
import sys
import urllib.parse
import urllib.request

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"

from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build


class Stay(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the caller."""

    def redirect_request(self, *_):
        return None


def consent(google, account):
    config = {"installed": {"client_id": "person.apps.googleusercontent.com", "client_secret": "secret",
                            "auth_uri": google + "/o/oauth2/v2/auth", "token_uri": google + "/token"}}
    flow = Flow.from_client_config(config, ["https://www.googleapis.com/auth/calendar"], redirect_uri="http://127.0.0.1:9/")
    url, _ = flow.authorization_url(access_type="offline")
    form = urllib.parse.urlencode({"decision": "allow", "account": account}).encode()
    try:
        urllib.request.build_opener(Stay).open(url, data=form)
        sys.exit("the consent page did not redirect")
    except urllib.error.HTTPError as redirect:
        flow.fetch_token(authorization_response=redirect.headers["location"])
    return flow.credentials


def main():
    google, account, calendar = sys.argv[1:]
    options = {"api_endpoint": google + "/calendar/v3/"}
    api = build("calendar", "v3", credentials=consent(google, account), client_options=options, static_discovery=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    events = api.events().list(calendarId=calendar, timeMin=now.isoformat(), maxResults=250).execute()["items"]
    event = next(one for one in events if "dateTime" in one.get("start", {}) and "recurrence" not in one)
    moved = {}
    for end in ("start", "end"):
        at = datetime.datetime.fromisoformat(event[end]["dateTime"].replace("Z", "+00:00"))
        moved[end] = {**event[end], "dateTime": (at + datetime.timedelta(hours=1)).isoformat()}
    answer = api.events().patch(calendarId=calendar, eventId=event["id"], body=moved).execute()
    print(answer["updated"])


if __name__ == "__main__":
    main()
