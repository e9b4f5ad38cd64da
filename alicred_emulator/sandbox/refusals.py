"""Why this machine lets nobody make namespaces, in words of one line."""

import errno
from pathlib import Path
from typing import Final

_SETTINGS: Final = (
    ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1 allows them"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids them; sysctl kernel.apparmor_restrict_unprivileged_userns=0 allows them",
    ),
    ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=1000 allows them"),
)
_ABSENT: Final = frozenset({errno.ENOSYS, errno.EINVAL})
_PROC: Final = Path("/proc")


def reason(refusal: str, number: int | None, proc: Path = _PROC) -> str:
    """Say why a step was refused, and what would help where that is known.

    Args:
        refusal: What was refused, as the kernel says it.
        number: The number of the error.
        proc: Where the kernel tells of its settings.

    Returns:
        A part of a sentence.
    """
    if not (proc / "self").exists():
        return f"the kernel refuses namespaces ({refusal}), and /proc is not mounted"
    for name, forbidding, remedy in _SETTINGS:
        if _value(proc / "sys" / name) == forbidding:
            return f"the kernel refuses namespaces to ordinary users ({refusal}); {remedy}"
    if number in _ABSENT:
        return f"the kernel has no namespaces ({refusal})"
    return f"the kernel refuses namespaces ({refusal}); a container's seccomp profile has to allow unshare"


def _value(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None
