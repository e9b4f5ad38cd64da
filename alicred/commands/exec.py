"""`alicred exec`: a program with the credential in its environment, in this process's place.

Rule of this module: whatever else the environment says about credentials and would be believed before the
key, or together with it, is taken away. Other places of the default chain come after the key, and stay.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence

from alicred import clock
from alicred.commands.errors import CommandError
from alicred.commands.spans import for_person, wire_time
from alicred.environment import inherited
from alicred.models import Credential

__all__ = ["execute"]

_NOT_EXECUTABLE = 126
_NOT_FOUND = 127

# aliyun-cli reads these as well; half of another key, or a token of another session, would join ours.
_OTHER_SPELLINGS = ("ALIBABACLOUD", "ALICLOUD")
_PARTS = ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN")
_IN_THE_WAY = (
    *(f"{spelling}_{part}" for spelling in _OTHER_SPELLINGS for part in _PARTS),
    "ALIBABA_CLOUD_BEARER_TOKEN",
    "ALIBABA_CLOUD_PROFILE",
    "ALIBABA_CLOUD_PROFILE_MODE",
)


def execute(command: Sequence[str], credential: Credential, *, tell: Callable[[str], None]) -> int:
    """Run a program with a credential; on POSIX this process becomes the program.

    Args:
        command: The program and its arguments.
        credential: The credential, one with a key.
        tell: Prints a line that is not the program's.

    Returns:
        The program's exit status, on systems where no process can become another.

    Raises:
        CommandError: The credential has no key, or there is no such program.
    """
    if not credential.has_keys():
        raise CommandError(
            "the credential is a bearer token, for which programs have no variable.",
            remedy="Give the program a configuration of its own, or use a source that has a key.",
        )
    if credential.expires_at is not None and credential.expiration is not None:
        left = credential.expires_at - clock.time()
        tell(
            "alicred: the credential cannot be renewed in the program, and ends at "
            f"{for_person(wire_time(credential.expiration), left)}."
        )
    return _become(command, inherited(variables(credential)))


def variables(credential: Credential) -> dict[str, str | None]:
    """Return what an environment has to say so that the credential is used; None takes a variable away."""
    return {
        **dict.fromkeys(_IN_THE_WAY),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credential.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credential.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credential.security_token,
        # aliyun-cli prefers the key of its current profile otherwise.
        "ALIBABA_CLOUD_IGNORE_PROFILE": "TRUE",
    }


def _become(command: Sequence[str], environment: dict[str, str]) -> int:
    program = command[0]
    try:
        return _replaced(command, environment) if os.name == "posix" else _ran(command, environment)
    except (FileNotFoundError, NotADirectoryError):
        problem, status = f"{program} was not found.", _NOT_FOUND
    except OSError as error:
        problem, status = f"{program} cannot be executed: {error.strerror}.", _NOT_EXECUTABLE
    raise CommandError(problem, remedy="Check its name, PATH and its permissions.", status=status)


def _replaced(command: Sequence[str], environment: dict[str, str]) -> int:
    """Become the program, which so gets every signal itself; return only by an exception."""
    # Python ignores these, and what is ignored would stay so in the program.
    ignored = [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ignored}
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 - what the user asked for, without a shell
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ran(command: Sequence[str], environment: dict[str, str]) -> int:
    # Ctrl-C reaches the program as well, and what becomes of it is the program's affair.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        return subprocess.run(list(command), env=environment, check=False).returncode  # noqa: S603 - the same
    finally:
        signal.signal(signal.SIGINT, before)
