"""aliyun-python-sdk-core: a credential of one of its own classes, whose parts come from a `Client`.

    from aliyunsdkcore.client import AcsClient
    from alicred import Client
    from alicred.adapters.aliyun_python_sdk_core import credential_of

    acs = AcsClient(region_id="cn-hangzhou", credential=credential_of(Client()))

Leave ``ak`` and ``secret`` out, and ``ALIYUN_ACCESS_KEY_ID`` and ``ALIYUN_ACCESS_KEY_SECRET`` unset:
`AcsClient` prefers both pairs to a credential.

The package reads a credential part by part, each part up to twice a request: the token first if its class has
one, then key id and secret. The rule kept here: what one thread reads for one request is of one credential,
whatever is refreshed in between. So the first of these parts asks the client, and the others are of the
credential that came, until the first is read again. To look at a credential yourself, ask the client.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from threading import local
from typing import Any, ClassVar

from alicred.client import Client
from alicred.exceptions import ConfigurationError
from alicred.models import Credential

__all__ = ["credential_of"]

_NAME = "aliyun-python-sdk-core"


def credential_of(client: Client) -> Any:
    """Return what `AcsClient` takes as ``credential``; it follows every refresh of the client.

    Threads and instances of `AcsClient` may share it. It may be copied and pickled, with its client.

    Args:
        client: Asked for a credential at once, since an `AcsClient` settles when it is built whether its
            requests carry a token.

    Raises:
        ConfigurationError: aliyun-python-sdk-core is not installed, or cannot sign with such a credential.
        CredentialException: There is no valid credential, and none is to be had.
    """
    credential = _with_keys(client.get_credential())
    return _assemble("StsTokenCredential" if credential.security_token else "AccessKeyCredential", client)


def _with_keys(credential: Credential) -> Credential:
    if not credential.has_keys():
        raise ConfigurationError(
            f"requests are signed with a key here, and type {credential.type!r} has none.",
            remedy="Use a client of another type.",
            provider=_NAME,
        )
    return credential


class _Parts:
    """What both kinds share: for each thread, the credential that its present request is signed with."""

    has_token: ClassVar[bool]

    def __init__(self, client: Client) -> None:
        self._client = client
        self._request = local()

    def __reduce__(self) -> tuple[Any, ...]:
        return _assemble, (type(self).__name__, self._client)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client!r})"

    def _next(self) -> Credential:
        """Begin a request: return the client's credential, which the parts read after this one are of."""
        credential = _with_keys(self._client.get_credential())
        if bool(credential.security_token) is not self.has_token:
            raise ConfigurationError(
                "the client has gone over from a session to a long-lived key, or the other way round.",
                remedy="Build another AcsClient.",
                provider=_NAME,
            )
        self._request.credential = credential
        return credential

    def _present(self) -> Credential:
        """Return the credential of this thread's present request; the first request begins by itself."""
        try:
            credential: Credential = self._request.credential
        except AttributeError:
            return self._next()
        return credential


class _SessionParts(_Parts):
    """A session's credential; the package reads its token first."""

    has_token = True

    @property
    def sts_token(self) -> str | None:
        return self._next().security_token

    @property
    def sts_access_key_id(self) -> str | None:
        return self._present().access_key_id

    @property
    def sts_access_key_secret(self) -> str | None:
        return self._present().access_key_secret


class _KeyParts(_Parts):
    """A long-lived key, whose id is read first. As a session's it would be sent with the token ``None``."""

    has_token = False

    @property
    def access_key_id(self) -> str | None:
        return self._next().access_key_id

    @property
    def access_key_secret(self) -> str | None:
        return self._present().access_key_secret


_OURS: dict[str, type[_Parts]] = {"StsTokenCredential": _SessionParts, "AccessKeyCredential": _KeyParts}


def _assemble(name: str, client: Client) -> Any:
    return _joined(name)(client)


@cache
def _joined(name: str) -> type[_Parts]:
    """Return a class that is one of theirs by type, and one of ours by what it does."""
    try:
        module = import_module("aliyunsdkcore.auth.credentials")
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] != "aliyunsdkcore":
            raise
        raise ConfigurationError(
            f"{_NAME} is not installed.", remedy=f"Install it with: pip install {_NAME}", provider=_NAME
        ) from None
    return type(name, (_OURS[name], getattr(module, name)), {})
