"""What texts of this field look like: names and addresses, checked before they are used."""

from __future__ import annotations

import re

__all__ = ["is_proxy_url", "is_role_name", "is_web_url"]

_ROLE_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def is_role_name(text: str) -> bool:
    """Return whether a text can be a RAM role's name, and may so stand in a URL's path.

    Letters, digits, ``.`` and ``-`` are documented, ``_`` in older texts; ``@`` is accepted besides.
    """
    return bool(_ROLE_NAME.fullmatch(text)) and set(text) != {"."}


def is_web_url(text: str) -> bool:
    """Return whether a text is a URL that HTTP can be spoken to."""
    return _is_url(text, ("http", "https"))


def is_proxy_url(text: str) -> bool:
    """Return whether a text is the URL of a proxy."""
    return _is_url(text, _PROXY_SCHEMES)


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    from urllib.parse import urlsplit  # noqa: PLC0415 - 2 ms that most clients do not need

    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and port != 0 and _is_one_word(text)


def _is_one_word(text: str) -> bool:
    # urlsplit drops line breaks and tabs in silence.
    return text.isprintable() and " " not in text
