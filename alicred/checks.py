"""What is wrong with the value of a parameter, in words that do not repeat it.

`FORMS` is a table of what texts look like; whatever is not in it may be any printable text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from alicred.endpoints import is_endpoint
from alicred.forms import (
    is_external_id,
    is_oidc_provider_arn,
    is_policy,
    is_proxy_url,
    is_role_arn,
    is_role_name,
    is_session_name,
    is_web_url,
)
from alicred.models import Config

__all__ = ["FLAGS", "complaints_of_text", "wanted_of"]

_LONGEST_TIMEOUT_MILLISECONDS = 600_000
_LONGEST_SESSION_SECONDS = 43_200
_SESSION_SECONDS = {
    "ram_role_arn": (900, _LONGEST_SESSION_SECONDS),
    "oidc_role_arn": (900, _LONGEST_SESSION_SECONDS),
    "rsa_key_pair": (900, 3600),
}

FLAGS = ("disable_imds_v1",)
_MILLISECONDS = ("timeout", "connect_timeout")
# These travel in headers, and in what is signed.
_ASCII = ("access_key_id", "access_key_secret", "security_token", "bearer_token", "public_key_id")
# JSON may be laid out in lines.
_OF_SEVERAL_LINES = ("policy",)
_FORMS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "role_name": (is_role_name, "the name of a RAM role"),
    "role_arn": (is_role_arn, "the ARN of a role, such as acs:ram::1234567890123456:role/name"),
    "role_session_name": (is_session_name, "a name of 2 to 64 letters, digits and .@-_"),
    "policy": (is_policy, "a JSON object of at most 2048 characters"),
    "external_id": (is_external_id, "a text of 2 to 1224 letters, digits and _+=,.@:/-"),
    "oidc_provider_arn": (
        is_oidc_provider_arn,
        "the ARN of an OIDC provider, such as acs:ram::1234567890123456:oidc-provider/name",
    ),
    "credentials_uri": (is_web_url, "a URL that begins with http:// or https:// and names a host"),
    "sts_endpoint": (
        is_endpoint,
        "a host, with a port or without, or its URL, which begins with https:// (http:// for loopback alone)",
    ),
    "proxy": (is_proxy_url, "the URL of a proxy, such as http://proxy.example:3128"),
}


def wanted_of(kind: str, name: str, value: object) -> str:
    """Return what the value of a parameter ought to have been, nothing if it is of the right kind."""
    if name in FLAGS:
        fits, wanted = isinstance(value, bool), "True or False"
    elif name in _MILLISECONDS:
        fits = type(value) is int and 0 < value <= _LONGEST_TIMEOUT_MILLISECONDS
        wanted = f"a whole number of milliseconds from 1 to {_LONGEST_TIMEOUT_MILLISECONDS}"
    elif name == "role_session_expiration":
        shortest, longest = _SESSION_SECONDS.get(kind, (1, _LONGEST_SESSION_SECONDS))
        fits = type(value) is int and shortest <= value <= longest
        wanted = f"a whole number of seconds from {shortest} to {longest}"
    elif name == "source":
        fits, wanted = isinstance(value, Config), "an alicred.Config"
    else:
        fits, wanted = isinstance(value, str), "a text"
    return "" if fits else wanted


def complaints_of_text(name: str, label: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a text, and what to do about it.

    Args:
        name: The parameter.
        label: Under which name its author knows it: the parameter's, or a variable's.
        value: The text.
    """
    if name not in _OF_SEVERAL_LINES and (value != value.strip() or not value.isprintable()):
        yield (
            f"{label} begins or ends with white space, or holds characters that cannot be printed.",
            "It may have been read from a file together with its line break: strip it.",
        )
    if name in _ASCII and not value.isascii():
        yield f"{label} holds characters that no credential has.", "Copy it again from where it was issued."
    fits, wanted = _FORMS.get(name, (bool, ""))
    if not fits(value):
        yield f"{label} is not {wanted}.", "Correct it."
