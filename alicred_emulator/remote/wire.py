"""How the client asks the control API, and what it makes of refusals.

The rule kept here: what an emulator in this process would raise, the same mistake raises over the wire, so
that a test does not see the difference.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import requests

HOW_TO_START: Final = "start one with: alicred-emulator serve --ready-file FILE"
_TIMEOUT_SECONDS: Final = 30
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_FIRST_REFUSAL: Final = 400


class EmulatorUnreachableError(ConnectionError):
    """No emulator answers where one was looked for."""


def facts_in(ready_file: Path) -> Mapping[str, Any]:
    """Return what a ready file says; ``control``, where the control API is, it does say.

    Args:
        ready_file: What ``alicred-emulator serve --ready-file`` has written.

    Raises:
        EmulatorUnreachableError: If there is no such file.
        ValueError: If it is no ready file.
    """
    try:
        facts = json.loads(ready_file.read_text(encoding="utf-8"))
        return {**facts, "control": str(facts["control"])}
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise EmulatorUnreachableError(f"no ready file at {ready_file}: {reason}; {HOW_TO_START}") from None
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{ready_file} names no control API; {HOW_TO_START}") from None


class Wire:
    """A connection to one control API.

    Args:
        url: Where it is.

    Raises:
        ValueError: If it is no URL.
    """

    def __init__(self, url: str) -> None:
        if not url.startswith("http://"):
            raise ValueError(f"{url!r} is no URL of a control API; write it like http://127.0.0.1:8109")
        self.url: Final = url.rstrip("/")
        self._session = requests.Session()
        # Loopback is reached directly, whatever proxy the environment names.
        self._session.trust_env = False

    def get(self, path: str, **query: str) -> Any:
        """Read something."""
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: object, **query: str) -> Any:
        """Have something done, or made."""
        return self._ask("POST", path, body, query)

    def put(self, path: str, body: object) -> Any:
        """Put something in a place."""
        return self._ask("PUT", path, body)

    def patch(self, path: str, changes: Mapping[str, object]) -> Any:
        """Change something."""
        return self._ask("PATCH", path, changes)

    def delete(self, path: str, **query: str) -> Any:
        """End or forget something."""
        return self._ask("DELETE", path, query=query)

    def close(self) -> None:
        """Close the connection; the next call makes another."""
        self._session.close()

    def _ask(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> Any:
        try:
            response = self._session.request(
                method,
                self.url + path,
                params=query,
                json=body,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.exceptions.InvalidJSONError:
            raise ValueError("there is a number that JSON cannot write: nan or inf") from None
        except requests.RequestException as error:
            reason = type(error).__name__
            raise EmulatorUnreachableError(
                f"no emulator answers at {self.url} ({reason}); {HOW_TO_START}"
            ) from error
        return self._content(response)

    def _content(self, response: requests.Response) -> Any:
        try:
            content: Any = response.json() if response.content else None
            refusal = content["error"] if response.status_code >= _FIRST_REFUSAL else None
        except (ValueError, KeyError, TypeError):
            raise EmulatorUnreachableError(
                f"what answers at {self.url} is no control API; {HOW_TO_START}"
            ) from None
        if refusal is None:
            return content
        raise _error(response.status_code, str(refusal))


def _error(status: int, reason: str) -> Exception:
    if status == _BAD_REQUEST:
        return ValueError(reason)
    return LookupError(reason) if status == _NOT_FOUND else RuntimeError(reason)
