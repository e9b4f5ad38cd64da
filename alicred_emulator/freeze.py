"""One wall time for the whole process: freezegun, following a clock, with its exceptions taken out.

freezegun as it comes decides by the call stack who is told the real time, so that one thread may see both
times at once, and it stops monotonic time as well, so that whatever waits for a deadline waits for ever.
While `frozen_process` lasts, every caller is told the same wall time, and monotonic time is the real one.

Not followed, because freezegun replaces functions in the namespaces of modules and knows only some of
them: `time.ctime`, `time.asctime`, `time.clock_gettime` and the clocks of C extensions; and whatever took
hold of a function or a class before the freeze in another place than a module's namespace, such as a
default argument, a `functools.partial`, an attribute of a class or `field(default_factory=time.time)`.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from freezegun import api, config

from alicred_emulator.frozen_time import FUNCTIONS, Follower, correct_classes
from alicred_emulator.patching import replaced

# freezegun compares beginnings: the dot keeps a user's `pluggy_tools` and `xdist_report` out of these.
_LEFT_ALONE: Final = (
    # Test runners time themselves by the wall clock, and our own clock is the one that all others follow.
    *("_pytest.", "pluggy.", "xdist.", "execnet.", "alicred_emulator."),
    # A look at these loads much that nobody asked for.
    *("six.moves", "gi.repository."),
)


@contextmanager
def frozen_process(read_time: Callable[[], float]) -> Generator[None, None, None]:
    """Let the wall clock of this whole process show what a function returns.

    The function is asked at each reading, in the thread that reads, so nobody has to be told when the
    clock behind it is moved. A freeze of the user's own may lie around this one or within it, and the
    innermost wins.

    Args:
        read_time: The time to show, in seconds since the epoch.
    """
    follower = Follower(read_time)
    freezer = api.freeze_time(follower())
    freezer.ignore = (*_LEFT_ALONE, *_named_by_the_user())
    correct_classes()

    def source_of_time(_start: datetime) -> Follower:
        return follower

    with replaced(api, FUNCTIONS):
        with replaced(api, {"FrozenDateTimeFactory": source_of_time}):
            freezer.start()
        try:
            yield
        finally:
            freezer.stop()


def _named_by_the_user() -> list[str]:
    # freezegun's own list is for its look at the call stack and for its stopped monotonic time, neither of
    # which is here, and takes in every module whose name begins so: `gi` means git and gitlab, too.
    defaults = config.DEFAULT_IGNORE_LIST
    return [name for name in config.settings.default_ignore_list if name not in defaults]
