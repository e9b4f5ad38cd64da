"""The pytest plugin: fixtures that put a test on an emulated instance, and what a failure shows of it.

The rule kept here: everybody who has alicred installed imports this module in every session of pytest, so
it imports nothing but pytest, and the rest when a fixture is requested.
"""
# ruff: noqa: PLC0415 - for this rule

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import pluggy

    from alicred_emulator.clock import EmulatorClock
    from alicred_emulator.emulator import Emulator
    from alicred_emulator.service import Service
    from alicred_emulator.services import CredentialsUriService

_EMULATOR = pytest.StashKey["Emulator"]()


@pytest.fixture(scope="session")
def _alicred_running_emulator() -> Generator["Emulator", None, None]:
    with _extra_needed():
        from alicred_emulator.emulator import Emulator
    emulator = Emulator()
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def _alicred_home() -> Generator[Path, None, None]:
    # One for all tests: a directory made and removed each time costs more than the rest of a fixture.
    with tempfile.TemporaryDirectory(prefix="alicred-home-") as home:
        yield Path(home)


@pytest.fixture
def _alicred_environment() -> Generator[None, None, None]:
    from alicred_emulator import environment, sdk_state

    with sdk_state.preserved(), environment.preserved():
        yield


@pytest.fixture
def alicred_emulator(
    request: pytest.FixtureRequest,
    _alicred_running_emulator: "Emulator",
    _alicred_home: Path,
    _alicred_environment: None,
) -> Generator["Emulator", None, None]:
    """The emulator with its default world, in a process that knows no other credentials."""
    from alicred import testing
    from alicred_emulator import environment, sdk_state

    emulator = _alicred_running_emulator
    emulator.reset()
    if "alicred_clock" in request.fixturenames:
        # Here already, since a fixture in between may ask for a credential.
        _stand_still(emulator)
    environment.emulate(emulator.env("ecs"), str(_alicred_home))
    sdk_state.refresh()
    request.node.stash[_EMULATOR] = emulator
    yield emulator
    del request.node.stash[_EMULATOR]
    emulator.reset()
    testing.reset()
    _empty(_alicred_home)


@pytest.fixture
def alicred_imds(alicred_emulator: "Emulator") -> "Service":
    """The emulator's metadata service."""
    return alicred_emulator.imds


@pytest.fixture
def alicred_credentials_uri(alicred_emulator: "Emulator") -> "CredentialsUriService":
    """The emulator's credentials URI."""
    return alicred_emulator.credentials_uri


@pytest.fixture
def alicred_clock(alicred_emulator: "Emulator") -> "EmulatorClock":
    """The clock of the fakes and of alicred, standing still at the present whole second."""
    from alicred import testing

    if not alicred_emulator.clock.standing:
        _stand_still(alicred_emulator)
    # Until the emulator's own fixture resets it.
    testing.use_clock(alicred_emulator.clock.client_time)
    return alicred_emulator.clock


@pytest.fixture
def alicred_frozen_process(alicred_clock: "EmulatorClock") -> Generator["EmulatorClock", None, None]:
    """The same clock, followed by the wall clock of the whole process."""
    with _extra_needed():
        from alicred_emulator.freeze import frozen_process
    with frozen_process(alicred_clock.client_time):
        yield alicred_clock


@pytest.fixture
def alicred_on_ecs(alicred_emulator: "Emulator") -> Generator["Emulator", None, None]:
    """The emulator, in a process whose connections to the emulated hosts reach it."""
    from alicred_emulator import environment
    from alicred_emulator.redirect import redirected

    environment.forget_proxies()
    with redirected({("imds", 80): alicred_emulator.imds.port}):
        yield alicred_emulator


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: "pytest.FixtureDef[object]", request: pytest.FixtureRequest) -> None:
    """Set `monkeypatch` up inside the emulated environment, whatever the order of the arguments.

    It would otherwise undo a `setenv` of the test after the real environment has been put back, and
    leave in it what it had found in the emulated one.
    """
    if (fixturedef.argname, fixturedef.scope) != ("monkeypatch", "function"):
        return
    if "alicred_emulator" in request.fixturenames:
        request.getfixturevalue("_alicred_environment")


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that passed although a fake has something to say against it."""
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is None:
        return
    for service in emulator.services.values():
        service.check()
    unplaced = emulator.journal.peek_unplaced()
    if unplaced and not emulator.journal.unplaced_read:
        lines = "\n".join(f"  {entry.render()}" for entry in unplaced)
        pytest.fail(
            f"The emulator knows no answer to {len(unplaced)} of the requests that were made:\n{lines}\n"
            "If they are meant, read alicred_emulator.journal.unplaced in the test.",
            pytrace=False,
        )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, "pluggy.Result[pytest.TestReport]", None]:
    """Show the journal in the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    emulator = item.stash.get(_EMULATOR, None)
    if report.failed and emulator is not None:
        report.sections.append(("alicred_emulator journal", emulator.journal.render()))


def _stand_still(emulator: "Emulator") -> None:
    emulator.clock.freeze()
    emulator.reanchor_if_unshown()


def _empty(home: Path) -> None:
    if next(home.iterdir(), None) is not None:
        shutil.rmtree(home)
        home.mkdir(mode=0o700)


@contextmanager
def _extra_needed() -> Generator[None, None, None]:
    try:
        yield
    except ModuleNotFoundError as missing:
        pytest.fail(
            f"alicred_emulator needs {missing.name}, which is not installed. "
            'Install it with: pip install "alicred[emulator]"',
            pytrace=False,
        )
