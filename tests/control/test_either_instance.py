"""The instance, here and elsewhere: what is set is read, and shown by the metadata service."""

from datetime import timedelta

import pytest

LISTING = "/latest/meta-data/ram/security-credentials/"


def test_the_instance(world, read):
    """Every switch is set and read."""
    instance = world.instance
    instance.http_tokens = "required"
    read(world.imds.url, 403 if instance.http_tokens == "required" else 200)
    instance.http_tokens = "optional"
    with pytest.raises(ValueError, match="http_tokens"):
        instance.http_tokens = "maybe"
    instance.credential_lifetime = timedelta(minutes=15)
    instance.rotation_overlap = timedelta(minutes=1)
    assert (instance.credential_lifetime, instance.rotation_overlap) == (
        timedelta(minutes=15),
        timedelta(minutes=1),
    )
    instance.imds_v2_supported = False
    assert instance.imds_v2_supported is False
    instance.user_data = b"\xff\x00"
    assert read(f"{world.imds.url}/latest/user-data").content == instance.user_data == b"\xff\x00"
    instance.vendor_data = "vendor"
    assert instance.vendor_data == "vendor"
    instance.http_endpoint = "disabled"
    read(world.imds.url, 403)
    assert "BEGIN CERTIFICATE" in instance.identity_certificate


def test_the_instances_data(world, read):
    """Items, tags and events are there for the fakes as soon as they are set."""
    instance = world.instance
    instance.metadata["/instance/instance-name/"] = "web-1"
    assert instance.metadata["instance/instance-name"] == "web-1"
    assert read(f"{world.imds.url}/latest/meta-data/instance/instance-name").text == "web-1"
    items = len(instance.metadata)
    del instance.metadata["eipv4"]
    assert len(instance.metadata) == items - 1
    assert "eipv4" not in instance.metadata
    with pytest.raises(KeyError):
        del instance.metadata["eipv4"]
    with pytest.raises(KeyError):
        _ = instance.metadata["eipv4"]
    with pytest.raises(ValueError, match="directory"):
        instance.metadata["mac/below"] = "no"
    instance.metadata = {"hostname": "alone"}
    assert dict(instance.metadata) == {"hostname": "alone"}
    instance.tags["stage"] = "test"
    instance.tags = {"owner": "me"}
    instance.instance_metadata_tags = "enabled"
    assert dict(instance.tags) == {"owner": "me"}
    assert read(f"{world.imds.url}/latest/meta-data/tags/instance/owner").text == "me"
    instance.system_events.append({"eventId": "e-1"})
    instance.system_events.insert(0, {"eventId": "e-0"})
    instance.system_events[1] = {"eventId": "e-2"}
    assert [event["eventId"] for event in instance.system_events] == ["e-0", "e-2"]
    del instance.system_events[0]
    assert len(instance.system_events) == 1
    instance.system_events = []
    assert list(instance.system_events) == []


def test_a_spot_instance_is_told_of_its_end(world, read):
    """Five minutes before, and not when it was called off."""
    url = f"{world.imds.url}/latest/meta-data/instance/spot/termination-time"
    world.clock.freeze()
    world.instance.schedule_spot_termination(world.clock.now() + timedelta(minutes=5))
    read(url)
    world.instance.schedule_spot_termination(None)
    read(url, 404)


def test_a_role_is_attached_by_itself_or_by_its_name(world, read):
    """And a name that no role has is refused."""
    role = world.ram.add_role("nightly")
    world.instance.role = role
    assert read(f"{world.imds.url}{LISTING}").text == "nightly"
    world.instance.role = world.role.name
    assert world.instance.role == world.role
    assert world.instance.role != role
    with pytest.raises(ValueError, match="add_role"):
        world.instance.role = "nobody"
