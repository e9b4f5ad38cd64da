"""What texts of this field look like: names and addresses, checked before they are used.

Rule of this module: it is loaded with alicred, so a pattern is compiled when it is first needed.
"""

from __future__ import annotations

import re

from alicred.loading import loaded

__all__ = [
    "is_external_id",
    "is_oidc_provider_arn",
    "is_policy",
    "is_proxy_url",
    "is_region",
    "is_role_arn",
    "is_role_name",
    "is_session_name",
    "is_web_url",
]

_ROLE_NAME = r"[A-Za-z0-9._@-]{1,64}"
_ROLE_ARN = rf"acs:ram::[0-9]{{1,32}}:role/({_ROLE_NAME})"
_OIDC_PROVIDER_ARN = r"acs:ram::[0-9]{1,32}:oidc-provider/[A-Za-z0-9._-]{1,128}"
_SESSION_NAME = r"[A-Za-z0-9.@_-]{2,64}"
_EXTERNAL_ID = r"[A-Za-z0-9_+=,.@:/-]{2,1224}"
_REGION = r"[a-z0-9]+(-[a-z0-9]+)+"
_LONGEST_REGION = 48
_LONGEST_POLICY = 2048
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def is_role_name(text: str) -> bool:
    """Return whether a text can be a RAM role's name, and may so stand in a URL's path.

    Letters, digits, ``.`` and ``-`` are documented, ``_`` in older texts; ``@`` is accepted besides.
    """
    return bool(re.fullmatch(_ROLE_NAME, text)) and set(text) != {"."}


def is_role_arn(text: str) -> bool:
    """Return whether a text is the ARN of a RAM role."""
    found = re.fullmatch(_ROLE_ARN, text)
    return found is not None and is_role_name(found[1])


def is_oidc_provider_arn(text: str) -> bool:
    """Return whether a text is the ARN of an OIDC provider."""
    return bool(re.fullmatch(_OIDC_PROVIDER_ARN, text))


def is_session_name(text: str) -> bool:
    """Return whether a text may be the name of a role's session."""
    return bool(re.fullmatch(_SESSION_NAME, text))


def is_external_id(text: str) -> bool:
    """Return whether a text may be what a role's trust policy asks of third parties."""
    return bool(re.fullmatch(_EXTERNAL_ID, text))


def is_region(text: str) -> bool:
    """Return whether a text may be a region's id, and may so stand in a host's name."""
    return bool(re.fullmatch(_REGION, text)) and len(text) <= _LONGEST_REGION


def is_policy(text: str) -> bool:
    """Return whether a text is a JSON object of no more than 2048 characters, however it is laid out."""
    if len(text) > _LONGEST_POLICY:
        return False
    try:
        text.encode("utf-8")
        # Not every parser of JSON knows NaN and Infinity, as Python's does.
        document = loaded("json").loads(text, parse_constant=_reject)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict)


def is_web_url(text: str) -> bool:
    """Return whether a text is a URL that HTTP can be spoken to."""
    return _is_url(text, ("http", "https"))


def is_proxy_url(text: str) -> bool:
    """Return whether a text is the URL of a proxy."""
    return _is_url(text, _PROXY_SCHEMES)


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = loaded("urllib.parse").urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and port != 0 and _is_one_word(text)


def _is_one_word(text: str) -> bool:
    # urlsplit drops line breaks and tabs in silence.
    return text.isprintable() and " " not in text


def _reject(constant: str) -> None:
    raise ValueError(constant)
