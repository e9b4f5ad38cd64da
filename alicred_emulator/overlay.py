"""Handlers of a test, laid over a fake with the API of pytest-httpserver.

What a handler matches, it answers, faults or not; everything else goes to the fake. That is the one
difference from pytest-httpserver, where a request without a handler is an error.
"""

import sys
import threading
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from pytest_httpserver import HTTPServer
from pytest_httpserver.httpserver import RequestHandler
from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response as WsgiResponse

from alicred_emulator.messages import TEXT_TYPE, Reply, Request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

KEPT_LOG: Final = 1000
"""How many requests `HTTPServer.log` keeps; it holds those that a test's own handlers answered."""

_OWN_KEYS: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class OverlaidServer(HTTPServer):
    """A server of pytest-httpserver whose handlers may each decline.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.

    Attributes:
        generation: How often it was cleared.
        permanently_failed: Whether an ordered handler was asked for out of its turn.
    """

    permanently_failed: bool

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, threaded=True)
        self._selection = threading.Lock()
        self._noting = threading.Lock()
        self.generation: int = 0

    def clear(self) -> None:
        """Forget handlers, errors and log; what began before it leaves no note after it."""
        with self._noting:
            self.generation += 1
            super().clear()

    def keep_error(self, error: Exception, generation: int) -> None:
        """Keep an error for `check`, unless the server was cleared since that generation."""
        with self._noting:
            if generation != self.generation:
                return
            if isinstance(error, AssertionError):
                self.add_assertion(error)
            else:
                self.handler_errors.append(error)

    def overlaid(self, request: Request, generation: int) -> Reply | None:
        """Answer a request with the test's own handlers.

        Args:
            request: The request.
            generation: The server's when the request was read.

        Returns:
            The handler's answer, a 500 if it failed (and what failed is kept for `check`), or None if
            no handler matches.
        """
        if not (self.handlers or self.oneshot_handlers or self.ordered_handlers or self.permanently_failed):
            return None
        wsgi_request = WsgiRequest(self._environ(request))
        handler = self._select(wsgi_request)
        if handler is None and not self.permanently_failed:
            return None
        try:
            response = (
                self.respond_permanent_failure() if handler is None else _respond(handler, wsgi_request)
            )
        except Exception as error:  # noqa: BLE001 - whatever a test's handler raises, the test is told
            self.keep_error(error, generation)
            return _failure(error)
        with self._noting:
            if generation == self.generation:
                self.log.append((wsgi_request, response))
                del self.log[:-KEPT_LOG]
        return _reply(response, wsgi_request)

    def _select(self, request: WsgiRequest) -> RequestHandler | None:
        """Take the handler that a request is for; an ordered one out of its turn fails the server."""
        with self._selection:
            for position, handler in enumerate(self.ordered_handlers):
                if handler.matcher.match(request):
                    self.permanently_failed = self.permanently_failed or position > 0
                    return None if self.permanently_failed else self._used(self.ordered_handlers, handler)
            if self.permanently_failed:
                return None
            once = self.oneshot_handlers.match(request)
            return self._used(self.oneshot_handlers, once) if once else self.handlers.match(request)

    def _used(self, handlers: list[RequestHandler], handler: RequestHandler) -> RequestHandler:
        handlers.remove(handler)
        self._update_waiting_result()
        return handler

    def _environ(self, request: Request) -> "WSGIEnvironment":
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(request.raw_path, "latin-1"),
            "QUERY_STRING": request.query,
            "RAW_URI": request.target,
            "REQUEST_URI": request.target,
            "REMOTE_ADDR": self.host,
            "SERVER_NAME": self.host,
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": f"HTTP/1.{request.version}",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if request.secure else "http",
            "wsgi.input": BytesIO(request.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in request.headers.items():
            environ[_OWN_KEYS.get(name, f"HTTP_{name.upper().replace('-', '_')}")] = value
        # The body is whole and no longer in chunks.
        if environ.pop("HTTP_TRANSFER_ENCODING", None):
            environ["CONTENT_LENGTH"] = str(len(request.body))
        return environ


def _respond(handler: RequestHandler, request: WsgiRequest) -> WsgiResponse:
    # A handler may return text or nothing, whatever its annotation says (pytest-httpserver allows it).
    response: Any = handler.respond(request)
    return response if isinstance(response, WsgiResponse) else WsgiResponse(response or "")


def _reply(response: WsgiResponse, request: WsgiRequest) -> Reply:
    parts, _, headers = response.get_wsgi_response(request.environ)
    body = b"".join(parts)
    response.close()
    return Reply(
        status=response.status_code,
        body=body,
        content_type="",
        headers=tuple(headers),
        detail="answered by a handler of the test",
    )


def _failure(error: BaseException) -> Reply:
    return Reply(
        status=500,
        body=f"A handler of the test failed: {type(error).__name__}".encode(),
        content_type=TEXT_TYPE,
        detail=f"a handler of the test failed: {type(error).__name__}",
    )
