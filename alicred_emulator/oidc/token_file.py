"""The token file of a pod: written when it is first asked for, and anew before its token ends.

The rule kept here: nothing runs in the background. The file is renewed by what happens: by a move of the
emulator's clock, by whoever asks for its path, and by `ProjectedToken.renew_if_due`, for those who let the
clock run by itself.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.oidc.projected_volume import ProjectedVolume

DEFAULT_LIFETIME: Final = timedelta(seconds=3600)
"""The documented default of ``expirationSeconds``."""

_FILE_NAME: Final = "token"
_SECOND: Final = timedelta(seconds=1)
_USED_SHARE: Final = 4, 5
_LONGEST_USE: Final = timedelta(hours=24)

_FIRST: Final = datetime.min.replace(tzinfo=timezone.utc)
_LAST: Final = datetime.max.replace(tzinfo=timezone.utc)
_ALWAYS: Final = (_FIRST, _LAST)
_NEVER: Final = (_LAST, _FIRST)


class ProjectedToken:
    """A service-account token, projected into a file as the kubelet does it.

    Source:
        https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/ (when it is
        renewed), https://www.alibabacloud.com/help/doc-detail/356611.html (how long it is good in ACK).

    The kubelet renews a token that is older than 80 % of its life, or than 24 hours (documented). This
    one is renewed as well when the clock was set back to before its issue, when nobody would accept it.

    Args:
        clock: The emulator's clock.
        issue: Issues a token that is good for a timedelta.
    """

    def __init__(self, clock: EmulatorClock, issue: Callable[[timedelta], str]) -> None:
        self._clock = clock
        self._issue = issue
        self._lock = threading.Lock()
        self._volume: ProjectedVolume | None = None
        self._lifetime = DEFAULT_LIFETIME
        # From when until when the present content is left alone.
        self._kept = _NEVER
        self._end_watch: Callable[[], None] | None = None

    @property
    def path(self) -> Path:
        """The file; whoever asks finds a token in it that is not due for renewal."""
        with self._lock:
            volume = self._own_volume()
            if self._is_due():
                self._renew(volume)
            return volume.path

    @property
    def lifetime(self) -> timedelta:
        """How long each token is good: 1 hour. Setting it has the next use write a new one.

        Raises:
            ValueError: When set to anything but whole seconds, 1 s or more.
        """
        return self._lifetime

    @lifetime.setter
    def lifetime(self, lifetime: timedelta) -> None:
        if lifetime % _SECOND or lifetime < _SECOND:
            raise ValueError(f"a token's lifetime is a timedelta of whole seconds, not {lifetime!r}")
        self._lifetime = lifetime
        self.forget()

    def write(self, content: str | bytes) -> None:
        """Put any content in the file, where it stays until `renew`, `forget` or `reset`.

        Args:
            content: A token, or whatever else a client should find; text is written as UTF-8.
        """
        with self._lock:
            volume = self._own_volume()
            self._stop_watching()
            volume.write(content.encode() if isinstance(content, str) else content, self._clock.now())
            self._kept = _ALWAYS

    def renew(self) -> None:
        """Write a new token now, whether the present one is due or not."""
        with self._lock:
            self._renew(self._own_volume())

    def renew_if_due(self) -> None:
        """Write a new token if the present one is due; nothing happens before anybody knows the file."""
        with self._lock:
            # A forked child leaves its parent's file alone.
            if self._volume is not None and self._volume.is_ours and self._is_due():
                self._renew(self._volume)

    def forget(self) -> None:
        """Have the next use write a new token at the same path, whatever stands there now."""
        with self._lock:
            self._stop_watching()
            self._kept = _NEVER

    def reset(self) -> None:
        """Begin again: the next use writes a new token, of the default lifetime."""
        self.lifetime = DEFAULT_LIFETIME

    def close(self) -> None:
        """Remove the file with its directory; the next use makes others."""
        with self._lock:
            self._stop_watching()
            if self._volume is not None:
                self._volume.remove()
            self._volume = None
            self._kept = _NEVER

    def _own_volume(self) -> ProjectedVolume:
        if self._volume is None or not self._volume.is_ours:
            self._volume = ProjectedVolume(_FILE_NAME)
            self._kept = _NEVER
        return self._volume

    def _is_due(self) -> bool:
        since, until = self._kept
        return not since <= self._clock.now() < until

    def _renew(self, volume: ProjectedVolume) -> None:
        now = self._clock.now()
        volume.write(self._issue(self._lifetime).encode(), now)
        # A token says whole seconds.
        issued = now.replace(microsecond=0)
        part, whole = _USED_SHARE
        self._kept = (issued, issued + min(self._lifetime * part / whole, _LONGEST_USE))
        if self._end_watch is None:
            self._end_watch = self._clock.on_move(self.renew_if_due)

    def _stop_watching(self) -> None:
        if self._end_watch is not None:
            self._end_watch()
            self._end_watch = None
