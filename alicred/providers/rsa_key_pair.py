"""`rsa_key_pair`: a session key, granted to whoever signs with the private key of an RSA key pair.

The file of the private key is read at each refresh, and the key is not kept.
"""

from __future__ import annotations

from collections.abc import Callable

from alicred.environment import Environment
from alicred.exceptions import ConfigurationError
from alicred.files import SecretFile, SecretText
from alicred.providers.base import Issued, Provider
from alicred.providers.document import Layout
from alicred.providers.sts_service import StsService, session_seconds, sts_service
from alicred.refresh import quarter_of_lifetime
from alicred.settings import Settings
from alicred.sts import generate_session_access_key
from alicred.transport import Transport

__all__ = ["RsaKeyPairProvider", "build"]

_Signer = Callable[[bytes], Callable[[str], str]]

_LAYOUT = Layout(
    within="SessionAccessKey",
    access_key_id="SessionAccessKeyId",
    access_key_secret="SessionAccessKeySecret",  # noqa: S106 - a field's name
    security_token=None,
)


def build(
    settings: Settings, environment: Environment, transport: Transport, key: SecretText | None = None
) -> Provider:
    """Return the provider that settings describe, with the private key where it is at hand already.

    Raises:
        ConfigurationError: `cryptography` is not installed, or the STS that is named is none.
    """
    key_file = key or SecretFile(
        settings.text("private_key_file"),
        label=settings.label("private_key_file"),
        remedy="It has to be the private key of an RSA key pair, in PEM and without a password.",
        provider=settings.type,
    )
    return RsaKeyPairProvider(
        sts=sts_service(settings, environment, transport, _LAYOUT),
        public_key_id=settings.text("public_key_id"),
        seconds=session_seconds(settings),
        key_file=key_file,
        signer=_signer(),
    )


def _signer() -> _Signer:
    try:
        from alicred.rsa import signer  # noqa: PLC0415 - an extra brings what it needs
    except ImportError:
        pass
    else:
        return signer
    raise ConfigurationError(
        "signing with an RSA key needs the package cryptography, which is not installed.",
        remedy='Run: pip install "alicred[rsa]"',
        provider=RsaKeyPairProvider.name,
    )


class RsaKeyPairProvider:
    """Asks for a session key."""

    __slots__ = ("_key_file", "_public_key_id", "_seconds", "_signer", "_sts")

    name = "rsa_key_pair"

    def __init__(
        self,
        *,
        sts: StsService,
        public_key_id: str,
        seconds: int,
        key_file: SecretFile | SecretText,
        signer: _Signer,
    ) -> None:
        self._sts = sts
        self._public_key_id = public_key_id
        self._seconds = seconds
        self._key_file = key_file
        self._signer = signer

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Read the private key and ask; see `alicred.providers.base.Provider`."""
        sign = self._key_file.read(self._signer)
        credential = self._sts.obtain(
            now,
            "GenerateSessionAccessKey",
            lambda moment: generate_session_access_key(self._public_key_id, self._seconds, sign, moment),
        )
        return Issued(credential, quarter_of_lifetime)
