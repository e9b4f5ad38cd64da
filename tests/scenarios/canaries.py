"""Who listens while a story is told, and knows every secret that is about: what alicred says must hold none.

The secrets are those of the world, of the client's configuration and of what went over the wire in either
direction, the bodies of faults included. What alicred says: log records of all levels and loggers, warnings,
exceptions with their chains and tracebacks, what is printed, events, and the `repr` of all that it hands out.
"""

import functools
import inspect
import logging
import re
import traceback
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest

from alicred import Client
from alicred_emulator import Emulator
from alicred_emulator.messages import Request
from alicred_emulator.scenarios import Opened, Setting
from alicred_emulator.service import Service
from alicred_emulator.subjects.alicred import AlicredSubject

SECRET_NAME = re.compile(r"secret|token|assertion|password|private", re.IGNORECASE)
# In JSON, in XML and in lines of `name = value`.
NAMED_SECRET = re.compile(
    r"""\b(\w*(?:secret|token)\w*)["']?\s*[:=>]\s*["']?([^"'<>&\s]{12,})""", re.IGNORECASE
)
# Of a body so much is looked for: shorter ones are words that anybody may say.
TELLING = 24


class Secrets:
    """All that must not be said."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def add(self, *values: str | None) -> None:
        """Enter what is secret, if it is long enough to be told from a word."""
        self.found |= {value for value in values if value and len(value) >= 8}

    def add_body(self, body: bytes) -> None:
        """Enter the beginning of a body, and what it calls a secret."""
        text = body.decode("utf-8", "replace").strip()
        self.add(*(value for _, value in NAMED_SECRET.findall(text)))
        if len(text) >= TELLING:
            self.add(text[:TELLING])

    def add_request(self, request: Request) -> None:
        """Enter what a client proves itself with."""
        fields = parse_qsl(request.query) + parse_qsl(request.body.decode("latin-1"))
        self.add(*(value for name, value in [*fields, *request.headers.items()] if SECRET_NAME.search(name)))

    def add_world(self, emulator: Emulator) -> None:
        """Enter what the world has, and has issued."""
        for one in emulator.ledger.credentials:
            self.add(one.access_key_id, one.access_key_secret, one.security_token)
        self.add(emulator.user.access_key_id, emulator.user.access_key_secret)

    def add_setting(self, setting: Setting) -> None:
        """Enter what the client is given: parameters, variables and files."""
        given = {**setting.client, **setting.variables}
        self.add(*(str(value) for name, value in given.items() if SECRET_NAME.search(name)))
        named = {name: Path(value) for name, value in given.items() if str(value).startswith("/")}
        for path in {*named.values(), *Path(setting.home).rglob("*")}:
            if path.is_file():
                self.add_file(path.read_text(encoding="utf-8", errors="replace"))
        # A token file is nothing but one.
        tokens = [path for name, path in named.items() if "TOKEN" in name.upper() and path.is_file()]
        self.add(*(path.read_text(encoding="utf-8", errors="replace").strip() for path in tokens))

    def add_file(self, text: str) -> None:
        """Enter what a file calls a secret, and the lines of a private key."""
        self.add(*(value for _, value in NAMED_SECRET.findall(text)))
        if "PRIVATE KEY" in text:
            self.add(*text.splitlines()[1:-1])

    def said_in(self, texts: set[str]) -> list[str]:
        """Return the texts that hold a secret, as it is or as it stands in a URL or in a repr."""
        forms = {form for one in self.found for form in (one, quote(one, safe=""), repr(one)[1:-1])}
        everything = "\n".join(texts)
        if not any(form in everything for form in forms):
            return []
        return [text for text in texts if any(form in text for form in forms)]


class Overheard(logging.Handler):
    """What was said.

    Attributes:
        texts: All of it.
        loggers: Whose log records it holds.
        events: The names of the events that it holds.
    """

    def __init__(self) -> None:
        super().__init__(level=1)
        self.texts: set[str] = set()
        self.loggers: set[str] = set()
        self.events: set[str] = set()
        self._errors: set[object] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Note a log record: its text, its arguments, and all that hangs on it."""
        self.loggers.add(record.name.partition(".")[0])
        self.texts |= {record.getMessage(), repr(record.args), repr(vars(record))}
        if record.exc_info and record.exc_info[1]:
            self.note_error(record.exc_info[1])

    def note(self, value: object) -> None:
        """Note how a value shows itself."""
        self.texts |= {repr(value), str(value)}

    def note_event(self, event: object) -> None:
        """Note an event, and the error that it may carry."""
        self.events.add(event.name)
        self.note(event)
        self.note_error(getattr(event, "error", None))

    def note_error(self, error: BaseException | None) -> None:
        """Note an exception, what lies behind it, and the variables of alicred that its traceback shows."""
        if error is None:
            return
        steps = list(traceback.walk_tb(error.__traceback__))
        # A thousand readers get as many, which are all alike.
        alike = repr(error), *(line for _, line in steps)
        if alike in self._errors:
            return
        self._errors.add(alike)
        self.texts |= {str(error), repr(error), repr(error.args), repr(vars(error))}
        self.texts |= set(traceback.format_exception(error))
        for frame, _ in steps:
            if frame.f_globals["__name__"].startswith("alicred."):
                self.texts.add(repr(frame.f_locals))
        self.note_error(error.__cause__)
        self.note_error(error.__context__)

    def note_client(self, client: Client) -> None:
        """Note what a client shows of itself, now."""
        self.note(client)
        self.note(client._config)
        self.note(client.status())
        self.note(client.status().to_map())
        self.note_error(client.status().last_error)


def heard_by(heard: Overheard, method):
    """Return a method of `Client` that does the same, and has what it says noted."""

    @functools.wraps(method)
    def call(client, *arguments, **options):
        with noting(heard, client):
            result = method(client, *arguments, **options)
            heard.note(result)
        return result

    @functools.wraps(method)
    async def call_async(client, *arguments, **options):
        with noting(heard, client):
            result = await method(client, *arguments, **options)
            heard.note(result)
        return result

    return call_async if inspect.iscoroutinefunction(method) else call


@contextmanager
def noting(heard: Overheard, client: Client) -> Iterator[None]:
    """Note an error, and how the client shows itself afterwards."""
    try:
        yield
    except BaseException as error:
        heard.note_error(error)
        raise
    finally:
        if hasattr(client, "_session"):
            heard.note_client(client)


class Confided:
    """alicred as a subject of stories, whose secrets are entered when one begins and when it has ended."""

    def __init__(self, subject: AlicredSubject, secrets: Secrets) -> None:
        self._subject = subject
        self._secrets = secrets
        self.name, self.abilities, self.lacks = subject.name, subject.abilities, subject.lacks

    @contextmanager
    def open(self, setting: Setting) -> Iterator[Opened]:
        """Enter them."""
        self._secrets.add_setting(setting)
        with self._subject.open(setting) as opened:
            yield opened
        self._secrets.add_setting(setting)
        self._secrets.add_world(setting.emulator)


@contextmanager
def wire_tapped(secrets: Secrets) -> Iterator[None]:
    """Enter the secrets of all that goes over the wire."""
    answer = Service.answer

    def listen_in(service, request, generation):
        reply = answer(service, request, generation)
        secrets.add_request(request)
        secrets.add_body(reply.payload)
        if request.path.endswith("/api/token"):
            secrets.add(reply.payload.decode("latin-1"))
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Service, "answer", listen_in)
        yield


@contextmanager
def listening(heard: Overheard) -> Iterator[None]:
    """Note what is said on every channel but the standard streams."""
    begin, warn = heard_by(heard, Client.__init__), warnings.warn
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in ("get_credential", "get_credential_async", "invalidate", "close"):
            patch.setattr(Client, name, heard_by(heard, getattr(Client, name)))
        patch.setattr(Client, "__init__", functools.partialmethod(begin, on_event=heard.note_event))
        patch.setattr(
            warnings,
            "warn",
            lambda message, *how, **kinds: (heard.note(message), warn(message, *how, **kinds)),
        )
        for name in (None, "alicred", "urllib3", "requests", "asyncio"):
            logger = logging.getLogger(name)
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(heard.level)
        logging.getLogger().addHandler(heard)
        stack.callback(logging.getLogger().removeHandler, heard)
        yield
