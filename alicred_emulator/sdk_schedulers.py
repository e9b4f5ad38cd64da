"""The threads that Alibaba's SDK for Python starts for its ECS providers, and never ends.

Each asks for the role's credential once a minute for as long as the process lives: the fakes in the middle
of another test, or, on a real instance, the real service. The rule kept here: those started meanwhile end,
those that were there go on, and so does every scheduler that an application runs for itself. The SDK is
never imported from here.
"""

import atexit
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

_SDK: Final = "alibabacloud_credentials"


@contextmanager
def ended() -> Generator[None, None, None]:
    """End, at the end, the schedulers that the SDK started meanwhile."""
    before = _running()
    try:
        yield
    finally:
        for scheduler in _running():
            if not any(scheduler is known for known in before):
                _end(scheduler)


def _running() -> list[Any]:
    if _SDK not in sys.modules:
        return []
    owners = [getattr(getattr(thread, "_target", None), "__self__", None) for thread in threading.enumerate()]
    return [owner for owner in owners if _is_the_sdks(owner)]


def _is_the_sdks(owner: Any) -> bool:
    # All schedulers are of one class of APScheduler's: whose one is, its jobs tell.
    jobs: list[Any] = owner.get_jobs() if type(owner).__module__.startswith("apscheduler.") else []
    return any((getattr(job.func, "__module__", None) or "").startswith(f"{_SDK}.") for job in jobs)


def _end(scheduler: Any) -> None:
    # The SDK left this for the interpreter's exit, where a scheduler that runs no more would complain.
    atexit.unregister(scheduler.shutdown)
    scheduler.shutdown(wait=False)
