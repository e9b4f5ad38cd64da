"""What a test leaves of the process, whatever it did and however its fixtures came together."""

import os
import time

import pytest

from alicred import clock as clock_of_alicred

AFTERWARDS = """
    import os, pytest

    @pytest.fixture(scope="module", autouse=True)
    def afterwards():
        before = dict(os.environ)
        yield
        assert {**os.environ, "PYTEST_CURRENT_TEST": ""} == {**before, "PYTEST_CURRENT_TEST": ""}
"""


@pytest.fixture
def settings(monkeypatch, variables):
    """A developer's environment, which each test of this module must leave as it is."""
    monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "real")
    before = variables()
    yield
    assert variables() == before


@pytest.mark.parametrize(
    "patch",
    [
        "monkeypatch",
        "request.getfixturevalue('monkeypatch')",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_emulator_requested_by_name_leaves_nothing(run, settings, patch, first):
    """Where the emulator is requested in the test itself, after a patch or before, nothing stays."""
    arguments = "request, monkeypatch" if patch == "monkeypatch" else "request"
    run(
        AFTERWARDS
        + f"""
    def test_requests({arguments}):
        if {first}:
            request.getfixturevalue("alicred_emulator")
        patch = {patch}
        patch.setenv("ALIBABA_CLOUD_STS_REGION", "mine")
        request.getfixturevalue("alicred_emulator")
        patch.setenv("ALIBABA_CLOUD_PROFILE", "patched")
        patch.setenv("HOME", "patched")
        patch.delenv("ALIBABA_CLOUD_IMDS_ENDPOINT")
    """
    ).assert_outcomes(passed=1)


def test_a_wider_patch_is_undone_after_the_emulated_environment(run, settings):
    """A fixture of the module that patches finds, at its end, what it had set."""
    run(
        AFTERWARDS
        + """
    @pytest.fixture(scope="module")
    def wider(afterwards):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", "wider")
            yield
            assert os.environ["HOME"] == "wider"

    def test_both(wider, request):
        request.getfixturevalue("alicred_emulator")
        assert os.environ["HOME"] != "wider"
    """
    ).assert_outcomes(passed=1)


def test_without_the_emulator_the_environment_is_the_tests(run, settings):
    """The plugin puts nothing back after a test that did not ask for the emulator."""
    run(
        """
        import os, pytest

        @pytest.fixture(scope="module", autouse=True)
        def afterwards():
            yield
            assert os.environ.pop("ALIBABA_CLOUD_STS_REGION") == "left"

        def test_leaves(request, tmp_path):
            os.environ["ALIBABA_CLOUD_STS_REGION"] = "left"
        """
    ).assert_outcomes(passed=1)


def test_a_home_that_was_removed_is_there_again(run):
    """A test may remove its home, and the next has one."""
    run(
        """
        import pytest
        from pathlib import Path

        @pytest.mark.parametrize("time", [1, 2])
        def test_removes(alicred_emulator, time):
            Path.home().rmdir()
        """
    ).assert_outcomes(passed=2)


def test_an_error_while_resetting_leaves_nothing_else(run, settings):
    """If the emulator's reset fails, alicred has its own clock and the process its environment again."""
    before = clock_of_alicred.time
    run(
        AFTERWARDS
        + """
    @pytest.fixture
    def breaks(alicred_emulator, _alicred_home):
        yield
        (_alicred_home / "left").touch()
        alicred_emulator.clock.reset = None

    def test_breaks(alicred_emulator, breaks):
        pass

    def test_after(_alicred_home):
        assert not any(_alicred_home.iterdir())
    """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=2, errors=1)
    assert clock_of_alicred.time is before


def test_alicred_follows_the_clock_of_the_emulator(alicred_emulator):
    """Without `alicred_clock` the two share their time as well: real until it is moved or skewed."""
    assert abs(clock_of_alicred.time() - time.time()) < 60
    alicred_emulator.clock.shift(days=1)
    assert clock_of_alicred.time() > time.time() + 80000
    alicred_emulator.clock.move_to("2030-01-01T00:00:00Z")
    alicred_emulator.clock.skew(days=365)
    assert time.gmtime(clock_of_alicred.time()).tm_year == 2031


def test_a_session_inside_a_test_gives_the_clock_back(run, alicred_clock):
    """A session that runs inside an emulated test leaves that test's clock to alicred."""
    alicred_clock.move_to("2030-01-01T00:00:00Z")
    run("def test_inside(alicred_clock): pass").assert_outcomes(passed=1)
    assert clock_of_alicred.time() == alicred_clock.time()
    assert "127.0.0.1" in os.environ["ALIBABA_CLOUD_IMDS_ENDPOINT"]


def test_an_emulator_that_a_test_stopped_runs_in_the_next(run):
    """A whole outage is a test like any other."""
    run(
        """
    import urllib.request

    def test_stops(alicred_emulator):
        alicred_emulator.stop()

    def test_after(alicred_emulator):
        address = alicred_emulator.imds.url + "/"
        assert urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address).status == 200
    """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=2)
