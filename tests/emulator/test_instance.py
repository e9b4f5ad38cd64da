from datetime import timedelta
from typing import Any

import pytest

from alicred_emulator import remembered
from alicred_emulator.clock import EmulatorClock
from alicred_emulator.ledger import IssuedCredential
from alicred_emulator.ram.trust import trust_policy
from alicred_emulator.world import World


def shown(world: World) -> IssuedCredential:
    """Return what the instance shows for its role."""
    assert world.instance.role is not None
    return world.instance.credential_of(world.instance.role)


def test_the_same_credential_is_shown_for_five_and_a_half_hours(
    small_world: World, clock: EmulatorClock
) -> None:
    """A credential of 6 hours is replaced 30 minutes before it ends, to the second."""
    first = shown(small_world)
    assert first.issued_at == clock.now()
    assert first.expires_at - first.issued_at == timedelta(hours=6)
    clock.shift(hours=5, minutes=29, seconds=59)
    assert shown(small_world) is first
    clock.shift(seconds=1)
    second = shown(small_world)
    assert second is not first
    assert second.issued_at == first.expires_at - timedelta(minutes=30)


def test_both_are_valid_while_they_overlap(small_world: World, clock: EmulatorClock) -> None:
    """During the overlap the old credential is good too, up to its very end."""
    first = shown(small_world)
    clock.shift(hours=5, minutes=30)
    second = shown(small_world)
    assert first.is_valid(clock.now())
    assert second.is_valid(clock.now())
    clock.shift(minutes=30)
    assert not first.is_valid(clock.now())
    assert small_world.ledger.credentials == (first, second)


def test_what_is_shown_depends_on_the_time_alone(clock: EmulatorClock) -> None:
    """Two worlds agree on dates however often, and in whatever order, they were asked."""
    asked_often, asked_once = World(clock), World(clock)
    for _ in range(40):
        clock.shift(hours=1)
        shown(asked_often)
    assert shown(asked_often).issued_at == shown(asked_once).issued_at
    assert clock.now() - shown(asked_once).issued_at < timedelta(hours=5, minutes=30)


def test_a_clock_moved_back_shows_what_was_shown_then(small_world: World, clock: EmulatorClock) -> None:
    """Moving the clock back brings the former credential back, not a third one."""
    first = shown(small_world)
    clock.shift(hours=6)
    shown(small_world)
    clock.shift(hours=-6)
    assert shown(small_world) is first
    clock.shift(hours=-1)
    earlier = shown(small_world)
    assert earlier.issued_at == first.issued_at - timedelta(hours=5, minutes=30)


def test_what_was_shown_long_ago_takes_no_memory(
    small_world: World, clock: EmulatorClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that shows short credentials for days keeps those that are good, and the latest others."""
    monkeypatch.setattr(remembered, "KEPT_ENDED", 5)
    small_world.instance.credential_lifetime = timedelta(seconds=10)
    for _ in range(50):
        clock.shift(seconds=5)
        latest = shown(small_world)
    assert shown(small_world) is latest
    assert len(small_world.instance._rotation._shown) <= 20


@pytest.mark.parametrize(
    ("lifetime", "overlap", "rotates_after"),
    [(60, 30, 30), (20, 30, 10), (90, 30, 60), (60, 10, 50), (60, 0, 60)],
)
def test_lifetime_and_overlap_can_be_set(
    small_world: World, clock: EmulatorClock, lifetime: int, overlap: int, rotates_after: int
) -> None:
    """The overlap takes effect up to half the lifetime (all in minutes here)."""
    small_world.instance.credential_lifetime = timedelta(minutes=lifetime)
    small_world.instance.rotation_overlap = timedelta(minutes=overlap)
    first = shown(small_world)
    assert first.expires_at - first.issued_at == timedelta(minutes=lifetime)
    clock.shift(minutes=rotates_after, seconds=-1)
    assert shown(small_world) is first
    clock.shift(seconds=1)
    assert shown(small_world) is not first


@pytest.mark.parametrize(
    "change",
    [
        lambda instance: setattr(instance, "credential_lifetime", timedelta(hours=1)),
        lambda instance: setattr(instance, "rotation_overlap", timedelta(minutes=5)),
        lambda instance: setattr(instance, "role", "demo-role"),
    ],
)
def test_a_change_starts_a_new_credential_now(small_world: World, clock: EmulatorClock, change: Any) -> None:
    """Setting role, lifetime or overlap issues a new credential at the present whole second."""
    first = shown(small_world)
    clock.shift(seconds=100.7)
    change(small_world.instance)
    second = shown(small_world)
    assert second is not first
    assert second.issued_at == first.issued_at + timedelta(seconds=100)


def test_reanchor_if_unshown(small_world: World, clock: EmulatorClock) -> None:
    """A credential that nobody saw yet can be issued later; one that was seen stays."""
    clock.shift(hours=1)
    small_world.instance.reanchor_if_unshown()
    first = shown(small_world)
    assert first.issued_at == clock.now()
    clock.shift(hours=1)
    small_world.instance.reanchor_if_unshown()
    assert shown(small_world) is first


def test_roles_are_attached_by_value_or_name_and_detached(small_world: World) -> None:
    """The role is a role or the name of one; None detaches it; what was issued stays good."""
    instance = small_world.instance
    before = shown(small_world)
    other = small_world.ram.add_role("other")
    instance.role = "other"
    assert instance.role is other
    after = shown(small_world)
    assert ":assumed-role/other/" in after.principal
    assert ":assumed-role/demo-role/" in before.principal
    assert before.is_valid(small_world.clock.now())
    instance.role = None
    assert instance.role is None
    instance.role = small_world.role
    assert instance.role is small_world.role


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("role", "nobody", "no role is called 'nobody'; existing: demo-role; create it with"),
        ("http_tokens", "maybe", "http_tokens is 'optional' or 'required', not 'maybe'"),
        ("http_endpoint", True, "http_endpoint is 'enabled' or 'disabled', not True"),
        ("instance_metadata_tags", "on", "instance_metadata_tags is 'enabled' or 'disabled'"),
        ("credential_lifetime", timedelta(0), "the lifetime is a timedelta of whole seconds"),
        ("credential_lifetime", timedelta(seconds=1.5), "the lifetime is a timedelta of whole seconds"),
        ("credential_lifetime", timedelta(days=400), "the lifetime is a timedelta of whole seconds"),
        ("rotation_overlap", timedelta(seconds=-1), "the overlap is a timedelta of whole seconds"),
    ],
)
def test_wrong_settings_say_what_is_allowed(small_world: World, name: str, value: Any, message: str) -> None:
    """A setting that the service does not have is refused, and nothing changes."""
    before = getattr(small_world.instance, name)
    with pytest.raises(ValueError, match=message):
        setattr(small_world.instance, name, value)
    assert getattr(small_world.instance, name) == before


def test_metadata_is_a_mapping_of_paths(small_world: World) -> None:
    """Items are read, set, deleted and counted by path, with or without slashes at the ends."""
    metadata = small_world.instance.metadata
    metadata["/custom/item/"] = "x"
    assert metadata["custom/item"] == "x"
    assert "custom/item" in set(metadata)
    count = len(metadata)
    del metadata["custom/item"]
    assert len(metadata) == count - 1
    assert metadata["owner-account-id"] == small_world.ram.account_id


@pytest.mark.parametrize("path", ["", "/", "a//b", "a/../b", "instance", "instance-id/below"])
def test_metadata_paths_are_checked(small_world: World, path: str) -> None:
    """No path can be empty, climb, or be an item and a directory at once."""
    with pytest.raises(ValueError, match=r"metadata path|an item and a directory"):
        small_world.instance.metadata[path] = "x"


@pytest.mark.parametrize("value", [7, None, ["a", 1], {"a": "b"}])
def test_metadata_values_are_texts(small_world: World, value: Any) -> None:
    """A value is a text or a list of texts."""
    with pytest.raises(TypeError, match="is text or a list of texts"):
        small_world.instance.metadata["custom"] = value


def test_a_role_that_no_instance_may_have_is_refused(small_world):
    """Real instances are given roles that trust the service; the message says what to change."""
    small_world.ram.add_role("of-users", trust_policy=trust_policy(ram=small_world.user.arn))
    with pytest.raises(ValueError, match=r"the role of-users does not trust ecs\.aliyuncs\.com; add it"):
        small_world.instance.role = "of-users"
