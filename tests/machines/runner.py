"""Asks a library's default client for its credential, on one machine after another.

Run by the tests as a process of its own: the library's name is its argument, a line of JSON tells whom to
trust, and each line after that is a machine, answered by a line. The rule kept here: each machine is a fork
in which Alibaba's SDK is imported with the environment in place, since it reads it then and never again. What
it imports besides was imported before, to save time, and so was all of alicred, which reads the environment
when a client is made.
"""

import json
import logging
import os
import pkgutil
import signal
import sys
from importlib import import_module
from pathlib import Path

import certifi

import alicred
from alicred.exceptions import NoCredentialError
from alicred_emulator.redirect import redirected
from alicred_emulator.routes import ports_of
from alicred_emulator.trust import trusting

LONGEST_SECONDS = 30
BESIDES = {
    "alicred": [one.name for one in pkgutil.walk_packages(alicred.__path__, "alicred.")],
    "sdk": ("Tea.core", "aiofiles", "aiohttp", "apscheduler.schedulers.background", "configparser"),
}
CHAIN_FAILED = "unable to load credentials from any of the providers in the chain"


class Heard(logging.Handler):
    """Keeps what alicred warns of."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def ask_alicred():
    heard = Heard()
    logging.getLogger("alicred").addHandler(heard)
    try:
        credential = alicred.Client().get_credential()
    except NoCredentialError as error:
        return {"fails": "no credential", "message": str(error), "warnings": heard.lines}
    except Exception as error:  # noqa: BLE001 - whatever a subject raises is for the table to judge
        return {"fails": type(error).__name__, "message": str(error), "warnings": heard.lines}
    return {**parts_of(credential), "warnings": heard.lines}


def ask_sdk():
    from alibabacloud_credentials.client import Client

    try:
        credential = Client().get_credential()
    except Exception as error:  # noqa: BLE001 - the same
        kind = "no credential" if CHAIN_FAILED in str(error) else type(error).__name__
        return {"fails": kind, "message": str(error)}
    return parts_of(credential)


def parts_of(credential):
    names = ("provider_name", "access_key_id", "access_key_secret", "security_token", "bearer_token")
    return {name: getattr(credential, name, None) for name in names}


def answer(ask, machine):
    signal.alarm(LONGEST_SECONDS)
    # Neither the SDK's handlers nor a program that a profile runs may come between the lines.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.environ.update(machine["environment"])
    with redirected(ports_of(machine["fakes"])):
        return ask()


def in_a_fork(ask, machine):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # Without a way back: what the library has left running ends with it.
        try:
            os.write(writing, json.dumps(answer(ask, machine)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said or json.dumps({"fails": "nothing said"})


def main(subject):
    fakes = json.loads(sys.stdin.readline())
    # Two authorities, as in the tests themselves: to load all takes longer than all else that a machine does.
    certifi.core._CACERT_PATH = os.environ["SSL_CERT_FILE"] = fakes["authorities"]
    for name in BESIDES[subject]:
        import_module(name)
    ask = {"alicred": ask_alicred, "sdk": ask_sdk}[subject]
    with trusting(Path(fakes["bundle"]), fakes["certificate"]):
        for line in sys.stdin:
            sys.stdout.write(in_a_fork(ask, json.loads(line)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
