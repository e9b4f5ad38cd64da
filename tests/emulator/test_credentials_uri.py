import json
from datetime import timedelta
from typing import Any

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.credentials_uri import answer
from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Request
from alicred_emulator.world import World


def document(world: World) -> dict[str, str]:
    """Read the credential."""
    reply = answer(world, Request.of("GET", "/credentials"))
    assert reply.status == 200
    content: dict[str, str] = json.loads(reply.payload)
    return content


def test_it_hands_out_a_session_of_the_default_role(small_world: World) -> None:
    """The document has the five fields, and the ledger knows what it holds."""
    content = document(small_world)
    assert list(content) == ["Code", "AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"]
    assert (content["Code"], content["Expiration"]) == ("Success", "2026-01-02T04:04:05Z")
    issued = small_world.ledger.get(content["AccessKeyId"])
    assert issued is not None
    assert (issued.origin, issued.security_token) == ("credentials_uri", content["SecurityToken"])


def test_it_rotates_at_half_its_life(small_world: World, clock: EmulatorClock) -> None:
    """The same credential is shown for half its life, then the next one."""
    first = document(small_world)
    clock.shift(minutes=29, seconds=59)
    assert document(small_world) == first
    clock.shift(seconds=1)
    assert document(small_world)["Expiration"] == "2026-01-02T04:34:05Z"


def test_its_lifetime_can_be_set(world: Emulator, ask: Any, clock: EmulatorClock) -> None:
    """A lifetime takes effect at once; a wrong one is refused."""
    world.credentials_uri.credential_lifetime = timedelta(minutes=15)
    assert world.credentials_uri.credential_lifetime == timedelta(minutes=15)
    _, body, _ = ask(world.credentials_uri, "/credentials")
    assert json.loads(body)["Expiration"] == "2026-01-02T03:19:05Z"
    with pytest.raises(ValueError, match="whole seconds"):
        world.credentials_uri.credential_lifetime = timedelta(0)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ({"Code": "Failed"}, b'{"Code":"Failed"}'),
        ("<html>", b"<html>"),
        (b"\xff", b"\xff"),
        ({}, b"{}"),
        ("", b""),
    ],
)
def test_its_answer_can_be_set(
    world: Emulator, ask: Any, content: dict[str, str] | str | bytes, body: bytes
) -> None:
    """An object goes out as JSON, text and bytes as they are, with the status that was set."""
    world.credentials_uri.set_response(content, status=202)
    status, received, _ = ask(world.credentials_uri, "/credentials")
    assert (status, received) == (202, body)


def test_a_status_alone_keeps_the_credential(world: Emulator, ask: Any) -> None:
    """A client that ignores the status would take the credential: that is what such a test shows."""
    world.credentials_uri.set_response(status=500)
    status, body, _ = ask(world.credentials_uri, "/credentials")
    assert status == 500
    assert json.loads(body)["Code"] == "Success"
    world.credentials_uri.set_response()
    assert ask(world.credentials_uri, "/credentials")[0] == 200


def test_other_contents_are_refused(world: Emulator) -> None:
    """What is no object, text or bytes is an error where it is set."""
    with pytest.raises(TypeError, match="not list"):
        world.credentials_uri.set_response([])  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [0, 100, 199, 600])
def test_a_status_that_ends_no_answer_is_refused(world: Emulator, ask: Any, status: int) -> None:
    """After one of 100 to 199 a client waits for another, and what was set before stays."""
    with pytest.raises(ValueError, match="200 to 599"):
        world.credentials_uri.set_response(status=status)
    assert ask(world.credentials_uri, "/credentials")[0] == 200


def test_other_paths_are_not_placed(small_world: World) -> None:
    """Only the path of the URL answers."""
    reply = answer(small_world, Request.of("GET", "/other"))
    assert (reply.status, reply.placed) == (404, False)
    reply = answer(small_world, Request.of("POST", "/credentials"))
    assert (reply.status, reply.placed) == (405, True)


def test_the_url_names_the_path_and_a_query_is_ignored(world: Emulator, ask: Any) -> None:
    """The whole URI is the service's URL; what a user appends as a query does not matter."""
    assert world.credentials_uri.url == f"http://127.0.0.1:{world.credentials_uri.port}/credentials"
    assert ask(world.credentials_uri, "/credentials?a=b&a=c")[0] == 200


def test_a_first_credential_can_be_reanchored(world: Emulator, ask: Any, clock: EmulatorClock) -> None:
    """Like the instance's, a credential that nobody saw yet can be issued later."""
    clock.shift(hours=2)
    world.reanchor_if_unshown()
    _, body, _ = ask(world.credentials_uri, "/credentials")
    assert json.loads(body)["Expiration"] == "2026-01-02T06:04:05Z"


@pytest.mark.parametrize("content", [{"Expiration": timedelta(0)}, {"Code": "\ud800"}, "\ud800"])
def test_what_has_no_bytes_is_refused_at_once(world: Emulator, ask: Any, content: Any) -> None:
    """A response that could not be sent is an error where it is set, and what was set before stays."""
    with pytest.raises((TypeError, UnicodeEncodeError)):
        world.credentials_uri.set_response(content, status=500)
    assert ask(world.credentials_uri, "/credentials")[0] == 200
