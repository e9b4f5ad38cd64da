"""The fake issuer of ID tokens: what the API server of a Kubernetes cluster is to RRSA."""

import itertools
import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from alicred_emulator.clock import EPOCH, EmulatorClock
from alicred_emulator.durations import length_of
from alicred_emulator.oidc.service_account import kubernetes_claim
from alicred_emulator.oidc.signing_keys import ALGORITHM, SigningKey
from alicred_emulator.oidc.token_file import DEFAULT_LIFETIME, ProjectedToken

CLUSTER_ID: Final = "c" + "fa4e" * 8
"""The id of the cluster, of the real shape."""

DEFAULT_URL: Final = f"https://oidc-ack-cn-hangzhou.oss-cn-hangzhou.aliyuncs.com/{CLUSTER_ID}"
"""Where the issuer of such a cluster is in the real world."""

DEFAULT_SUBJECT: Final = "system:serviceaccount:default:demo-service-account"
DEFAULT_AUDIENCE: Final = "sts.aliyuncs.com"
"""The client id that ACK registers (documented)."""

DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
JWKS_PATH: Final = "/openid/v1/jwks"
"""Where Kubernetes publishes its keys; that ACK does it at the same path is inferred."""

_SECOND: Final = timedelta(seconds=1)
_FOREIGN_KEY: Final = SigningKey(0)
_FIRST_KEYS: Final[tuple[SigningKey, ...]] = (SigningKey(1),)


class OidcIssuer:
    """Issues the tokens of service accounts, publishes its keys, and keeps a pod's token file.

    Args:
        clock: The emulator's clock.

    Attributes:
        projected_token: What keeps the token file: its lifetime, and what a test wants to stand in it.
    """

    def __init__(self, clock: EmulatorClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._url = DEFAULT_URL
        self._published = _FIRST_KEYS
        self._numbers = itertools.count(1)
        self.projected_token: Final = ProjectedToken(
            clock, lambda lifetime: self.issue_token(lifetime=lifetime)
        )

    @property
    def url(self) -> str:
        """The issuer's URL, which its tokens name, without a slash at the end.

        Setting it leaves the tokens as they are that were issued under another one, but has the next
        use of the token file write a new one.
        """
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        if url != self._url:
            self._url = url
            self.projected_token.forget()

    @property
    def token_file(self) -> Path:
        """The file with the pod's token, which is not due for renewal."""
        return self.projected_token.path

    def issue_token(  # noqa: PLR0913 - each makes a token right or wrong in its own way
        self,
        subject: str = DEFAULT_SUBJECT,
        *,
        audience: str | Sequence[str] = DEFAULT_AUDIENCE,
        lifetime: timedelta | float = DEFAULT_LIFETIME,
        issuer: str | None = None,
        claims: Mapping[str, object] | None = None,
        key_id: str | None = None,
        foreign_key: bool = False,
    ) -> str:
        """Issue a token as the kubelet asks for it, or one that is wrong in some way.

        Args:
            subject: For whom it speaks: ``system:serviceaccount:<namespace>:<name>``.
            audience: For whom it is meant, or several; it becomes a list.
            lifetime: For how long it is good, as a timedelta or in seconds, rounded down to whole ones;
                negative for one that has expired.
            issuer: Another issuer to name than this one.
            claims: Claims to add, or to replace others by; a value of None leaves the claim out.
            key_id: Another key id to name than that of the signing key.
            foreign_key: Whether it is signed with a key that this issuer never publishes, though it names
                the one that it does.

        Returns:
            The token.

        Raises:
            TypeError: If a claim is nothing that JSON knows.
            ValueError: If the lifetime is longer than any clock goes.
        """
        from jwt import PyJWS  # noqa: PLC0415 - slow to load

        with self._lock:
            key, number = self._published[-1], next(self._numbers)
        content: dict[str, object] = {
            "aud": [audience] if isinstance(audience, str) else list(audience),
            **self._times(lifetime),
            "iss": self.url if issuer is None else issuer,
            "jti": str(uuid.uuid5(uuid.NAMESPACE_OID, f"token/{number}")),
            "kubernetes.io": kubernetes_claim(subject),
            "sub": subject,
            **(claims or {}),
        }
        payload = {name: value for name, value in content.items() if value is not None}
        return PyJWS().encode(
            json.dumps(payload, separators=(",", ":")).encode(),
            (_FOREIGN_KEY if foreign_key else key).private,
            algorithm=ALGORITHM,
            # Kubernetes writes no type.
            headers={"kid": key.id if key_id is None else key_id, "typ": ""},
        )

    def rotate_keys(self, *, keep_former: bool = True) -> None:
        """Sign with a new key from now on.

        Args:
            keep_former: Whether the former keys stay published, so that tokens signed with them are good
                to their end, as in a cluster that is rotated in an orderly way. Otherwise they are gone
                at once, and with them the token in the token file, until it is renewed.
        """
        with self._lock:
            upcoming = SigningKey(self._published[-1].number + 1)
            self._published = (*self._published, upcoming) if keep_former else (upcoming,)

    def jwks(self) -> dict[str, object]:
        """Return the key set that it publishes."""
        return {"keys": [key.jwk() for key in self._published]}

    def discovery(self) -> dict[str, object]:
        """Return the discovery document that it publishes, as Kubernetes writes it."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}{JWKS_PATH}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    def reset(self) -> None:
        """Begin again, with the first key; the URL stays, being where it is reached."""
        with self._lock:
            self._published = _FIRST_KEYS
            self._numbers = itertools.count(1)
        self.projected_token.reset()

    def close(self) -> None:
        """Remove the token file."""
        self.projected_token.close()

    def _times(self, lifetime: timedelta | float) -> dict[str, int]:
        now = (self._clock.now() - EPOCH) // _SECOND
        return {"exp": now + length_of(lifetime) // _SECOND, "iat": now, "nbf": now}
