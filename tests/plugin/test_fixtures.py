"""What a test is given by each fixture, and what is left afterwards."""

import os
import threading
import urllib.request
from pathlib import Path

import pytest

from alicred_emulator.clock import EmulatorClock

ROLE_CREDENTIAL = "/latest/meta-data/ram/security-credentials/demo-role"


def issued_at(emulator):
    urllib.request.urlopen(emulator.imds.url + ROLE_CREDENTIAL).close()
    return emulator.ledger.credentials[-1].issued_at


def test_gives_the_process_the_instance_and_nothing_else(alicred_emulator):
    """A test finds the metadata endpoint in its environment, and an empty home."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("ALIBABA_CLOUD_")}
    assert settings == alicred_emulator.env("ecs")
    assert not any(Path.home().iterdir())


def test_gives_single_services(alicred_emulator, alicred_imds, alicred_sts, alicred_credentials_uri):
    """The fixtures of single services are the emulator's own."""
    assert alicred_imds is alicred_emulator.imds
    assert alicred_sts is alicred_emulator.sts
    assert alicred_credentials_uri is alicred_emulator.credentials_uri


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_has_a_fresh_world(alicred_emulator, time):
    """What a test changes is gone in the next, in any order."""
    assert alicred_emulator.instance.role is alicred_emulator.role
    assert not alicred_emulator.journal
    assert not list(Path.home().iterdir())
    alicred_emulator.instance.role = None
    issued_from = alicred_emulator.imds.url + "/latest/meta-data/instance-id"
    urllib.request.urlopen(issued_from).close()
    Path.home().joinpath("left").write_text("behind")


def test_the_clock_runs_until_it_is_requested(alicred_emulator):
    """Without the clock's fixture, time is real."""
    assert not alicred_emulator.clock.standing


def test_the_clock_stands_at_a_whole_second(alicred_clock):
    """The clock's fixture is the emulator's clock, standing at a whole second, also after a move."""
    assert isinstance(alicred_clock, EmulatorClock)
    assert alicred_clock.standing
    assert alicred_clock.time() % 1 == 0
    alicred_clock.shift(hours=1)
    alicred_clock.move_to("2030-01-01T00:00:00Z")
    assert alicred_clock.standing


def test_the_first_credential_is_of_the_standing_second(alicred_emulator, alicred_clock):
    """The credential that the instance shows first was issued at the second the clock shows."""
    assert issued_at(alicred_emulator) == alicred_clock.now()


@pytest.fixture
def asked_early(alicred_emulator):
    return alicred_emulator.clock.standing, issued_at(alicred_emulator)


def test_the_clock_stands_before_other_fixtures_ask(asked_early, alicred_clock):
    """That holds for a credential which a fixture fetched before the clock's own fixture was set up."""
    assert asked_early == (True, alicred_clock.now())


def test_the_clock_may_be_requested_late(alicred_emulator, request):
    """That holds when the clock is requested by name after some seconds of the test."""
    alicred_emulator.clock.shift(seconds=5)
    clock = request.getfixturevalue("alicred_clock")
    assert clock.standing
    assert issued_at(alicred_emulator) == clock.now()


def test_alicred_has_the_same_clock(alicred_clock):
    """The library reads the client's time of the same clock, the skew included."""
    from alicred import clock

    alicred_clock.skew(minutes=5)
    alicred_clock.shift(days=1)
    assert clock.time() == alicred_clock.time() + 300


def test_alicred_has_its_own_clock_again(run):
    """After the test the library reads the system's clock."""
    run(
        """
        import time
        from alicred import clock

        def test_clock(alicred_clock):
            assert clock.time is not time.time

        def test_after():
            assert clock.time is time.time
        """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=2)


def test_a_client_that_was_shared_elsewhere_is_not_this_tests(run):
    """Built outside of the emulated environment, it would ask the real instance; and the other way round."""
    run(
        """
        from alicred import Client

        outside = Client.shared()

        def test_emulated(alicred_emulator):
            issued = Client.shared().get_credential().access_key_id
            assert alicred_emulator.ledger.get(issued).origin == "imds"
            global emulated
            emulated = Client.shared()

        def test_after():
            assert Client.shared() not in (outside, emulated)
        """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=2)


def test_on_ecs_there_is_no_proxy(run, monkeypatch):
    """A process on the instance reaches its metadata directly, whatever proxy the developer has."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    run(
        """
        import os

        def test_on_ecs(alicred_on_ecs):
            assert "HTTP_PROXY" not in os.environ

        def test_with_emulator(alicred_emulator):
            assert "HTTP_PROXY" in os.environ
        """
    ).assert_outcomes(passed=2)


def test_connections_end_with_the_test(run):
    """A connection that one test left open is of no use to the next."""
    run(
        """
        import http.client, pytest

        kept = []

        def test_leaves_it_open(alicred_imds):
            kept.append(http.client.HTTPConnection("127.0.0.1", alicred_imds.port, timeout=5))
            kept[0].request("GET", "/latest/meta-data/region-id")
            kept[0].getresponse().read()

        def test_finds_it_closed():
            assert kept[0].sock.recv(1) == b""
            kept[0].close()
        """
    ).assert_outcomes(passed=2)


def test_a_session_leaves_no_thread_and_no_variable(run, variables):
    """After a session its servers are gone, and the environment is the old one."""
    before = threading.active_count(), variables()
    run(
        """
        def test_all(alicred_frozen_process, alicred_on_ecs, alicred_credentials_uri):
            pass
        """
    ).assert_outcomes(passed=1)
    assert (threading.active_count(), variables()) == before


@pytest.mark.parametrize("arguments", ["alicred_emulator, monkeypatch", "monkeypatch, alicred_emulator"])
def test_monkeypatch_undoes_before_the_environment_is_put_back(run, monkeypatch, arguments):
    """A setenv of the test leaves no trace, whichever fixture the test names first."""
    monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "real")
    home = os.environ["HOME"]
    run(
        f"""
        import os, pytest

        @pytest.fixture(scope="module", autouse=True)
        def afterwards():
            yield
            assert (os.environ["ALIBABA_CLOUD_PROFILE"], os.environ["HOME"]) == ("real", {home!r})

        def test_patches({arguments}):
            monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "patched")
            monkeypatch.setenv("HOME", "patched")
        """
    ).assert_outcomes(passed=1)


def test_what_a_fixture_set_before_is_out_of_sight(run):
    """A setting made by a fixture before the emulator's is not seen by the test, and is undone."""
    run(
        """
        import os, pytest

        @pytest.fixture(scope="module", autouse=True)
        def afterwards():
            yield
            assert "ALIBABA_CLOUD_PROFILE" not in os.environ

        @pytest.fixture(autouse=True)
        def profile(monkeypatch):
            monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "mine")

        def test_sees_none(alicred_emulator):
            assert "ALIBABA_CLOUD_PROFILE" not in os.environ

        def test_sees_it():
            assert os.environ["ALIBABA_CLOUD_PROFILE"] == "mine"
        """
    ).assert_outcomes(passed=2)


def test_a_module_wide_monkeypatch_is_left_alone(run):
    """A project may have a monkeypatch fixture of a wider scope."""
    run(
        """
        import pytest

        @pytest.fixture(scope="module")
        def monkeypatch():
            with pytest.MonkeyPatch.context() as patch:
                yield patch

        def test_both(monkeypatch, alicred_emulator):
            monkeypatch.setenv("SOMETHING", "else")
        """
    ).assert_outcomes(passed=1)
