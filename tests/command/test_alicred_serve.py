"""`alicred serve`: a credentials URI for many programs, and for nobody else."""

import datetime as dt
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlsplit

import pytest
import requests

from alicred import Client, Config, CredentialException
from alicred.commands import serve as serving
from alicred.commands import uri_server
from alicred.commands.errors import CommandError

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no os.kill for SIGTERM")
pytestmark = posix_only


@pytest.fixture
def served():
    """Serve while a function talks to the URI in another thread; return what was said, and what was told."""

    def served(talk, host="127.0.0.1", *, number=signal.SIGTERM):
        said, told, talks = [], [], []

        def talk_and_stop(uri):
            try:
                talk(uri)
            finally:
                os.kill(os.getpid(), number)

        with ThreadPoolExecutor(1) as pool:

            def say(line):
                said.append(line)
                uri = line.removeprefix("export ALIBABA_CLOUD_CREDENTIALS_URI=")
                talks.append(pool.submit(talk_and_stop, uri))

            serving.serve((host, 0), allow_network=False, say=say, tell=told.append, ends_process=False)
            talks[0].result()
        return said, told

    return served


def get(uri, **headers):
    """Ask once, with the headers that are given."""
    return requests.get(uri, headers=headers, timeout=10)


def talk_raw(uri, text):
    """Send bytes as they are, and return what comes back until the other side hangs up."""
    with socket.create_connection(("127.0.0.1", urlsplit(uri).port), timeout=10) as connection:
        connection.sendall(text)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def test_the_document_is_that_of_a_credentials_uri(served, alicred_emulator, alicred_clock):
    """All keys that any client asks for, of one credential."""
    documents = []
    served(lambda uri: documents.append(get(uri)))
    [reply] = documents
    document = reply.json()
    issued = alicred_emulator.ledger.get(document["AccessKeyId"])
    assert reply.headers["Cache-Control"] == "no-store"
    assert document == {
        "Code": "Success",
        "AccessKeyId": issued.access_key_id,
        "AccessKeySecret": issued.access_key_secret,
        "SecurityToken": issued.security_token,
        "Expiration": issued.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_alibabas_sdk_is_a_client(served, alicred_emulator):
    """Unmodified, by its type credentials_uri."""
    from alibabacloud_credentials.client import Client as SdkClient
    from alibabacloud_credentials.models import Config as SdkConfig

    read = []

    def talk(uri):
        credential = SdkClient(SdkConfig(type="credentials_uri", credentials_uri=uri)).get_credential()
        read.append((credential.access_key_id, credential.security_token))

    served(talk)
    [(key_id, token)] = read
    assert alicred_emulator.ledger.get(key_id).security_token == token


def test_alicred_is_a_client_on_a_clock_of_its_own(served, alicred_emulator, alicred_clock):
    """The answer's date is the server's idea of the time, by which the end is reckoned."""
    alicred_clock.shift(days=1)
    read = []
    served(
        lambda uri: read.append(Client(Config(type="credentials_uri", credentials_uri=uri)).get_credential())
    )
    [credential] = read
    assert credential.expires_at == credential.expiration.timestamp()


@pytest.mark.parametrize("identity", ["user", "rrsa"])
def test_alibabas_sdk_takes_a_credential_with_a_token_and_without(
    served, alicred_emulator, monkeypatch, identity
):
    """A user's key has no token and no end: the document has both, empty and in an hour."""
    from alibabacloud_credentials.client import Client as SdkClient
    from alibabacloud_credentials.models import Config as SdkConfig

    for name, value in alicred_emulator.env(identity).items():
        monkeypatch.setenv(name, value)
    read = []

    def talk(uri):
        read.append(get(uri).json())
        client = SdkClient(SdkConfig(type="credentials_uri", credentials_uri=uri))
        read.append(client.get_credential().access_key_id)

    _, told = served(talk)
    document, key_id = read
    assert document["AccessKeyId"] == key_id
    if identity == "user":
        end = dt.datetime.strptime(document["Expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=dt.timezone.utc
        )
        assert (end - alicred_emulator.clock.now()) <= dt.timedelta(hours=1)
        assert document["SecurityToken"] == ""
        assert any("no session token" in line for line in told)


def test_many_clients_cost_one_set_of_calls(served, alicred_emulator, monkeypatch):
    """Forty at once, with one role session for all of them."""
    for name, value in alicred_emulator.env("rrsa").items():
        monkeypatch.setenv(name, value)
    keys = []

    def talk(uri):
        with ThreadPoolExecutor(40) as pool:
            keys.extend(pool.map(lambda _: get(uri).json()["AccessKeyId"], range(40)))

    served(talk)
    assert len(keys) == 40
    assert len(set(keys)) == 1
    assert alicred_emulator.journal.count("AssumeRoleWithOIDC") == 1


def test_a_failed_refresh_goes_unnoticed_while_the_credential_is_valid(
    served, alicred_emulator, alicred_clock
):
    """Clients see the outage when there is no valid credential any more, and not before."""
    from alicred_emulator import Fault

    seen = []

    def talk(uri):
        seen.append(get(uri))
        fault = alicred_emulator.imds.faults.add(Fault.status(500))
        alicred_clock.shift(hours=5, minutes=59)
        seen.append(get(uri))
        alicred_clock.shift(minutes=1)
        seen.extend([get(uri), get(uri)])
        fault.remove()
        alicred_clock.shift(seconds=61)
        seen.append(get(uri))

    _, told = served(talk)
    assert [reply.status_code for reply in seen] == [200, 200, 503, 503, 200]
    assert seen[0].content == seen[1].content != seen[4].content
    assert seen[2].json()["Code"] == "CredentialUnavailable"
    failed, recovered = (line for line in told if "there is" in line)
    assert failed.startswith(
        "alicred: there is no credential to serve: The instance metadata service answered"
    )
    assert recovered == "alicred: there is a credential to serve again."


def test_what_clients_are_told_of_a_failure_is_nothing_of_it(served, alicred_emulator, alicred_clock):
    """The reason is for whoever runs the command: it may name files and hosts."""
    from alicred_emulator import Fault

    alicred_emulator.imds.faults.add(Fault.status(500))
    seen = []
    _, told = served(lambda uri: seen.append(get(uri)))
    [reply] = seen
    assert set(reply.json()) == {"Code", "Message"}
    assert "metadata" not in reply.text
    assert any(line.startswith("alicred: there is no credential yet: ") for line in told)


def test_what_is_printed_is_the_uri_and_nothing_secret(served, alicred_emulator):
    """The line can be evaluated by a shell; the path alone is 256 bits."""
    said, told = served(get)
    [line] = said
    assert re.fullmatch(r"export ALIBABA_CLOUD_CREDENTIALS_URI=http://127\.0\.0\.1:\d+/[\w-]{43}", line)
    [issued] = [one for one in alicred_emulator.ledger.credentials if one.origin == "imds"]
    everything = "\n".join([line, *told])
    for secret in (issued.access_key_id, issued.access_key_secret, issued.security_token):
        assert secret not in everything
    assert urlsplit(line).path not in "\n".join(told)


def test_each_start_has_a_path_of_its_own(served, alicred_emulator):
    """Whoever knew the last one knows nothing."""
    assert served(get)[0] != served(get)[0]


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({"Host": "evil.example"}, None, 403),
        ({"Origin": "http://evil.example"}, None, 403),
        ({"Sec-Fetch-Site": "cross-site"}, None, 403),
        ({}, "/", 404),
    ],
    ids=["host", "origin", "fetch", "path"],
)
def test_who_is_not_meant_gets_a_status_and_nothing_else(
    served, alicred_emulator, capsys, headers, path, status
):
    """Not a word, neither to them nor in a log."""
    seen = []
    capsys.readouterr()
    served(lambda uri: seen.append(get(uri if path is None else uri[: uri.rindex("/")] + path, **headers)))
    [reply] = seen
    assert (reply.status_code, reply.content) == (status, b"")
    assert capsys.readouterr() == ("", "")


def test_another_method_is_answered_with_the_one_that_is_allowed(served, alicred_emulator):
    """However long a body comes with it; one that asks for the head alone is none that is."""
    seen = []

    def talk(uri):
        seen.append(requests.post(uri, data=b"x" * 50_000, timeout=10))
        seen.append(requests.head(uri, timeout=10))

    served(talk)
    for reply in seen:
        assert (reply.status_code, reply.headers["Allow"], reply.content) == (405, "GET", b"")
        assert reply.headers["Content-Length"] == "0"


def test_a_client_that_asks_for_nothing_is_told_nothing(served, alicred_emulator):
    """One that looks whether somebody listens is no request."""

    def talk(uri):
        with socket.create_connection(("127.0.0.1", urlsplit(uri).port), timeout=10) as connection:
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""

    served(talk)


def test_a_body_that_is_not_wanted_is_taken_all_the_same(served, alicred_emulator, monkeypatch):
    """A connection that was closed on it would be reset, and the answer might be lost."""
    # More than the system keeps for a process that does not read.
    body = b"x" * (16 << 20)
    monkeypatch.setattr(uri_server, "_LARGEST_BODY_BYTES", len(body) + 1)

    def talk(uri):
        with socket.create_connection(("127.0.0.1", urlsplit(uri).port), timeout=10) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while connection.recv(1000):
                pass
            connection.sendall(body)

    served(talk)


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n",
        b"GET /" + b"x" * 9000,
        b"\xff\xfe\r\n\r\n",
        b"\r\n\r\n",
    ],
    ids=["nonsense", "0.9", "9.9", "colon", "headers", "long", "bytes", "empty"],
)
def test_what_is_no_request_gets_no_credential(served, alicred_emulator, text):
    """And the next one is served."""
    answers = []

    def talk(uri):
        answers.append(talk_raw(uri, text))
        assert get(uri).status_code == 200

    served(talk)
    [answer] = answers
    assert answer == b"" or re.match(rb"HTTP/1.1 (4|5)\d\d ", answer)


def test_a_client_that_drips_is_hung_up_on(served, alicred_emulator, monkeypatch):
    """One deadline bounds the whole head, however often a piece comes."""
    monkeypatch.setattr(uri_server, "_SECONDS", 0.1)

    def talk(uri):
        with socket.create_connection(("127.0.0.1", urlsplit(uri).port), timeout=10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n")
            assert connection.recv(1) == b""

    served(talk)


def test_a_client_that_goes_away_leaves_no_trace(served, alicred_emulator, monkeypatch, capsys):
    """Whoever is killed while it waits is nothing to tell anybody of."""
    asked, gone = threading.Event(), threading.Event()

    def answer_late(_credential, _now):
        asked.set()
        assert gone.wait(10)
        return b"too late"

    monkeypatch.setattr(serving, "document", answer_late)

    def talk(uri):
        with socket.create_connection(("127.0.0.1", urlsplit(uri).port), timeout=10) as connection:
            # Closed, it is reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(f"GET {urlsplit(uri).path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert asked.wait(10)
        gone.set()
        assert get(uri).content == b"too late"

    served(talk)
    assert capsys.readouterr() == ("", "")


def test_a_mistake_of_our_own_is_seen(served, alicred_emulator, monkeypatch, capsys):
    """The client is hung up on, and the terminal shows a traceback."""
    monkeypatch.setattr(serving, "document", lambda _credential, _now: 1 / 0)

    def talk(uri):
        with pytest.raises(requests.ConnectionError):
            get(uri)

    served(talk)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_beyond_the_bound_a_connection_is_closed_at_once(served, alicred_emulator, monkeypatch):
    """Silent clients cannot make this process hold threads without end."""
    monkeypatch.setattr(uri_server, "_MOST_CONVERSATIONS", 1)

    def talk(uri):
        with socket.create_connection(("127.0.0.1", urlsplit(uri).port), timeout=10) as silent:
            with pytest.raises(requests.ConnectionError):
                get(uri)
            silent.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert silent.recv(100).startswith(b"HTTP/1.1 404 ")

    served(talk)


def test_a_place_is_free_again_after_each_conversation(served, alicred_emulator, monkeypatch):
    """The bound is on those that are going on."""
    monkeypatch.setattr(uri_server, "_MOST_CONVERSATIONS", 10)
    statuses = []
    served(lambda uri: statuses.extend(get(uri).status_code for _ in range(25)))
    assert statuses == [200] * 25


def test_a_connection_for_which_there_is_no_thread_takes_no_place(
    served, alicred_emulator, monkeypatch, capsys
):
    """It is closed, the terminal shows why, and the next one is answered."""
    monkeypatch.setattr(uri_server, "_MOST_CONVERSATIONS", 1)
    process_request = ThreadingMixIn.process_request

    def fail_once(*_arguments):
        monkeypatch.setattr(ThreadingMixIn, "process_request", process_request)
        raise RuntimeError("can't start new thread")

    def talk(uri):
        monkeypatch.setattr(ThreadingMixIn, "process_request", fail_once)
        with pytest.raises(requests.ConnectionError):
            get(uri)
        assert get(uri).status_code == 200

    served(talk)
    assert "can't start new thread" in capsys.readouterr().err


def test_a_signal_that_means_something_else_does_not_end_it(served, alicred_emulator, monkeypatch):
    """A program that serves within itself may have handlers of its own."""
    happened = []
    before = signal.signal(signal.SIGUSR1, lambda *_: happened.append("SIGUSR1"))

    def talk(uri):
        os.kill(os.getpid(), signal.SIGUSR1)
        happened.append(get(uri).status_code)

    try:
        served(talk)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert sorted(map(str, happened)) == ["200", "SIGUSR1"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_caller_gets_its_handlers_back(served, alicred_emulator, number):
    """Served within a program, signals afterwards are that program's own again."""
    before = signal.getsignal(number)
    served(get, number=number)
    assert signal.getsignal(number) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_localhost_and_ipv6_are_loopback_too(served, alicred_emulator):
    """The URI says the address, so that no resolver has a say."""
    said, _ = served(get, "localhost")
    assert "=http://127.0.0.1:" in said[0]
    if socket.has_ipv6:
        said, _ = served(get, "::1")
        assert "=http://[::1]:" in said[0]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "keys.example", ""])
def test_it_refuses_to_listen_elsewhere(alicred_emulator, alicred, host):
    """And says what it would mean."""
    done = alicred("serve", "--host", host)
    assert (done.status, done.out) == (2, "")
    problem, remedy = done.err.splitlines()
    assert problem.endswith("is not an address of loopback.")
    assert "--allow-non-loopback" in remedy
    assert "in the clear" in remedy


def test_an_empty_host_is_refused_in_any_case(alicred_emulator, alicred):
    """A variable that was not set in a script must not open the keys to the network."""
    assert alicred("serve", "--host", "", "--allow-non-loopback").status == 2


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(99, "Cannot assign requested address"), "Cannot assign requested address"),
        (UnicodeError("label empty or too long"), "it is not the name of a host"),
    ],
)
def test_it_listens_elsewhere_if_it_is_told_to(alicred_emulator, alicred, monkeypatch, error, why):
    """The option is what it takes; that it cannot is two lines."""
    asked = []

    def server(host, port, **_options):
        asked.append((host, port))
        raise error

    monkeypatch.setattr(serving, "UriServer", server)
    done = alicred("serve", "--host", "192.0.2.1", "--port", "8200", "--allow-non-loopback")
    assert asked == [("192.0.2.1", 8200)]
    assert done.status == 2
    assert f"alicred: cannot listen on port 8200 of 192.0.2.1: {why}." in done.err


def test_a_taken_port_is_two_lines_and_status_two(alicred_emulator, alicred):
    """No traceback: the line names the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = alicred("serve", "--port", str(port))
    assert (done.status, done.out) == (2, "")
    assert re.search(rf"\b{port}\b", done.err)
    assert "hint: Use another --port" in done.err


@pytest.mark.parametrize("port", ["-1", "65536", "many", "²"])
def test_a_port_that_is_none_is_status_two(alicred, port):
    """The option's name is in the line."""
    done = alicred("serve", "--port", port)
    assert done.status == 2
    assert "argument --port: a port is a number from 0 to 65535." in done.err


def test_a_configuration_that_cannot_work_ends_it(bare_machine, monkeypatch):
    """It would never have a credential, so nobody should wait for one; an outage is waited for."""
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    with pytest.raises(CredentialException):
        serving.serve(
            ("127.0.0.1", 0), allow_network=False, say=pytest.fail, tell=pytest.fail, ends_process=False
        )


def test_a_bearer_token_is_refused(alicred_emulator):
    """The document has no place for one."""
    path = Path(os.environ["HOME"], ".aliyun", "config.json")
    path.parent.mkdir()
    profile = {"name": "b", "mode": "BearerToken", "bearer_token": "cAnArYtOkEn"}
    path.write_text(json.dumps({"current": "b", "profiles": [profile]}), encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(CommandError, match="bearer token") as refusal:
        serving.serve(
            ("127.0.0.1", 0), allow_network=False, say=pytest.fail, tell=pytest.fail, ends_process=False
        )
    assert "cAnArY" not in str(refusal.value) + refusal.value.remedy


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_as_a_command_until_it_is_told_to_stop(alicred_emulator, number):
    """In a process of its own it prints its line at once, answers, and both signals end it with status 0."""
    command = [sys.executable, "-m", "alicred", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            uri = process.stdout.readline().strip().removeprefix("export ALIBABA_CLOUD_CREDENTIALS_URI=")
            assert get(uri).json()["Code"] == "Success"
            while process.poll() is None:
                process.send_signal(number)
        finally:
            process.kill()
        rest, told = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "")
    assert "Traceback" not in told
    assert urlsplit(uri).path not in told


@pytest.mark.skipif(sys.platform == "win32", reason="signals are told of otherwise there")
def test_a_signal_of_somebody_else_ends_nothing():
    """Its number comes the same way; serving goes on until one comes that ends it."""
    reader, writer = socket.socketpair()
    with reader, writer, socket.create_server(("127.0.0.1", 0)) as nobody_calls:
        writer.send(bytes([signal.SIGCHLD, signal.SIGTERM, signal.SIGTERM]))
        serving._accept(nobody_calls, reader)
        assert reader.recv(9) == bytes([signal.SIGTERM])
