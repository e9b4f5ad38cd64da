import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from alicred_emulator.ram.access_keys import RsaKeyPair
from alicred_emulator.world import World


def test_all_who_ask_at_once_get_the_same_key_pair(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one thread gives a client is what another finds its signatures by."""
    make, together = small_world.user.add_key_pair, threading.Barrier(2)

    def make_slowly() -> RsaKeyPair:
        # Whoever may be here at the same time is given the time to come.
        with suppress(threading.BrokenBarrierError):
            together.wait(0.05)
        return make()

    monkeypatch.setattr(small_world.user, "add_key_pair", make_slowly)
    with ThreadPoolExecutor(4) as pool:
        pairs = list(pool.map(lambda _: small_world.key_pair, range(4)))
    assert all(pair is small_world.key_pair for pair in pairs)
