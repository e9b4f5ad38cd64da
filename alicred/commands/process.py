"""`alicred process`: the credential as aliyun-cli and the SDKs read it from an external process.

Rule of this module: it does not run itself. The default chain may come to the very profile that names it, and
each process would start the next.
"""

from __future__ import annotations

import json

from alicred.commands.errors import CommandError
from alicred.commands.spans import wire_time
from alicred.environment import inherited, pass_on
from alicred.models import Credential

__all__ = ["document", "refuse_to_run_within"]

_MARK = "ALICRED_PROCESS"


def refuse_to_run_within() -> None:
    """Mark this process for those that it starts.

    Raises:
        CommandError: One that was marked has started it.
    """
    if inherited().get(_MARK):
        raise CommandError(
            "alicred process was run by a profile that another alicred process was reading.",
            remedy=(
                "Have it read another profile: in process_command, set ALIBABA_CLOUD_PROFILE to its name, or "
                "ALIBABA_CLOUD_CLI_PROFILE_DISABLED to true."
            ),
        )
    pass_on(_MARK, "1")


def document(credential: Credential) -> str:
    """Return a credential as one JSON object.

    Raises:
        CommandError: It has no key.
    """
    if not credential.has_keys():
        raise CommandError(
            "the credential is a bearer token, and an external process can hand out keys alone.",
            remedy="Use a profile of mode BearerToken, or a source that has a key.",
        )
    parts = {
        "mode": "StsToken" if credential.security_token else "AK",
        "access_key_id": credential.access_key_id,
        "access_key_secret": credential.access_key_secret,
        "sts_token": credential.security_token,
        "expiration": wire_time(credential.expiration) if credential.expiration else None,
    }
    return json.dumps({name: part for name, part in parts.items() if part is not None})
