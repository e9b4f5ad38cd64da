"""The services of an emulator in another process."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from alicred_emulator.oidc.issuer import DEFAULT_AUDIENCE, DEFAULT_SUBJECT
from alicred_emulator.oidc.token_file import DEFAULT_LIFETIME
from alicred_emulator.remote.faults import RemoteFaultBoard
from alicred_emulator.remote.records import RemoteJournal
from alicred_emulator.remote.resource import (
    Fact,
    Resource,
    Switch,
    seconds,
    span,
    written_content,
)
from alicred_emulator.remote.wire import Wire

_URI: Final = "/credentials-uri"
_STS: Final = "/sts"
_OIDC: Final = "/oidc"


class RemoteService(Resource):
    """What `alicred_emulator.service.Service` is, elsewhere; handlers are code, and cannot travel there.

    Args:
        wire: The connection.
        name: The service's name.

    Attributes:
        name: The service's name.
        journal: The requests that it got.
        faults: Where to make it fail.
    """

    def __init__(self, wire: Wire, name: str) -> None:
        super().__init__(wire, f"/services/{name}")
        self.name: Final = name
        self.journal: Final = RemoteJournal(wire, name)
        self.faults: Final = RemoteFaultBoard(wire, name)

    url: Fact[str] = Fact("The URL where it is reached, without a slash at the end.", str)
    tls_url: Fact[str] = Fact("The URL over TLS, on the same port.", str)
    host: Fact[str] = Fact("The address that it listens on.", str)
    port: Fact[int] = Fact("The port that it listens on.", int)

    def is_running(self) -> bool:
        """Tell whether it listens."""
        return bool(self._wire.get(self._path)["running"])

    def stop(self) -> None:
        """Stop at once, whatever connections are doing; nothing happens if it does not run."""
        self._wire.patch(self._path, {"running": False})

    def resume(self) -> None:
        """Start again on the port of before if it was stopped.

        Raises:
            RuntimeError: If somebody else has taken the port.
        """
        self._wire.patch(self._path, {"running": True})


class RemoteStsService(RemoteService):
    """What `alicred_emulator.credential_services.StsService` is, elsewhere."""

    accepts_plus_for_space: Switch[bool] = Switch(
        "Whether a V1 signature may be made of parameters in which a space is written ``+``.", bool, at=_STS
    )
    accepts_hmac_for_key_pairs: Switch[bool] = Switch(
        "Whether `GenerateSessionAccessKey` may be signed with the text of the private key.", bool, at=_STS
    )


class RemoteCredentialsUriService(RemoteService):
    """What `alicred_emulator.credential_services.CredentialsUriService` is, elsewhere."""

    credential_lifetime: Switch[timedelta] = Switch(
        "How long each credential it shows is good, a timedelta.", span, seconds, at=_URI
    )

    def set_response(
        self, document: Mapping[str, object] | str | bytes | None = None, status: int = 200
    ) -> None:
        """Say what it answers from now on.

        Args:
            document: An object to send as JSON, raw text or bytes to send as they are, or None for
                the credential that rotates.
            status: The HTTP status; with a document of None, the credential is sent all the same.

        Raises:
            TypeError: If the document holds what JSON does not know.
            ValueError: If it is none of these.
        """
        said: dict[str, object] = {"document": document}
        if isinstance(document, bytes):
            said = {"document_base64": base64.b64encode(document).decode("ascii")}
        self._wire.put(f"{_URI}/response", {**said, "status": status})


class RemoteProjectedToken(Resource):
    """What `alicred_emulator.oidc.token_file.ProjectedToken` is, elsewhere.

    Args:
        wire: The connection.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire, f"{_OIDC}/token-file")

    path: Fact[Path] = Fact("The file, on the emulator's machine, which is this one.", Path)
    lifetime: Switch[timedelta] = Switch("How long each token is good, a timedelta.", span, seconds)

    def write(self, content: str | bytes) -> None:
        """Put any content in the file, where it stays until `renew`."""
        self._wire.put(self._path, {"content": written_content(content)})

    def renew(self) -> None:
        """Write a new token now, whether the present one is due or not."""
        self._wire.post(f"{self._path}/renewals", {})


class RemoteOidcService(RemoteService):
    """What `alicred_emulator.credential_services.OidcService` is, elsewhere."""

    issuer: Fact[str] = Fact("What its tokens name as ``iss``.", str, at=_OIDC)
    provider_arn: Fact[str] = Fact("The ARN of the provider that it is registered as.", str, at=_OIDC)
    token_file: Fact[Path] = Fact("The file with the pod's token.", Path, at=_OIDC)

    @property
    def projected_token(self) -> RemoteProjectedToken:
        """What keeps the token file: its lifetime, and what a test wants to stand in it."""
        return RemoteProjectedToken(self._wire)

    def issue_token(
        self,
        subject: str = DEFAULT_SUBJECT,
        *,
        audience: str | Sequence[str] = DEFAULT_AUDIENCE,
        lifetime: timedelta | float = DEFAULT_LIFETIME,
        **wrong_in_some_way: Any,
    ) -> str:
        """Issue a token.

        Args:
            subject: For whom it speaks: ``system:serviceaccount:<namespace>:<name>``.
            audience: For whom it is meant, or several.
            lifetime: For how long it is good, as a timedelta or in seconds; negative for one that has
                expired.
            **wrong_in_some_way: ``issuer``, ``claims``, ``key_id``, ``foreign_key``.

        Returns:
            The token.
        """
        terms = {
            "subject": subject,
            "audience": audience if isinstance(audience, str) else list(audience),
            "lifetime": seconds(lifetime),
            **wrong_in_some_way,
        }
        return str(self._wire.post(f"{_OIDC}/tokens", terms)["token"])

    def rotate_keys(self, *, keep_former: bool = True) -> None:
        """Sign with a new key from now on.

        Args:
            keep_former: Whether tokens signed with the former keys stay good to their end.
        """
        self._wire.post(f"{_OIDC}/keys", {"keep_former": keep_former})
