"""A nonce is good once, and is forgotten when nobody could use it any more."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from alicred_emulator.gateway.nonces import ACCEPTED_SECONDS, Nonces

NOW = 1_800_000_000.0


def test_a_nonce_is_good_once() -> None:
    """Whatever time stamp comes with it the second time."""
    nonces = Nonces()
    assert nonces.use("key", "one", NOW, NOW)
    assert not nonces.use("key", "one", NOW, NOW)
    assert not nonces.use("key", "one", NOW + 61, NOW)
    assert nonces.use("key", "two", NOW, NOW)


def test_each_key_has_nonces_of_its_own() -> None:
    """Two clients that count from one do not get into each other's way."""
    nonces = Nonces()
    assert nonces.use("key", "1", NOW, NOW)
    assert nonces.use("other", "1", NOW, NOW)


def test_a_nonce_is_remembered_as_long_as_its_time_stamp_is_accepted() -> None:
    """A time stamp from the near future lives longest: half an hour."""
    nonces = Nonces()
    stamped = NOW + ACCEPTED_SECONDS
    assert nonces.use("key", "one", stamped, NOW)
    for now in (NOW + 60, stamped, stamped + ACCEPTED_SECONDS):
        nonces.use("key", f"another at {now}", now, now)
        assert not nonces.use("key", "one", stamped, now)


def test_what_is_forgotten_keeps_memory_flat() -> None:
    """However many are used, those of half an hour are held at most, and those of a minute together."""
    nonces = Nonces()
    for second in range(20_000):
        assert nonces.use("key", str(second), NOW + second, NOW + second)
    assert len(nonces) <= ACCEPTED_SECONDS + 61
    # Each is looked for in all of them.
    assert len(nonces._used) <= ACCEPTED_SECONDS / 60 + 2


def code(answer: Any) -> str:
    """Return the code of a refusal, ``granted`` if it is none."""
    return str(answer.content.get("Code", "granted"))


@pytest.mark.parametrize("style", ["V1 GET", "V1 POST", "ACS3"])
@pytest.mark.parametrize("action", ["GetCallerIdentity", "DescribeRegions"])
def test_a_call_cannot_be_repeated(draft: Any, style: str, action: str) -> None:
    """Neither to the letter nor signed anew, whichever service and style it is for."""
    call = draft(action, style)
    request = call.request()
    assert told(call, request) == "granted"
    assert told(call, request) == "SignatureNonceUsed"
    assert code(call.ask()) == "SignatureNonceUsed"
    elsewhere = draft("GetCallerIdentity").say(SignatureNonce=call.nonce)
    assert code(elsewhere.ask()) == "SignatureNonceUsed"
    assert code(draft(action, style).ask()) == "granted"


def told(call: Any, request: Any) -> str:
    """Return what the service says to this very request."""
    document = call.api.answer(call.world, request).document
    return str(document.get("Code", "granted"))


def test_a_nonce_is_good_again_when_its_time_is_over(draft: Any, small_world: Any) -> None:
    """A quarter of an hour after its time stamp the call itself is too old, and the nonce is forgotten."""
    call = draft("GetCallerIdentity")
    request = call.request()
    assert told(call, request) == "granted"
    small_world.clock.shift(minutes=15)
    assert told(call, request) == "SignatureNonceUsed"
    assert code(call.ask()) == "SignatureNonceUsed"
    small_world.clock.shift(minutes=1)
    assert told(call, request) == "InvalidTimeStamp.Expired"
    small_world.clock.shift(minutes=1)
    assert code(call.ask()) == "granted"


def test_two_keys_may_use_one_nonce(draft: Any, small_world: Any) -> None:
    """Of one user, too."""
    second = small_world.user.add_access_key()
    for key in (small_world.user.access_keys[0], second):
        call = draft("GetCallerIdentity").say(SignatureNonce="1").signed_by(key)
        assert code(call.ask()) == "granted"


def test_nobody_can_use_up_a_nonce_of_somebody_else(draft: Any, small_world: Any) -> None:
    """A call whose signature is wrong leaves the nonce as it was."""
    call = draft("GetCallerIdentity")
    call.tampered = True
    assert code(call.ask()) == "SignatureDoesNotMatch"
    assert len(small_world.nonces) == 0
    call.tampered = False
    assert code(call.ask()) == "granted"


def test_a_refused_call_uses_its_nonce_up_once_it_was_verified(draft: Any) -> None:
    """What is wrong with its parameters is looked at afterwards."""
    call = draft().say(RoleArn="x")
    assert code(call.ask()) == "InvalidParameter.RoleArn"
    assert code(call.say(RoleArn=None).ask()) == "MissingRoleArn"
    call.changes.clear()
    assert code(call.ask()) == "SignatureNonceUsed"


def test_a_world_that_is_called_for_days_remembers_half_an_hour(draft: Any, small_world: Any) -> None:
    """A call a minute: what is held does not grow."""
    held = set()
    for _ in range(300):
        assert code(draft("GetCallerIdentity").ask()) == "granted"
        small_world.clock.shift(minutes=1)
        held.add(len(small_world.nonces))
    assert max(held) <= 17


def test_one_nonce_is_used_by_one_of_many_threads() -> None:
    """Of those who come at once with the same, one is first."""
    nonces, barrier = Nonces(), threading.Barrier(16)

    def use() -> bool:
        barrier.wait()
        return nonces.use("key", "one", NOW, NOW)

    with ThreadPoolExecutor(16) as pool:
        assert sum(future.result() for future in [pool.submit(use) for _ in range(16)]) == 1
