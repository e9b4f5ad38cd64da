"""One wall time for the whole process: freezegun, following a clock, with its exceptions taken out.

freezegun as it comes decides by the call stack who is told the real time, so that one thread may see both
times at once, and it stops monotonic time as well, so that whatever waits for a deadline waits for ever.
While `frozen_process` lasts, every caller is told the same wall time, and monotonic time is the real one.

Not followed, because freezegun does not know them: `time.ctime`, `time.asctime`, `time.clock_gettime`
and the clocks of C extensions.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from freezegun import api

from alicred_emulator.frozen_time import FUNCTIONS, Follower, correct_classes
from alicred_emulator.patching import replaced

# Test runners time themselves by the wall clock, and our own clock is the one that all others follow.
_LEFT_ALONE: Final = ("_pytest", "pluggy", "xdist", "execnet", "alicred_emulator")

# freezegun leaves these alone for the sake of its look at the call stack and of their deadlines, and with
# them every module whose name merely begins so ("queue_worker"). Neither is a reason here.
_NOT_LEFT_ALONE: Final = frozenset({"threading", "multiprocessing", "queue"})


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
    freezer = api.freeze_time(follower(), ignore=list(_LEFT_ALONE))
    freezer.ignore = tuple(prefix for prefix in freezer.ignore if prefix not in _NOT_LEFT_ALONE)
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
