"""A program that the stories can be told to, for tests: a client of the credentials URI, and its bad habits.

Its argument names the habit: `good` fetches once and renews fifteen minutes before the end, `greedy` fetches
at every read, `stale` never renews, `ends` ends instead of answering, `mumbles` answers no JSON, `hangs` does
not answer, `says` tells its environment, and the keys of ANSWERS always give that answer.
"""

import calendar
import json
import os
import sys
import threading
import time
import urllib.request

HABIT = sys.argv[1]
RENEWS = {"good": 15 * 60, "greedy": 1e9, "stale": -1e9}
ANSWERS = {
    "refuses": {"error": {"kind": "refused", "message": "go away"}},
    "unlike": {"error": {"kind": "odd", "message": ""}},
    "unkind": {"error": "something went wrong"},
    "number": {"access_key_id": 7},
}
held = {}


def fetched(uri):
    """Ask the credentials URI, and say when the answer ends, in seconds of the epoch."""
    with urllib.request.urlopen(uri, timeout=5) as answer:
        document = json.load(answer)
    wire = time.strptime(document["Expiration"], "%Y-%m-%dT%H:%M:%SZ")
    return {
        "access_key_id": document["AccessKeyId"],
        "access_key_secret": document["AccessKeySecret"],
        "security_token": document["SecurityToken"],
        "expiration": calendar.timegm(wire),
    }


def answer():
    """Answer one `get`."""
    configured = json.loads(os.environ["ALICRED_CONFORMANCE_CLIENT"])
    if HABIT in ANSWERS:
        return ANSWERS[HABIT]
    if configured["type"] != "credentials_uri":
        return {"unsupported": f"it knows no {configured['type']}"}
    if not held or held["expiration"] - time.time() <= RENEWS[HABIT]:
        try:
            held.update(fetched(configured["credentials_uri"]))
        except OSError as error:
            return {"error": {"kind": "unreachable", "message": type(error).__name__}}
    return held


def line():
    """Return the line that answers one `get`."""
    if HABIT == "ends":
        sys.exit(3)
    if HABIT == "hangs":
        threading.Event().wait()
    if HABIT == "says":
        return json.dumps({"access_key_id": json.dumps(dict(os.environ))})
    return "hmm" if HABIT == "mumbles" else json.dumps(answer())


for _request in sys.stdin:
    sys.stdout.write(f"{line()}\n")
    sys.stdout.flush()
