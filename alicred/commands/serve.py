"""`alicred serve`: a credentials URI on this machine, for many programs and one set of calls to services.

Rule of this module: one `Client` keeps the credential fresh for everybody, so a failed refresh is noticed by
nobody while what it holds is valid; and nothing but the URI is printed, which is a secret itself.
"""

from __future__ import annotations

import secrets
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from types import FrameType

from alicred import clock
from alicred.client import Client
from alicred.commands.errors import USAGE, CommandError
from alicred.commands.uri_document import NO_CREDENTIAL, document
from alicred.commands.uri_server import UriServer
from alicred.endpoints import is_loopback
from alicred.exceptions import CredentialException
from alicred.models import Credential

__all__ = ["serve"]

if sys.platform == "win32":
    # Ctrl-Break, the one signal there that a program can send to another which catches it.
    _STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
else:
    _STOPPING = (signal.SIGINT, signal.SIGTERM)
_LOOPBACK = {"localhost": "127.0.0.1"}


def serve(
    address: tuple[str, int],
    *,
    allow_network: bool,
    say: Callable[[str], None],
    tell: Callable[[str], None],
    ends_process: bool,
) -> None:
    """Serve the default chain's credential until SIGINT or SIGTERM.

    Args:
        address: The host to listen on, and the port; 0 for any free one.
        allow_network: Whether the host may be one that others reach.
        say: Prints the line to evaluate in a shell.
        tell: Prints a line for a person.
        ends_process: Whether the process ends with it. Then further signals are ignored to the very end;
            otherwise the handlers of before are put back.

    Raises:
        CommandError: It cannot listen there, or may not.
        CredentialException: There is no credential, and there will not be one without a change.
    """
    host, port = _checked_host(address[0], allow_network=allow_network), address[1]
    path = f"/{secrets.token_urlsafe(32)}"
    client = Client()
    # Before the signals are taken: Ctrl-C need not wait for a service that does not answer.
    told = list(_said_of(client))
    with (
        client,
        _stop_signals(ends_process=ends_process) as stopped,
        _listening(host, port, path, _Desk(client, tell)) as server,
    ):
        for line in told:
            tell(line)
        shown = f"[{host}]" if ":" in host else host
        say(f"export ALIBABA_CLOUD_CREDENTIALS_URI=http://{shown}:{server.port}{path}")
        tell("alicred: whoever knows this URI gets the credential. Ctrl-C ends it.")
        _accept(server, stopped)


def _checked_host(host: str, *, allow_network: bool) -> str:
    if not host or not (allow_network or is_loopback(host)):
        raise CommandError(
            f"{host or 'an empty host'} is not an address of loopback.",
            remedy=(
                "Use 127.0.0.1. With --allow-non-loopback everybody who reaches this port and learns the URI "
                "(it travels in the clear, as the keys do) can act as this machine."
            ),
            status=USAGE,
        )
    return _LOOPBACK.get(host.lower(), host)


@contextmanager
def _listening(host: str, port: int, path: str, desk: _Desk) -> Generator[UriServer, None, None]:
    try:
        server = UriServer(host, port, path=path, answer=desk.answer)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not the name of a host"
        problem = f"cannot listen on port {port} of {host}: {why}."
    else:
        with server:
            yield server
        return
    raise CommandError(problem, remedy="Use another --port, or 0 for any free one.", status=USAGE)


def _said_of(client: Client) -> Generator[str, None, None]:
    """Ask for the credential once, so that what cannot work is said now."""
    try:
        credential = client.get_credential()
    except CredentialException as error:
        if not error.temporary:
            raise
        yield f"alicred: there is no credential yet: {error.problem}"
        return
    _refuse_bearer(credential)
    yield f"alicred: serving the credential of {credential.provider_name}."
    if not credential.security_token:
        yield (
            "alicred: it has no session token, and the document says so with an empty one: Alibaba's SDKs "
            "for Python, Go and Java take that, the one for Node.js and alicred do not."
        )


def _refuse_bearer(credential: Credential) -> None:
    if not credential.has_keys():
        raise CommandError(
            "the credential is a bearer token, and a credentials URI can hand out keys alone.",
            remedy="Use a source that has a key.",
        )


class _Desk:
    """Answers the requests that are let through."""

    def __init__(self, client: Client, tell: Callable[[str], None]) -> None:
        self._client = client
        self._tell = tell
        self._failed = False

    def answer(self) -> tuple[HTTPStatus, bytes]:
        """Return the status, and the document with the credential or without."""
        try:
            credential = self._client.get_credential()
            _refuse_bearer(credential)
        except (CredentialException, CommandError) as error:
            self._note(error)
            return HTTPStatus.SERVICE_UNAVAILABLE, NO_CREDENTIAL
        self._note(None)
        return HTTPStatus.OK, document(credential, clock.time())

    def _note(self, error: CredentialException | CommandError | None) -> None:
        failed, self._failed = self._failed, error is not None
        if error is not None and not failed:
            self._tell(f"alicred: there is no credential to serve: {error.problem}")
        elif error is None and failed:
            self._tell("alicred: there is a credential to serve again.")


def _accept(server: UriServer, stopped: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        selector.register(stopped, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if stopped in ready and stopped.recv(1)[0] in _STOPPING:
                return
            if server in ready:
                server.handle_request()


@contextmanager
def _stop_signals(*, ends_process: bool) -> Generator[socket.socket, None, None]:
    """Yield a socket at which the number of every signal arrives."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    # Any thread of the process may take a signal, and the main one has to wake all the same.
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _nothing) for number in _STOPPING}
    try:
        yield reader
    finally:
        if ends_process and sys.platform != "win32":
            # One that came while its handler is being taken away would be told of on stderr.
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if ends_process else handler)
        signal.set_wakeup_fd(wakeup)
        reader.close()
        writer.close()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass
