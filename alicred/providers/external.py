"""`external`: what a program of the user's prints, as a password manager's or a sign-in tool's.

It prints one JSON object: ``mode`` (AK or StsToken), ``access_key_id``, ``access_key_secret``, ``sts_token``
and ``expiration``. Where it says no expiration it is not run for every caller: a token counts as the shortest
session that STS grants, and is looked at again in its last quarter; a key, which has no end, at the same
intervals, and goes on being served while the program fails.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any

from alicred.answers import json_object
from alicred.environment import Environment
from alicred.exceptions import CredentialException, ServiceUnreachableError
from alicred.models import Credential
from alicred.profiles import Profile, shown
from alicred.programs import ProgramError, command_of, output_of
from alicred.providers.base import Issued, Provider
from alicred.providers.document import DocumentReader, Layout
from alicred.providers.service import Service
from alicred.refresh import quarter_of_lifetime
from alicred.transport import Reply, Transport
from alicred.write_back import StoredProfile

__all__ = ["ExternalProvider", "build_profile"]

_SECONDS = 60.0
_MODES = ("AK", "StsToken")
_SHORTEST_SESSION_SECONDS = 900.0
_LOOK_AGAIN_SECONDS = _SHORTEST_SESSION_SECONDS - quarter_of_lifetime(_SHORTEST_SESSION_SECONDS)
_BY_HAND_REMEDY = "Run it by hand to see why; process_command of the profile says how."


def build_profile(profile: Profile, environment: Environment, _transport: Transport) -> Provider:
    """Return the provider that a profile of mode External describes.

    Raises:
        ConfigurationError: The environment forbids it, or the command cannot be right.
    """
    if environment.forbids_external():
        raise profile.error(
            "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids mode External.",
            "Unset it, or choose another profile.",
        )
    command = command_of(profile.required_text("process_command"))
    if command is None:
        raise profile.error(
            "process_command is no command: it is blank, or its quotation marks do not match.", "Correct it."
        )
    return ExternalProvider(profile=profile, command=command)


class ExternalProvider:
    """Runs a program."""

    __slots__ = ("_command", "_profile", "_seconds", "_service", "_stored")

    name = "external"

    def __init__(self, *, profile: Profile, command: str | Sequence[str], seconds: float = _SECONDS) -> None:
        self._profile = profile
        self._command = command
        self._seconds = seconds
        self._stored = StoredProfile(profile)
        self._service = Service(
            provider=self.name,
            title=f'The program in process_command of profile "{shown(profile.name)}"',
            unreachable_remedy=_BY_HAND_REMEDY,
            author="whoever wrote it",
        )

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Run the program; see `alicred.providers.base.Provider`."""
        try:
            issued = self._read(output_of(self._command, seconds=self._seconds), now)
        except ProgramError as failure:
            error = self._failed(failure)
        else:
            self._write_back(issued.credential)
            return issued
        raise error

    def _failed(self, failure: ProgramError) -> CredentialException:
        if not failure.has_run:
            return self._profile.error(
                "process_command names a program that cannot be started.",
                "Check that it exists, is found on PATH and may be executed.",
            )
        return ServiceUnreachableError(
            f"{self._service.title} {failure.what}",
            remedy=self._service.unreachable_remedy,
            provider=self.name,
        )

    def _read(self, output: bytes, now: float) -> Issued:
        answer = json_object(output)
        if answer is None:
            raise self._service.malformed("with something that is not a JSON object")
        mode = answer.get("mode")
        if mode not in (None, *_MODES):
            raise self._service.malformed(f"with a mode other than {' and '.join(_MODES)}")
        # Some call a session AK and print its token all the same.
        has_token = mode == "StsToken" or bool(answer.get("sts_token"))
        if answer.get("expiration"):
            credential = self._credential(answer, answer["expiration"], now, has_token=has_token)
            return Issued(credential, quarter_of_lifetime)
        made_up = datetime.fromtimestamp(now + _SHORTEST_SESSION_SECONDS, timezone.utc)
        credential = self._credential(answer, f"{made_up:%Y-%m-%dT%H:%M:%SZ}", now, has_token=has_token)
        ends_at = now + _SHORTEST_SESSION_SECONDS if has_token else None
        untold = credential.replaced(expiration=None, expires_at=ends_at)
        return Issued(untold, quarter_of_lifetime, good_for_seconds=_LOOK_AGAIN_SECONDS)

    def _credential(
        self, answer: dict[str, Any], expiration: object, now: float, *, has_token: bool
    ) -> Credential:
        layout = Layout(
            within="credential",
            access_key_id="access_key_id",
            access_key_secret="access_key_secret",  # noqa: S106 - a field's name
            security_token="sts_token" if has_token else None,
        )
        document = json.dumps({"credential": {**answer, "Expiration": expiration}})
        reader = DocumentReader(self._service, credential_type=self.name, layout=layout)
        return reader.read(Reply(HTTPStatus.OK, document.encode("ascii")), now)

    def _write_back(self, credential: Credential) -> None:
        ends_at = credential.expiration
        changes = {
            "access_key_id": credential.access_key_id,
            "access_key_secret": credential.access_key_secret,
            "sts_token": credential.security_token,
            "sts_expiration": int(ends_at.timestamp()) if ends_at else None,
            # Without it the keys that are written here would be taken for what the profile is about.
            "mode": self._profile.text("mode") or "External",
        }
        # Whoever has changed the command meanwhile wants the keys of the other one.
        self._stored.update(changes, provided={"process_command": self._profile.text("process_command")})
