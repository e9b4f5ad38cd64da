"""What the tests of the library share: a scripted transport, a raw server, and a search for secrets."""

import itertools
import json
import logging
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from alicred import Client, Config, Credential, testing
from alicred.environment import Environment
from alicred.parameters import resolve
from alicred.providers import registry
from alicred.providers.base import Issued, Provider
from alicred.providers.credentials_uri import CredentialsURIProvider
from alicred.providers.ecs_ram_role import EcsRamRoleProvider
from alicred.refresh import fifteen_minutes
from alicred.transport import NoReply, Reply, Terms

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
TERMS = Terms(connect_seconds=1.0, read_seconds=1.0, total_seconds=5.0, proxies={})
CANARY = "cAnArY0SeCrEt7"
REQUEST_ID = "7463B73D-35CC-4D19-A010-6B8D65D242EF"


@pytest.fixture(autouse=True)
def clean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the developer's environment is seen by a test, and nothing is left by it."""
    for name in list(os.environ):
        if name.startswith("ALIBABA_CLOUD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    homes = ("HOME", "USERPROFILE", "HOMEPATH", "HOMEDRIVE")
    for name in (*homes, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    yield
    testing.reset()


@pytest.fixture
def now() -> float:
    """The time at which the tests take place."""
    return NOW


@pytest.fixture
def canary() -> str:
    """The secret that must not be found."""
    return CANARY


@pytest.fixture
def document() -> Callable[..., bytes]:
    """A good document of six hours, with changes; a value of ... leaves the field out."""

    def document(**changes: object) -> bytes:
        fields = {
            "AccessKeyId": "STS.exampleKeyId1234",
            "AccessKeySecret": f"{CANARY}-secret",
            "SecurityToken": f"{CANARY}-token",
            "Expiration": "2027-01-15T14:00:00Z",
            "LastUpdated": "2027-01-15T08:00:00Z",
            "Code": "Success",
        }
        return json.dumps({k: v for k, v in {**fields, **changes}.items() if v is not ...}).encode()

    return document


class Script:
    """A transport that answers from a list: bytes or a text (200), a status, a `Reply` or a `NoReply`."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.terms: list[Terms] = []
        self.conversations = 0
        self.open_conversations = 0

    def open(self, terms: Terms, *, now: float) -> "Script":
        """Begin a conversation."""
        assert now >= NOW
        self.terms.append(terms)
        self.conversations += 1
        return self

    def __enter__(self) -> "Script":
        self.open_conversations += 1
        return self

    def __exit__(self, *_error: object) -> None:
        self.open_conversations -= 1

    def send(self, method: str, url: str, headers: object = None, body: bytes | None = None) -> Reply:
        """Note the request and give the next answer."""
        assert self.open_conversations
        self.sent.append((method, url, dict(headers or {})))
        self.bodies.append(body or b"")
        assert self.answers, f"nobody expected {method} {url}"
        answer = self.answers.pop(0)
        if isinstance(answer, NoReply):
            raise answer
        if isinstance(answer, Reply):
            return answer
        if isinstance(answer, int):
            return Reply(answer, f"<html>{answer} {CANARY}</html>".encode())
        return Reply(200, answer.encode() if isinstance(answer, str) else answer)

    def requests(self) -> list[str]:
        """Return what was asked since the last look as 'PUT /path', with ' +token' where there was one."""
        told = []
        for method, url, headers in self.sent:
            sent_token = "X-aliyun-ecs-metadata-token" in headers
            told.append(f"{method} {urlsplit(url).path}" + (" +token" if sent_token else ""))
        self.sent.clear()
        return told

    def forms(self) -> list[dict[str, str]]:
        """Return what was asked so far as parameters, of the query and of the body together."""
        return [
            dict(parse_qsl(urlsplit(url).query) + parse_qsl(body.decode()))
            for (_, url, _), body in zip(self.sent, self.bodies, strict=True)
        ]


@pytest.fixture
def script() -> type[Script]:
    """The scripted transport."""
    return Script


@pytest.fixture
def granted() -> Callable[..., bytes]:
    """A good answer of STS, a session of one hour, with changes; a value of ... leaves the field out."""

    def granted(**changes: object) -> bytes:
        fields = {
            "AccessKeyId": "STS.exampleKeyId1234",
            "AccessKeySecret": f"{CANARY}-secret",
            "SecurityToken": f"{CANARY}-token",
            "Expiration": "2027-01-15T09:00:00Z",
        }
        kept = {k: v for k, v in {**fields, **changes}.items() if v is not ...}
        return json.dumps({"RequestId": REQUEST_ID, "Credentials": kept}).encode()

    return granted


@pytest.fixture
def refusal() -> Callable[..., Reply]:
    """A refusal of STS, which repeats in its Message what it was told."""

    def refusal(code: object, status: int = 400, *, ahead: float = 0.0, **changes: object) -> Reply:
        fields = {"RequestId": REQUEST_ID, "HostId": "sts.aliyuncs.com", "Code": code, "Message": CANARY}
        return Reply(status, json.dumps({**fields, **changes}).encode(), ahead)

    return refusal


@pytest.fixture
def provide(environment: Callable[..., Environment]) -> Callable[..., Provider]:
    """Build the provider of a type over a transport, from parameters and from variables without prefix."""

    def provide(transport: object, kind: str, variables: object = (), **parameters: object) -> Provider:
        surroundings = environment(**dict(variables))
        settings = resolve(Config(type=kind, **parameters), surroundings)
        return registry.build(settings, surroundings, transport)

    return provide


@pytest.fixture
def ecs() -> Callable[..., EcsRamRoleProvider]:
    """Build the provider of an instance's credential."""
    return lambda transport, **options: EcsRamRoleProvider(transport=transport, terms=TERMS, **options)


class StandIn:
    """A provider that hands out numbered credentials, or fails as told; a fetch can be held up."""

    name = "stand_in"

    def __init__(self) -> None:
        self.fetches = 0
        self.failure: Exception | None = None
        self.lifetime = 3600.0
        self.threads: list[threading.Thread] = []
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def hold_up(self) -> None:
        """Let the next fetch begin, and not end before the gate is opened."""
        self.entered.clear()
        self.gate.clear()

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Do as told."""
        self.fetches += 1
        self.threads.append(threading.current_thread())
        self.entered.set()
        assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        credential = Credential(
            type="sts",
            provider_name=self.name,
            access_key_id=f"STS.{CANARY}-{self.fetches:04}",
            access_key_secret=f"{CANARY}-secret",
            security_token=f"{CANARY}-token",
            expiration=datetime.fromtimestamp(now + self.lifetime, timezone.utc),
            expires_at=now + self.lifetime,
        )
        return Issued(credential, fifteen_minutes)


@pytest.fixture
def stand_in() -> StandIn:
    """The provider that does as it is told."""
    return StandIn()


class MovableTime:
    """The wall time of alicred."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def shift(self, seconds: float) -> None:
        """Go on, or back."""
        self.now += seconds


@pytest.fixture
def time() -> MovableTime:
    """A wall time that stands still until it is moved."""
    time = MovableTime()
    testing.use_clock(time)
    return time


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """Build a client over a stand-in; it is closed with the test."""
    with ExitStack() as clients:

        def client_of(provider: Provider, kind: type[Client] = Client, **options: object) -> Client:
            with monkeypatch.context() as patched:
                patched.setattr(registry, "build", lambda *_: provider)
                return clients.enter_context(kind(Config(type="ecs_ram_role"), **options))

        yield client_of


@pytest.fixture
def uri() -> Callable[..., CredentialsURIProvider]:
    """Build the provider of a credentials URI."""

    def uri(transport: object, at: str = "http://localhost:8080/credential") -> CredentialsURIProvider:
        return CredentialsURIProvider(uri=at, transport=transport, terms=TERMS)

    return uri


@pytest.fixture
def environment() -> Callable[..., Environment]:
    """Build an environment of these ALIBABA_CLOUD_* variables, named without that prefix."""
    return lambda **variables: Environment({f"ALIBABA_CLOUD_{k}": v for k, v in variables.items()})


@pytest.fixture
def exposed() -> Callable[[BaseException], str]:
    """Return what tools show of an exception that show alicred's local variables as well."""

    def exposed(error: BaseException) -> str:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("alicred.")]
        assert ours
        return "\n".join(repr(frame.f_locals) for frame in ours)

    return exposed


class Home:
    """A home directory with the files of profiles, and the environment of whoever lives there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_json = path / ".aliyun" / "config.json"
        self.credentials_ini = path / ".alibabacloud" / "credentials.ini"

    def write(self, path: Path, content: str | bytes) -> Path:
        """Write a file as careful tools do: for its owner alone, and as a whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name("new")
        new.touch(0o600)
        new.write_bytes(content.encode() if isinstance(content, str) else content)
        new.replace(path)
        return path

    def cli(self, *profiles: object, **top: object) -> Path:
        """Write aliyun-cli's file."""
        return self.write(self.config_json, json.dumps({"current": "default", "profiles": profiles, **top}))

    def ini(self, text: str) -> Path:
        """Write the SDKs' file."""
        return self.write(self.credentials_ini, text)

    def environment(self, **variables: str) -> Environment:
        """Return the environment, with these ALIBABA_CLOUD_* variables, named without that prefix."""
        named = {f"ALIBABA_CLOUD_{k}": v for k, v in variables.items()}
        return Environment({"HOME": str(self.path), **named})

    def chain(self, transport: object = None, *, strict: bool = False, **variables: str) -> Provider:
        """Build the default chain; no instance, unless variables say otherwise."""
        instance = {"ECS_METADATA_DISABLED": "true"}
        surroundings = self.environment(**{**instance, **variables})
        return registry.build_chain(surroundings, transport or Script(), strict=strict)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home directory."""
    return Home(tmp_path)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return the texts of what alicred logged since the last look, with their levels."""
    caplog.set_level(logging.DEBUG, "alicred")

    def log() -> list[str]:
        lines = [f"{record.levelname} {record.getMessage()}" for record in caplog.records]
        caplog.clear()
        return lines

    return log


@pytest.fixture
def told() -> Callable[[BaseException], str]:
    """Return everything that an exception may tell: texts, attributes, tracebacks, what lies behind it."""

    def told(error: BaseException) -> str:
        parts, waiting, seen = [], [error], set()
        while waiting:
            one = waiting.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            parts += [str(one), repr(one), repr(one.args), repr(vars(one))]
            parts += traceback.format_exception(one)
            waiting += [behind for behind in (one.__cause__, one.__context__) if behind is not None]
        return "\n".join(parts)

    return told


class Peer:
    """One connection of a raw server, as its handler sees it."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self.connection = connection
        self._stopped = stopped
        self._unread = b""

    def read_request(self) -> str:
        """Return the head of the next request, empty when the client has gone; bodies are not expected."""
        while b"\r\n\r\n" not in self._unread:
            piece = self.connection.recv(65536)
            if not piece:
                return ""
            self._unread += piece
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def answer(self, body: bytes = b"", *, status: int = 200, headers: tuple[str, ...] = ()) -> None:
        """Send a whole answer that keeps the connection open."""
        head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
        self.send("\r\n".join(head).encode() + body)

    def pause(self) -> bool:
        """Let a moment pass, shorter than any time-out; return whether the test still goes on."""
        return not self._stopped.wait(0.02)

    def drip(self, data: bytes) -> None:
        """Send a piece over and over, with pauses shorter than any time-out, for longer than any deadline."""
        for _ in range(200):
            if self.pause():
                self.send(data)

    def stay_silent(self) -> None:
        """Say nothing until the client leaves."""
        self.connection.recv(1)

    def reset(self) -> None:
        """Break the connection with a RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


class RawServer:
    """Listens on a free port of loopback, and lets a function deal with each connection."""

    def __init__(self, handle: Callable[[Peer], None], host: str = "127.0.0.1") -> None:
        self.heads: list[str] = []
        self.connections = 0
        self._handle = handle
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.add(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        peer = Peer(connection, self._stopped)
        read = peer.read_request

        def read_and_note() -> str:
            head = read()
            if head:
                self.heads.append(head)
            return head

        peer.read_request = read_and_note
        with suppress(OSError):
            self._handle(peer)
        connection.close()
        self._open.discard(connection)

    def request_lines(self) -> list[str]:
        """Return the first lines of all requests."""
        return [head.partition("\r\n")[0] for head in self.heads]

    def headers(self) -> dict[str, str]:
        """Return the headers of the last request, names in lower case."""
        lines = [line.partition(": ") for line in self.heads[-1].split("\r\n")[1:]]
        return {name.lower(): value for name, _, value in lines}

    def stop(self) -> None:
        """Close everything and wait for the threads."""
        self._stopped.set()
        for one in (self._listener, *list(self._open)):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """Start a raw server; it stops with the test."""
    with ExitStack() as servers:

        def serve(handle: Callable[[Peer], None], host: str = "127.0.0.1") -> RawServer:
            server = RawServer(handle, host)
            servers.callback(server.stop)
            return server

        yield serve


@pytest.fixture
def interrupted_at() -> Callable[..., None]:
    """Call, and raise KeyboardInterrupt at the nth line of some modules' own code in this thread."""

    def interrupted_at(line: int, call: Callable[[], object], *modules: ModuleType) -> None:
        files = {module.__file__ for module in modules}
        lines = itertools.count(1)

        def trace(frame: FrameType, event: str, _argument: object) -> Any:
            if frame.f_code.co_filename not in files:
                return None
            if event == "line" and next(lines) == line:
                raise KeyboardInterrupt
            return trace

        def apart() -> Iterator[object]:
            yield call()

        sys.settrace(trace)
        try:
            # Whoever is interrupted while it leaves an `except` leaves the exception behind: for this thread
            # it is being handled from then on. A generator takes it along.
            next(apart())
        finally:
            sys.settrace(None)

    return interrupted_at
