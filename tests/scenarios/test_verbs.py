"""Every verb, told to alicred over sockets: what happens in the world, and what is seen of it."""

import asyncio
import os
from pathlib import Path

import pytest

from alicred_emulator.scenarios.changes import ROTATIONS
from alicred_emulator.scenarios.runner import BEGINNING
from alicred_emulator.scenarios.stage import REFERENCES
from alicred_emulator.scenarios.world import KEYS
from alicred_emulator.subjects.alicred import AlicredSubject

FIRST = """
    [[steps]]
    read = "A"
    requests = { "imds.Token" = 1, "imds.RoleName" = 1, "imds.RoleCredential" = 1 }
"""
BOTH = pytest.mark.parametrize(
    "subject", [AlicredSubject(), AlicredSubject(asynchronous=True)], ids=lambda one: one.name
)
ASYNC = AlicredSubject(asynchronous=True)


@BOTH
def test_time_passes_for_both(tell, subject):
    """A credential is served up to its refresh point, and another one from there on."""
    tell(
        FIRST
        + """
        [[steps]]
        advance = "5h44m59s"
        [[steps]]
        read = "A"
        requests = {}
        [[steps]]
        advance = "1s"
        [[steps]]
        read = "B"
        requests = { "imds.RoleCredential" = 1 }
        in_all = { "imds.Token" = 1, "imds.RoleName" = 1, "imds.RoleCredential" = 2 }
        """,
        subject,
    ).check()


def test_every_story_begins_at_the_same_time(tell, running_emulator, honest, actor):
    """The clocks stand, so that a story ends as it did yesterday."""
    times = []

    def look(emulator):
        times.append((emulator.clock.now(), emulator.clock.standing))
        return honest(emulator)

    for _ in range(2):
        tell('[[steps]]\nread = "A"', actor(look)).check()
    assert times == [(BEGINNING, True)] * 2


def test_a_subject_without_a_clock_meets_a_world_that_runs(tell, honest, actor):
    """Its own clock shows the present, so the fakes' does as well."""
    times = []

    def look(emulator):
        times.append(emulator.clock.standing)
        return honest(emulator)

    tell('[[steps]]\nread = "A"', actor(look, abilities=())).check()
    assert times == [False]


@BOTH
def test_a_fault_lasts_until_it_is_mended(tell, subject):
    """It is mended by its name, and `everything` mends the rest."""
    tell(
        """
        [[steps]]
        fault = "imds_error"
        [[steps]]
        fault = { status = 503, service = "imds" }
        called = "other"
        [[steps]]
        fails = "unreachable"
        [[steps]]
        mend = "other"
        [[steps]]
        advance = "61s"
        [[steps]]
        fails = "unreachable"
        [[steps]]
        mend = "everything"
        [[steps]]
        advance = "61s"
        [[steps]]
        read = "A"
        """,
        subject,
    ).check()


def test_everything_is_mended_whatever_was_mended_before(tell):
    """Faults without a name are all remembered, however those with one come and go."""
    tell(
        """
        [[steps]]
        fault = "sts_error"
        [[steps]]
        fault = "sts_down"
        called = "named"
        [[steps]]
        fault = "imds_error"
        [[steps]]
        mend = "named"
        [[steps]]
        fault = "sts_silent"
        [[steps]]
        mend = "everything"
        [[steps]]
        read = "A"
        """
    ).check()


def test_a_fault_may_hold_a_credential_of_the_world(tell):
    """References are filled in where a body is given, so that an answer can be made up and be known."""
    body = (
        '{"Code":"Success","AccessKeyId":"<session.access_key_id>","Expiration":"<session.expiration>",'
        '"AccessKeySecret":"<session.access_key_secret>","SecurityToken":"<session.security_token>"}'
    )
    tell(
        f"""
        [[steps]]
        fault = {{ body = '{body}', operation = "RoleCredential" }}
        [[steps]]
        read = "A"
        """
    ).check()


def test_where_nobody_listens_connections_are_refused(tell, running_emulator):
    """A service stops and starts, by itself or with everything else that is mended."""
    tell(
        """
        [[steps]]
        stop = "imds"
        [[steps]]
        fails = "unreachable"
        requests = {}
        [[steps]]
        start = "imds"
        [[steps]]
        advance = "61s"
        [[steps]]
        read = "A"
        [[steps]]
        stop = "imds"
        [[steps]]
        mend = "everything"
        [[steps]]
        advance = "5h45m"
        [[steps]]
        read = "B"
        """
    ).check()
    assert running_emulator.imds.is_running()


def test_the_world_may_be_another_one_later(tell):
    """What `set` says is so from then on."""
    tell(
        """
        [[steps]]
        set = { http_tokens = "required", role = "none" }
        [[steps]]
        fails = "refused"
        [[steps]]
        set = { role = "another" }
        [[steps]]
        read = "A"
        """
    ).check()


@pytest.mark.parametrize("what", ROTATIONS)
def test_what_can_be_replaced_is_replaced(tell, what):
    """A client that has to fetch gets something new, and none that holds something is disturbed."""
    client = {
        "instance": 'type = "ecs_ram_role"',
        "credentials_uri": 'type = "credentials_uri"\ncredentials_uri = "<credentials_uri.url>"',
    }.get(
        what,
        'type = "oidc_role_arn"\nrole_arn = "<role.arn>"\nsts_endpoint = "<sts.endpoint>"\n'
        'oidc_provider_arn = "<oidc.provider_arn>"\noidc_token_file_path = "<oidc.token_file>"',
    )
    renewed = '[[steps]]\nrotate = "token file"' if what == "oidc keys" else ""
    tell(
        f'title = "t"\nstory = "s"\n[client]\n{client}\n'
        f'[[steps]]\nread = "A"\n[[steps]]\nrotate = "{what}"\n{renewed}\n'
        '[[steps]]\nread = "A"\n[[steps]]\ninvalidate = "A"\n[[steps]]\nread = "B"\n'
    ).check()


@BOTH
def test_a_credential_can_be_refused_by_a_service(tell, subject):
    """The client is told of the very credential that was read."""
    tell(
        FIRST
        + """
        [[steps]]
        rotate = "instance"
        [[steps]]
        invalidate = "A"
        [[steps]]
        read = "B"
        """,
        subject,
    ).check()


@BOTH
def test_many_read_a_first_credential_at_once(tell, subject):
    """All are under way before the first has its answer, and one of them asks for all."""
    tell(
        """
        [[steps]]
        read = "A"
        readers = 20
        requests = { "imds.Token" = 1, "imds.RoleName" = 1, "imds.RoleCredential" = 1 }
        waits = { requests = 3 }
        """,
        subject,
    ).check()


@BOTH
def test_of_many_that_read_a_due_credential_one_asks(tell, subject):
    """The others have the credential that is held before the one has the new one."""
    tell(
        FIRST
        + """
        [[steps]]
        advance = "5h45m"
        [[steps]]
        read = { A = 19, B = 1 }
        requests = { "imds.RoleCredential" = 1 }
        """,
        subject,
    ).check()


def test_a_request_is_held_no_longer_than_the_others_need(tell):
    """Once they have come back it goes on, long before half of the client's time-out is over."""
    outcome = tell(
        """
        title = "t"
        story = "s"
        [client]
        type = "ecs_ram_role"
        timeout = 120000
        [[steps]]
        read = "A"
        [[steps]]
        advance = "5h45m"
        [[steps]]
        read = { A = 1, B = 1 }
        """
    )
    outcome.check()
    assert outcome.seconds < 30


@BOTH
def test_many_fail_at_once(tell, subject):
    """Each has the error, and one of them has asked."""
    tell(
        """
        [[steps]]
        fault = "imds_token_forbidden"
        [[steps]]
        set = { http_tokens = "required" }
        [[steps]]
        fails = "refused"
        readers = 5
        requests = { "imds.Token" = 1, "imds.RoleName" = 1 }
        """,
        subject,
    ).check()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@BOTH
def test_a_forked_child_reads(tell, subject):
    """It has what its parent held, and fetches for itself when that is due; its parent does not notice."""
    tell(
        FIRST
        + """
        [[steps]]
        read = "A"
        in = "fork"
        requests = {}
        [[steps]]
        advance = "5h45m"
        [[steps]]
        read = "B"
        in = "fork"
        requests = { "imds.RoleCredential" = 1 }
        [[steps]]
        read = "B"
        requests = { "imds.RoleCredential" = 1 }
        [[steps]]
        advance = "12h"
        [[steps]]
        fault = "imds_error"
        [[steps]]
        fails = "unreachable"
        in = "fork"
        """,
        subject,
    ).check()


def test_a_reader_is_cancelled_while_its_request_is_in_the_air(tell):
    """The request goes on, and whoever comes next has what it brings."""
    tell(
        """
        [[steps]]
        cancel = 1
        [[steps]]
        read = "A"
        requests = { "imds.Token" = 1, "imds.RoleName" = 1, "imds.RoleCredential" = 1 }
        """,
        ASYNC,
    ).check()


def test_what_is_cancelled_is_cancelled(tell, monkeypatch):
    """The reader itself sees it, and not what the request brings."""
    from alicred import Client

    ended = []
    read = Client.get_credential_async

    async def note(client):
        try:
            await read(client)
        except BaseException as error:
            ended.append(type(error))
            raise

    monkeypatch.setattr(Client, "get_credential_async", note)
    tell("[[steps]]\ncancel = 1", ASYNC).check()
    assert ended == [asyncio.CancelledError]


def test_a_story_is_skipped_by_who_cannot_do_it(tell, actor):
    """The reason is the subject's own where it has one."""
    outcome = tell("[[steps]]\ncancel = 1")
    assert (outcome.verdict, outcome.reason) == ("skipped", "a thread cannot be cancelled")
    outcome = tell('[[steps]]\nread = "A"\nin = "fork"', actor(abilities=()))
    assert (outcome.verdict, outcome.reason) == ("skipped", "it has no children")
    outcome = tell('[[steps]]\nread = "A"\nreaders = 2', actor(abilities=()))
    assert (outcome.verdict, outcome.reason) == ("skipped", "actor has no threads")


# The world, the client and its surroundings


WORLDS = {
    "credential_lifetime": ('"1h"', lambda e: e.instance.credential_lifetime.total_seconds() == 3600),
    "credential_overlap": ('"1m"', lambda e: e.instance.rotation_overlap.total_seconds() == 60),
    "role": ('"another"', lambda e: e.instance.role.name == "another"),
    "http_tokens": ('"required"', lambda e: e.instance.http_tokens == "required"),
    "http_endpoint": ('"disabled"', lambda e: e.instance.http_endpoint == "disabled"),
    "imds_v2": ("false", lambda e: not e.instance.imds_v2_supported),
    "uri_lifetime": ('"2h"', lambda e: e.credentials_uri.credential_lifetime.total_seconds() == 7200),
    "clients_ahead": ('"-1d"', lambda e: e.clock.skewed_by.total_seconds() == -86400),
    "max_session": ('"12h"', lambda e: e.role.max_session_duration == 43200),
    "access_key": ('"Inactive"', lambda e: e.user.access_keys[0].status == "Inactive"),
    "user_may_assume_roles": ("false", lambda e: not e.user.may_assume_roles),
    "token_lifetime": ('"10m"', lambda e: e.oidc.projected_token.lifetime.total_seconds() == 600),
    "token_file": ('"what"', lambda e: e.oidc.token_file.read_text() == "what"),
}


@pytest.mark.parametrize("key", KEYS)
def test_each_key_of_the_world_makes_it_so(tell, actor, fails, key):
    """A world is as it says when the story begins."""
    value, is_so = WORLDS[key]
    seen = []

    def look(emulator):
        seen.append(is_so(emulator))
        return fails("refused")(emulator)

    tell('[[steps]]\nfails = "any"', actor(look), world=f"{key} = {value}").check()
    assert seen == [True]


def test_references_are_filled_in(tell, actor, fails, running_emulator):
    """Each leads to what the world holds, in the client, in variables and in files."""
    lines = "\n".join(f"{name.replace('.', '-')} = <{name}>" for name in REFERENCES)
    subject = actor(fails("refused"))
    seen = {}

    def open_(setting, opened=subject.open):
        seen["file"] = (setting.home, Path(setting.home, "a/b").read_text(encoding="utf-8"))
        seen["variables"] = dict(setting.variables)
        seen["client"] = dict(setting.client)
        seen["user"] = setting.emulator.user.access_key_id
        return opened(setting)

    subject.open = open_
    tell(
        f"""
        title = "t"
        story = "s"
        [client]
        type = "access_key"
        access_key_id = "<user.access_key_id>"
        access_key_secret = "<user.access_key_secret>"
        identity = "user"
        [variables]
        ALIBABA_CLOUD_X = "it is <role.name>"
        [files]
        "a/b" = '''
{lines}
'''
        [[steps]]
        fails = "any"
        """,
        subject,
    ).check()
    assert seen["client"]["access_key_id"] == seen["user"]
    assert seen["variables"]["ALIBABA_CLOUD_X"] == "it is demo-role"
    assert seen["variables"]["ALIBABA_CLOUD_ACCESS_KEY_ID"] == seen["user"]
    home, content = seen["file"]
    assert "<" not in content
    assert f"home-directory = {home}" in content
    assert len(content.split("\n")) >= len(REFERENCES)


def test_the_process_is_as_before(tell, monkeypatch, running_emulator):
    """Environment, home directory and clock are put back, whatever the story did."""
    from alicred import clock

    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIreal")
    before = dict(os.environ), clock.time
    tell(FIRST).check()
    assert (dict(os.environ), clock.time) == before
    assert not running_emulator.clock.standing
    assert list(running_emulator.journal) == []
